using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>DoRA on a base whose quantized layers do not support it.</summary>
public sealed class DoraOnPtqBase : Rule
{
    private static readonly string[] s_methods = ["gptq", "awq", "aqlm", "eetq"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL211",
        Name = "dora-on-ptq-base",
        Category = Category.Correctness,
        Summary = "DoRA is asked for on a base that was quantized after training.",
        Why = "PEFT's layers for GPTQ, AWQ, AQLM and EETQ weights refuse DoRA.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/gptq.py:40, awq.py:37, aqlm.py:41, eetq.py:47"),
            new(Upstream.LlamaFactory, "src/llamafactory/model/adapter.py:244"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Config.Method.Or(TuningMethod.Unknown) != TuningMethod.Dora
            || context.BaseModel.Model is not { Quantization: { } method } model || !s_methods.Contains(method))
            return;
        var key = context.Format is CSharpFormat code ? code.KeyOf("use_dora") ?? ""
            : context.Format.Name == "axolotl" ? "peft_use_dora" : "use_dora";
        var entry = context.Read.Find(key) ?? context.Config.BaseModel.Entry!;
        context.Report(
            entry,
            $"the weights of {KnownModel.Describe(model)} are quantized by {method}, and PEFT has no DoRA for such layers; train LoRA, or "
            + "take the model that was not quantized",
            context.Read.IsOn(key)
                ? new Fix(FixSafety.Unsafe, $"Set {key} to false", context.Edit.Replace(entry, ConfigEditor.Bool(false))) : null);
    }
}
