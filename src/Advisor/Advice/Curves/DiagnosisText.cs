using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Advice.Curves;

/// <summary>A diagnosis for people.</summary>
internal static class DiagnosisText
{
    private const string Indent = "    ";

    /// <summary>Writes it.</summary>
    public static void Write(Terminal terminal, string name, Diagnosis diagnosis)
    {
        var output = StyledWriter.For(terminal);
        output.Write(SourceExcerpt.Harmless(name), TextStyle.Strong);
        output.WriteWrapped(": " + Summary(diagnosis), name.Length, Indent);
        foreach (var note in diagnosis.Curves.Notes)
            output.WriteWrapped(SourceExcerpt.Harmless("note: " + note), 0, Indent, TextStyle.Faint);
        output.WriteLine();
        foreach (var verdict in diagnosis.Verdicts)
        {
            var severity = Words.Of(verdict.Severity);
            output.Write(severity, StyleOf(verdict.Severity));
            output.Write(" " + verdict.Name, TextStyle.Strong);
            output.WriteWrapped(
                SourceExcerpt.Harmless(": " + verdict.Finding), severity.Length + 1 + verdict.Name.Length, Indent);
            output.Write(Indent);
            output.WriteWrapped(verdict.Advice, Indent.Length, Indent);
            output.Write(Indent);
            output.WriteWrapped("source: " + string.Join("; ", verdict.Sources), Indent.Length, Indent, TextStyle.Faint);
            output.WriteLine();
        }

        var counts = new[] { Severity.Error, Severity.Warning, Severity.Info }
            .Select(s => (Severity: s, Count: diagnosis.Verdicts.Count(v => v.Severity == s))).Where(c => c.Count > 0)
            .Select(c => c.Severity == Severity.Info ? Text($"{c.Count} info") : Words.Count(c.Count, Words.Of(c.Severity))).ToList();
        if (counts.Count == 0)
            output.WriteLine("Nothing stands out.", TextStyle.Good);
        else
            output.WriteLine(string.Join(", ", counts));
    }

    private static string Summary(Diagnosis diagnosis)
    {
        var curves = diagnosis.Curves;
        var text = new List<string>
        {
            Text($"{curves.LastStep} steps") + (curves.Ending == RunEnding.Stopped ? Text($" of {curves.PlannedSteps}") : "")
                + (curves.EpochAt(curves.LastStep) is { } epoch ? Text($", {epoch:0.##} epochs") : ""),
        };
        if (diagnosis.Trend.Levels is { } levels)
            text.Add(Text($"training loss {levels.Start:0.000} to {levels.End:0.000}"));
        else if (curves.TrainLoss.Count > 0)
            text.Add(Text($"training loss {curves.TrainLoss[0].Value:0.000} to {curves.TrainLoss[^1].Value:0.000}"));
        if (diagnosis.Best is { } best)
            text.Add(Text($"lowest validation loss {best.Value:0.000} at step {best.Step}"));
        if (double.IsFinite(diagnosis.Stability.Roughness))
            text.Add(Text($"roughness {diagnosis.Stability.Roughness:0.000}"));
        return string.Join("; ", text) + Text($" (from {string.Join(", ", curves.Files)})");
    }

    private static TextStyle StyleOf(Severity severity) => severity switch
    {
        Severity.Error => TextStyle.Error,
        Severity.Warning => TextStyle.Warning,
        _ => TextStyle.Info,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
