namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// How much of the differences between trials each setting explains by itself: the share of the variance that is left when trials are
/// replaced
/// by the means of those with like values (analysis of variance; for ranges, in as many groups as the root of the number of trials).
/// </summary>
internal static class Importance
{
    /// <summary>The shares, largest first; empty with too few trials to tell.</summary>
    public static IReadOnlyList<ImportanceRecord> Of(IReadOnlyList<SweepSetting> settings, IReadOnlyList<TrialResult> trials)
    {
        var counted = trials.Where(t => t is { Loss: not null, IsStable: true } && settings.All(s => t.Values.ContainsKey(s.Name)))
            .ToList();
        if (settings.Count < 2 || counted.Count < 4)
            return [];
        var mean = counted.Average(t => t.Loss!.Value);
        var total = counted.Sum(t => Square(t.Loss!.Value - mean));
        if (total <= 0)
            return [];
        var groups = (int)Math.Max(2, Math.Sqrt(counted.Count));
        return
        [
            .. settings.Select(s => new ImportanceRecord(s.Name, counted.GroupBy(t => GroupOf(s, t.Values[s.Name], groups))
                .Sum(g => g.Count() * Square(g.Average(t => t.Loss!.Value) - mean)) / total)).OrderByDescending(i => i.Share),
        ];
    }

    private static double GroupOf(SweepSetting setting, double value, int groups) =>
        setting.IsRange ? Math.Min(groups - 1, Math.Floor(setting.ShareOf(value) * groups)) : value;

    private static double Square(double value) => value * value;
}
