using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>A frozen weight in bf16, fp16 or fp32: a file's own memory, mapped, or memory that the owner keeps alive.</summary>
public sealed unsafe class StoredMatrix : FrozenMatrix
{
    private readonly StorageType _type;
    private readonly byte* _data;
    private readonly long _stride;

    /// <summary>A view of values in memory, row by row.</summary>
    /// <param name="type">How they are stored.</param>
    /// <param name="data">The first value.</param>
    /// <param name="rows">Output features.</param>
    /// <param name="columns">Input features.</param>
    /// <param name="stride">Values from a row to the next; 0 for <paramref name="columns"/>.</param>
    public StoredMatrix(StorageType type, nint data, int rows, int columns, int stride = 0) : base(rows, columns)
    {
        _type = type;
        _data = (byte*)data;
        _stride = stride == 0 ? columns : stride;
        ArgumentOutOfRangeException.ThrowIfLessThan(_stride, columns, nameof(stride));
    }

    /// <summary>A tensor of two dimensions as it lies in memory.</summary>
    public StoredMatrix(StoredTensor tensor) : this(tensor.Type, tensor.Data, Dimension(tensor, 0), Dimension(tensor, 1))
    {
    }

    /// <summary>Some of the rows: a part of a fused projection.</summary>
    public StoredMatrix SliceRows(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, Rows);
        var size = _type == StorageType.Float32 ? sizeof(float) : sizeof(ushort);
        return new(_type, (nint)(_data + first * _stride * size), count, Columns, (int)_stride);
    }

    /// <inheritdoc/>
    public override void WidenRows(int firstRow, int rowCount, int firstColumn, int columnCount, float* destination, int stride)
    {
        for (var row = 0; row < rowCount; row++)
        {
            var start = (firstRow + row) * _stride + firstColumn;
            var target = destination + (long)row * stride;
            switch (_type)
            {
                case StorageType.Float32:
                    new ReadOnlySpan<float>((float*)_data + start, columnCount).CopyTo(new Span<float>(target, columnCount));
                    break;
                case StorageType.BFloat16:
                    for (var column = 0; column < columnCount; column++)
                        target[column] = BitConverter.UInt32BitsToSingle((uint)((ushort*)_data + start)[column] << 16);
                    break;
                default:
                    for (var column = 0; column < columnCount; column++)
                        target[column] = (float)((Half*)_data + start)[column];
                    break;
            }
        }
    }

    private static int Dimension(StoredTensor tensor, int index)
    {
        if (tensor.Shape.Length != 2)
            throw new ArgumentException($"{tensor.Name} has {tensor.Shape.Length} dimensions, not 2", nameof(tensor));
        return tensor.Shape[index];
    }
}
