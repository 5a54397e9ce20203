using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// A micro batch on a device, with what follows from it before anything is computed. A GPU fetches it from pinned memory that belongs to it
/// alone, behind what it computes at the time; libtorch keeps that memory until it is fetched.
/// </summary>
internal sealed class DeviceBatch : IDisposable
{
    /// <summary>Copies a micro batch.</summary>
    /// <param name="source">The micro batch.</param>
    /// <param name="ropes">The model's rotary embeddings.</param>
    /// <param name="device">Where to.</param>
    public DeviceBatch(TokenBatch source, IReadOnlyList<RotaryCache> ropes, Device device)
    {
        using var scope = NewDisposeScope();
        var rows = Enumerable.Range(0, source.Length).Where(row => source.Targets[row] != TokenBatch.Ignored).ToArray();
        (Source, Supervised) = (source, rows.Length);
        Tokens = HostMemory.Upload([.. source.Tokens.Select(token => (long)token)], device);
        Rows = HostMemory.Upload([.. rows.Select(row => (long)row)], device);
        Targets = HostMemory.Upload([.. rows.Select(row => (long)source.Targets[row])], device);
        Groups = SequenceGroups.Of(source.Starts, device);
        var positions = PositionsOf(source);
        Ropes = [.. ropes.Select(rope => rope.Of(positions, source.Starts))];
        foreach (var tensor in Tensors)
            tensor.DetachFromDisposeScope();
    }

    /// <summary>The micro batch.</summary>
    public TokenBatch Source { get; }

    /// <summary>Positions with a target.</summary>
    public int Supervised { get; }

    /// <summary>Token ids, shape (T).</summary>
    public Tensor Tokens { get; }

    /// <summary>The positions with a target, shape (N).</summary>
    public Tensor Rows { get; }

    /// <summary>Their targets, shape (N).</summary>
    public Tensor Targets { get; }

    /// <summary>Which tokens attend to which.</summary>
    public SequenceGroups Groups { get; }

    /// <summary>Cosines and sines for each rotary embedding of the model, each of shape (T, pairs).</summary>
    public IReadOnlyList<(Tensor Cosines, Tensor Sines)> Ropes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors)
            tensor.Dispose();
    }

    private IEnumerable<Tensor> Tensors =>
        [Tokens, Rows, Targets, .. Groups.Indices, .. Ropes.SelectMany(rope => new[] { rope.Cosines, rope.Sines })];

    private static int[] PositionsOf(TokenBatch batch)
    {
        var positions = new int[batch.Length];
        for (var sequence = 0; sequence < batch.Sequences; sequence++)
        {
            for (var i = batch.Starts[sequence]; i < batch.Starts[sequence + 1]; i++)
                positions[i] = i - batch.Starts[sequence];
        }

        return positions;
    }
}
