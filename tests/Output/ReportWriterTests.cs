using System.Text.Json;
using System.Xml.Linq;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Output;

/// <summary>Each output format as kept in tests/golden/output, and what its readers rely on.</summary>
public sealed class ReportWriterTests
{
    [Fact]
    public void Text_is_plain_when_piped() => Golden.Compare("text.txt", Write(t => new TextReportWriter(StyledWriter.For(t))));

    [Fact]
    public void Text_fits_a_terminal() =>
        Golden.Compare("text-72-columns.txt", Write(t => new TextReportWriter(StyledWriter.For(t)), width: 72));

    [Fact]
    public void Text_is_coloured_on_a_terminal() =>
        Golden.Compare(
            "text-colour.txt", Write(t => new TextReportWriter(StyledWriter.For(t)), width: 100, color: true).Replace("\u001b", "<ESC>",
            StringComparison.Ordinal));

    [Fact]
    public void Colours_only_add_escape_sequences()
    {
        var plain = Write(t => new TextReportWriter(StyledWriter.For(t)), width: 100);
        var coloured = Write(t => new TextReportWriter(StyledWriter.For(t)), width: 100, color: true);
        Assert.Equal(plain, System.Text.RegularExpressions.Regex.Replace(coloured, "\u001b\\[[0-9;]*m", ""));
    }

    [Fact]
    public void No_line_is_wider_than_the_terminal_unless_a_word_is()
    {
        foreach (var width in new[] { 72, 80, 120 })
        {
            foreach (var line in Write(t => new TextReportWriter(StyledWriter.For(t)), width).Split('\n'))
                Assert.True(DisplayWidth.Of(line) <= width, $"{width}: {line}");
        }
    }

    [Fact]
    public void Nothing_from_a_file_steers_the_terminal() =>
        Assert.DoesNotContain('\u001b', Write(t => new TextReportWriter(StyledWriter.For(t))));

    [Fact]
    public void Json() => Golden.Compare("json.json", Write(t => new JsonReportWriter(t.Out, Paths)));

    [Fact]
    public void Json_counts_add_up()
    {
        using var json = JsonDocument.Parse(Write(t => new JsonReportWriter(t.Out, Paths)));
        var summary = json.RootElement.GetProperty("summary");
        Assert.Equal(
            summary.GetProperty("files").GetInt32(), summary.GetProperty("configs").GetInt32() + summary.GetProperty("skipped").GetInt32());
        Assert.Equal(["files", "configs", "skipped", "errors", "warnings", "infos"], summary.EnumerateObject().Select(p => p.Name));
        var severities = json.RootElement.GetProperty("files").EnumerateArray().SelectMany(f => f.GetProperty("findings").EnumerateArray())
            .Select(f => f.GetProperty("severity").GetString()).ToList();
        Assert.Equal(summary.GetProperty("errors").GetInt32(), severities.Count(s => s == "error"));
        Assert.Equal(summary.GetProperty("warnings").GetInt32(), severities.Count(s => s == "warning"));
        Assert.Equal(summary.GetProperty("infos").GetInt32(), severities.Count(s => s == "info"));
    }

    [Fact]
    public void Half_a_surrogate_pair_does_not_break_json_or_xml()
    {
        var finding = SampleReport.Report.Files[0].Findings[0] with { Message = "half \ud83d of a pair \uffff" };
        var report = new CheckReport([SampleReport.Report.Files[0] with { Findings = [finding] }], 0);
        using var json = JsonDocument.Parse(Write(t => new JsonReportWriter(t.Out, Paths), report: report));
        var written = json.RootElement.GetProperty("files")[0].GetProperty("findings")[0];
        Assert.StartsWith("half \ufffd of", written.GetProperty("message").GetString(), StringComparison.Ordinal);
        XDocument.Parse(Write(t => new JUnitReportWriter(t.Out, Severity.Warning), report: report));
    }

    [Fact]
    public void Sarif_log() => Golden.Compare("sarif.json", Write(Sarif));

    [Fact]
    public void Sarif_results_refer_to_rules_by_index_and_have_stable_distinct_fingerprints()
    {
        using var json = JsonDocument.Parse(Write(Sarif));
        var run = json.RootElement.GetProperty("runs")[0];
        var rules = run.GetProperty("tool").GetProperty("driver").GetProperty("rules");
        var results = run.GetProperty("results").EnumerateArray().ToList();
        Assert.All(results, r => Assert.Equal(
            r.GetProperty("ruleId").GetString(), rules[r.GetProperty("ruleIndex").GetInt32()].GetProperty("id").GetString()));
        var prints = results.Select(r => r.GetProperty("partialFingerprints").GetProperty("loralint/v1").GetString()).ToList();
        Assert.Equal(prints.Count, prints.Distinct().Count());
    }

    [Fact]
    public void A_finding_keeps_its_fingerprint_when_lines_are_added_above_it()
    {
        var file = SampleReport.Report.Files[1];
        var moved = file with
        {
            Source = new LoraLint.Rules.Text.SourceText(file.Path, "\n\n" + file.Source.Text),
            Findings = [.. file.Findings.Select(f => f with { Span = new LoraLint.Rules.Text.TextSpan(f.Span.Start + 2, f.Span.Length) })],
        };
        Assert.Equal(Prints(file), Prints(moved));

        static List<string> Prints(CheckedFile file)
        {
            var fingerprint = new Fingerprint();
            return [.. file.Findings.Select(f => fingerprint.Of(file.Path, file, f))];
        }
    }

    [Fact]
    public void GitHub() =>
        Golden.Compare("github.txt", Write(t => new GitHubReportWriter(t.Out, new ProjectPaths(t, "GITHUB_WORKSPACE"))));

    [Fact]
    public void GitHub_has_one_line_a_finding()
    {
        var lines = Write(t => new GitHubReportWriter(t.Out, new ProjectPaths(t, null))).TrimEnd('\n').Split('\n');
        Assert.Equal(SampleReport.Report.Files.Sum(f => f.Findings.Count), lines.Length);
        const string shape =
            "^::(error|warning|notice) file=[^,:]+,line=[0-9]+(,col=[0-9]+)?,endLine=[0-9]+(,endColumn=[0-9]+)?,title=[^,:]+::";
        Assert.All(lines, l => Assert.Matches(shape, l));
    }

    [Fact]
    public void GitLab() => Golden.Compare("gitlab.json", Write(t => new GitLabReportWriter(t.Out, new ProjectPaths(t, "CI_PROJECT_DIR"))));

    [Fact]
    public void JUnit() => Golden.Compare("junit.xml", Write(t => new JUnitReportWriter(t.Out, Severity.Warning)));

    [Fact]
    public void JUnit_fails_what_the_exit_code_fails()
    {
        foreach (var failOn in new[] { Severity.Info, Severity.Warning, Severity.Error })
        {
            var xml = XDocument.Parse(Write(t => new JUnitReportWriter(t.Out, failOn)));
            var expected = SampleReport.Report.Files.Sum(f => f.Findings.Count(x => x.Severity >= failOn));
            Assert.Equal(expected, xml.Descendants("failure").Count());
            Assert.Equal(expected, (int)xml.Root!.Attribute("failures")!);
            Assert.Equal(xml.Descendants("testcase").Count(), (int)xml.Root!.Attribute("tests")!);
            Assert.All(xml.Root!.Elements("testsuite"), s => Assert.Equal(s.Elements("testcase").Count(), (int)s.Attribute("tests")!));
        }
    }

    [Fact]
    public void Statistics() => Golden.Compare("statistics.txt", Write(t => new StatisticsReportWriter(StyledWriter.For(t))));

    [Fact]
    public void Without_findings_every_format_says_so_in_its_way()
    {
        Assert.Equal("No findings in 1 config.\n", Write(t => new TextReportWriter(StyledWriter.For(t)), report: SampleReport.Clean));
        Assert.Equal("No findings in 1 config.\n", Write(t => new StatisticsReportWriter(StyledWriter.For(t)), report: SampleReport.Clean));
        Assert.Equal("", Write(t => new GitHubReportWriter(t.Out, new ProjectPaths(t, null)), report: SampleReport.Clean));
        Assert.Equal("[]\n", Write(t => new GitLabReportWriter(t.Out, new ProjectPaths(t, null)), report: SampleReport.Clean));
        Assert.Equal(
            "No LoRA configs among 3 files.\n", Write(t => new TextReportWriter(StyledWriter.For(t)), report: new CheckReport([], 3)));
    }

    [Theory]
    [InlineData("/home/repo", "sub/a.yml")]
    [InlineData("/home/repo/sub", "a.yml")]
    [InlineData("/other", "/home/repo/sub/a.yml")]
    [InlineData("relative", "a.yml")]
    [InlineData(null, "a.yml")]
    public void Services_get_paths_from_the_root_they_name(string? root, string expected)
    {
        var terminal = TerminalWith(
            new StringWriter(), null, false, root is null ? [] : new() { ["CI_PROJECT_DIR"] = root }, "/home/repo/sub");
        var file = new CheckedFile(new LoraLint.Rules.Text.SourceText("a.yml", ""), null, []);
        Assert.Equal(expected, new ProjectPaths(terminal, "CI_PROJECT_DIR").Of(file));
    }

    private static ProjectPaths Paths => new(TerminalWith(TextWriter.Null, null, false, [], "/project"), null);

    private static SarifReportWriter Sarif(Terminal terminal) =>
        new(terminal.Out, new ProjectPaths(terminal, null), "1.2.3", SampleReport.Rules);

    private static string Write(Func<Terminal, IReportWriter> writer, int? width = null, bool color = false, CheckReport? report = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        writer(TerminalWith(output, width, color, [], "/project")).Write(report ?? SampleReport.Report);
        return output.ToString();
    }

    private static Terminal TerminalWith(TextWriter output, int? width, bool color, Dictionary<string, string> variables, string folder) =>
        new()
    {
        Out = output, Error = TextWriter.Null, In = Stream.Null, Folder = folder, Width = width, UsesColor = color,
        Variable = name => variables.GetValueOrDefault(name),
    };
}
