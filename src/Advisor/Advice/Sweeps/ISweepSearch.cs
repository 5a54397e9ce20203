namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// Says what to try next. A function of the trials that are done and nothing else, so that a sweep that was killed goes on as if it had
/// not been.
/// </summary>
internal interface ISweepSearch
{
    /// <summary>
    /// Trials to do now, in an order that does not depend on how many run at a time; those that are done may be among them. Empty when
    /// the search is over.
    /// </summary>
    /// <param name="done">Results by id.</param>
    IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done);

    /// <summary>What the search found; asked when it is over.</summary>
    SweepVerdict Judge(IReadOnlyDictionary<string, TrialResult> done);
}

/// <summary>What a sweep found.</summary>
/// <param name="Values">The settings to take; empty when no trial counts.</param>
/// <param name="IsUncertain">Whether others did as well as far as can be told.</param>
/// <param name="Words">Why, in sentences.</param>
internal sealed record SweepVerdict(SortedDictionary<string, double> Values, bool IsUncertain, IReadOnlyList<string> Words)
{
    /// <summary>The rank, where one was searched for.</summary>
    public int? Rank => Values.TryGetValue("rank", out var rank) ? (int)rank : null;
}
