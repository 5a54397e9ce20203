using System.Globalization;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Corpus;

/// <summary>
/// Real configs of a hundred repositories: nothing crashes, and whatever is called an error in one of them stands in
/// docs/field-report.md with the reason why the config is truly broken.
/// </summary>
public sealed class CorpusFindingsTests(ITestOutputHelper output)
{
    [Fact]
    public void The_whole_corpus_is_checked_and_every_error_is_accounted_for()
    {
        Assert.SkipWhen(Repository.Corpus is null, "the corpus of real configs is not beside this checkout");
        var files = CorpusFile.All();
        Assert.True(files.Count > 500, $"only {files.Count} files in the corpus");
        var results = new (CorpusFile File, LintResult Result)[files.Count];
        Parallel.For(0, files.Count, i => results[i] = (files[i], files[i].Check()));

        var findings = results.SelectMany(r => r.Result.Findings.Select(f => (r.File, Finding: f))).ToList();
        Assert.DoesNotContain(findings, f => f.Finding.Rule == EngineRules.RuleFailed);
        foreach (var (file, finding) in findings)
            Assert.InRange(finding.Span.End, finding.Span.Start, file.Text.Length);
        Report(results, findings);

        var errors = findings.Where(f => f.Finding.Severity == Severity.Error)
            .Select(f => $"{f.File.Path} {f.Finding.Rule.Name}").ToHashSet();
        var listed = ListedInFieldReport();
        Assert.True(
            errors.IsSubsetOf(listed),
            "errors that docs/field-report.md does not list:\n" + string.Join("\n", errors.Except(listed).Order(StringComparer.Ordinal)));
        Assert.True(
            listed.IsSubsetOf(errors),
            "listed in docs/field-report.md and no longer found:\n"
            + string.Join("\n", listed.Except(errors).Order(StringComparer.Ordinal)));
    }

    private void Report(
        IReadOnlyCollection<(CorpusFile File, LintResult Result)> results, List<(CorpusFile File, Finding Finding)> findings)
    {
        output.WriteLine(
            $"{results.Count} files, {results.Sum(r => r.Result.Configs.Count)} configs, {findings.Count} findings, 0 crashes");
        var rules = findings.GroupBy(f => (f.Finding.Rule.Code, f.Finding.Rule.Name, f.Finding.Severity));
        foreach (var rule in rules.OrderBy(g => g.Key.Code, StringComparer.Ordinal))
        {
            var files = rule.Select(f => f.File.Path).Distinct().Count();
            output.WriteLine($"{rule.Key.Code} {rule.Key.Name} {rule.Key.Severity}: {rule.Count()} in {files} files");
        }

        // For calibration by hand: every finding with its file.
        if (Environment.GetEnvironmentVariable("LORALINT_CORPUS_REPORT") is { Length: > 0 } path)
        {
            File.WriteAllLines(path, findings.Select(f =>
            {
                var start = new SourceText("", f.File.Text).Lines.PositionAt(f.Finding.Span.Start);
                return string.Join(
                    '\t', f.Finding.Rule.Name, f.Finding.Severity, f.File.Path, start.Line.ToString(CultureInfo.InvariantCulture),
                    f.Finding.Message);
            }));
        }
    }

    // Rows of the report's tables: | path | rule | reason |
    private static HashSet<string> ListedInFieldReport() =>
    [
        .. File.ReadLines(Repository.PathTo("docs", "field-report.md"))
            .Select(l => l.Split('|', StringSplitOptions.TrimEntries))
            .Where(c => c.Length >= 5 && c[1].StartsWith('`') && c[2].StartsWith('`') && c[3].Length > 0)
            .Select(c => $"{c[1].Trim('`')} {c[2].Trim('`')}"),
    ];
}
