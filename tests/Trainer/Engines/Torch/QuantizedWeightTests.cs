using System.Runtime.InteropServices;
using LoraLint.Trainer.Engines.Torch;
using LoraLint.Trainer.Models.Quantization;
using TorchSharp;

namespace LoraLint.Tests.Trainer.Engines.Torch;

[Collection("torch")]
public sealed class QuantizedWeightTests
{
    [Theory]
    [InlineData("nf4", true, 48, 96)]
    [InlineData("nf4", false, 48, 96)]
    [InlineData("fp4", true, 64, 300)]
    [InlineData("nf4", true, 7, 9)]
    [InlineData("fp4", false, 33, 5)]
    [InlineData("nf4", true, 1030, 16400)]
    public void Values_are_to_the_bit_those_of_the_managed_engine(string type, bool isDouble, int rows, int columns)
    {
        var random = new Random(rows);
        var values = new float[rows * columns];
        for (var i = 0; i < values.Length; i++)
            values[i] = (random.NextSingle() - 0.5f) * MathF.Exp(4 * random.NextSingle());
        var tensor = QuantizedTensor.Quantize(
            "w", (start, target) => values.AsSpan((int)start, target.Length).CopyTo(target), values.Length, FourBitType.Find(type), isDouble);
        var expected = new float[values.Length];
        tensor.CopyTo(0, expected);

        using var scope = torch.NewDisposeScope();
        using var weight = new QuantizedWeight(tensor, rows, columns, torch.ScalarType.Float32, torch.CPU);
        var opened = weight.Open();
        Assert.Equal([rows, columns], opened.shape);
        var actual = MemoryMarshal.Cast<byte, float>(opened.bytes);
        Assert.True(expected.AsSpan().SequenceEqual(actual));
        Assert.True(weight.Bytes < values.Length * (isDouble ? 0.54 : 0.6) + 1200, $"{weight.Bytes} bytes for {values.Length} values");
    }
}
