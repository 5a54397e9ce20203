using System.Globalization;
using System.Text;

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
    }

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
