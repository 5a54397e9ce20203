using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace LoraLint.Trainer.Models;

/// <summary>32-bit values to the types of files and back: to the nearest, ties to even, as PyTorch does.</summary>
internal static class Rounding
{
    /// <summary>The upper half of the nearest bf16. What is too large becomes infinite, what is not a number stays none.</summary>
    public static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
            return (ushort)((bits >> 16) | 0x40);
        // Half of the last place, and its own last bit: a tie goes to the even one.
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>A bf16 widened.</summary>
    public static float FromBFloat16(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>The nearest value of a type.</summary>
    public static float To(float value, StorageType type) => type switch
    {
        StorageType.BFloat16 => FromBFloat16(ToBFloat16(value)),
        StorageType.Float16 => (float)(Half)value,
        _ => value,
    };

    /// <summary>Values in the bytes of a type, little-endian.</summary>
    public static void Encode(ReadOnlySpan<float> values, StorageType type, Span<byte> bytes)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("weights are read and written on little-endian processors only");
        switch (type)
        {
            case StorageType.Float32:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
            case StorageType.BFloat16:
                for (var i = 0; i < values.Length; i++)
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes[(2 * i)..], ToBFloat16(values[i]));
                break;
            default:
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(bytes));
                break;
        }
    }
}
