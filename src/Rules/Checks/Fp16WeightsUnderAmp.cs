using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Weights in float16 are trained under automatic mixed precision.</summary>
public sealed class Fp16WeightsUnderAmp : Rule
{
    // What brings weights back to 32 bits: a script that names one of them knows of the matter.
    private static readonly string[] s_remedies = [".float()", "float32", "prepare_model_for", "cast_mixed_precision_params"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL223",
        Name = "fp16-weights-under-amp",
        Category = Category.Correctness,
        Summary = "The model is loaded in float16, fp16 is on, and some of its float16 weights are trained.",
        Why = "The gradient scaler of mixed precision refuses gradients in float16: the run stops at its first step with \"Attempting to "
            + "unscale FP16 gradients\".",
        Sources =
        [
            new(Upstream.Peft, "docs/source/developer_guides/troubleshooting.md:42-60"),
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2657-2703 (adapters are kept in 32 bits; copies and biases are not)"),
            new("haotian-liu/LLaVA#363, huggingface/transformers#30559"),
        ],
        Formats = ["python", "trl"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var read = context.Read;
        var dtype = read.FirstOf(k => read.Text(k), "dtype", "torch_dtype");
        if (!config.Fp16.IsWritten || !config.Fp16.Or(false) || !config.QuantizationBits.Or(16).Equals(16.0)
            || dtype.Or("").Replace("torch.", "") is not ("float16" or "half") || !config.TrainsLora
            || (context.Recognised.Root.Origin is not null && s_remedies.Any(r => context.Document.Source.Text.Contains(r))))
            return;
        var autocast = read.Bool("autocast_adapter_dtype");
        var (place, what) =
            autocast.IsWritten && !autocast.Or(true) ? ((ISetting)autocast, "autocast_adapter_dtype=False keeps the adapter in float16")
            : config.ModulesToSave is { IsWritten: true } saved && saved.Or([]).Count > 0
                ? (saved, $"the copies of {string.Join(", ", saved.Or([]))} that are trained are float16 like the model")
            : config.Bias.IsWritten && config.Bias.Or("none") is "all" or "lora_only"
                ? (config.Bias, $"{config.Bias.Key} {config.Bias.Or("")} trains biases of the model, which are float16")
            : (null!, "");
        if (place is null)
            return;
        var isAutocast = ReferenceEquals(place, autocast);
        context.Report(
            place,
            $"{what}, and fp16 training stops at weights in float16 (\"Attempting to unscale FP16 gradients\"): load the model in float32 "
            + "or bfloat16, or bring what is trained back to 32 bits",
            isAutocast ? new Fix(
                FixSafety.Unsafe, "Set autocast_adapter_dtype to True", context.Edit.Replace(autocast.Entry!, ConfigEditor.Bool(true)))
                : dtype.Entry is { Value.IsAlias: false } entry && context.Recognised.Root.Origin is null ? new Fix(
                    FixSafety.Unsafe, $"Set {dtype.Key} to float32", context.Edit.Replace(entry, "float32"))
                : null,
            related: context.Beside(dtype, config.Fp16));
    }
}
