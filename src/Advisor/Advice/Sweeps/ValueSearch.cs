using System.Globalization;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>What searches over any settings share: the best loss wins.</summary>
/// <param name="settings">What is varied.</param>
/// <param name="seed">The seed of every trial, and of what is drawn.</param>
/// <param name="steps">Steps of a trial; null for the config's own length.</param>
internal abstract class ValueSearch(IReadOnlyList<SweepSetting> settings, long seed, int? steps) : ISweepSearch
{
    // What a loss moves by with the seed, as a share, where nobody measured it.
    private const double Noise = 0.004;

    /// <summary>What is varied.</summary>
    protected IReadOnlyList<SweepSetting> Settings => settings;

    /// <summary>The seed.</summary>
    protected long Seed => seed;

    /// <summary>Steps of a trial.</summary>
    protected int? Steps => steps;

    /// <inheritdoc/>
    public abstract IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done);

    /// <inheritdoc/>
    public SweepVerdict Judge(IReadOnlyDictionary<string, TrialResult> done)
    {
        var longest = done.Values.Select(r => r.Steps).DefaultIfEmpty().Max();
        // Of those that were stopped early the loss is no measure of what they would have come to.
        var counted = done.Values.Where(r => r is { Loss: not null, IsStable: true } && r.Steps >= longest)
            .OrderBy(r => r.Loss).ThenBy(r => r.Id, StringComparer.Ordinal).ToList();
        if (counted.Count == 0)
            return new SweepVerdict([], true, ["No trial counts: all failed or were unstable; lower the learning rate and try again."]);
        var best = counted[0];
        var close = counted.Skip(1).Where(r => r.Loss <= best.Loss * (1 + Noise)).ToList();
        List<string> words =
        [
            Text($"{Words(best)} reached the lowest validation loss, {best.Loss:0.####}, of {counted.Count} trials that count."),
        ];
        if (close.Count > 0)
            words.Add(Text($"{close.Count} more came within {100 * Noise} % of it, about what the seed alone moves: {Words(close[0])}."));
        if (done.Count > counted.Count)
            words.Add(Text($"{done.Count - counted.Count} do not count: they failed, were unstable, or were stopped early."));
        return new SweepVerdict(best.Values, close.Count > 0, words);
    }

    /// <summary>A trial at shares of the way of each setting.</summary>
    protected Trial At(string stage, IReadOnlyList<double> shares) =>
        Trial.Of(stage, seed, steps, [.. settings.Select((s, i) => (s.Name, s.At(shares[i])))]);

    private static string Words(TrialResult result) =>
        string.Join(", ", result.Values.Select(v => $"{v.Key} {ConfigEditor.Number(v.Value)}"));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Every combination of the settings' values.</summary>
internal sealed class GridSearch(IReadOnlyList<SweepSetting> settings, long seed, int? steps) : ValueSearch(settings, seed, steps)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done)
    {
        IEnumerable<(string, double)[]> combinations = [[]];
        foreach (var setting in Settings)
        {
            combinations = combinations.SelectMany(
                c => setting.Values, (c, value) => ((string, double)[])[.. c, (setting.Name, value)]);
        }

        return [.. combinations.Select(c => Trial.Of("grid", Seed, Steps, c)).Where(t => !done.ContainsKey(t.Id))];
    }
}

/// <summary>
/// So many combinations spread evenly over the ranges by Halton's sequence: no clusters and no gaps, as random ones have.
/// </summary>
internal sealed class RandomSearch(IReadOnlyList<SweepSetting> settings, long seed, int? steps, int trials)
    : ValueSearch(settings, seed, steps)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Trial> Next(IReadOnlyDictionary<string, TrialResult> done) =>
    [
        .. Enumerable.Range(0, trials).Select(i => At("random", Halton.Point(i, Settings.Count, Seed))).DistinctBy(t => t.Id)
            .Where(t => !done.ContainsKey(t.Id)),
    ];
}
