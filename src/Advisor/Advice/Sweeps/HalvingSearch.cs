namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// Successive halving (Jamieson and Talwalkar 2016): many start, and after an eighth, a quarter and a half of the length the worse half is
/// stopped. Those that are kept go on where they were: the schedule is that of the whole length from the start.
/// </summary>
/// <param name="settings">What is varied.</param>
/// <param name="seed">The seed.</param>
/// <param name="steps">Steps of the whole length.</param>
/// <param name="trials">Combinations that start.</param>
internal sealed class HalvingSearch(IReadOnlyList<SweepSetting> settings, long seed, int steps, int trials)
    : ValueSearch(settings, seed, steps)
{
    private static readonly int[] s_parts = [8, 4, 2, 1];

    /// <summary>Steps between evaluations, so that there is one at each stop.</summary>
    public static int EvaluateEvery(int steps) => Math.Max(1, steps / s_parts[0]);

    /// <inheritdoc/>
    public override IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done)
    {
        var every = EvaluateEvery(Steps!.Value);
        var racing = Enumerable.Range(0, trials).Select(i => At("race", Halton.Point(i, Settings.Count, Seed)))
            .DistinctBy(t => t.Id).ToList();
        foreach (var part in s_parts)
        {
            var isLast = part == 1;
            var rung = racing.Select(t => isLast ? t : t with { StopAt = every * s_parts[0] / part }).ToList();
            if (rung.Any(t => !done.ContainsKey(t.Id)))
                return [.. rung.Where(t => !done.ContainsKey(t.Id))];
            racing = [.. rung.Where(t => done[t.Id] is { Loss: not null, IsStable: true })
                .OrderBy(t => done[t.Id].Loss).ThenBy(t => t.Id, StringComparer.Ordinal)
                .Take(Math.Max(1, (rung.Count + 1) / 2)).Select(t => t with { StopAt = null })];
            if (racing.Count == 0)
                break;
        }

        return [];
    }
}
