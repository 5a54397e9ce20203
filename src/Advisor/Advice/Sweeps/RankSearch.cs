using System.Globalization;
using LoraLint.Advisor.Advice.Curves;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// The four steps of the guidance (2.39 to 2.44): a quick scan with doubling ranks at constant alpha/r, the analysis, refinement around the
/// best, and the two best at full length with several seeds. A rank whose run was unstable gets another at half the learning rate, which
/// counts in its place: what is stable at one rank may not be at another, and a lower rate is what <c>diagnose</c> advises then.
/// </summary>
/// <param name="ranks">Ranks of the scan, rising.</param>
/// <param name="steps">Steps of a quick run; null for the config's own length.</param>
/// <param name="seed">The seed of the scan, and the first that confirms.</param>
/// <param name="seeds">Seeds that confirm; 0 for no confirmation.</param>
/// <param name="learningRate">The config's, or null where it is not known: then nothing is tried again.</param>
internal sealed class RankSearch(IReadOnlyList<int> ranks, int? steps, long seed, int seeds, double? learningRate = null) : ISweepSearch
{
    /// <inheritdoc/>
    public IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done)
    {
        foreach (var stage in Stages(done))
        {
            if (stage.Any(t => !done.ContainsKey(t.Id)))
                return stage;
        }

        return [];
    }

    /// <inheritdoc/>
    public SweepVerdict Judge(IReadOnlyDictionary<string, TrialResult> done)
    {
        List<Trial> tried = [.. Scan(), .. Refinement(done)];
        var analysis = Analysed(done, tried);
        if (analysis.Chosen is not { } chosen)
            return new SweepVerdict([], true, analysis.Words);
        var words = analysis.Words.Where(w => !w.StartsWith("Confirm", StringComparison.Ordinal)
            && !w.StartsWith("Refine", StringComparison.Ordinal)).ToList();
        var confirmed = Confirmation(done).GroupBy(t => (int)t.Values["rank"])
            .Select(g => Mean(g.Key, [.. g], done)).OfType<RankTrial>().ToList();
        var saved = tried.Where(t => IsSaved(t, done)).Select(t => (int)t.Values["rank"]).ToList();
        if (saved.Count > 0)
        {
            words.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"Rank {string.Join(", ", saved)} was unstable at the config's learning rate; what counts is the run at half of it."));
        }

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

        var values = new SortedDictionary<string, double>(StringComparer.Ordinal) { ["rank"] = chosen };
        if (saved.Contains(chosen))
            values["learning_rate"] = learningRate!.Value / 2;
        return new SweepVerdict(values, analysis.IsUncertain, words);
    }

    // Each asks for what the ones before it came to.
    private IEnumerable<List<Trial>> Stages(IReadOnlyDictionary<string, TrialResult> done)
    {
        var scan = Scan();
        yield return scan;
        yield return Retries(scan, done);
        var refine = Refinement(done);
        yield return refine;
        yield return Retries(refine, done);
        yield return Confirmation(done);
    }

    private List<Trial> Scan() => [.. ranks.Select(r => Of("scan", r, seed, steps))];

    // Of runs that went wrong while they trained; what could not start would not start again.
    private List<Trial> Retries(IEnumerable<Trial> trials, IReadOnlyDictionary<string, TrialResult> done) =>
        learningRate is not > 0 ? []
            : [.. trials.Where(t => done.TryGetValue(t.Id, out var result) && result is { IsStable: false, Steps: > 0 }).Select(Gentler)];

    private Trial Gentler(Trial trial) => Trial.Of(
        "retry", trial.Seed, trial.Steps, ("rank", trial.Values["rank"]), ("learning_rate", learningRate!.Value / 2));

    private List<Trial> Refinement(IReadOnlyDictionary<string, TrialResult> done)
    {
        var analysis = Analysed(done, Scan());
        return [.. analysis.Refinement.Where(r => !ranks.Contains(r) && r <= ranks[^1]).Select(r => Of("refine", r, seed, steps))];
    }

    private List<Trial> Confirmation(IReadOnlyDictionary<string, TrialResult> done)
    {
        if (seeds == 0)
            return [];
        List<Trial> tried = [.. Scan(), .. Refinement(done)];
        var saved = tried.Where(t => IsSaved(t, done)).Select(t => t.Values["rank"]).ToHashSet();
        return
        [
            .. Analysed(done, tried).Confirm.SelectMany(r => Enumerable.Range(0, seeds).Select(s => Of("confirm", r, seed + s, null)))
                .Select(t => saved.Contains(t.Values["rank"]) ? Gentler(t) with { Stage = "confirm" } : t),
        ];
    }

    private RankAnalysis Analysed(IReadOnlyDictionary<string, TrialResult> done, IReadOnlyList<Trial> trials) =>
        RankAnalysis.Of([.. trials.Where(t => done.ContainsKey(t.Id)).Select(t => Counts(t, done))
            .Select(r => new RankTrial((int)r.Values["rank"], r.Loss ?? double.NaN)
            {
                IsStable = r.IsStable && r.Loss is not null, IsOverfitting = r.OverfitsFrom is not null,
            })]);

    private TrialResult Counts(Trial trial, IReadOnlyDictionary<string, TrialResult> done) =>
        done[IsSaved(trial, done) ? Gentler(trial).Id : trial.Id];

    // Whether a run was unstable and the one at half the rate was not.
    private bool IsSaved(Trial trial, IReadOnlyDictionary<string, TrialResult> done) =>
        learningRate is > 0 && done.TryGetValue(trial.Id, out var first) && !first.IsStable
        && done.TryGetValue(Gentler(trial).Id, out var again) && again.IsStable;

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
