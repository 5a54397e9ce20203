using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A base that is quantized already is to be quantized again by another method.</summary>
public sealed class RequantizePrequantized : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL210",
        Name = "requantize-prequantized",
        Category = Category.Suspicious,
        Summary = "Quantization is asked for, and the base model is quantized already in another way.",
        Why = "The weights keep the precision that they are stored in: what the config says about quantization is ignored or an error.",
        Sources = [new(Upstream.LlamaFactory, "src/llamafactory/model/model_utils/quantization.py:95-96: ignored with a warning")],
        Formats = ["axolotl", "trl", "llama-factory", "ms-swift", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var bits = context.Config.QuantizationBits;
        // bitsandbytes again is what Unsloth's own copies are used with.
        if (context.BaseModel.Model is not { Quantization: { } method } model || method is "bitsandbytes" || !bits.IsWritten
            || !bits.TryGet(out var count) || count >= 16)
            return;
        context.Report(
            bits,
            $"the weights of {KnownModel.Describe(model)} are quantized already ({method}, by its config.json), so {bits.Key} "
            + "does not quantize them; leave it out, or train on the model that was not quantized",
            context.Format.Name == "axolotl" ? null : AskedFix.Remove(context, bits.Entry));
    }
}
