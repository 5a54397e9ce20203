using System.Globalization;

namespace LoraLint.Advisor.Advice.Curves;

/// <summary>
/// Which rank a sweep speaks for: three votes (<see cref="RankElbow"/>), their median on the grid of doublings, how sure it is, and what
/// to train next. A pure function of the trials.
/// </summary>
/// <remarks>
/// The losses first lose their noise in a fit that falls and then rises (<see cref="ValleyFit"/>): with rank the loss falls, and rises
/// again only where larger adapters overfit. Without that, and with gains looked at one doubling at a time, the three votes found a drawn
/// elbow within a doubling in 92 % of cases; with it in 98 % (docs/diagnose.md).
/// </remarks>
internal sealed record RankAnalysis
{
    // What a loss moves by with the seed where nobody measured it, as a share, and how many trials that belief is worth.
    private const double PriorNoise = 0.004;
    private const double PriorWeight = 3;
    private const int RankStep = 4;

    /// <summary>The trials that count, in the order of ranks.</summary>
    public required IReadOnlyList<RankTrial> Trials { get; init; }

    /// <summary>The trials that do not: unstable runs, losses that are no positive numbers.</summary>
    public required IReadOnlyList<RankTrial> LeftOut { get; init; }

    /// <summary>The rank, or null when no trial counts.</summary>
    public int? Chosen { get; init; }

    /// <summary>Kneedle's vote, or null when the curve has no elbow.</summary>
    public int? Kneedle { get; init; }

    /// <summary>The vote of the marginal gain; null with fewer than two trials, as the next.</summary>
    public int? MarginalGain { get; init; }

    /// <summary>The vote of the one-standard-error rule.</summary>
    public int? OneStandardError { get; init; }

    /// <summary>The standard deviation of a trial's loss over seeds, measured or estimated; NaN with no trials.</summary>
    public double Noise { get; init; } = double.NaN;

    /// <summary>Whether the votes differ by more than a doubling, or too little was tried for votes.</summary>
    public bool IsUncertain { get; init; }

    /// <summary>Whether no rank does better than the smallest by more than noise and half a percent a doubling.</summary>
    public bool IsFlat { get; init; }

    /// <summary>Whether the largest rank that was tried still gained: the elbow may lie above it.</summary>
    public bool GainsAtEnd { get; init; }

    /// <summary>Ranks around the chosen one to try next, multiples of 4; empty when the curve is flat or the rank is below 4.</summary>
    public IReadOnlyList<int> Refinement { get; init; } = [];

    /// <summary>The ranks to train at full length with two seeds at least, the chosen one first.</summary>
    public IReadOnlyList<int> Confirm { get; init; } = [];

    /// <summary>What the sweep says, a sentence each.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Analyses a sweep.</summary>
    /// <param name="trials">One a rank, in any order.</param>
    /// <exception cref="ArgumentException">A rank is below 1 or there twice.</exception>
    public static RankAnalysis Of(IReadOnlyList<RankTrial> trials)
    {
        if (trials.Any(t => t.Rank < 1) || trials.DistinctBy(t => t.Rank).Count() < trials.Count)
            throw new ArgumentException("ranks are at least 1 and there once each", nameof(trials));
        var used = trials.Where(t => t.IsStable && double.IsFinite(t.ValidationLoss) && t.ValidationLoss > 0).OrderBy(t => t.Rank).ToList();
        var analysis = new RankAnalysis { Trials = used, LeftOut = [.. trials.Except(used).OrderBy(t => t.Rank)] };
        analysis = used.Count switch
        {
            0 => analysis with { IsUncertain = true },
            1 => analysis with { Chosen = used[0].Rank, IsUncertain = true, Noise = NoiseOf(used), Confirm = [used[0].Rank] },
            _ => analysis.Vote(),
        };
        return analysis with { Words = [.. analysis.InWords()] };
    }

    /// <summary>
    /// The rank to take after two were confirmed at full length: the smaller one, unless the larger is better by more than the error of the
    /// difference.
    /// </summary>
    /// <param name="one">The mean over its seeds and the error of that.</param>
    /// <param name="other">Of the other rank.</param>
    public static int Settle(RankTrial one, RankTrial other)
    {
        var (smaller, larger) = one.Rank <= other.Rank ? (one, other) : (other, one);
        double small = smaller.StandardError ?? 0, large = larger.StandardError ?? 0;
        return smaller.ValidationLoss - larger.ValidationLoss > Math.Sqrt(small * small + large * large) ? larger.Rank : smaller.Rank;
    }

    /// <summary>0.75, 1, 1.25 and 1.5 times a rank as multiples of 4: 12, 16, 20 and 24 for 16.</summary>
    public static IReadOnlyList<int> Around(int rank) => rank < RankStep ? []
        : [.. new[] { 0.75, 1, 1.25, 1.5 }
            .Select(f => RankStep * (int)Math.Round(f * rank / RankStep, MidpointRounding.AwayFromZero)).Where(r => r > 0).Distinct()];

    private RankAnalysis Vote()
    {
        var ranks = Trials.Select(t => t.Rank).ToArray();
        var losses = Trials.Select(t => t.ValidationLoss).ToArray();
        var smooth = ValleyFit.Smooth(losses);
        var noise = NoiseOf(Trials);
        var gain = RankElbow.MarginalGain(ranks, losses, noise);
        var isFlat = gain == ranks[0];
        // In noise alone there is a farthest point too.
        var kneedle = isFlat ? null : RankElbow.Kneedle(ranks, smooth);
        var error = RankElbow.OneStandardError(ranks, smooth, noise);
        int[] votes = [isFlat ? ranks[0] : kneedle ?? gain, gain, error];
        Array.Sort(votes);
        var chosen = votes[1];
        var byLoss = Trials.OrderBy(t => t.ValidationLoss).Select(t => t.Rank);
        return this with
        {
            Chosen = chosen, Kneedle = kneedle, MarginalGain = gain, OneStandardError = error, Noise = noise, IsFlat = isFlat,
            IsUncertain = votes[2] > 2 * votes[0],
            GainsAtEnd = chosen == ranks[^1] && smooth[^2] - smooth[^1] > RankElbow.LeastGain * smooth[^2],
            Refinement = isFlat ? [] : Around(chosen),
            Confirm = [.. byLoss.Prepend(chosen).Distinct().Take(2)],
        };
    }

    // Measured over seeds where it was, else from what the fall and rise leave over, together with what is usual.
    private static double NoiseOf(IReadOnlyList<RankTrial> trials)
    {
        var measured = trials.Where(t => t.StandardError > 0).Select(t => t.StandardError!.Value).ToList();
        if (measured.Count > 0)
            return Math.Sqrt(measured.Average(e => e * e));
        var losses = trials.Select(t => t.ValidationLoss).ToArray();
        var fit = ValleyFit.Of(losses);
        var usual = PriorNoise * RobustStatistics.Median(losses);
        return Math.Sqrt((fit.Valley + PriorWeight * usual * usual) / (Math.Max(0, losses.Length - 1.5 * fit.Levels) + PriorWeight));
    }

    private IEnumerable<string> InWords()
    {
        if (LeftOut.Count > 0)
            yield return $"Left out, as the runs were unstable or gave no loss: rank {string.Join(", ", LeftOut.Select(t => t.Rank))}.";
        if (Chosen is not { } chosen)
        {
            yield return "No run of the sweep counts; lower the learning rate and try again.";
            yield break;
        }

        if (Trials.Count < 2)
        {
            yield return Text($"Only rank {chosen} counts; a choice needs at least two ranks.");
            yield break;
        }

        yield return IsFlat
            ? Text($"No rank up to {Trials[^1].Rank} does better than {chosen} by more than noise and 0.5 % a doubling.")
            : Text($"Rank {chosen}: Kneedle says {Kneedle?.ToString(CultureInfo.InvariantCulture) ?? "there is no elbow"}, ")
                + Text($"the marginal gain {MarginalGain}, the one-standard-error rule {OneStandardError}; the median counts.");
        if (IsUncertain)
            yield return "The three differ by more than a doubling, so this is uncertain: more seeds at the ranks between them would tell.";
        if (GainsAtEnd)
            yield return Text($"The largest rank that was tried still gained; try {2 * Trials[^1].Rank} too.");
        if (Trials.Where(t => t.IsOverfitting).Select(t => t.Rank).ToList() is { Count: > 0 } overfitting)
            yield return $"Overfitting began at rank {string.Join(", ", overfitting)}; the best loss before it counts.";
        if (Refinement.Count > 1)
            yield return $"Refine with rank {string.Join(", ", Refinement)}.";
        yield return $"Confirm rank {string.Join(" and ", Confirm)} at full length with two seeds or more.";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
