using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>An initialization that decomposes the weights is asked for on a quantized base.</summary>
public sealed class InitNeedsFloatWeights : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL154",
        Name = "init-needs-float-weights",
        Category = Category.Correctness,
        Summary = "PiSSA, CorDA or MiCA is combined with a quantized base.",
        Why = "These take a singular value decomposition of the weights and raise a TypeError on weights that are not floating-point.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:432-435, 478-480, 502-506"),
            new(Upstream.LlamaFactory, "src/llamafactory/hparams/parser.py:239-240"),
        ],
        Formats = ["axolotl", "llama-factory", "ms-swift", "python", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.Init.TryGet(out var init) || !(init.StartsWith("pissa", StringComparison.Ordinal)
            || init.StartsWith("corda", StringComparison.Ordinal) || init.Equals("mica", StringComparison.OrdinalIgnoreCase)))
            return;
        var bits = config.QuantizationBits;
        if (config.Method.Or(TuningMethod.Unknown) != TuningMethod.Qlora && !(bits.TryGet(out var b) && b < 16))
            return;
        context.Report(
            config.Init,
            $"{init} decomposes the base's weights, which here are "
            + $"quantized{(bits.IsKnown ? $" to {ConfigEditor.Number(bits.Or(0))} bits" : "")}, and PEFT refuses it; load the base in 16 "
            + "bits, initialize and quantize what is left of it before, or choose olora, which can do it",
            AskedFix.Remove(context, config.Init.Entry));
    }
}
