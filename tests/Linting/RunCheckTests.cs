using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Roslyn;
using Microsoft.CodeAnalysis;

namespace LoraLint.Tests.Linting;

/// <summary>Runs that a program has built: they are judged as the code that would build them is by the analyzer.</summary>
public sealed class RunCheckTests
{
    public static TheoryData<string> Runs => [.. s_runs.Keys];

    private static readonly Dictionary<string, TrainingRun> s_runs = new(StringComparer.Ordinal)
    {
        ["nothing"] = new(),
        ["a small alpha"] = new() { Lora = new LoraOptions { Rank = 64, Alpha = 16, TargetsAllLinear = true } },
        ["lists and patterns"] = new()
        {
            BaseModel = "meta-llama/Llama-3.1-8B",
            Lora = new LoraOptions
            {
                TargetModules = ["q_proj", "query_key_value", "say \"x\"\\"], ModulesToSave = ["lm_head"], Layers = [0, 99],
                RankPattern = new Dictionary<string, int> { ["^q_proj"] = 8 },
                AlphaPattern = new Dictionary<string, double> { ["q_proj"] = 0.5, ["k_proj"] = 4 },
                Bias = LoraBias.LoraOnly, Init = LoraInit.Pissa,
            },
            Quantization = new QuantizationOptions { Double = false },
        },
        ["data and cadence"] = new()
        {
            Data = new DataOptions
            {
                Train = [new DataSource { Path = "a.jsonl" }, new DataSource { Path = "b.txt", Format = DataFormat.Text }],
                ValidationSplit = 0.1, MaxSequenceLength = 1 << 20,
            },
            Optimizer = new OptimizerOptions { LearningRate = 0.01, WarmupSteps = 100, Schedule = "constant" },
            Training = new TrainingOptions
            {
                Epochs = 8, MaxSteps = 50, EarlyStoppingPatience = 3, Evaluate = Cadence.Never, Save = new Cadence(null, 0.25),
                Precision = "fp16",
            },
            OutputDirectory = "out",
        },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_run_is_judged_like_the_code_that_describes_it(string name)
    {
        var run = s_runs[name];
        var code = CSharpCode.InMethod($"var made = {Linter.Describe(run).Text.Trim()};");
        var compiled = CSharpCode.Find(code).Where(d => d.Severity > DiagnosticSeverity.Hidden).Select(d => $"{d.Id} {d.GetMessage()}");
        var findings = Linter.Check(run, LoraConfigAnalyzerOptions, NoCompanionFiles.Instance).Findings;
        Assert.Equal(
            compiled.Order(StringComparer.Ordinal), findings.Select(f => $"{f.Rule.Code} {f.Message}").Order(StringComparer.Ordinal));
        if (name != "nothing")
            Assert.NotEmpty(findings);
    }

    [Fact]
    public void Findings_stand_at_the_values_in_the_description()
    {
        var run = s_runs["a small alpha"];
        var finding = Assert.Single(Linter.Check(run, new LintOptions(), NoCompanionFiles.Instance).Findings, f => f.Rule.Code == "LL104");
        Assert.Equal("16", Linter.Describe(run).Text.Substring(finding.Span.Start, finding.Span.Length));
    }

    // As the analyzer has them: rules that are off by default are its user's choice.
    private static LintOptions LoraConfigAnalyzerOptions => new()
    {
        Severities = RuleCatalog.Infos.Where(i => RuleInfo.SeverityOf(i.Category) == Severity.Off)
            .ToDictionary(i => i.Name, _ => Severity.Info),
    };
}
