using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Trainer.Generation;

/// <summary>Draws the next token from logits.</summary>
/// <param name="Temperature">What logits are divided by, 0 or more; 0 takes the likeliest token.</param>
/// <param name="TopP">
/// Only the likeliest tokens whose probabilities sum up to this much are drawn from (nucleus sampling, arXiv 1904.09751): above 0,
/// at most 1.
/// </param>
/// <param name="Seed">The same seed draws the same tokens.</param>
internal sealed record Sampler(double Temperature, double TopP, long Seed)
{
    private const ulong Purpose = 16;

    /// <summary>The likeliest token; the lowest id among equals.</summary>
    public static int Likeliest(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
                best = i;
        }

        return best;
    }

    /// <summary>The token at a position of the text.</summary>
    /// <param name="logits">One for each token of the vocabulary.</param>
    /// <param name="position">Counts the tokens drawn: each has its own random number.</param>
    public int Draw(ReadOnlySpan<float> logits, int position)
    {
        if (Temperature == 0)
            return Likeliest(logits);
        var max = logits[Likeliest(logits)];
        var weights = new double[logits.Length];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = Math.Exp((logits[i] - max) / Temperature);

        // A stable order, so that equal weights are not at the mercy of the sort.
        var order = Enumerable.Range(0, weights.Length).OrderByDescending(i => weights[i]).ToArray();
        var total = weights.Sum();
        var nucleus = 0;
        for (var sum = 0.0; nucleus < order.Length && (nucleus == 0 || sum < TopP * total); nucleus++)
            sum += weights[order[nucleus]];
        var left = order.AsSpan(0, nucleus);
        var drawn = new SeededRandom(Seed, Purpose, position).Unit() * Sum(weights, left);
        foreach (var token in left)
        {
            drawn -= weights[token];
            if (drawn < 0)
                return token;
        }

        return left[^1];
    }

    private static double Sum(double[] weights, ReadOnlySpan<int> tokens)
    {
        var sum = 0.0;
        foreach (var token in tokens)
            sum += weights[token];
        return sum;
    }
}
