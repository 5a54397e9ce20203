using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>The shape of attention in a layer.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads; each serves Heads / KeyValueHeads neighbouring query heads.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="Scale">What query-key products are multiplied by.</param>
/// <param name="Softcap">Scores become c tanh(s/c); 0 for not.</param>
/// <param name="Window">How many tokens back attention reaches, itself included; 0 for all.</param>
public readonly record struct AttentionShape(int Heads, int KeyValueHeads, int HeadSize, float Scale, float Softcap, int Window);

/// <summary>
/// Causal attention over sequences that lie one behind the other. For a query at position i of its sequence and the keys j it sees,
/// <c>i - Window &lt; j &lt;= i</c>:
/// <code>
/// s(j) = Scale q·k(j)          then s(j) = c tanh(s(j)/c) with a softcap
/// p(j) = exp(s(j) - L)         L = log sum exp s(j)
/// o    = sum p(j) v(j)
/// </code>
/// </summary>
public static unsafe class Attention
{
    /// <summary>Computes the output and what the backward pass needs of the softmax.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="shape">Heads and switches.</param>
    /// <param name="starts">Where each sequence starts, and T at the end.</param>
    /// <param name="q">Queries, shape (T, Heads * HeadSize).</param>
    /// <param name="k">Keys, shape (T, KeyValueHeads * HeadSize).</param>
    /// <param name="v">Values, shape (T, KeyValueHeads * HeadSize).</param>
    /// <param name="output">Shape (T, Heads * HeadSize); overlaps no operand.</param>
    /// <param name="logSumExp">L of each token and head, shape (T, Heads).</param>
    public static void Forward(
        WorkerPool pool, in AttentionShape shape, ReadOnlySpan<int> starts, Matrix q, Matrix k, Matrix v, Matrix output, float* logSumExp)
    {
        CheckShapes(shape, starts, q, k, v, output);
        switch (pool.Level)
        {
            case SimdLevel.Avx512:
                AttentionTiles<Simd512, Vector512<float>>.Forward(pool, shape, starts, q, k, v, output, logSumExp);
                break;
            case SimdLevel.Avx2:
                AttentionTiles<Simd256, Vector256<float>>.Forward(pool, shape, starts, q, k, v, output, logSumExp);
                break;
            default:
                AttentionTiles<Simd128, Vector128<float>>.Forward(pool, shape, starts, q, k, v, output, logSumExp);
                break;
        }
    }

    /// <summary>
    /// Gradients of queries, keys and values. With <c>D = dO·O</c> of a token and head:
    /// <code>
    /// dp(j) = dO·v(j)       ds(j) = p(j) (dp(j) - D)       times 1 - (s(j)/c)^2 with a softcap
    /// dq += Scale ds(j) k(j)     dk(j) += Scale ds(j) q     dv(j) += p(j) dO
    /// </code>
    /// </summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="shape">Heads and switches.</param>
    /// <param name="starts">Where each sequence starts, and T at the end.</param>
    /// <param name="q">Queries of the forward pass.</param>
    /// <param name="k">Keys of the forward pass.</param>
    /// <param name="v">Values of the forward pass.</param>
    /// <param name="output">Its output.</param>
    /// <param name="logSumExp">Its L.</param>
    /// <param name="dOutput">Gradient of the output.</param>
    /// <param name="dq">Gradient of the queries, overwritten; overlaps no operand.</param>
    /// <param name="dk">Gradient of the keys, overwritten; overlaps no operand.</param>
    /// <param name="dv">Gradient of the values, overwritten; overlaps no operand.</param>
    public static void Backward(
        WorkerPool pool, in AttentionShape shape, ReadOnlySpan<int> starts, Matrix q, Matrix k, Matrix v, Matrix output, float* logSumExp,
        Matrix dOutput, Matrix dq, Matrix dk, Matrix dv)
    {
        CheckShapes(shape, starts, q, k, v, output);
        CheckShapes(shape, starts, dq, dk, dv, dOutput);
        switch (pool.Level)
        {
            case SimdLevel.Avx512:
                AttentionTiles<Simd512, Vector512<float>>.Backward(pool, shape, starts, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
                break;
            case SimdLevel.Avx2:
                AttentionTiles<Simd256, Vector256<float>>.Backward(pool, shape, starts, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
                break;
            default:
                AttentionTiles<Simd128, Vector128<float>>.Backward(pool, shape, starts, q, k, v, output, logSumExp, dOutput, dq, dk, dv);
                break;
        }
    }

    private static void CheckShapes(in AttentionShape shape, ReadOnlySpan<int> starts, Matrix q, Matrix k, Matrix v, Matrix output)
    {
        var width = shape.Heads * shape.HeadSize;
        var keyWidth = shape.KeyValueHeads * shape.HeadSize;
        var fit = shape.KeyValueHeads > 0 && shape.Heads % shape.KeyValueHeads == 0 && starts.Length > 0 && starts[0] == 0
            && starts[^1] == q.Rows && q.Columns == width && output.Columns == width && k.Columns == keyWidth && v.Columns == keyWidth
            && k.Rows == q.Rows && v.Rows == q.Rows && output.Rows == q.Rows;
        for (var i = 1; i < starts.Length; i++)
            fit &= starts[i] >= starts[i - 1];
        if (!fit)
            throw new ArgumentException("the shapes of the operands do not fit the heads and the sequences");
    }
}
