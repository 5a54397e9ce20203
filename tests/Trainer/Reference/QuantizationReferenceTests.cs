using System.Runtime.InteropServices;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Quantization;

namespace LoraLint.Tests.Trainer.Reference;

/// <summary>4-bit storage beside the reference's, bit for bit.</summary>
public sealed class QuantizationReferenceTests
{
    public static TheoryData<string> QuantizedCases => [.. ReferenceCase.Names.Where(name => name.Contains("-q", StringComparison.Ordinal))];

    [Theory]
    [InlineData("nf4", false)]
    [InlineData("nf4", true)]
    [InlineData("fp4", false)]
    [InlineData("fp4", true)]
    public void A_tensor_with_unfilled_last_blocks_gets_the_same_bits(string type, bool isDouble)
    {
        using var file = SafetensorsFile.Open(Repository.PathTo("tests", "reference", "cases", "quantizer.safetensors"));
        var tensor = file.Find("values")!;
        var quantized = QuantizedTensor.Quantize(tensor, FourBitType.Find(type), isDouble);
        var prefix = isDouble ? $"{type}-double." : $"{type}.";
        Check(quantized, name => Bytes(file, name == "codes" ? $"{type}.codes" : prefix + name), isDouble);

        // From the first of a pair and from the second, over the ends of blocks.
        foreach (var (part, start) in new[] { ("first", 0L), ("last", quantized.Length - 200) })
        {
            var values = new float[200];
            quantized.CopyTo(start, values);
            Assert.Equal(MemoryMarshal.Cast<byte, float>(Bytes(file, prefix + part)).ToArray(), values);
        }
    }

    [Theory]
    [MemberData(nameof(QuantizedCases))]
    public void Every_layer_of_a_quantized_model_gets_the_same_bits(string name)
    {
        using var reference = ReferenceCase.Open(name);
        var options = reference.Quantization!;
        var layers = reference.TensorNames.Where(n => n.StartsWith("quantized.", StringComparison.Ordinal) && n.EndsWith(".codes", StringComparison.Ordinal))
            .Select(n => n["quantized.".Length..^".codes".Length]).ToArray();
        Assert.Equal(7 * reference.Model.Config.Layers, layers.Length);
        foreach (var layer in layers)
        {
            var quantized = QuantizedTensor.Quantize(reference.Model.Find(layer + ".weight")!, FourBitType.Find(options.Type), options.Double);
            Check(quantized, part => reference.ReadBytes($"quantized.{layer}.{part}"), options.Double);
        }
    }

    private static void Check(QuantizedTensor quantized, Func<string, byte[]> read, bool isDouble)
    {
        Assert.Equal(read("codes"), quantized.Codes.ToArray());
        Assert.Equal(read(isDouble ? "nested_absmax" : "absmax"), MemoryMarshal.AsBytes(quantized.Scales).ToArray());
        if (isDouble)
        {
            Assert.Equal(read("absmax_codes"), quantized.NestedCodes.ToArray());
            Assert.Equal(BitConverter.ToSingle(read("offset")), quantized.Offset);
        }
    }

    private static byte[] Bytes(SafetensorsFile file, string name)
    {
        var entry = file.FindEntry(name)!;
        return file.Bytes(entry, 0, (int)entry.Length).ToArray();
    }
}
