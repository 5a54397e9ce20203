using System.Text.RegularExpressions;
using System.Xml.Linq;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Trainer.Training;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Runs.Reports;

namespace LoraLint.Tests.Trainer.Runs;

public sealed class RunReportTests
{
    private const string Hostile = "<script>alert(\"1\")</script>&'\"><img src=x onerror=y>";

    [Fact]
    public void All_that_comes_from_files_is_escaped()
    {
        var content = Content(steps: 3, evaluateEvery: 2);
        var page = RunReport.PageOf(content with
        {
            Failure = Hostile,
            End = null,
            Start = content.Start with { ModelType = Hostile, Device = Hostile, Notes = [Hostile] },
            Record = content.Record with
            {
                Notes = [Hostile],
                LoraLintVersion = Hostile,
                Config = new ConfigRecord(Hostile, Hostile, Hostile),
                Findings = [new FindingRecord(Hostile, Hostile, Severity.Error, Hostile, 1)],
                Run = content.Record.Run with
                {
                    BaseModel = "/models/" + Hostile.Replace("/", ""),
                    Lora = content.Record.Run.Lora with { TargetsAllLinear = false, TargetModules = [Hostile], ModulesToSave = [Hostile] },
                    Data = content.Record.Run.Data with { Train = [new DataSource { Path = "/data/" + Hostile.Replace("/", "") }] },
                },
            },
        });
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("<img", page);
        Assert.Contains("&lt;script&gt;", page);
        Assert.True(Regex.Count(page, "&lt;img") >= 12, "not all of the hostile texts are shown");
    }

    [Fact]
    public void The_page_needs_no_network_and_no_script()
    {
        var page = RunReport.PageOf(Content(steps: 30, evaluateEvery: 10));
        Assert.DoesNotContain("http:", page);
        Assert.DoesNotContain("https:", page);
        Assert.DoesNotContain("<script", page);
        Assert.DoesNotContain("url(", page);
        Assert.DoesNotContain("@import", page);
        Assert.Contains("default-src 'none'", page);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(30, 10)]
    [InlineData(5000, 100)]
    public void Every_element_is_closed_and_every_chart_has_a_name(int steps, int evaluateEvery)
    {
        var page = RunReport.PageOf(Content(steps, evaluateEvery));
        // Well-formed but for the head's void elements and the doctype: read by an XML parser after these are taken out.
        var tree = XDocument.Parse(Regex.Replace(page, "<!DOCTYPE html>|<meta[^>]*>|<br>", ""));
        var charts = tree.Descendants("svg").Where(svg => svg.Attribute("aria-hidden") is null).ToList();
        Assert.Equal(steps == 0 ? 0 : 4, charts.Count);
        Assert.All(charts, svg => Assert.Equal("img", svg.Attribute("role")!.Value));
        Assert.All(charts, svg => Assert.NotEmpty(svg.Attribute("aria-label")!.Value));
        Assert.All(tree.Descendants("th"), cell => Assert.NotNull(cell.Attribute("scope")));
        Assert.DoesNotContain("NaN", page);
        Assert.DoesNotContain("∞", page);
        Assert.InRange(page.Length, 1000, 400_000);
    }

    [Fact]
    public void Long_lines_keep_their_spikes()
    {
        var content = Content(steps: 10_000, evaluateEvery: 0);
        var steps = content.Metrics.OfType<StepEvent>().Select(step => step.Step == 4321 ? step with { GradientNorm = 77 } : step);
        var page = RunReport.PageOf(content with { Metrics = [.. steps] });
        Assert.Contains(">80</text>", page); // the axis reaches beyond the spike
        var tree = XDocument.Parse(Regex.Replace(page, "<!DOCTYPE html>|<meta[^>]*>|<br>", ""));
        var norm = tree.Descendants("svg").Single(
            svg => svg.Attribute("aria-label")?.Value.StartsWith("Gradient norm", StringComparison.Ordinal) == true);
        var heights = Regex.Matches(norm.Elements("path").Single().Attribute("d")!.Value, @" ([\d.]+)")
            .Select(m => double.Parse(m.Groups[1].Value));
        Assert.InRange(heights.Min(), 12, 25);
    }

    [Fact]
    public void What_the_curves_show_is_told_with_advice_and_sources()
    {
        var content = Content(steps: 200, evaluateEvery: 10);
        var rising = content.Metrics.Select(
            e => e is EvaluationEvent { Step: > 100 } late ? late with { Loss = 2 + late.Step / 100.0 } : e);
        var page = RunReport.PageOf(content with { Metrics = [.. rising] });
        var section = page[page.IndexOf("What the curves show", StringComparison.Ordinal)..];
        Assert.Contains("<span class=\"where\">overfitting</span><br>The validation loss is lowest at step 100", section);
        Assert.Contains("Take the checkpoint nearest to step 100.", section);
        Assert.Contains("Unsloth, LoRA hyperparameters guide", section);
    }

    [Theory]
    [InlineData("completed", "Completed")]
    [InlineData("early_stopping", "Stopped early")]
    [InlineData("interrupted", "Interrupted")]
    public void The_badge_says_how_it_ended(string reason, string expected)
    {
        var content = Content(steps: 5, evaluateEvery: 0);
        Assert.Contains(expected, RunReport.PageOf(content with { End = content.End! with { Reason = reason } }));
    }

    [Fact]
    public void A_finished_run_has_a_report_in_its_folder()
    {
        using var run = new GivenRun();
        run.Start();
        var page = File.ReadAllText(run.Folder + "/report.html");
        Assert.Contains("8 of 8 optimizer steps", page);
        Assert.Contains("base_model: tiny", page);
    }

    internal static ReportContent Content(int steps, int evaluateEvery)
    {
        var events = new List<RunEvent>();
        var random = new Random(5);
        var best = double.MaxValue;
        for (var step = 1; step <= steps; step++)
        {
            var smooth = 1.1 + 1.6 * Math.Exp(-4.0 * step / steps);
            events.Add(new StepEvent(
                step, steps, 3.0 * step / steps, smooth + 0.25 * (random.NextDouble() - 0.5),
                2e-4 * Math.Min(step / (0.05 * steps), 0.5 + 0.5 * Math.Cos(Math.PI * step / steps)),
                0.4 + 1.5 * Math.Exp(-8.0 * step / steps) + 0.3 * random.NextDouble(), 4096L * step, 1300 + 90 * random.NextDouble(),
                1_400_000_000 + step * 1000L, 3.1 * step, 3.1 * (steps - step)));
            if (evaluateEvery > 0 && step % evaluateEvery == 0)
            {
                var loss = smooth + 0.12 + 0.3 * Math.Pow(Math.Max(0, (double)step / steps - 0.7), 2) * 4;
                events.Add(new EvaluationEvent(step, loss, 20_480, loss < best));
                best = Math.Min(best, loss);
            }
        }

        var record = new RunRecord
        {
            Run = new TrainingRun
            {
                BaseModel = "/models/SmolLM2-135M-Instruct",
                Lora = new LoraOptions { TargetsAllLinear = true, Dropout = 0.05 },
                Data = new DataOptions
                {
                    Train = [new DataSource { Path = "/data/train.jsonl" }],
                    Validation = [new DataSource { Path = "/data/validation.jsonl" }],
                },
                Optimizer = new OptimizerOptions { WarmupRatio = 0.05 },
                Training = new TrainingOptions { Epochs = 3, MicroBatchSize = 4, GradientAccumulationSteps = 4 },
            },
            Config = new ConfigRecord("examples/run.yaml", "loralint", """
                # A small instruction fine-tune.
                loralint: 1
                base_model: HuggingFaceTB/SmolLM2-135M-Instruct
                adapter:
                  rank: 16
                  alpha: 32
                  dropout: 0.05
                  target_modules: all-linear
                data:
                  train: data/train.jsonl
                  validation: data/validation.jsonl
                training:
                  learning_rate: 2e-4
                  warmup_ratio: 0.05
                  epochs: 3
                  micro_batch_size: 4
                  gradient_accumulation_steps: 4

                """),
            Findings =
            [
                new FindingRecord(
                    "LL120", "dropout-against-dataset-size", Severity.Warning,
                    "a dropout of 0.05 on fewer than 2,000 samples regularises little; 0.1 is usual for small datasets", 7),
                new FindingRecord(
                    "LL311", "few-epochs", Severity.Info,
                    "three epochs are at the upper end for instruction data; watch the validation loss", 15),
            ],
            Notes = ["max_sequence_length is 2048, the default"],
            Forced = false,
            LoraLintVersion = "0.1.0",
        };
        return new ReportContent(
            record,
            new StartEvent(
                "managed", 2, "AVX-512", "llama", 139_398_912, 4_884_480, 1843, 205, 386_211, 171_408, 12, 3, 41, steps, 3, null, "/out",
                ["embeddings are frozen"]),
            new EndEvent("completed", steps, 3.1 * steps, "/out/adapter", null, null, null), null, events);
    }
}
