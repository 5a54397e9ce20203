using System.Globalization;
using System.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Mutations;

/// <summary>
/// How many mistakes are caught: each of the catalog is made in configs that are right, wherever it is a mistake there.
/// LORALINT_MUTATIONS=all makes it in every one of them (bench/mutations.sh).
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const double Least = 0.95;

    /// <summary>Configs to make each mistake in; the first ones by a fixed shuffle.</summary>
    private const int Many = 60;

    private static readonly bool s_all = Environment.GetEnvironmentVariable("LORALINT_MUTATIONS") == "all";

    [Fact]
    public void Nearly_all_mistakes_are_caught()
    {
        var subjects = Subject.All().OrderBy(s => Shuffle(s.Name)).ToList();
        Assert.True(subjects.Count > 100, $"only {subjects.Count} configs");
        Assert.True(MistakeCatalog.All.Count >= 60);
        Assert.Equal(MistakeCatalog.All.Count, MistakeCatalog.All.Select(m => m.Name).Distinct().Count());
        var outcomes = new Outcome[MistakeCatalog.All.Count];
        Parallel.For(0, outcomes.Length, i => outcomes[i] = Try(MistakeCatalog.All[i], subjects));

        var (made, caught) = (outcomes.Sum(o => o.Made), outcomes.Sum(o => o.Caught));
        output.WriteLine($"{subjects.Count} configs, {outcomes.Length} mistakes, {made} made, {caught} caught ({Percent(caught, made)})");
        foreach (var outcome in outcomes.OrderBy(o => (double)o.Caught / Math.Max(o.Made, 1)))
        {
            output.WriteLine($"{outcome.Caught} of {outcome.Made}: {outcome.Mistake.Name}");
            foreach (var missed in outcome.Missed)
                output.WriteLine($"    {missed.Subject.Format}: {missed.Subject.Name} | {missed.Line}");
        }

        Assert.True((double)caught / made >= Least, $"{caught} of {made}");
        if (Repository.Corpus is not null && !s_all)
            GeneratedPart.Check("docs/field-report.md", "mutations", Table(subjects.Count, outcomes));
    }

    private static string Table(int subjects, Outcome[] outcomes)
    {
        var (made, caught) = (outcomes.Sum(o => o.Made), outcomes.Sum(o => o.Caught));
        var text = new StringBuilder($"{outcomes.Length} mistakes, each made in up to {Many} of {subjects} configs: ")
            .Append(CultureInfo.InvariantCulture, $"{made:N0} times, {caught:N0} caught ({Percent(caught, made)}).\n\n")
            .Append("| mistake | caught | missed in | why |\n|---|---|---|---|\n");
        foreach (var outcome in outcomes.Where(o => o.Missed.Count > 0).OrderByDescending(o => o.Missed.Count)
            .ThenBy(o => o.Mistake.Name, StringComparer.Ordinal))
        {
            var formats = outcome.Missed.GroupBy(m => m.Subject.Format).OrderByDescending(g => g.Count())
                .ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}");
            text.Append(CultureInfo.InvariantCulture, $"| {outcome.Mistake.Name} | {outcome.Caught} of {outcome.Made} ")
                .Append(CultureInfo.InvariantCulture, $"| {string.Join(", ", formats)} ")
                .Append(CultureInfo.InvariantCulture, $"| {MissReasons.Of(outcome.Mistake, FormatsOf(outcome))} |\n");
        }

        var never = outcomes.Where(o => o.Made == 0).Select(o => o.Mistake.Name).ToList();
        text.Append(CultureInfo.InvariantCulture, $"\nAll caught: {outcomes.Count(o => o.Made > 0 && o.Missed.Count == 0)} mistakes. ");
        return text.Append(never.Count == 0 ? "\n" : $"In no config: {string.Join(", ", never)}.\n").ToString();
    }

    private static List<string> FormatsOf(Outcome outcome) => [.. outcome.Missed.Select(m => m.Subject.Format)];

    private static Outcome Try(Mistake mistake, List<Subject> subjects)
    {
        var (made, missed) = (0, new List<(Subject Subject, string Line)>());
        foreach (var subject in subjects)
        {
            if (!s_all && made >= Many)
                break;
            if (mistake.Make(subject) is not { } mutant || mutant.Text == subject.Text)
                continue;
            made++;
            if (!subject.NewFindings(mutant.Text).Any(f => mistake.IsCaughtBy(mutant, f)))
                missed.Add((subject, mutant.ChangedLine));
        }

        return new Outcome(mistake, made, made - missed.Count, missed);
    }

    private static string Percent(int part, int whole) => (100.0 * part / whole).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    // FNV-1a: the same order on every machine.
    private static uint Shuffle(string name) => Encoding.UTF8.GetBytes(name).Aggregate(2166136261u, (hash, b) => (hash ^ b) * 16777619u);

    private sealed record Outcome(Mistake Mistake, int Made, int Caught, IReadOnlyList<(Subject Subject, string Line)> Missed);
}
