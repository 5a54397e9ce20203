using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>What frozen weights take.</summary>
public static class FrozenBytes
{
    /// <summary>Bits of a value that 4-bit quantization adds for its constants: one in 32 bits for 64 values.</summary>
    public const double ConstantBits = 32.0 / 64;

    /// <summary>
    /// The same when constants are quantized again: one of 8 bits for 64 values, and one of 32 bits for 256 of those (QLoRA,
    /// arXiv 2305.14314, section 3; block sizes as in bitsandbytes).
    /// </summary>
    public const double NestedConstantBits = (8.0 / 64) + (32.0 / (64 * 256));

    /// <summary>Bytes of so many values in 4 bits.</summary>
    public static long FourBit(long values, bool isDouble) =>
        (long)Math.Ceiling(values * (4 + (isDouble ? NestedConstantBits : ConstantBits)) / 8);

    /// <summary>Values of the weights that 4-bit quantization takes: of linear layers but the head and what is trained in full.</summary>
    public static long Quantizable(ModelShape model, Func<ModelModule, bool> isSaved) =>
        model.Modules.Where(m => m.IsLinear && m.Name != model.Head && !isSaved(m)).Sum(m => m.WeightParameters);
}
