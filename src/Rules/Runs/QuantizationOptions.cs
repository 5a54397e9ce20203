namespace LoraLint.Rules.Runs;

/// <summary>4-bit storage of the frozen linear layers, as bitsandbytes does it (QLORA, arXiv 2305.14314).</summary>
public sealed record QuantizationOptions
{
    /// <summary>The 4-bit data type: nf4 or fp4.</summary>
    public string Type { get; init => field = Given.Word(nameof(Type), value, RunLimits.QuantizationTypes); } = "nf4";

    /// <summary>Quantize the quantization constants again, to 8 bits in blocks of 256.</summary>
    public bool Double { get; init; } = true;
}
