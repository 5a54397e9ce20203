using System.Globalization;
using LoraLint.Advisor.Advice.Curves;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// The four steps of the guidance (2.39 to 2.44): a quick scan with doubling ranks at constant alpha/r, the analysis, refinement around the
/// best, and the two best at full length with several seeds.
/// </summary>
/// <param name="ranks">Ranks of the scan, rising.</param>
/// <param name="steps">Steps of a quick run; null for the config's own length.</param>
/// <param name="seed">The seed of the scan, and the first that confirms.</param>
/// <param name="seeds">Seeds that confirm; 0 for no confirmation.</param>
internal sealed class RankSearch(IReadOnlyList<int> ranks, int? steps, long seed, int seeds) : ISweepSearch
{
    /// <inheritdoc/>
    public IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done)
    {
        var scan = ranks.Select(r => Of("scan", r, seed, steps)).ToList();
        if (scan.Any(t => !done.ContainsKey(t.Id)))
            return scan;
        var refine = Refinement(done);
        if (refine.Any(t => !done.ContainsKey(t.Id)))
            return refine;
        return [.. Confirmation(done).Where(t => !done.ContainsKey(t.Id))];
    }

    /// <inheritdoc/>
    public SweepVerdict Judge(IReadOnlyDictionary<string, TrialResult> done)
    {
        var analysis = Analysed(done, [.. ranks.Select(r => Of("scan", r, seed, steps)), .. Refinement(done)]);
        if (analysis.Chosen is not { } chosen)
            return new SweepVerdict([], true, analysis.Words);
        var words = analysis.Words.Where(w => !w.StartsWith("Confirm", StringComparison.Ordinal)
            && !w.StartsWith("Refine", StringComparison.Ordinal)).ToList();
        var confirmed = Confirmation(done).GroupBy(t => (int)t.Values["rank"])
            .Select(g => Mean(g.Key, [.. g], done)).OfType<RankTrial>().ToList();
        if (confirmed.Count == 2)
        {
            var settled = RankAnalysis.Settle(confirmed[0], confirmed[1]);
            var (one, other) = (confirmed[0], confirmed[1]);
            words.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"At full length with {seeds} seeds rank {one.Rank} reached {one.ValidationLoss:0.####} and rank {other.Rank} "
                + $"{other.ValidationLoss:0.####}: rank {settled}, the smaller one unless the larger is better by more than the error."));
            chosen = settled;
        }

        return new SweepVerdict(new(StringComparer.Ordinal) { ["rank"] = chosen }, analysis.IsUncertain, words);
    }

    private List<Trial> Refinement(IReadOnlyDictionary<string, TrialResult> done)
    {
        var analysis = Analysed(done, [.. ranks.Select(r => Of("scan", r, seed, steps))]);
        return [.. analysis.Refinement.Where(r => !ranks.Contains(r) && r <= ranks[^1]).Select(r => Of("refine", r, seed, steps))];
    }

    private List<Trial> Confirmation(IReadOnlyDictionary<string, TrialResult> done)
    {
        if (seeds == 0)
            return [];
        var analysis = Analysed(done, [.. ranks.Select(r => Of("scan", r, seed, steps)), .. Refinement(done)]);
        return [.. analysis.Confirm.SelectMany(r => Enumerable.Range(0, seeds).Select(s => Of("confirm", r, seed + s, null)))];
    }

    private static RankAnalysis Analysed(IReadOnlyDictionary<string, TrialResult> done, IReadOnlyList<Trial> trials) =>
        RankAnalysis.Of([.. trials.Where(t => done.ContainsKey(t.Id)).Select(t => done[t.Id])
            .Select(r => new RankTrial((int)r.Values["rank"], r.Loss ?? double.NaN)
            {
                IsStable = r.IsStable && r.Loss is not null, IsOverfitting = r.OverfitsFrom is not null,
            })]);

    private static RankTrial? Mean(int rank, IReadOnlyList<Trial> trials, IReadOnlyDictionary<string, TrialResult> done)
    {
        var losses = trials.Select(t => done.GetValueOrDefault(t.Id)?.Loss).OfType<double>().ToList();
        if (losses.Count == 0)
            return null;
        var mean = losses.Average();
        double? error = losses.Count < 2 ? null
            : Math.Sqrt(losses.Sum(l => (l - mean) * (l - mean)) / (losses.Count - 1) / losses.Count);
        return new RankTrial(rank, mean) { StandardError = error };
    }

    private static Trial Of(string stage, int rank, long seed, int? steps) => Trial.Of(stage, seed, steps, ("rank", rank));
}
