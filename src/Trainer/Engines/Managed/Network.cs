namespace LoraLint.Trainer.Engines.Managed;

/// <summary>A decoder whose layers are at hand: embedding, layers, head.</summary>
internal sealed class Network : IDisposable
{
    /// <summary>Token ids to the residual stream.</summary>
    public required Embedding Embedding { get; init; }

    /// <summary>The layers.</summary>
    public required IReadOnlyList<DecoderLayer> Layers { get; init; }

    /// <summary>Final norm, output head and loss.</summary>
    public required LossHead Head { get; init; }

    /// <summary>The rotary embeddings that layers refer to.</summary>
    public required IReadOnlyList<RotaryTables> Ropes { get; init; }

    /// <summary>Widths of each layer.</summary>
    public required LayerShape Shape { get; init; }

    /// <summary>The lowest layer that the backward pass reaches: as many as there are layers when only the head is trained.</summary>
    public int LowestTrainedLayer =>
        Embedding.IsTrained ? 0 : Enumerable.Range(0, Layers.Count).FirstOrDefault(i => Layers[i].IsTrained, Layers.Count);

    /// <summary>Per linear layer of a decoder layer the largest rank over all layers.</summary>
    public int[] LargestRanks => [.. Enumerable.Range(0, Layers[0].Linears.Count).Select(i => Layers.Max(layer => layer.Linears[i].Rank))];

    /// <summary>All linear layers in the order of the model, the head last.</summary>
    public IEnumerable<Linear> Linears => Layers.SelectMany(layer => layer.Linears).Append(Head.Head);

    /// <summary>All norms.</summary>
    public IEnumerable<Norm> Norms => Layers.SelectMany(layer => layer.Norms).Append(Head.Norm);

    /// <summary>Values of scratch memory for the linear layer that takes most.</summary>
    public long ScratchLength(int tokens, int headRows, bool drops, bool backward) => Math.Max(
        Layers.SelectMany(layer => layer.Linears).Max(linear => linear.ScratchLength(tokens, drops, backward)),
        Head.Head.ScratchLength(headRows, drops, backward));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var layer in Layers)
            layer.Dispose();
        foreach (var rope in Ropes)
            rope.Dispose();
        Head.Dispose();
    }
}
