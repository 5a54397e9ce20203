namespace LoraLint.Trainer.Engines.Torch;

/// <summary>A decoder on a device.</summary>
/// <param name="Embedding">The token embedding.</param>
/// <param name="Layers">The layers.</param>
/// <param name="Head">The final norm, the output head, the loss.</param>
internal sealed record Network(Embedding Embedding, IReadOnlyList<DecoderLayer> Layers, LossHead Head) : IDisposable
{
    /// <summary>All linear layers, the head included.</summary>
    public IEnumerable<Linear> Linears => Layers.SelectMany(layer => layer.Linears).Append(Head.Head);

    /// <summary>All norms.</summary>
    public IEnumerable<Norm> Norms => Layers.SelectMany(layer => layer.Norms).Append(Head.Norm);

    /// <summary>
    /// The lowest layer that the backward pass goes down to: 0 when the embedding is trained, the number of layers when it ends at the
    /// head.
    /// </summary>
    public int LowestTrainedLayer => Embedding.IsTrained ? 0
        : Enumerable.Range(0, Layers.Count).FirstOrDefault(i => Layers[i].IsTrained, Layers.Count);

    /// <summary>Bytes of frozen weights on the device.</summary>
    public long FrozenBytes => Embedding.Table.Bytes + Linears.Sum(linear => linear.Frozen.Bytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Embedding.Dispose();
        foreach (var layer in Layers)
            layer.Dispose();
        Head.Dispose();
    }
}
