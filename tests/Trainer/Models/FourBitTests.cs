using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Models.Quantization;

namespace LoraLint.Tests.Trainer.Models;

public sealed class FourBitTests
{
    public static TheoryData<string> Types => new("nf4", "fp4");

    [Fact]
    public void The_dynamic_map_is_that_of_bitsandbytes_bit_for_bit()
    {
        // create_dynamic_map() of bitsandbytes@95f9af30 under PyTorch 1.13 (AVX2), its 256 floats little-endian.
        var hash = SHA256.HashData(MemoryMarshal.AsBytes(DynamicMap.Values));
        Assert.Equal("6D0CA9FED140BC2C31B9BE3292029E22A209F6955020E65B13CEB5D7592F4E25", Convert.ToHexString(hash));
    }

    [Fact]
    public void Codes_of_the_dynamic_map_are_those_of_the_nearest_values()
    {
        for (var code = 0; code < 256; code++)
            Assert.Equal(code, DynamicMap.CodeOf(DynamicMap.Values[code]));
        var random = new Random(3);
        for (var i = 0; i < 10_000; i++)
        {
            var value = (float)(2 * random.NextDouble() - 1);
            var error = MathF.Abs(DynamicMap.Values[DynamicMap.CodeOf(value)] - value);
            foreach (var other in DynamicMap.Values)
                Assert.True(error <= MathF.Abs(other - value) + 1e-7f, $"{value}");
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Each_value_of_a_type_has_its_own_code(string name)
    {
        var type = FourBitType.Find(name);
        for (var code = 0; code < 16; code++)
        {
            var expected = type.Values[code] == 0 && name == "fp4" ? 0 : code;
            Assert.Equal(expected, CodeOf(type, type.Values[code]));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_value_has_the_same_code_wherever_it_stands_and_what_is_no_number_the_lowest(string name)
    {
        var type = FourBitType.Find(name);
        var random = new System.Random(5);
        for (var length = 1; length < 40; length++)
        {
            var values = Enumerable.Range(0, length).Select(_ => 4 * random.NextSingle() - 2).ToArray();
            values[length / 2] = float.NaN;
            var codes = new byte[length];
            type.FindCodes(values, 0.5f, codes);
            Assert.Equal(values.Select(value => CodeOf(type, value * 0.5f)), codes.Select(code => (int)code));
            Assert.Equal(CodeOf(type, name == "fp4" ? 0 : -1), codes[length / 2]);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void No_other_value_of_a_type_is_nearer(string name) => Check.One(
        Properties.Runs(2000),
        Prop.ForAll<int>(seed =>
        {
            var type = FourBitType.Find(name);
            var value = (float)(2 * new System.Random(seed).NextDouble() - 1);
            var error = MathF.Abs(type.Values[CodeOf(type, value)] - value);
            // The written bounds carry seven digits.
            return type.Values.ToArray().All(other => error <= MathF.Abs(other - value) + 1e-6f);
        }));

    [Theory]
    [MemberData(nameof(Types))]
    public void Values_of_the_codebook_times_a_power_of_two_come_back_exactly(string name) => Check.One(
        Properties.Runs(200),
        Prop.ForAll<int>(seed =>
        {
            var type = FourBitType.Find(name);
            var random = new System.Random(seed);
            var values = new float[random.Next(1, 400)];
            for (var i = 0; i < values.Length; i++)
            {
                // The largest magnitude of a block leads it, so that the block's constant is a power of two.
                var scale = MathF.ScaleB(1, new System.Random(seed + (i / 64)).Next(-20, 20));
                values[i] = (i % 64 == 0 ? -1f : type.Values[random.Next(16)]) * scale;
            }

            return Dequantize(Quantize(values, type, false)).SequenceEqual(values);
        }));

    [Theory]
    [MemberData(nameof(Types))]
    public void Quantizing_what_was_dequantized_changes_no_code(string name) => Check.One(
        Properties.Runs(200),
        Prop.ForAll<int>(seed =>
        {
            var type = FourBitType.Find(name);
            var first = Quantize(Normal(seed, 1000), type, false);
            var second = Quantize(Dequantize(first), type, false);
            return Dequantize(first).SequenceEqual(Dequantize(second)) && first.Scales.SequenceEqual(second.Scales);
        }));

    [Theory]
    [MemberData(nameof(Types))]
    public void The_error_is_at_most_half_the_widest_gap_of_a_blocks_largest_magnitude(string name) => Check.One(
        Properties.Runs(100),
        Prop.ForAll<int>(seed =>
        {
            var type = FourBitType.Find(name);
            var values = Normal(seed, 640);
            var back = Dequantize(Quantize(values, type, false));
            var sorted = type.Values.ToArray().Order().ToArray();
            var gap = sorted.Zip(sorted.Skip(1), (a, b) => b - a).Max();
            return Enumerable.Range(0, values.Length).All(i =>
                MathF.Abs(values[i] - back[i]) <= ((gap / 2) + 1e-6f) * values.Skip(i / 64 * 64).Take(64).Max(MathF.Abs));
        }));

    [Fact]
    public void Double_quantization_keeps_constants_within_a_hundredth_of_their_spread()
    {
        var values = Normal(5, 64 * 700);
        var plain = Quantize(values, FourBitType.NormalFloat, false);
        var nested = Quantize(values, FourBitType.NormalFloat, true);
        Assert.True(plain.Codes.SequenceEqual(nested.Codes));
        Assert.Equal(700, nested.NestedCodes.Length);
        Assert.Equal(3, nested.Scales.Length);
        Assert.True(nested.Bytes < plain.Bytes * 0.93);
        var scales = plain.Scales.ToArray();
        Assert.Equal(scales.Average(s => (double)s), nested.Offset, 1e-6);
        for (var block = 0; block < scales.Length; block++)
        {
            // The block's largest value is dequantized to its constant.
            var at = Array.FindIndex(values, block * 64, v => MathF.Abs(v) == scales[block]);
            var spread = nested.Scales[block / 256];
            var back = new float[1];
            nested.CopyTo(at, back);
            Assert.InRange(MathF.Abs(MathF.Abs(back[0]) - scales[block]), 0, spread / 100);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 63)]
    [InlineData(5, 200)]
    [InlineData(62, 70)]
    [InlineData(127, 300)]
    public void Any_part_is_dequantized_like_the_whole(int start, int count)
    {
        var tensor = Quantize(Normal(9, 451), FourBitType.NormalFloat, true);
        var part = new float[count];
        tensor.CopyTo(start, part);
        Assert.Equal(Dequantize(tensor)[start..(start + count)], part);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var values = Normal(11, 300_001);
        var one = Quantize(values, FourBitType.NormalFloat, true);
        var four = QuantizedTensor.Quantize(
            "w", (s, v) => values.AsSpan((int)s, v.Length).CopyTo(v), values.Length, FourBitType.NormalFloat, true, 4);
        Assert.True(one.Codes.SequenceEqual(four.Codes));
        Assert.True(one.NestedCodes.SequenceEqual(four.NestedCodes));
        Assert.Equal(Dequantize(one), Dequantize(four));
    }

    [Fact]
    public void Zeros_stay_zero()
    {
        Assert.All(Dequantize(Quantize(new float[130], FourBitType.NormalFloat, true)), v => Assert.Equal(0, v));
        Assert.All(Dequantize(Quantize(new float[130], FourBitType.FloatingPoint, false)), v => Assert.Equal(0, v));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_value_that_is_not_finite_is_an_error_that_names_the_tensor(float bad)
    {
        var values = Normal(1, 100);
        values[70] = bad;
        var error = Assert.Throws<TrainerException>(() => Quantize(values, FourBitType.NormalFloat, true));
        Assert.Contains("tensor w", error.Message, StringComparison.Ordinal);
    }

    private static QuantizedTensor Quantize(float[] values, FourBitType type, bool isDouble) =>
        QuantizedTensor.Quantize("w", (s, v) => values.AsSpan((int)s, v.Length).CopyTo(v), values.Length, type, isDouble);

    private static float[] Dequantize(QuantizedTensor tensor)
    {
        var values = new float[tensor.Length];
        tensor.CopyTo(0, values);
        return values;
    }

    private static float[] Normal(int seed, int count)
    {
        var random = new System.Random(seed);
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()) * 0.02);
        return values;
    }

    private static int CodeOf(FourBitType type, float value)
    {
        Span<byte> code = stackalloc byte[1];
        type.FindCodes([value], 1, code);
        return code[0];
    }
}
