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
}
