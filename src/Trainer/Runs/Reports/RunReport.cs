using System.Globalization;
using System.Net;
using System.Text;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Advisor.Output.Charts;
using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Runs.Reports;

/// <summary>
/// <c>report.html</c>: one page that says how a run went, for people who were not there. It needs nothing beside itself: no network, no
/// script, no fonts. All that comes from files is escaped.
/// </summary>
internal sealed class RunReport
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "report.html";

    private readonly StringBuilder _html = new();
    private readonly ReportContent _content;

    private RunReport(ReportContent content) => _content = content;

    /// <summary>Writes the page into a run's folder.</summary>
    public static void Write(RunFolder folder, ReportContent content)
    {
        var page = Encoding.UTF8.GetBytes(PageOf(content));
        folder.Files.Replace(Path.Combine(folder.Path, FileName), stream => stream.Write(page));
    }

    /// <summary>The page as text.</summary>
    internal static string PageOf(ReportContent content)
    {
        var report = new RunReport(content);
        report.WritePage();
        return report._html.ToString();
    }

    private TrainingRun Run => _content.Record.Run;

    private void WritePage()
    {
        var model = Path.GetFileName(Run.BaseModel.TrimEnd('/', '\\'));
        _html.Append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Append("<title>").Append(Escape(model)).Append(" – LoraLint run</title>\n")
            .Append("<style>\n").Append(PageStyle.Text).Append("</style>\n</head>\n<body>\n<main>\n");
        WriteHeader(model);
        WriteFigures();
        WriteCharts();
        WriteEvaluations();
        WriteDiagnosis();
        _html.Append("<div class=\"columns\">\n<section>\n<h2>Adapter and training</h2>\n");
        WriteTable(SettingRows());
        _html.Append("</section>\n<section>\n<h2>Data</h2>\n");
        WriteTable(DataRows());
        _html.Append("<h2>Where it ran</h2>\n");
        WriteTable(MachineRows());
        _html.Append("</section>\n</div>\n");
        WriteFindings();
        WriteConfig();
        _html.Append("<footer>Written by LoraLint ").Append(Escape(_content.Record.LoraLintVersion))
            .Append(". Losses are in nats a supervised token.</footer>\n</main>\n</body>\n</html>\n");
    }

    private void WriteHeader(string model)
    {
        var (style, status) = _content.End?.Reason switch
        {
            "completed" => ("good", "Completed"),
            "early_stopping" => ("good", "Stopped early: the validation loss no longer fell"),
            "interrupted" => ("warn", "Interrupted: --resume goes on"),
            _ => ("bad", "Failed"),
        };
        _html.Append("<header>\n<p><span class=\"badge ").Append(style).Append("\">").Append(status).Append("</span></p>\n<h1>")
            .Append(Escape(model)).Append("</h1>\n<p class=\"lead\">").Append(Escape(Summary())).Append("</p>\n");
        if (_content.Failure is { } failure)
            _html.Append("<p class=\"failure\" role=\"alert\">").Append(Escape(failure)).Append("</p>\n");
        _html.Append("</header>\n");
    }

    private string Summary()
    {
        var steps = _content.Steps;
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture, $"{Method()} with rank {Run.Lora.Rank} on {Figures.Count(_content.Start.Samples)} samples. ");
        if (steps.Count == 0)
            return text.Append("No optimizer step was done.").ToString();
        text.Append(
            CultureInfo.InvariantCulture, $"{Figures.Count(steps[^1].Step)} of {Figures.Count(_content.Start.Steps)} optimizer steps");
        text.Append(CultureInfo.InvariantCulture, $" in {Figures.Duration(steps[^1].Seconds)}. ");
        if (steps.Count > 1)
            text.Append(CultureInfo.InvariantCulture, $"The training loss went from {Loss(steps[0].Loss)} to {Loss(Smoothed()[^1].Y)}");
        if (_content.Evaluations is [var first, .., var last])
            text.Append(CultureInfo.InvariantCulture, $", the validation loss from {Loss(first.Loss)} to {Loss(last.Loss)}");
        return text.Append(steps.Count > 1 ? "." : "").ToString().TrimEnd();
    }

    private string Method() => (Run.Quantization, Run.Lora.UseDora) switch
    {
        (not null, true) => "QDoRA",
        (not null, false) => "QLoRA",
        (null, true) => "DoRA",
        _ => "LoRA",
    };

    private void WriteFigures()
    {
        var steps = _content.Steps;
        var start = _content.Start;
        _html.Append("<dl class=\"figures\">\n");
        if (_content.Evaluations.MinBy(evaluation => evaluation.Loss) is { } best)
            Figure("Best validation loss", Loss(best.Loss), $"at step {Figures.Count(best.Step)}");
        if (steps.Count > 0)
        {
            Figure("Final training loss", Loss(Smoothed()[^1].Y), steps.Count > 1 ? $"smoothed; {Loss(steps[0].Loss)} at first" : "");
            Figure("Optimizer steps", Figures.Count(steps[^1].Step), $"{Figures.Significant(steps[^1].Epoch, 3)} epochs");
            Figure("Time", Figures.Duration(steps[^1].Seconds), $"{Figures.Short(TokensPerSecond())} tokens/s");
            Figure("Peak memory", Figures.Bytes(steps.Max(step => (double)step.MemoryBytes)), "");
        }

        Figure(
            "Trained parameters", Figures.Short(start.Trainable),
            $"{Figures.Significant(100.0 * start.Trainable / Math.Max(1, start.Parameters), 2)} % of {Figures.Short(start.Parameters)}");
        _html.Append("</dl>\n");
    }

    private void Figure(string name, string value, string note) =>
        _html.Append("<div><dd><span class=\"value\">").Append(Escape(value))
            .Append("</span><br><span class=\"note\">").Append(Escape(note))
            .Append("</span></dd><dt>").Append(Escape(name)).Append("</dt></div>\n");

    private void WriteCharts()
    {
        var steps = _content.Steps;
        if (steps.Count == 0)
            return;
        var last = Math.Max(1, _content.End?.Reason == "completed" ? steps[^1].Step : _content.Start.Steps);
        var best = _content.Evaluations.MinBy(evaluation => evaluation.Loss);
        var smoothed = Smoothed();
        var isSmoothed = steps.Count > 20;
        var lines = new List<ChartLine>
        {
            new(isSmoothed ? "each step" : "training", isSmoothed ? "faint" : "train", Points(step => step.Loss)),
        };
        if (isSmoothed)
            lines.Add(new ChartLine("training, smoothed", "train", smoothed));
        if (best is not null)
        {
            lines.Add(new ChartLine(
                "validation", "validation", [.. _content.Evaluations.Select(e => ((double)e.Step, e.Loss))],
                HasDots: _content.Evaluations.Count <= 60,
                Ring: (best.Step, best.Loss)));
        }

        _html.Append("<h2>How it went</h2>\n");
        new LineChart
        {
            Title = "Loss",
            Description = $"The training loss goes from {Loss(steps[0].Loss)} to {Loss(smoothed[^1].Y)}"
                + (best is null ? "." : $"; the lowest validation loss is {Loss(best.Loss)} at step {Figures.Count(best.Step)}."),
            Lines = lines, Steps = last, Width = 1000, Height = 330,
        }.Write(_html);
        _html.Append("<div class=\"charts\">\n");
        Small(
            "Learning rate", step => step.LearningRate, "other",
            $"Its peak is {Figures.Significant(steps.Max(step => step.LearningRate), 3)}.", null);
        var clip = Run.Optimizer.MaxGradNorm;
        Small(
            "Gradient norm", step => step.GradientNorm, "other",
            $"The median is {Figures.Significant(Median(step => step.GradientNorm), 3)}; "
            + $"gradients above {Figures.Plain(clip)} are clipped.",
            clip > 0 ? (clip, $"clipped above {Figures.Plain(clip)}") : null);
        Small(
            "Tokens per second", step => step.TokensPerSecond, "other",
            $"The median is {Figures.Short(Median(step => step.TokensPerSecond))}.", null);
        _html.Append("</div>\n");

        void Small(string title, Func<StepEvent, double> value, string style, string description, (double, string)? level) => new LineChart
        {
            Title = title, Description = description, Lines = [new ChartLine(null, style, Points(value))], Steps = last, FromZero = true,
            Level = level, Width = 340, Height = 210,
        }.Write(_html);
    }

    private void WriteEvaluations()
    {
        if (_content.Evaluations.Count == 0)
            return;
        _html.Append(
            "<details>\n<summary>Validation losses as a table</summary>\n<div class=\"card\">\n<table class=\"numbers\">\n<thead><tr>")
            .Append("<th scope=\"col\">Step</th><th scope=\"col\">Loss</th><th scope=\"col\">Perplexity</th><th scope=\"col\">Tokens</th>")
            .Append("</tr></thead>\n<tbody>\n");
        foreach (var evaluation in _content.Evaluations)
        {
            _html.Append("<tr><th scope=\"row\">").Append(Figures.Count(evaluation.Step)).Append("</th><td>").Append(Loss(evaluation.Loss))
                .Append("</td><td>").Append(Figures.Significant(Math.Exp(evaluation.Loss), 4)).Append("</td><td>")
                .Append(Figures.Count(evaluation.Tokens)).Append("</td></tr>\n");
        }

        _html.Append("</tbody>\n</table>\n</div>\n</details>\n");
    }

    private void WriteDiagnosis()
    {
        if (_content.Steps.Count == 0)
            return;
        _html.Append("<h2>What the curves show</h2>\n");
        var verdicts = Diagnosis.Of(_content.Curves).Verdicts;
        if (verdicts.Count == 0)
        {
            _html.Append("<div class=\"card\"><p>Nothing stands out.</p></div>\n");
            return;
        }

        _html.Append("<ul class=\"card findings\">\n");
        foreach (var verdict in verdicts)
        {
            var severity = verdict.Severity.ToString().ToLowerInvariant();
            _html.Append("<li><span class=\"severity ").Append(severity).Append("\">").Append(severity)
                .Append("</span> <span class=\"where\">").Append(Escape(verdict.Name)).Append("</span><br>")
                .Append(Escape(char.ToUpperInvariant(verdict.Finding[0]) + verdict.Finding[1..])).Append(". ")
                .Append(Escape(verdict.Advice))
                .Append("<br><span class=\"where\">").Append(Escape(string.Join("; ", verdict.Sources))).Append("</span></li>\n");
        }

        _html.Append("</ul>\n");
    }

    private IEnumerable<(string Name, string Value)> SettingRows()
    {
        var (lora, optimizer, training) = (Run.Lora, Run.Optimizer, Run.Training);
        yield return ("Method", Method() + (lora.UseRslora ? ", scaled by alpha/√r" : ""));
        yield return ("Rank, alpha, dropout", $"{lora.Rank}, {Figures.Plain(lora.Alpha)}, {Figures.Plain(lora.Dropout)}");
        yield return (
            "Target modules", lora.TargetsAllLinear ? "all linear layers" : lora.TargetPattern ?? string.Join(", ", lora.TargetModules));
        if (lora.ModulesToSave.Count > 0)
            yield return ("Trained in full", string.Join(", ", lora.ModulesToSave));
        if (Run.Quantization is { } quantization)
            yield return ("Base weights", $"4 bits, {quantization.Type}{(quantization.Double ? ", double quantization" : "")}");
        yield return (
            "Optimizer", optimizer.Name + (optimizer.WeightDecay > 0 ? $", weight decay {Figures.Plain(optimizer.WeightDecay)}" : ""));
        yield return ("Learning rate", $"{Figures.Plain(optimizer.LearningRate)}, {optimizer.Schedule}"
            + (optimizer.LoraPlusRatio == 1 ? "" : $", B times {Figures.Plain(optimizer.LoraPlusRatio)}"));
        yield return ("Warmup", optimizer.WarmupSteps is { } warmup
            ? $"{Figures.Count(warmup)} steps"
            : $"{Figures.Plain(100 * optimizer.WarmupRatio)} % of the steps");
        yield return ("Global batch", $"{Figures.Count((long)training.MicroBatchSize * training.GradientAccumulationSteps)} sequences "
            + $"({training.MicroBatchSize} × {training.GradientAccumulationSteps})");
        yield return ("Longest sequence", $"{Figures.Count(Run.Data.MaxSequenceLength)} tokens{(Run.Data.Packing ? ", packed" : "")}");
        yield return ("Seed", training.Seed.ToString(CultureInfo.InvariantCulture));
    }

    private IEnumerable<(string Name, string Value)> DataRows()
    {
        var start = _content.Start;
        yield return ("Training samples", Figures.Count(start.Samples));
        yield return ("Validation samples", Figures.Count(start.ValidationSamples));
        yield return ("Tokens an epoch", Figures.Count(start.Tokens));
        yield return ("Tokens with a loss", $"{Figures.Count(start.SupervisedTokens)} "
            + $"({Figures.Significant(100.0 * start.SupervisedTokens / Math.Max(1, start.Tokens), 3)} %)");
        yield return ("Cut to the longest sequence", Figures.Count(start.Truncated));
        yield return ("Left out", $"{Figures.Count(start.Dropped)} with nothing to learn, {Figures.Count(start.Duplicates)} duplicates");
        yield return (
            "Files", string.Join(", ", Run.Data.Train.Concat(Run.Data.Validation).Select(source => Path.GetFileName(source.Path))));
    }

    private IEnumerable<(string Name, string Value)> MachineRows()
    {
        yield return ("Engine", _content.Start.Engine);
        yield return ("Threads", $"{_content.Start.Threads} ({_content.Start.Device})");
        yield return ("Base model", $"{_content.Start.ModelType}, {Figures.Short(_content.Start.Parameters)} parameters");
        foreach (var note in _content.Start.Notes.Concat(_content.Record.Notes))
            yield return ("Note", note);
    }

    private void WriteTable(IEnumerable<(string Name, string Value)> rows)
    {
        _html.Append("<div class=\"card\">\n<table>\n<tbody>\n");
        foreach (var (name, value) in rows)
            _html.Append("<tr><th scope=\"row\">").Append(Escape(name)).Append("</th><td>").Append(Escape(value)).Append("</td></tr>\n");
        _html.Append("</tbody>\n</table>\n</div>\n");
    }

    private void WriteFindings()
    {
        var findings = _content.Record.Findings;
        _html.Append("<h2>What LoraLint found in the config</h2>\n");
        if (_content.Record.Forced)
            _html.Append("<p class=\"failure\">Errors in the config were overridden with --force.</p>\n");
        if (findings.Count == 0)
        {
            _html.Append("<div class=\"card\"><p>Nothing.</p></div>\n");
            return;
        }

        _html.Append("<ul class=\"card findings\">\n");
        foreach (var finding in findings)
        {
            var severity = Severity(finding);
            _html.Append("<li><span class=\"severity ").Append(severity).Append("\">").Append(severity)
                .Append("</span> <span class=\"where\">").Append(Escape(finding.Code)).Append(' ').Append(Escape(finding.Name))
                .Append(CultureInfo.InvariantCulture, $", line {finding.Line}</span><br>")
                .Append(Escape(finding.Message)).Append("</li>\n");
        }

        _html.Append("</ul>\n");
    }

    private void WriteConfig()
    {
        var config = _content.Record.Config;
        var worst = _content.Record.Findings.GroupBy(finding => finding.Line)
            .ToDictionary(line => line.Key, line => Severity(line.MaxBy(finding => finding.Severity)!));
        _html.Append("<h2>The config</h2>\n<p class=\"lead\">").Append(Escape(config.Path)).Append(" (").Append(Escape(config.Format))
            .Append(")</p>\n<pre tabindex=\"0\" aria-label=\"The config\">");
        var lines = config.Text.TrimEnd('\n', '\r').ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            _html.Append(CultureInfo.InvariantCulture, $"<span data-line=\"{i + 1}\"");
            if (worst.TryGetValue(i + 1, out var severity))
                _html.Append(" class=\"").Append(severity).Append('"');
            _html.Append('>').Append(Escape(lines[i])).Append("</span>");
        }

        _html.Append("</pre>\n");
    }

    private IReadOnlyList<(double X, double Y)> Points(Func<StepEvent, double> value) =>
        [.. _content.Steps.Select(step => ((double)step.Step, value(step)))];

    // An exponential average of about the last ten steps, corrected for its start as Adam's are.
    private IReadOnlyList<(double X, double Y)> Smoothed()
    {
        const double Decay = 0.9;
        var points = new List<(double, double)>();
        var (average, weight) = (0.0, 0.0);
        foreach (var step in _content.Steps)
        {
            average = Decay * average + (1 - Decay) * step.Loss;
            weight = Decay * weight + (1 - Decay);
            points.Add((step.Step, average / weight));
        }

        return points;
    }

    private double TokensPerSecond() => _content.Steps[^1].Tokens / Math.Max(1e-9, _content.Steps[^1].Seconds);

    private double Median(Func<StepEvent, double> value)
    {
        var ordered = _content.Steps.Select(value).Order().ToList();
        return ordered[ordered.Count / 2];
    }

    private static string Severity(LoraLint.Advisor.Training.FindingRecord finding) => finding.Severity.ToString().ToLowerInvariant();

    private static string Loss(double loss) => Figures.Significant(loss, 4);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
