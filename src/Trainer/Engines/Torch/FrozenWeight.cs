using LoraLint.Trainer.Models.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>A weight that is not trained, shape (out, in).</summary>
internal abstract class FrozenWeight(int rows, int columns) : IDisposable
{
    /// <summary>out.</summary>
    public int Rows { get; } = rows;

    /// <summary>in.</summary>
    public int Columns { get; } = columns;

    /// <summary>Bytes on the device that are its own.</summary>
    public abstract long Bytes { get; }

    /// <summary>Its values in the precision that layers compute in, for the time of the current dispose scope.</summary>
    public abstract Tensor Open();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A weight that lies on the device as it is computed with.</summary>
/// <param name="values">Shape (out, in).</param>
/// <param name="isShared">Whether the memory is another weight's: that of a head tied to the embedding.</param>
internal sealed class StoredWeight(Tensor values, bool isShared) : FrozenWeight((int)values.size(0), (int)values.size(1))
{
    /// <inheritdoc/>
    public override long Bytes => isShared ? 0 : values.NumberOfElements * values.ElementSize;

    /// <inheritdoc/>
    public override Tensor Open() => values;

    /// <inheritdoc/>
    public override void Dispose() => values.Dispose();
}

/// <summary>
/// A weight in 4 bits: codes in pairs, and a constant for each block of 64 values. It is dequantized where it is used, in the forward and
/// again in the backward pass, and not kept; to the same bits as by the managed engine, as both multiply the same two 32-bit values.
/// </summary>
internal sealed class QuantizedWeight : FrozenWeight
{
    /// <summary>Blocks that are dequantized together: what that takes beside the result is bounded by it.</summary>
    private const long BlocksAtOnce = 1 << 18;

    private readonly ScalarType _precision;
    private readonly Tensor _codes;
    private readonly Tensor _scales;
    private readonly Tensor? _nestedCodes;
    private readonly Tensor _pairs;
    private readonly Tensor? _map;
    private readonly Scalar? _offset;

    /// <param name="tensor">Codes and constants.</param>
    /// <param name="rows">out.</param>
    /// <param name="columns">in.</param>
    /// <param name="precision">What it is dequantized to.</param>
    /// <param name="device">Where it lies.</param>
    public QuantizedWeight(QuantizedTensor tensor, int rows, int columns, ScalarType precision, Device device)
        : base(rows, columns)
    {
        _precision = precision;
        _codes = HostMemory.Upload(tensor.Codes, device);
        _scales = HostMemory.Upload(tensor.Scales, device);
        _pairs = HostMemory.Upload(PairsOf(tensor.Type), device).view(256, 2);
        if (tensor.NestedCodes.Length == 0)
            return;
        _nestedCodes = HostMemory.Upload(tensor.NestedCodes, device);
        _map = HostMemory.Upload(DynamicMap.Values, device);
        _offset = tensor.Offset.ToScalar();
    }

    /// <inheritdoc/>
    public override long Bytes => _codes.NumberOfElements + 4 * _scales.NumberOfElements + (_nestedCodes?.NumberOfElements ?? 0);

    /// <inheritdoc/>
    public override Tensor Open()
    {
        var length = (long)Rows * Columns;
        var result = empty([length], _precision, _codes.device);
        using var scope = NewDisposeScope();
        var scales = Scales((length + QuantizedTensor.BlockSize - 1) / QuantizedTensor.BlockSize);
        for (var start = 0L; start < length; start += BlocksAtOnce * QuantizedTensor.BlockSize)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(BlocksAtOnce * QuantizedTensor.BlockSize, length - start);
            var blocks = (count + QuantizedTensor.BlockSize - 1) / QuantizedTensor.BlockSize;
            var codes = _codes.narrow(0, start / 2, (count + 1) / 2).to(ScalarType.Int32);
            var values = _pairs.index_select(0, codes).view(-1);
            var factors = scales.narrow(0, start / QuantizedTensor.BlockSize, blocks);
            if (count % QuantizedTensor.BlockSize == 0)
                values.view(blocks, QuantizedTensor.BlockSize).mul_(factors.unsqueeze(1));
            else
                values = values.narrow(0, 0, count).mul_(factors.repeat_interleave(QuantizedTensor.BlockSize).narrow(0, 0, count));
            result.narrow(0, start, count).copy_(values);
        }

        return result.view(Rows, Columns).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var tensor in new[] { _codes, _scales, _nestedCodes, _pairs, _map })
            tensor?.Dispose();
        _offset?.Dispose();
    }

    // The constants of all blocks, shape (blocks).
    private Tensor Scales(long blocks)
    {
        if (_nestedCodes is null)
            return _scales;
        var nested = _scales.repeat_interleave(QuantizedTensor.NestedBlockSize).narrow(0, 0, blocks);
        return _map!.index_select(0, _nestedCodes.to(ScalarType.Int32)).mul_(nested).add_(_offset!);
    }

    // A byte holds two values: a table of both saves taking it apart.
    private static float[] PairsOf(FourBitType type)
    {
        var pairs = new float[512];
        for (var code = 0; code < 256; code++)
            (pairs[2 * code], pairs[2 * code + 1]) = (type.Values[code >> 4], type.Values[code & 0xF]);
        return pairs;
    }
}
