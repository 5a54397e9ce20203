using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// The cross-entropy of a large vocabulary. For a row of logits l and its target t:
/// <code>
/// loss = log sum exp l - l(t)        d loss / d l(j) = exp(l(j)) / sum exp l - [j = t]
/// </code>
/// Tokens times vocabulary never lie in memory at once: a chunk of rows has its logits computed, replaced by their gradients, and
/// multiplied back before the next chunk.
/// </summary>
public static unsafe class OutputHead
{
    /// <summary>The loss of all rows, and the gradient of <paramref name="scale"/> times it.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="hidden">Normed hidden states of the supervised positions, shape (N, in).</param>
    /// <param name="head">Output head, shape (vocabulary, in).</param>
    /// <param name="targets">Token ids, shape (N).</param>
    /// <param name="softcap">Logits become c tanh(l/c); 0 for not.</param>
    /// <param name="scale">What the gradient is multiplied by.</param>
    /// <param name="gradient">d(scale loss) / d hidden, shape (N, in), overwritten; null when only the loss is wanted.</param>
    /// <returns>The sum of the rows' losses, in nats.</returns>
    public static double LossAndGradient(
        WorkerPool pool, Matrix hidden, FrozenMatrix head, ReadOnlySpan<int> targets, float softcap, float scale, Matrix? gradient)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Length, hidden.Rows);
        var chunk = Math.Min(ChunkRows(head.Rows), hidden.Rows);
        using var buffer = new NativeBuffer((long)chunk * head.Rows, zeroed: false);
        var loss = 0.0;
        for (var first = 0; first < hidden.Rows; first += chunk)
        {
            var rows = Math.Min(chunk, hidden.Rows - first);
            var logits = buffer.View(rows, head.Rows);
            Gemm.MultiplyTransposed(pool, hidden.SliceRows(first, rows), head, logits, accumulate: false);
            loss += CrossEntropy(pool, logits, targets.Slice(first, rows), softcap, scale, gradient is not null);
            if (gradient is { } target)
                Gemm.Multiply(pool, logits, head, target.SliceRows(first, rows), accumulate: false);
        }
        return loss;
    }

    /// <summary>How many rows of logits are held at once: as many as fit into 72 MiB, 8 at least and 512 at most.</summary>
    public static int ChunkRows(int vocabulary) => (int)Math.Clamp((72L << 20) / sizeof(float) / Math.Max(vocabulary, 1) / 8 * 8, 8, 512);

    /// <summary>The loss of a chunk of logits, which their gradients replace when wanted.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="logits">Before the softcap, shape (rows, vocabulary); afterwards d(scale loss) / d logits, or undefined.</param>
    /// <param name="targets">Token ids, shape (rows).</param>
    /// <param name="softcap">Logits become c tanh(l/c); 0 for not.</param>
    /// <param name="scale">What the gradient is multiplied by.</param>
    /// <param name="wantsGradient">Whether the gradient is computed.</param>
    /// <returns>The sum of the rows' losses, in nats.</returns>
    public static double CrossEntropy(
        WorkerPool pool, Matrix logits, ReadOnlySpan<int> targets, float softcap, float scale, bool wantsGradient)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(targets.Length, logits.Rows);
        foreach (var target in targets)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)target, (uint)logits.Columns, nameof(targets));
        var ids = targets.ToArray();
        var losses = new double[logits.Rows];
        delegate*<float*, int, int, float, float, bool, double> compute = pool.Level switch
        {
            SimdLevel.Avx512 => &CrossEntropyRows<Simd512, Vector512<float>>.Compute,
            SimdLevel.Avx2 => &CrossEntropyRows<Simd256, Vector256<float>>.Compute,
            _ => &CrossEntropyRows<Simd128, Vector128<float>>.Compute,
        };
        pool.Run(
            logits.Rows, (row, _) => losses[row] = compute(logits.Row(row), logits.Columns, ids[row], softcap, scale, wantsGradient));
        return losses.Sum();
    }
}
