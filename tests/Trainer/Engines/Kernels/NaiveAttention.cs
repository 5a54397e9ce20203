using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Tests.Trainer.Engines.Kernels;

/// <summary>Attention as its definition reads, query by query in double precision.</summary>
internal sealed class NaiveAttention
{
    public NaiveAttention(AttentionShape shape, int[] starts, double[,] q, double[,] k, double[,] v, double[,] dOutput)
    {
        var size = shape.HeadSize;
        Output = new double[q.GetLength(0), q.GetLength(1)];
        LogSumExp = new double[q.GetLength(0), shape.Heads];
        DQ = new double[q.GetLength(0), q.GetLength(1)];
        DK = new double[k.GetLength(0), k.GetLength(1)];
        DV = new double[v.GetLength(0), v.GetLength(1)];
        for (var sequence = 0; sequence + 1 < starts.Length; sequence++)
            for (var i = starts[sequence]; i < starts[sequence + 1]; i++)
                for (var head = 0; head < shape.Heads; head++)
                {
                    var query = head * size;
                    var key = head / (shape.Heads / shape.KeyValueHeads) * size;
                    var first = shape.Window > 0 ? Math.Max(starts[sequence], i - shape.Window + 1) : starts[sequence];
                    var tokens = Enumerable.Range(first, i - first + 1).ToArray();
                    var scores = tokens.Select(j =>
                    {
                        var score = shape.Scale * Sum(size, d => q[i, query + d] * k[j, key + d]);
                        return shape.Softcap > 0 ? shape.Softcap * Math.Tanh(score / shape.Softcap) : score;
                    }).ToArray();
                    var greatest = scores.Max();
                    LogSumExp[i, head] = greatest + Math.Log(scores.Sum(score => Math.Exp(score - greatest)));
                    var weights = scores.Select(score => Math.Exp(score - LogSumExp[i, head])).ToArray();
                    for (var d = 0; d < size; d++)
                        Output[i, query + d] = tokens.Select((j, n) => weights[n] * v[j, key + d]).Sum();
                    var correction = Sum(size, d => dOutput[i, query + d] * Output[i, query + d]);
                    for (var n = 0; n < tokens.Length; n++)
                    {
                        var j = tokens[n];
                        var slope = weights[n] * (Sum(size, d => dOutput[i, query + d] * v[j, key + d]) - correction) * shape.Scale;
                        if (shape.Softcap > 0)
                            slope *= 1 - Math.Pow(scores[n] / shape.Softcap, 2);
                        for (var d = 0; d < size; d++)
                        {
                            DQ[i, query + d] += slope * k[j, key + d];
                            DK[j, key + d] += slope * q[i, query + d];
                            DV[j, key + d] += weights[n] * dOutput[i, query + d];
                        }
                    }
                }
    }

    public double[,] Output { get; }

    public double[,] LogSumExp { get; }

    public double[,] DQ { get; }

    public double[,] DK { get; }

    public double[,] DV { get; }

    private static double Sum(int count, Func<int, double> term) => Enumerable.Range(0, count).Sum(term);
}
