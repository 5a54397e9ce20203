using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Roslyn;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Runs;
using Microsoft.CodeAnalysis;

namespace LoraLint.Tests.Trainer.Training;

/// <summary>
/// A C# program makes a run and trains it: the same adapter as that of a run file, and the linter's words for what is wrong.
/// </summary>
public sealed class TrainFromCSharpTests
{
    private static readonly AdapterTrainerOptions s_oneThread = new() { Threads = 1 };

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    [Fact]
    public void A_run_made_in_CSharp_gives_the_adapter_that_its_run_file_gives()
    {
        TrainingRun? made = null;
        using var byFile = new RealRun(r => made = r);
        Assert.Equal(0, byFile.Train().Code);
        using var here = new RealRun();
        var steps = new List<TrainedStep>();
        var run = made! with { OutputDirectory = here.Folder };
        File.Delete(Path.Combine(here.Folder, "run.json"));

        var trained = AdapterTrainer.Train(run, s_oneThread with { OnStep = steps.Add }, Now);

        Assert.Equal(Path.Combine(here.Folder, "adapter"), trained.Folder);
        Assert.False(trained.StoppedEarly);
        Assert.Equal(byFile.Adapter, here.Adapter);
        Assert.Equal(byFile.Losses(), steps.Select(s => s.Loss));
        Assert.Equal(Enumerable.Range(1, steps.Count), steps.Select(s => s.Step));
        var record = RunFolder.ReadRecord(here.Folder);
        Assert.Equal("csharp", record.Config.Format);
        Assert.StartsWith("new TrainingRun\n{\n", record.Config.Text, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(here.Folder, "*.tmp"));
    }

    [Fact]
    public void The_program_in_the_documentation_compiles_and_nothing_is_found_in_it()
    {
        var text = File.ReadAllText(Repository.PathTo("docs/csharp.md"));
        var start = text.IndexOf("using LoraLint.Rules.Runs;", StringComparison.Ordinal);
        var lines = text[start..text.IndexOf("```", start, StringComparison.Ordinal)].Split('\n');
        var code = string.Join('\n', ["using System;", .. lines.Where(l => l.StartsWith("using ", StringComparison.Ordinal)),
            "public static class Example { public static void Train() {", .. lines.SkipWhile(l => l.Length > 0), "} }"]);
        var compilation = CSharpCode.Compile(code).AddReferences(
            MetadataReference.CreateFromFile(typeof(AdapterTrainer).Assembly.Location));
        Assert.Empty(compilation.GetDiagnostics(Now).Where(d => d.Severity >= DiagnosticSeverity.Warning));
        Assert.Empty(CSharpCode.Analyse(compilation));
    }

    [Fact]
    public void A_run_that_is_cancelled_goes_on_to_the_same_adapter()
    {
        TrainingRun? made = null;
        using var whole = new RealRun(r => made = r);
        Assert.Equal(0, whole.Train().Code);
        using var here = new RealRun();
        var run = made! with { OutputDirectory = here.Folder };
        using var wish = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => AdapterTrainer.Train(
            run, s_oneThread with { OnStep = s => { if (s.Step == 3) wish.Cancel(); } }, wish.Token));
        Assert.False(Directory.Exists(Path.Combine(here.Folder, "adapter")));

        var refused = Assert.Throws<TrainerException>(() => AdapterTrainer.Train(run, s_oneThread, Now));
        Assert.Contains("unfinished run", refused.Message, StringComparison.Ordinal);
        AdapterTrainer.Train(run, s_oneThread with { Resume = true }, Now);
        Assert.Equal(whole.Adapter, here.Adapter);
    }

    [Fact]
    public void What_the_linter_holds_for_an_error_stops_the_run_before_anything_is_written()
    {
        TrainingRun? made = null;
        using var here = new RealRun(r => made = r);
        var output = Path.Combine(here.Folder, "other");
        var run = made! with { OutputDirectory = output, Lora = new LoraOptions { Rank = 4, Alpha = 8, TargetModules = [".*q_proj"] } };
        var finding = Assert.Single(AdapterTrainer.Check(run), f => f.Severity == Severity.Error);
        Assert.Equal("LL132", finding.Rule.Code);
        var refused = Assert.Throws<TrainerException>(() => AdapterTrainer.Train(run, s_oneThread, Now));
        Assert.Contains("LL132 " + finding.Message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(output));
    }

    [Fact]
    public void A_run_without_targets_model_or_folder_is_refused()
    {
        TrainingRun? made = null;
        using var here = new RealRun(r => made = r);
        Assert.Contains(AdapterTrainer.Check(made! with { Lora = new LoraOptions() }), f => f.Rule.Code == "LL136");
        Refuses(made with { BaseModel = "" }, "set BaseModel");
        Refuses(made with { BaseModel = Path.Combine(here.Folder, "nothing") }, "no such folder");
        Refuses(made with { OutputDirectory = "" }, "set OutputDirectory");
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdapterTrainerOptions { Threads = 0 });

        static void Refuses(TrainingRun run, string expected) => Assert.Contains(
            expected, Assert.Throws<TrainerException>(() => AdapterTrainer.Train(run, s_oneThread, Now)).Message, StringComparison.Ordinal);
    }
}
