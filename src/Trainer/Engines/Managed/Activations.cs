using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>Where all tensors of a pass lie in the arena.</summary>
/// <remarks>
/// A layer keeps its own tensors only when its backward pass follows and does not compute them again. All other layers share one set,
/// and the residual stream flows through one matrix. Logits lie where layers have their scratch memory: the head runs between them.
/// </remarks>
internal sealed unsafe class Activations(Network network) : IDisposable
{
    private readonly Arena _arena = new();
    private readonly LayerTensors _shared = new();
    private readonly LayerTensors[] _own = [.. network.Layers.Select(_ => new LayerTensors())];

    /// <summary>Each layer's input, and behind the last one its output: shape (T, hidden).</summary>
    public Matrix[] Stream { get; } = new Matrix[network.Layers.Count + 1];

    /// <summary>What each layer keeps.</summary>
    public LayerTensors[] Kept { get; } = new LayerTensors[network.Layers.Count];

    /// <summary>Memory that layers use one after the other.</summary>
    public LayerScratch Scratch { get; } = new();

    /// <summary>Memory of the head.</summary>
    public HeadTensors Head { get; } = new();

    /// <summary>The gradient of the residual stream, shape (T, hidden).</summary>
    public Matrix Gradient { get; private set; }

    /// <summary>The reduced input of the embedding's adapter, shape (T, rank).</summary>
    public Matrix EmbeddingReduced { get; private set; }

    /// <summary>Memory of a linear layer for the time of one call.</summary>
    public float* LinearScratch { get; private set; }

    /// <summary>Values of the arena.</summary>
    public long Capacity => _arena.Capacity;

    /// <summary>Arranges the memory for a pass.</summary>
    /// <param name="tokens">T.</param>
    /// <param name="headRows">Rows that reach the head.</param>
    /// <param name="logitRows">Rows of logits held at once; 0 when they lie elsewhere.</param>
    /// <param name="drops">Whether there is dropout.</param>
    /// <param name="backward">Whether a backward pass follows.</param>
    /// <param name="recomputes">Whether it computes each layer again from its input.</param>
    public void Arrange(int tokens, int headRows, int logitRows, bool drops, bool backward, bool recomputes) => _arena.Arrange(arena =>
    {
        var shape = network.Shape;
        var lowest = backward ? network.LowestTrainedLayer : network.Layers.Count;
        var stream = arena.Take(tokens, shape.Hidden);
        for (var i = 0; i < Stream.Length; i++)
            Stream[i] = i >= lowest && i < network.Layers.Count ? arena.Take(tokens, shape.Hidden) : stream;
        for (var i = 0; i < Kept.Length; i++)
        {
            Kept[i] = i >= lowest && !recomputes ? _own[i] : _shared;
            if (Kept[i] == _own[i])
                _own[i].Place(arena, shape, [.. network.Layers[i].Linears.Select(linear => linear.Rank)], tokens);
        }

        if (Kept.Contains(_shared))
            _shared.Place(arena, shape, network.LargestRanks, tokens);

        Head.Place(arena, network.Head, headRows, backward);
        arena.Overlay(
            layers =>
            {
                Scratch.Place(layers, shape, tokens, backward);
                Gradient = layers.Take(backward ? tokens : 0, shape.Hidden);
            },
            head => Head.PlaceLogits(head, network.Head, logitRows));
        EmbeddingReduced = arena.Take(tokens, network.Embedding.Rank);
        LinearScratch = arena.Take(network.ScratchLength(tokens, Math.Min(headRows, network.Head.ChunkRows), drops, backward));
    });

    /// <summary>The forward pass through all layers.</summary>
    public void RunLayers(Pass pass)
    {
        for (var i = 0; i < network.Layers.Count; i++)
            network.Layers[i].Forward(pass, Stream[i], Stream[i + 1], Kept[i], Scratch);
    }

    /// <inheritdoc/>
    public void Dispose() => _arena.Dispose();
}
