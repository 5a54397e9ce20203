using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>Memory that a layer uses while it runs and the next layer uses again.</summary>
internal sealed class LayerScratch
{
    /// <summary>A normed input, shape (T, hidden).</summary>
    public Matrix Normed { get; private set; }

    /// <summary>Normed and turned queries and keys, shape (T, (heads + kvHeads) headSize); nothing unless they are normed.</summary>
    public Matrix Turned { get; private set; }

    /// <summary>Input of the last projection of the feed-forward part, shape (T, intermediate).</summary>
    public Matrix Activated { get; private set; }

    /// <summary>A gradient of the residual stream's width, shape (T, hidden).</summary>
    public Matrix Narrow { get; private set; }

    /// <summary>Gradient of <see cref="Activated"/>, shape (T, intermediate).</summary>
    public Matrix DActivated { get; private set; }

    /// <summary>Gradient of attention's output, shape (T, heads headSize).</summary>
    public Matrix DAttended { get; private set; }

    /// <summary>Gradient of queries, keys and values, shape (T, (heads + 2 kvHeads) headSize).</summary>
    public Matrix DQueryKeyValue { get; private set; }

    /// <summary>Takes the memory for T tokens.</summary>
    public void Place(Arena arena, LayerShape shape, int tokens, bool backward)
    {
        var gradients = backward ? tokens : 0;
        Normed = arena.Take(tokens, shape.Hidden);
        Turned = arena.Take(tokens, shape.HasQueryKeyNorm ? shape.QueryWidth + shape.KeyWidth : 0);
        Activated = arena.Take(tokens, shape.Intermediate);
        Narrow = arena.Take(gradients, shape.Hidden);
        DActivated = arena.Take(gradients, shape.Intermediate);
        DAttended = arena.Take(gradients, shape.QueryWidth);
        DQueryKeyValue = arena.Take(gradients, shape.QueryKeyValueWidth);
    }
}
