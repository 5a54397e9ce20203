using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// What a layer's backward pass needs of its forward pass. Norms and activations are left out: they are cheap to compute again. In the
/// backward pass gradients overwrite what is dead.
/// </summary>
internal sealed unsafe class LayerTensors
{
    /// <summary>Query, key and value of each token behind each other, shape (T, (heads + 2 kvHeads) headSize).</summary>
    /// <remarks>Queries and keys are turned already, unless they are normed: then the norm needs them as they came.</remarks>
    public Matrix QueryKeyValue { get; private set; }

    /// <summary>Output of attention before its projection, shape (T, heads headSize).</summary>
    public Matrix Attended { get; private set; }

    /// <summary>Attention's log sum exp, shape (T, heads).</summary>
    public float* LogSumExp { get; private set; }

    /// <summary>The residual stream between attention and feed-forward, shape (T, hidden).</summary>
    public Matrix Middle { get; private set; }

    /// <summary>Gate and up of each token behind each other, shape (T, 2 intermediate).</summary>
    public Matrix GateUp { get; private set; }

    /// <summary>What the post norms see, shape (T, hidden); nothing without them.</summary>
    public Matrix AttentionOutput { get; private set; }

    /// <inheritdoc cref="AttentionOutput"/>
    public Matrix MlpOutput { get; private set; }

    /// <summary>Inverse root mean squares of the norms n1 to n4 of <see cref="DecoderLayer"/>, each of shape (T).</summary>
    public float*[] InverseRms { get; } = new float*[4];

    /// <summary>Inverse root mean squares of queries (T, heads) and keys (T, kvHeads); null without their norms.</summary>
    public float* QueryInverseRms { get; private set; }

    /// <inheritdoc cref="QueryInverseRms"/>
    public float* KeyInverseRms { get; private set; }

    /// <summary>Per linear layer the reduced input u of its adapter, shape (T, rank).</summary>
    public float*[] Reduced { get; private set; } = [];

    /// <summary>Takes the memory for T tokens.</summary>
    /// <param name="arena">Where from.</param>
    /// <param name="shape">Widths.</param>
    /// <param name="ranks">Per linear layer the rank of its adapter, or 0.</param>
    /// <param name="tokens">T.</param>
    public void Place(Arena arena, LayerShape shape, int[] ranks, int tokens)
    {
        QueryKeyValue = arena.Take(tokens, shape.QueryKeyValueWidth);
        Attended = arena.Take(tokens, shape.QueryWidth);
        LogSumExp = arena.Take((long)tokens * shape.Heads);
        Middle = arena.Take(tokens, shape.Hidden);
        GateUp = arena.Take(tokens, 2 * shape.Intermediate);
        AttentionOutput = arena.Take(tokens, shape.HasPostNorms ? shape.Hidden : 0);
        MlpOutput = arena.Take(tokens, shape.HasPostNorms ? shape.Hidden : 0);
        for (var i = 0; i < InverseRms.Length; i++)
            InverseRms[i] = arena.Take(tokens);
        QueryInverseRms = arena.Take(shape.HasQueryKeyNorm ? (long)tokens * shape.Heads : 0);
        KeyInverseRms = arena.Take(shape.HasQueryKeyNorm ? (long)tokens * shape.KeyValueHeads : 0);
        if (Reduced.Length == 0)
            Reduced = new float*[ranks.Length];
        for (var i = 0; i < ranks.Length; i++)
            Reduced[i] = arena.Take((long)tokens * ranks[i]);
    }
}
