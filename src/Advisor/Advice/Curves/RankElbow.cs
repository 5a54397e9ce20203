namespace LoraLint.Advisor.Advice.Curves;

/// <summary>
/// Three ways to tell from which rank on more rank gives no more. Each takes trials of at least two ranks, in order, of which the losses
/// are positive.
/// </summary>
internal static class RankElbow
{
    /// <summary>The least gain of a doubling that is worth it, as a share of the loss.</summary>
    public const double LeastGain = 0.005;

    private const double LeastDistance = 0.1;
    private const double Critical = 2.5;

    /// <summary>
    /// Kneedle (Satopaa, Albrecht, Irwin and Raghavan, ICDCSW 2011) with sensitivity 0: the point that lies farthest above the chord, after
    /// log2 of the rank and the loss were both brought to 0..1. Null when it lies less than a tenth above: no elbow. With the default
    /// sensitivity of 1 the few points of a sweep rarely show one.
    /// </summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="smooth">The losses, noise taken out.</param>
    public static int? Kneedle(IReadOnlyList<int> ranks, ReadOnlySpan<double> smooth)
    {
        var (lowest, highest) = (smooth[0], smooth[0]);
        foreach (var loss in smooth)
            (lowest, highest) = (Math.Min(lowest, loss), Math.Max(highest, loss));
        if (highest == lowest)
            return null;
        var width = Math.Log2((double)ranks[^1] / ranks[0]);
        var (farthest, at) = (LeastDistance, -1);
        for (var i = 0; i < smooth.Length; i++)
        {
            var distance = (highest - smooth[i]) / (highest - lowest) - Math.Log2((double)ranks[i] / ranks[0]) / width;
            if (distance > farthest)
                (farthest, at) = (distance, i);
        }

        return at < 0 ? null : ranks[at];
    }

    /// <summary>
    /// The smallest rank behind which no more than <see cref="LeastGain"/> a doubling is gained, so far as the noise lets tell.
    /// </summary>
    /// <remarks>
    /// Looking at one doubling after the other goes wrong twice. A task that takes rank k gains little from the first doublings and most
    /// from the last one before k, so a search from below stops too early; and of many gains one is large by chance. So all that lies
    /// behind a rank is looked at together: with the gain that counts as none added to each doubling, the losses must be told by values
    /// that never fall, up to <see cref="Critical"/> standard deviations of noise. For two ranks that is the rule of the single doubling.
    /// </remarks>
    /// <param name="ranks">The ranks.</param>
    /// <param name="losses">The losses.</param>
    /// <param name="noise">The standard deviation of a loss.</param>
    public static int MarginalGain(IReadOnlyList<int> ranks, ReadOnlySpan<double> losses, double noise)
    {
        for (var i = 0; i < losses.Length - 1; i++)
        {
            var behind = losses[i..].ToArray();
            for (var j = 0; j < behind.Length; j++)
                behind[j] += LeastGain * losses[i] * Math.Log2((double)ranks[i + j] / ranks[i]);
            if (Math.Sqrt(ValleyFit.Rising(behind)) <= Critical * noise)
                return ranks[i];
        }

        return ranks[^1];
    }

    /// <summary>
    /// The smallest rank within a standard error of the best one (Breiman, Friedman, Olshen and Stone 1984), with the noise taken out of
    /// the losses: the lowest of several noisy losses is low by chance too.
    /// </summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="smooth">The losses, noise taken out.</param>
    /// <param name="noise">The standard error of a loss.</param>
    public static int OneStandardError(IReadOnlyList<int> ranks, ReadOnlySpan<double> smooth, double noise)
    {
        var lowest = smooth[0];
        foreach (var loss in smooth)
            lowest = Math.Min(lowest, loss);
        var at = 0;
        while (smooth[at] > lowest + noise)
            at++;
        return ranks[at];
    }
}
