using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>The managed engine's cosines and sines on a device, copied there when they change.</summary>
internal sealed class RotaryCache(RotaryEmbedding embedding, ScalarType precision, Device device) : IDisposable
{
    private readonly RotaryTables _tables = new(embedding);
    private Tensor? _cosines;
    private Tensor? _sines;
    private int _version;

    /// <summary>Cosines and sines of each token, shape (T, pairs).</summary>
    /// <param name="positions">The position of each token in its sequence.</param>
    /// <param name="starts">Where each sequence starts, and T at the end.</param>
    public (Tensor Cosines, Tensor Sines) Of(int[] positions, int[] starts)
    {
        _tables.Arrange(positions, starts, length: tokens => tokens);
        if (_version != _tables.Version)
        {
            Free();
            (_cosines, _sines) = (Copy(_tables.Cosines), Copy(_tables.Sines));
            _version = _tables.Version;
        }

        var rows = HostMemory.Upload([.. _tables.Rows.Select(row => (long)row)], device);
        return (_cosines!.index_select(0, rows), _sines!.index_select(0, rows));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        _tables.Dispose();
    }

    private void Free()
    {
        _cosines?.Dispose();
        _sines?.Dispose();
    }

    private Tensor Copy(Managed.Kernels.Matrix table)
    {
        using var scope = NewDisposeScope();
        var values = new float[table.Rows * table.Columns];
        for (var row = 0; row < table.Rows; row++)
            table.RowSpan(row).CopyTo(values.AsSpan(row * table.Columns));
        return HostMemory.Upload(values.AsSpan(), device).view(table.Rows, table.Columns).to(precision).DetachFromDisposeScope();
    }
}
