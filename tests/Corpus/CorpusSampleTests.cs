using System.Globalization;
using System.Text;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Corpus;

/// <summary>
/// A sample of the errors and warnings in real configs, judged one by one in docs/field-report.md: right, debatable or false. The sample
/// is drawn by a hash of each finding, so it changes only where findings do.
/// </summary>
public sealed class CorpusSampleTests(ITestOutputHelper output)
{
    private const int Size = 100;
    private const int LeastRight = 95;
    private const string Seed = "loralint-100";

    [Fact]
    public void Every_finding_of_the_sample_is_judged_and_nearly_all_are_right()
    {
        Assert.SkipWhen(Repository.Corpus is null, "the corpus of real configs is not beside this checkout");
        var findings = CorpusFile.All().AsParallel().AsOrdered().SelectMany(FindingsOf).ToList();
        var sample = findings.OrderBy(f => Hash($"{Seed} {f.Path} {f.Rule} {f.Line} {f.Message}")).Take(Size)
            .OrderBy(f => f.Path, StringComparer.Ordinal).ThenBy(f => f.Line).ThenBy(f => f.Rule, StringComparer.Ordinal).ToList();
        var judged = Judged();
        output.WriteLine($"{findings.Count} errors and warnings, {sample.Count} in the sample");

        var rows = sample.GroupBy(f => f.Row).ToList();
        var missing = rows.Where(r => !judged.ContainsKey(r.Key)).Select(r => $"{r.Key} ? | {r.First().Message} |").ToList();
        Assert.True(missing.Count == 0, "not judged in docs/field-report.md:\n" + string.Join("\n", missing));
        var stale = judged.Keys.Except(rows.Select(r => r.Key)).ToList();
        Assert.True(stale.Count == 0, "judged and no longer in the sample:\n" + string.Join("\n", stale));
        foreach (var verdict in sample.GroupBy(f => judged[f.Row]))
            output.WriteLine($"{verdict.Key}: {verdict.Count()}");
        Assert.All(judged.Values, v => Assert.Contains(v, new[] { "right", "debatable", "false" }));
        Assert.True(sample.Count(f => judged[f.Row] == "right") * 100 >= LeastRight * sample.Count);
    }

    private static IEnumerable<Sampled> FindingsOf(CorpusFile file)
    {
        var lines = new SourceText("", file.Text).Lines;
        return file.Check().Findings.Where(f => f.Severity is Severity.Warning or Severity.Error)
            .Select(f => new Sampled(file.Path, lines.PositionAt(f.Span.Start).Line, f.Rule.Name, f.Message));
    }

    // Rows of the table: | `file` | line | `rule` | verdict | reason |
    private static Dictionary<string, string> Judged() => File.ReadLines(Repository.PathTo("docs", "field-report.md"))
        .Select(l => l.Split('|', StringSplitOptions.TrimEntries))
        .Where(c => c.Length >= 7 && c[1].StartsWith('`') && int.TryParse(c[2], CultureInfo.InvariantCulture, out _) && c[5].Length > 0)
        .ToDictionary(c => $"| {c[1]} | {c[2]} | {c[3]} |", c => c[4]);

    // FNV-1a: the same sample on every machine.
    private static uint Hash(string text) => Encoding.UTF8.GetBytes(text).Aggregate(2166136261u, (hash, b) => (hash ^ b) * 16777619u);

    private sealed record Sampled(string Path, int Line, string Rule, string Message)
    {
        public string Row => $"| `{Path}` | {Line} | `{Rule}` |";
    }
}
