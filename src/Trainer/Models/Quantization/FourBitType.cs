using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Models.Quantization;

/// <summary>
/// A 4-bit data type of bitsandbytes: sixteen values in -1 to 1, and the bounds between those that are neighbours. Tables and decisions
/// are those of its CUDA kernels (csrc/kernels.cu, dQuantizeNF4 and dQuantizeFP4).
/// </summary>
public sealed class FourBitType
{
    private readonly float[] _values;
    private readonly float[] _bounds;
    private readonly byte[] _codes;
    private readonly bool _hasSignBit;

    private FourBitType(string name, float[] values, float[] bounds, byte[] codes, bool hasSignBit)
    {
        Name = name;
        _values = values;
        _bounds = bounds;
        _codes = codes;
        _hasSignBit = hasSignBit;
    }

    /// <summary>NormalFloat: quantiles of the normal distribution, zero and both ends among them (QLoRA, arXiv 2305.14314).</summary>
    public static FourBitType NormalFloat { get; } = new(
        "nf4",
        [
            -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
            -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
            0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
        ],
        [
            -0.8480964004993439f, -0.6106329262256622f, -0.4599952697753906f, -0.33967943489551544f, -0.23460740596055984f,
            -0.13791173323988914f, -0.045525018125772476f, 0.03979014977812767f, 0.1202552504837513f, 0.2035212516784668f,
            0.2920137718319893f, 0.3893125355243683f, 0.5016634166240692f, 0.6427869200706482f, 0.8614784181118011f,
        ],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        hasSignBit: false);

    /// <summary>Floating point: a sign, two bits of exponent, one of mantissa, divided by the largest, 12.</summary>
    public static FourBitType FloatingPoint { get; } = new(
        "fp4",
        [
            0.0f, 0.005208333333f, 0.66666667f, 1.0f, 0.33333333f, 0.5f, 0.16666667f, 0.25f,
            -0.0f, -0.005208333333f, -0.66666667f, -1.0f, -0.33333333f, -0.5f, -0.16666667f, -0.25f,
        ],
        [0.00260417f, 0.0859375f, 0.20833333f, 0.29166667f, 0.4166667f, 0.583333f, 0.8333333f],
        [0b000, 0b001, 0b110, 0b111, 0b100, 0b101, 0b010, 0b011],
        hasSignBit: true);

    /// <summary>nf4 or fp4.</summary>
    public string Name { get; }

    /// <summary>The value of each code.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>A type by its name.</summary>
    public static FourBitType Find(string name) => name switch
    {
        "nf4" => NormalFloat,
        "fp4" => FloatingPoint,
        _ => throw new TrainerException($"quantization type `{name}` is not known; nf4 and fp4 are"),
    };

    /// <summary>The codes of the nearest values.</summary>
    /// <param name="values">In -1 to 1 once they are multiplied. What is not a number gets the lowest code, as on the GPU.</param>
    /// <param name="factor">What values are multiplied by.</param>
    /// <param name="codes">Takes a code for each value.</param>
    public void FindCodes(ReadOnlySpan<float> values, float factor, Span<byte> codes)
    {
        var lanes = Vector256<float>.Count;
        Span<int> places = stackalloc int[lanes];
        var i = 0;
        for (; i + lanes <= values.Length; i += lanes)
        {
            var scaled = Vector256.Create(values[i..]) * factor;
            var size = _hasSignBit ? Vector256.Abs(scaled) : scaled;
            var place = Vector256<int>.Zero;
            // As many bounds as lie below: a comparison that holds is -1. A value on a bound belongs to the lower side.
            foreach (var bound in _bounds)
                place -= Vector256.GreaterThan(size, Vector256.Create(bound)).AsInt32();
            place.CopyTo(places);
            for (var j = 0; j < lanes; j++)
                codes[i + j] = (byte)(_codes[places[j]] | (_hasSignBit && scaled[j] < 0 ? 0b1000 : 0));
        }

        if (i == values.Length)
            return;
        Span<float> rest = stackalloc float[lanes];
        Span<byte> restCodes = stackalloc byte[lanes];
        rest.Clear();
        values[i..].CopyTo(rest);
        FindCodes(rest, factor, restCodes);
        restCodes[..(values.Length - i)].CopyTo(codes[i..]);
    }
}
