using System.Text;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>
/// Whole configs with their findings beside them: NAME.findings lists what is found in NAME, NAME.fixed is what safe fixes make of it.
/// Adding a test is adding a config under tests/golden; LORALINT_UPDATE=1 writes the rest. Configs under clean/ must have no finding.
/// </summary>
public sealed class GoldenTests
{
    private static readonly string s_folder = Repository.PathTo("tests", "golden");

    public static TheoryData<string> Configs => new(
        Directory.GetFiles(s_folder, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f) is ".yml" or ".yaml" or ".json" or ".toml" or ".py" or ".ipynb" or ".sh")
            .Select(f => Path.GetRelativePath(s_folder, f).Replace('\\', '/'))
            .Where(f => !f.StartsWith("output/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Configs))]
    public void Findings_and_fixes_are_those_beside_the_config(string name)
    {
        var path = Path.Combine(s_folder, name);
        var text = File.ReadAllText(path);
        var result = Lint.Check(text, name);
        Assert.True(result.Configs.Count > 0, "not recognised as a config");
        var isClean = name.StartsWith("clean/", StringComparison.Ordinal);
        if (isClean)
        {
            Assert.True(result.Findings.Count == 0, Describe(text, name, result));
            return;
        }

        Assert.NotEmpty(result.Findings);
        Compare(path + ".findings", Describe(text, name, result));
        var fixedText = Lint.Fixed(text, name);
        Compare(path + ".fixed", fixedText == text ? null : fixedText);
    }

    [Fact]
    public void Every_expectation_has_its_config()
    {
        var orphans = Directory.GetFiles(s_folder, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f) is ".findings" or ".fixed")
            .Where(f => !File.Exists(Path.ChangeExtension(f, null)));
        Assert.Empty(orphans);
    }

    private static string Describe(string text, string name, LintResult result)
    {
        var source = new SourceText(name, text);
        var lines = new StringBuilder();
        lines.Append("format ").AppendJoin(", ", result.Configs.Select(c => c.Format.Name)).Append('\n');
        foreach (var finding in result.Findings)
        {
            var start = source.Lines.PositionAt(finding.Span.Start);
            var end = source.Lines.PositionAt(finding.Span.End);
            var covered = source.Slice(finding.Span).ReplaceLineEndings("⏎");
            lines.Append(System.Globalization.CultureInfo.InvariantCulture, $"{start.Line}:{start.Column}-{end.Line}:{end.Column} ")
                .Append(finding.Severity.ToString().ToLowerInvariant()).Append(' ').Append(finding.Rule.Name)
                .Append(" |").Append(covered).Append("|\n    ").Append(finding.Message).Append('\n');
            if (finding.Fix is { } fix)
                lines.Append("    fix (").Append(fix.Safety.ToString().ToLowerInvariant()).Append("): ").Append(fix.Title).Append('\n');
        }

        return lines.ToString();
    }

    private static void Compare(string path, string? actual)
    {
        if (Repository.Updates)
        {
            if (actual is null)
                File.Delete(path);
            else
                File.WriteAllText(path, actual);
            return;
        }

        Assert.Equal(File.Exists(path) ? File.ReadAllText(path) : null, actual);
    }
}
