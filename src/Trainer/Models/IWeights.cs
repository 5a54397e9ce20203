namespace LoraLint.Trainer.Models;

/// <summary>Tensors by name, as a model's files hold them.</summary>
public interface IWeights
{
    /// <summary>A tensor, or null when there is none of the name. Its memory stays valid as long as this object.</summary>
    StoredTensor? Find(string name);
}

/// <summary>A tensor in memory that is not to be written to: mapped from a file as a rule.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">How values are stored.</param>
/// <param name="Shape">Its shape; the last index runs fastest.</param>
/// <param name="Data">The first byte.</param>
public sealed record StoredTensor(string Name, StorageType Type, int[] Shape, nint Data)
{
    /// <summary>Its number of values.</summary>
    public long Length => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Its values widened to 32 bits.</summary>
    public void CopyTo(Span<float> values) => CopyTo(0, values);

    /// <summary>Some of its values widened to 32 bits.</summary>
    /// <param name="start">Index of the first value.</param>
    /// <param name="values">As many values as are wanted.</param>
    public unsafe void CopyTo(long start, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + values.Length, Length);
        switch (Type)
        {
            case StorageType.Float32:
                new ReadOnlySpan<float>((float*)Data + start, values.Length).CopyTo(values);
                break;
            case StorageType.BFloat16:
                var source = (ushort*)Data + start;
                for (var i = 0; i < values.Length; i++)
                    values[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
                break;
            case StorageType.Float16:
                System.Numerics.Tensors.TensorPrimitives.ConvertToSingle(
                    new ReadOnlySpan<Half>((Half*)Data + start, values.Length), values);
                break;
            default:
                throw new InvalidOperationException($"{Name} is stored as {Type}");
        }
    }
}

/// <summary>How a value is stored in a file.</summary>
public enum StorageType
{
    /// <summary>IEEE single precision.</summary>
    Float32,

    /// <summary>The upper half of a single.</summary>
    BFloat16,

    /// <summary>IEEE half precision.</summary>
    Float16,
}
