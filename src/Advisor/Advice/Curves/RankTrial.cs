namespace LoraLint.Advisor.Advice.Curves;

/// <summary>What a rank came to in a sweep.</summary>
/// <param name="Rank">The rank, at least 1.</param>
/// <param name="ValidationLoss">The best validation loss of the run, or the mean over its seeds.</param>
internal sealed record RankTrial(int Rank, double ValidationLoss)
{
    /// <summary>
    /// How far the loss would be from itself with another seed (a standard deviation over seeds divided by the root of their number), or
    /// null when the rank was trained with one seed.
    /// </summary>
    public double? StandardError { get; init; }

    /// <summary>Whether the run was stable; the loss of one that was not says nothing about its rank.</summary>
    public bool IsStable { get; init; } = true;

    /// <summary>Whether the run overfitted; its best loss counts all the same.</summary>
    public bool IsOverfitting { get; init; }

    /// <summary>
    /// What the run of one rank came to. The loss is the lowest median of three evaluations in a row (of fewer, the lowest), as the lowest
    /// of many noisy evaluations is low by chance; where the run overfitted, that lies before the rise. NaN without evaluations, which
    /// leaves the rank out.
    /// </summary>
    /// <param name="rank">The rank.</param>
    /// <param name="run">Its run.</param>
    /// <param name="roughness">The roughness of all runs of the sweep: more than twice their median is unstable, too.</param>
    public static RankTrial Of(int rank, Diagnosis run, IEnumerable<double> roughness)
    {
        var losses = run.Curves.ValidationLoss.Select(p => p.Value).Where(double.IsFinite).ToList();
        var lowest = losses.Count < 3 ? losses.DefaultIfEmpty(double.NaN).Min()
            : Enumerable.Range(0, losses.Count - 2).Min(i => RobustStatistics.Median(losses.GetRange(i, 3)));
        return new RankTrial(rank, lowest)
        {
            IsStable = run.Divergence is null && run.Stability.IsStable && !run.Stability.IsRougherThan(roughness),
            IsOverfitting = run.Overfitting is not null,
        };
    }
}
