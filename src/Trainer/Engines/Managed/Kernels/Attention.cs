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
        var s = shape;
        var bounds = starts.ToArray();
        pool.Run((bounds.Length - 1) * s.Heads, (job, worker) =>
        {
            var (sequence, head) = Math.DivRem(job, s.Heads);
            var (start, end) = (bounds[sequence], bounds[sequence + 1]);
            var queryColumn = head * s.HeadSize;
            var keyColumn = head / (s.Heads / s.KeyValueHeads) * s.HeadSize;
            var scores = pool.Scratch(worker, end - start);
            for (var i = start; i < end; i++)
            {
                var first = FirstKey(s, start, i);
                var max = float.NegativeInfinity;
                for (var j = first; j <= i; j++)
                    max = Math.Max(max, scores[j - start] = Score(s, q.Row(i) + queryColumn, k.Row(j) + keyColumn));
                var sum = 0f;
                for (var j = first; j <= i; j++)
                    sum += scores[j - start] = MathF.Exp(scores[j - start] - max);
                var target = output.Row(i) + queryColumn;
                new Span<float>(target, s.HeadSize).Clear();
                for (var j = first; j <= i; j++)
                {
                    var p = scores[j - start] / sum;
                    var values = v.Row(j) + keyColumn;
                    for (var d = 0; d < s.HeadSize; d++)
                        target[d] += p * values[d];
                }
                logSumExp[(long)i * s.Heads + head] = max + MathF.Log(sum);
            }
        });
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
        var s = shape;
        var bounds = starts.ToArray();
        var group = s.Heads / s.KeyValueHeads;
        pool.Run((bounds.Length - 1) * s.KeyValueHeads, (job, _) =>
        {
            var (sequence, keyHead) = Math.DivRem(job, s.KeyValueHeads);
            var (start, end) = (bounds[sequence], bounds[sequence + 1]);
            var keyColumn = keyHead * s.HeadSize;
            for (var j = start; j < end; j++)
            {
                new Span<float>(dk.Row(j) + keyColumn, s.HeadSize).Clear();
                new Span<float>(dv.Row(j) + keyColumn, s.HeadSize).Clear();
            }
            for (var head = keyHead * group; head < (keyHead + 1) * group; head++)
                for (var i = start; i < end; i++)
                {
                    var queryColumn = head * s.HeadSize;
                    var query = q.Row(i) + queryColumn;
                    var dQuery = dq.Row(i) + queryColumn;
                    var dOut = dOutput.Row(i) + queryColumn;
                    var correction = Dot(dOut, output.Row(i) + queryColumn, s.HeadSize);
                    new Span<float>(dQuery, s.HeadSize).Clear();
                    for (var j = FirstKey(s, start, i); j <= i; j++)
                    {
                        var score = Score(s, query, k.Row(j) + keyColumn);
                        var p = MathF.Exp(score - logSumExp[(long)i * s.Heads + head]);
                        var ds = p * (Dot(dOut, v.Row(j) + keyColumn, s.HeadSize) - correction) * s.Scale;
                        if (s.Softcap > 0)
                            ds *= 1 - score / s.Softcap * (score / s.Softcap);
                        for (var d = 0; d < s.HeadSize; d++)
                        {
                            dQuery[d] += ds * (k.Row(j) + keyColumn)[d];
                            (dk.Row(j) + keyColumn)[d] += ds * query[d];
                            (dv.Row(j) + keyColumn)[d] += p * dOut[d];
                        }
                    }
                }
        });
    }

    private static int FirstKey(in AttentionShape shape, int start, int i) =>
        shape.Window > 0 ? Math.Max(start, i - shape.Window + 1) : start;

    private static float Score(in AttentionShape shape, float* query, float* key)
    {
        var score = shape.Scale * Dot(query, key, shape.HeadSize);
        return shape.Softcap > 0 ? shape.Softcap * MathF.Tanh(score / shape.Softcap) : score;
    }

    private static float Dot(float* a, float* b, int length)
    {
        var sum = 0f;
        for (var i = 0; i < length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
