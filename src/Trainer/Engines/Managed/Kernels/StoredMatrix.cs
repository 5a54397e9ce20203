using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
                    WidenBFloat16((ushort*)_data + start, target, columnCount);
                    break;
                default:
                    TensorPrimitives.ConvertToSingle(
                        new ReadOnlySpan<Half>((Half*)_data + start, columnCount), new Span<float>(target, columnCount));
                    break;
            }
        }
    }

    /// <summary>A bf16 is the upper half of a single: widening it is a shift.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenBFloat16(ushort* source, float* target, int count)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
            for (; i + 16 <= count; i += 16)
            {
                var (lower, upper) = Vector256.Widen(Vector256.Load(source + i));
                (lower << 16).AsSingle().Store(target + i);
                (upper << 16).AsSingle().Store(target + i + 8);
            }
        for (; i + 8 <= count; i += 8)
        {
            var (lower, upper) = Vector128.Widen(Vector128.Load(source + i));
            (lower << 16).AsSingle().Store(target + i);
            (upper << 16).AsSingle().Store(target + i + 4);
        }
        for (; i < count; i++)
            target[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << 16);
    }

    private static int Dimension(StoredTensor tensor, int index)
    {
        if (tensor.Shape.Length != 2)
            throw new ArgumentException($"{tensor.Name} has {tensor.Shape.Length} dimensions, not 2", nameof(tensor));
        return tensor.Shape[index];
    }
}
