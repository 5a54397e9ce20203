using System.Globalization;
using System.Net;
using System.Text;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Advisor.Advice.Curves.Reading;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output.Charts;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary><c>report.html</c> of a sweep: one page that needs nothing beside itself. All that comes from files is escaped.</summary>
internal sealed class SweepReport
{
    /// <summary>The file's name in a sweep's folder.</summary>
    public const string FileName = "report.html";

    // More curves in one chart cannot be told apart.
    private const int MostCurves = 12;

    private readonly StringBuilder _html = new();
    private readonly SweepRecord _record;
    private readonly Dictionary<string, RunCurves> _curves = new(StringComparer.Ordinal);

    private SweepReport(SweepRecord record, Func<string, string> folderOf)
    {
        _record = record;
        foreach (var trial in record.Trials.Where(t => t.Loss is not null))
        {
            var folder = folderOf(trial.Id.Split("-to=")[0]);
            try
            {
                _curves[trial.Id] = CurveReader.Read(folder, folder);
            }
            catch (UserMistakeException)
            {
                // Somebody deleted the trial's folder: its result is known all the same.
                continue;
            }
        }
    }

    /// <summary>Writes the page into a sweep's folder.</summary>
    /// <param name="folder">The sweep's folder.</param>
    /// <param name="record">What it found.</param>
    /// <param name="folderOf">The folder of a trial.</param>
    public static void Write(string folder, SweepRecord record, Func<string, string> folderOf)
    {
        var report = new SweepReport(record, folderOf);
        report.WritePage();
        var path = Path.Join(folder, FileName);
        File.WriteAllText(path + ".tmp", report._html.ToString());
        File.Move(path + ".tmp", path, overwrite: true);
    }

    private bool IsOverRanks => _record.Settings is [{ Name: "rank" }];

    private void WritePage()
    {
        var name = Path.GetFileName(_record.Config);
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Append("<title>").Append(Escape(name)).Append(" – LoraLint sweep</title>\n")
            .Append("<style>\n").Append(PageStyle.Text).Append("</style>\n</head>\n<body>\n<main>\n");
        WriteHeader(name);
        _html.Append("<div class=\"charts\" style=\"grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr))\">\n");
        WriteElbow();
        WriteGap();
        _html.Append("</div>\n<div class=\"charts\" style=\"grid-template-columns: 1fr\">\n");
        WriteLosses("Validation loss of each trial", c => c.ValidationLoss, hasDots: true);
        WriteLosses(
            "Training loss of each trial, smoothed",
            c => CurveStability.Average([.. c.TrainLoss.Where(p => double.IsFinite(p.Value))]));
        _html.Append("</div>\n");
        WriteImportance();
        WriteTrials();
        _html.Append("<footer>Written by LoraLint ").Append(Escape(Program.Version))
            .Append(". Losses are in nats a supervised token.</footer>\n</main>\n</body>\n</html>\n");
    }

    private void WriteHeader(string name)
    {
        var verdict = _record.Verdict!;
        var values = string.Join(", ", verdict.Values.Select(v => $"{v.Key} {ConfigEditor.Number(v.Value)}"));
        var (style, badge) = verdict.Values.Count == 0 ? ("bad", "Nothing found")
            : verdict.Uncertain ? ("warn", "Uncertain") : ("good", "Found");
        _html.Append("<header>\n<p><span class=\"badge ").Append(style).Append("\">").Append(badge).Append("</span></p>\n<h1>")
            .Append(Escape(name)).Append(values.Length > 0 ? ": " + Escape(values) : "").Append("</h1>\n");
        foreach (var sentence in verdict.Words)
            _html.Append("<p class=\"lead\">").Append(Escape(sentence)).Append("</p>\n");
        _html.Append("</header>\n");
    }

    // Of one setting: its value against the loss. Equal distances for the values, as doublings have them.
    private void WriteElbow()
    {
        if (_record.Settings.Count != 1)
            return;
        var name = _record.Settings[0].Name;
        var byStage = _record.Trials.Where(t => t.Loss is not null && t.Values.ContainsKey(name)).ToList();
        var values = byStage.Select(t => t.Values[name]).Distinct().Order().ToList();
        if (values.Count < 2)
            return;
        var lines = byStage.GroupBy(t => t.Stage).Select((g, i) => new ChartLine(
            g.Key, StyleOf(i), [.. g.GroupBy(t => t.Values[name]).OrderBy(v => v.Key)
                .Select(v => ((double)values.IndexOf(v.Key), v.Average(t => t.Loss!.Value)))],
            HasDots: true, Ring: Chosen(name, values, [.. g]))).ToList();
        new LineChart
        {
            Title = $"Lowest validation loss by {name}", Description = $"{values.Count} values were tried.", Lines = lines,
            Steps = values.Count - 1, Unit = name, Marks = [.. values.Select((v, i) => ((double)i, ConfigEditor.Number(v)))],
        }.Write(_html);
    }

    private (double, double)? Chosen(string name, List<double> values, List<TrialResult> trials) =>
        _record.Verdict!.Values.TryGetValue(name, out var value)
        && trials.Where(t => t.Values[name] == value).ToList() is { Count: > 0 } found
            ? (values.IndexOf(value), found.Average(t => t.Loss!.Value)) : null;

    // Over ranks a mean a rank, in their order; else a point a trial.
    private void WriteGap()
    {
        var trials = _record.Trials.Where(t => t is { Loss: not null, TrainLoss: not null }).Take(MostCurves).ToList();
        List<(string Mark, double Gap)> gaps = IsOverRanks
            ? [.. trials.GroupBy(t => t.Values["rank"]).OrderBy(g => g.Key).Select(g => (ConfigEditor.Number(g.Key), g.Average(GapOf)))]
            : [.. trials.Select((t, i) => (ConfigEditor.Number(i + 1), GapOf(t)))];
        if (gaps.Count < 2)
            return;
        new LineChart
        {
            Title = "Gap: validation less training loss", Description = "Above zero a trial knows its data better than other data.",
            Lines = [new ChartLine(null, "other", [.. gaps.Select((g, i) => ((double)i, g.Gap))], HasDots: true)],
            Steps = gaps.Count - 1, Unit = IsOverRanks ? "rank" : "trial", FromZero = true,
            Marks = [.. gaps.Select((g, i) => ((double)i, g.Mark))],
        }.Write(_html);

        static double GapOf(TrialResult trial) => trial.Loss!.Value - trial.TrainLoss!.Value;
    }

    private void WriteLosses(string title, Func<RunCurves, IReadOnlyList<CurvePoint>> curveOf, bool hasDots = false)
    {
        var trials = _record.Trials.Where(t => _curves.ContainsKey(t.Id)).OrderBy(t => t.Loss).Take(MostCurves).ToList();
        if (trials.Count == 0)
            return;
        var best = trials[0].Id;
        var lines = trials.OrderBy(t => t.Id == best).Select(t => new ChartLine(
            t.Id == best ? "lowest: " + t.Id : null, t.Id == best ? "validation" : "faint",
            [.. curveOf(_curves[t.Id]).Where(p => double.IsFinite(p.Value)).Select(p => ((double)p.Step, p.Value))],
            HasDots: hasDots && t.Id == best)).Where(l => l.Points.Count > 0).ToList();
        if (lines.Count == 0)
            return;
        new LineChart
        {
            Title = title, Description = $"{lines.Count} trials; the lowest stands out.", Lines = lines,
            Steps = (int)lines.Max(l => l.Points[^1].X), Width = 960, Height = 260,
        }.Write(_html);
    }

    private void WriteImportance()
    {
        if (_record.Verdict!.Importance.Count == 0)
            return;
        _html.Append("<h2>How much each setting explains of the differences</h2>\n<div class=\"card\"><table>\n");
        foreach (var importance in _record.Verdict.Importance)
        {
            _html.Append("<tr><th>").Append(Escape(importance.Name)).Append("</th><td>")
                .Append(string.Create(
                    CultureInfo.InvariantCulture, $"<meter min=\"0\" max=\"1\" value=\"{importance.Share:0.###}\"></meter> "))
                .Append(string.Create(CultureInfo.InvariantCulture, $"{100 * importance.Share:0} %</td></tr>\n"));
        }

        _html.Append("</table></div>\n");
    }

    private void WriteTrials()
    {
        _html.Append("<h2>Trials</h2>\n<div class=\"card\"><table class=\"numbers\">\n<thead><tr><th>trial</th><th>validation loss</th>")
            .Append("<th>at step</th><th>training loss</th><th>steps</th><th></th></tr></thead>\n");
        foreach (var trial in _record.Trials)
        {
            _html.Append("<tr><th>").Append(Escape(trial.Id)).Append("</th><td>").Append(Number(trial.Loss)).Append("</td><td>")
                .Append(trial.BestStep?.ToString(CultureInfo.InvariantCulture)).Append("</td><td>").Append(Number(trial.TrainLoss))
                .Append("</td><td>").Append(trial.Steps.ToString(CultureInfo.InvariantCulture)).Append("</td><td>")
                .Append(Escape(trial.Failure ?? (!trial.IsStable ? "unstable"
                    : trial.OverfitsFrom is { } step ? string.Create(CultureInfo.InvariantCulture, $"overfits from step {step}") : "")))
                .Append("</td></tr>\n");
        }

        _html.Append("</table></div>\n");
    }

    private static string StyleOf(int index) => (index % 3) switch { 0 => "train", 1 => "other", _ => "validation" };

    private static string Number(double? value) => value is { } number ? number.ToString("0.####", CultureInfo.InvariantCulture) : "";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
