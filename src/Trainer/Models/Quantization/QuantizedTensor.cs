using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LoraLint.Trainer.Models.Quantization;

/// <summary>
/// A tensor in 4 bits as bitsandbytes stores it: blocks of 64 values in the order of memory, each divided by its largest magnitude. Under
/// double quantization these constants, less their mean, are kept in 8 bits in blocks of 256. A byte holds two values, the first in its
/// upper half. Dequantized to 32 bits.
/// </summary>
public sealed class QuantizedTensor
{
    /// <summary>Values of a block.</summary>
    public const int BlockSize = 64;

    /// <summary>Constants of a nested block.</summary>
    public const int NestedBlockSize = 256;

    private const int BlocksPerJob = 1024;

    private readonly byte[] _codes;
    private readonly float[] _scales;
    private readonly byte[]? _nestedCodes;
    private readonly float _offset;

    private QuantizedTensor(FourBitType type, long length, byte[] codes, float[] scales, byte[]? nestedCodes, float offset)
    {
        Type = type;
        Length = length;
        _codes = codes;
        _scales = scales;
        _nestedCodes = nestedCodes;
        _offset = offset;
    }

    /// <summary>nf4 or fp4.</summary>
    public FourBitType Type { get; }

    /// <summary>Number of values.</summary>
    public long Length { get; }

    /// <summary>Two values a byte.</summary>
    public ReadOnlySpan<byte> Codes => _codes;

    /// <summary>The largest magnitude of each block; under double quantization that of each nested block.</summary>
    public ReadOnlySpan<float> Scales => _scales;

    /// <summary>The constants' codes under double quantization, else empty.</summary>
    public ReadOnlySpan<byte> NestedCodes => _nestedCodes;

    /// <summary>The mean that was taken off the constants; 0 without double quantization.</summary>
    public float Offset => _offset;

    /// <summary>Bytes in memory.</summary>
    public long Bytes => _codes.LongLength + (4 * _scales.LongLength) + (_nestedCodes?.LongLength ?? 0);

    /// <summary>Quantizes a tensor. The result does not depend on the number of threads.</summary>
    /// <param name="tensor">Any shape.</param>
    /// <param name="type">nf4 or fp4.</param>
    /// <param name="isDouble">Whether the blocks' constants are quantized too.</param>
    /// <param name="threads">Threads that work, 1 or more.</param>
    /// <exception cref="TrainerException">A value is not finite.</exception>
    public static QuantizedTensor Quantize(StoredTensor tensor, FourBitType type, bool isDouble, int threads = 1) =>
        Quantize(tensor.Name, tensor.CopyTo, tensor.Length, type, isDouble, threads);

    /// <summary>Quantizes values that are read piece by piece, from several threads at once.</summary>
    public static QuantizedTensor Quantize(string name, ReadTensor read, long length, FourBitType type, bool isDouble, int threads = 1)
    {
        var blocks = (length + BlockSize - 1) / BlockSize;
        var codes = new byte[(length + 1) / 2];
        var scales = new float[blocks];
        var jobs = (int)((blocks + BlocksPerJob - 1) / BlocksPerJob);
        var bad = -1L;
        Parallel.For(
            0, jobs, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => new float[BlocksPerJob * BlockSize],
            (job, _, values) =>
            {
                var start = (long)job * BlocksPerJob * BlockSize;
                var piece = values.AsSpan(0, (int)Math.Min(values.Length, length - start));
                read(start, piece);
                for (var at = 0; at < piece.Length; at += BlockSize)
                {
                    var block = piece.Slice(at, Math.Min(BlockSize, piece.Length - at));
                    var scale = MaxMagnitude(block);
                    if (!float.IsFinite(scale))
                        Volatile.Write(ref bad, start + at);
                    scales[(start + at) / BlockSize] = scale;
                    QuantizeBlock(block, 1 / scale, type, codes.AsSpan((int)((start + at) / 2)));
                }

                return values;
            },
            _ => { });
        if (bad >= 0)
            throw new TrainerException($"tensor {name} holds infinite values or such that are no numbers; the model is damaged");
        if (!isDouble)
            return new QuantizedTensor(type, length, codes, scales, null, 0);
        return QuantizeScales(type, length, codes, scales);
    }

    /// <summary>Values from an index on, widened.</summary>
    public void CopyTo(long start, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + values.Length, Length);
        while (values.Length > 0)
        {
            var block = start / BlockSize;
            var count = (int)Math.Min(values.Length, ((block + 1) * BlockSize) - start);
            CopyBlock(start, ScaleOf(block), values[..count]);
            start += count;
            values = values[count..];
        }
    }

    /// <summary>The constant of a block.</summary>
    private float ScaleOf(long block) => _nestedCodes is null ? _scales[block]
        : (DynamicMap.Values[_nestedCodes[block]] * _scales[block / NestedBlockSize]) + _offset;

    // Both are products of the same two floats, so that the bits are the same on every processor.
    private void CopyBlock(long start, float scale, Span<float> values)
    {
        var table = Type.Values;
        var i = 0;
        if (Avx512F.IsSupported && start % 2 == 0)
        {
            var lookup = Vector512.Create(table) * scale;
            ref var codes = ref MemoryMarshal.GetArrayDataReference(_codes);
            for (; i + 16 <= values.Length; i += 16)
            {
                var pairs = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref codes, (nint)((start + i) / 2)));
                var bytes = Vector128.CreateScalar(pairs).AsByte();
                var nibbles = Sse2.UnpackLow(
                    (bytes.AsUInt16() >> 4).AsByte() & Vector128.Create((byte)0xF), bytes & Vector128.Create((byte)0xF));
                Avx512F.PermuteVar16x32(lookup, Avx512F.ConvertToVector512Int32(nibbles)).StoreUnsafe(ref values[i]);
            }
        }

        for (; i < values.Length; i++)
        {
            var pair = _codes[(start + i) / 2];
            values[i] = table[(start + i) % 2 == 0 ? pair >> 4 : pair & 0xF] * scale;
        }
    }

    private static void QuantizeBlock(ReadOnlySpan<float> block, float reciprocal, FourBitType type, Span<byte> codes)
    {
        Span<byte> found = stackalloc byte[BlockSize];
        type.FindCodes(block, reciprocal, found);
        for (var i = 0; i < block.Length; i += 2)
            codes[i / 2] = (byte)((found[i] << 4) | (i + 1 < block.Length ? found[i + 1] : 0));
    }

    // The mean is summed in double precision: the GPU's sum in single has an order of its own, which none can repeat.
    private static QuantizedTensor QuantizeScales(FourBitType type, long length, byte[] codes, float[] scales)
    {
        var sum = 0.0;
        foreach (var scale in scales)
            sum += scale;
        var offset = scales.Length > 0 ? (float)(sum / scales.Length) : 0;
        var nestedCodes = new byte[scales.Length];
        var nestedScales = new float[(scales.Length + NestedBlockSize - 1) / NestedBlockSize];
        Span<float> values = stackalloc float[NestedBlockSize];
        for (var block = 0; block < nestedScales.Length; block++)
        {
            var first = block * NestedBlockSize;
            var piece = values[..Math.Min(NestedBlockSize, scales.Length - first)];
            for (var i = 0; i < piece.Length; i++)
                piece[i] = scales[first + i] - offset;
            nestedScales[block] = MaxMagnitude(piece);
            var reciprocal = 1 / nestedScales[block];
            for (var i = 0; i < piece.Length; i++)
                nestedCodes[first + i] = DynamicMap.CodeOf(piece[i] * reciprocal);
        }

        return new QuantizedTensor(type, length, codes, nestedScales, nestedCodes, offset);
    }

    // A NaN makes the maximum one.
    private static float MaxMagnitude(ReadOnlySpan<float> values) => MathF.Abs(TensorPrimitives.MaxMagnitude(values));
}
