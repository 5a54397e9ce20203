using System.Globalization;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Output;

/// <summary>For people: the line with the span underlined, the rule, the reason, the fix.</summary>
internal sealed class TextReportWriter(StyledWriter output) : IReportWriter
{
    private const int LongestPipedLine = 160;
    private const int NarrowestMessage = 40;

    /// <inheritdoc/>
    public void Write(CheckReport report)
    {
        foreach (var file in report.Files)
        {
            var shown = SecretMask.Apply(file.Source, file.Findings);
            foreach (var finding in file.Findings)
            {
                WriteFinding(file, shown, finding);
                output.WriteLine();
            }
        }

        WriteSummary(output, report);
    }

    /// <summary>The style that a severity is shown in.</summary>
    public static TextStyle StyleOf(Severity severity) => severity switch
    {
        Severity.Error => TextStyle.Error,
        Severity.Warning => TextStyle.Warning,
        _ => TextStyle.Info,
    };

    private void WriteFinding(CheckedFile file, SourceText shown, Finding finding)
    {
        var style = StyleOf(finding.Severity);
        var position = file.Source.Lines.PositionAt(finding.Span.Start);
        var place = FormattableString.Invariant($"{SourceExcerpt.Harmless(file.Path)}:{position.Line}:{position.Column}");
        if (file.Source.Cells?.PositionAt(finding.Span.Start) is { } inCell)
            place += FormattableString.Invariant($" (cell {inCell.Cell}, line {inCell.Line})");
        output.Write(place, TextStyle.Strong);
        output.Write(" ");
        output.Write(Words.Of(finding.Severity), style);
        output.Write(" " + finding.Rule.Name);
        output.WriteLine($" ({finding.Rule.Code})", TextStyle.Faint);

        var number = position.Line.ToString(CultureInfo.InvariantCulture);
        var gutter = Math.Max(number.Length, 3) + 1;
        var room = (output.Width ?? LongestPipedLine) - gutter - 3;
        var excerpt = SourceExcerpt.Of(shown, finding.Span, room);
        output.Write(number.PadLeft(gutter) + " | ", TextStyle.Faint);
        output.WriteLine(excerpt.Text);
        output.Write(new string(' ', gutter) + " | ", TextStyle.Faint);
        output.Write(new string(' ', excerpt.Start));
        output.Write(new string('^', excerpt.Length), style);
        WriteMessage(SourceExcerpt.Harmless(finding.Message), gutter, excerpt, style);

        WriteNote("why", $"{finding.Rule.Why} [{finding.Rule.Sources[0]}]");
        if (finding.Fix is { } fix)
            WriteNote($"fix ({Words.Of(fix.Safety)})", SourceExcerpt.Harmless(fix.Title), TextStyle.Good);
    }

    // Beside the underline, or below it where a terminal has no room there.
    private void WriteMessage(string message, int gutter, SourceExcerpt excerpt, TextStyle style)
    {
        var column = gutter + 3 + excerpt.Start + excerpt.Length + 1;
        if (output.Width is { } width && width - column < Math.Min(NarrowestMessage, DisplayWidth.Of(message)))
        {
            output.WriteLine();
            output.Write(new string(' ', gutter) + " | ", TextStyle.Faint);
            column = gutter + 3;
        }
        else
        {
            output.Write(" ");
        }

        output.WriteWrapped(message, column, (new string(' ', gutter) + " | ").PadRight(column), style);
    }

    private void WriteNote(string label, string text, TextStyle labelStyle = TextStyle.Strong)
    {
        output.Write("  " + label + ":", labelStyle);
        output.Write(" ");
        output.WriteWrapped(text, label.Length + 4, "    ");
    }

    /// <summary>Writes the line that tells how many findings there are.</summary>
    public static void WriteSummary(StyledWriter output, CheckReport report)
    {
        var errors = report.Count(Severity.Error);
        var warnings = report.Count(Severity.Warning);
        var infos = report.Count(Severity.Info);
        var findings = errors + warnings + infos;
        var fixes = report.Fixed == 0 ? "" : $"Fixed {Words.Count(report.Fixed, "finding")}. ";
        if (findings == 0)
        {
            if (report.Files.Count == 0)
                output.WriteLine($"No LoRA configs among {Words.Count(report.FileCount, "file")}.");
            else
                output.WriteLine(
                    $"{fixes}No {(report.Fixed == 0 ? "" : "other ")}findings in {Words.Count(report.Files.Count, "config")}.",
                    TextStyle.Good);
            return;
        }

        var parts = new List<string>(3);
        if (errors > 0)
            parts.Add(Words.Count(errors, "error"));
        if (warnings > 0)
            parts.Add(Words.Count(warnings, "warning"));
        if (infos > 0)
            parts.Add($"{infos} info");
        var files = report.Files.Count(f => f.Findings.Count > 0);
        var text = $"{fixes}Found {Words.Count(findings, "finding")} ({string.Join(", ", parts)}) in "
            + $"{(files == report.Files.Count ? "" : $"{files} of ")}{Words.Count(report.Files.Count, "config")}{FixHint(report)}";
        output.WriteWrapped(text, 0, "", TextStyle.Strong);
    }

    private static string FixHint(CheckReport report)
    {
        var safe = report.CountFixes(s => s == FixSafety.Safe);
        var unsafeOnes = report.CountFixes(s => s == FixSafety.Unsafe);
        return (safe, unsafeOnes) switch
        {
            (0, 0) => ".",
            (_, 0) => $"; {safe} can be fixed with --fix.",
            (0, _) => $"; {unsafeOnes} can be fixed with --fix --unsafe-fixes.",
            _ => $"; {safe} can be fixed with --fix, {unsafeOnes} more with --unsafe-fixes.",
        };
    }
}
