namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// Looks where a Gaussian process over what is known expects the largest improvement. It starts with points that are spread evenly, and
/// goes
/// one trial at a time, whatever runs in parallel: so it does not matter how many do.
/// </summary>
internal sealed class BayesianSearch(IReadOnlyList<SweepSetting> settings, long seed, int? steps, int trials)
    : ValueSearch(settings, seed, steps)
{
    private const int Candidates = 1024;

    // A run that failed or was unstable counts as worse than the worst by so much, so that nobody looks there again.
    private const double Penalty = 1.1;

    /// <inheritdoc/>
    public override IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done)
    {
        var start = Math.Min(trials, Math.Max(4, 2 * Settings.Count + 1));
        var planned = Enumerable.Range(0, start).Select(i => At("start", Halton.Point(i, Settings.Count, Seed)))
            .DistinctBy(t => t.Id).ToList();
        if (planned.Any(t => !done.ContainsKey(t.Id)))
            return [.. planned.Where(t => !done.ContainsKey(t.Id))];
        while (planned.Count < trials)
        {
            var next = Best(planned, done);
            if (next is null)
                break;
            planned.Add(next);
            if (!done.ContainsKey(next.Id))
                return [next];
        }

        return [];
    }

    private Trial? Best(IReadOnlyList<Trial> planned, IReadOnlyDictionary<string, TrialResult> done)
    {
        var worst = planned.Select(t => done[t.Id].Loss).OfType<double>().DefaultIfEmpty(1).Max();
        var losses = planned.Select(t => done[t.Id] is { Loss: { } loss, IsStable: true } ? loss : worst * Penalty).ToList();
        var process = new GaussianProcess([.. planned.Select(SharesOf)], losses);
        var known = planned.Select(t => t.Id).ToHashSet(StringComparer.Ordinal);
        var lowest = losses.Min();
        return Enumerable.Range(planned.Count, Candidates)
            .Select(i => At("search", Halton.Point(i, Settings.Count, Seed)))
            .DistinctBy(t => t.Id)
            .Where(t => !known.Contains(t.Id))
            .MaxBy(t => process.ImprovementAt(SharesOf(t), lowest));
    }

    private double[] SharesOf(Trial trial) => [.. Settings.Select(s => s.ShareOf(trial.Values[s.Name]))];
}
