using LoraLint.Trainer.Engines.Managed;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Tests.Trainer.Training;
using LoraLint.Trainer;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Runs;

public sealed class RunCommandTests
{
    [Fact]
    public void A_run_that_is_done_exits_with_0_and_its_last_line_is_the_end()
    {
        using var run = new GivenRun();
        var (code, events) = Run(run, (folder, _, _) => run.PartsFor(folder));
        Assert.Equal(0, code);
        Assert.StartsWith("""{"event":"start","engine":"quadratic",""", events[0].ToJson());
        Assert.StartsWith("""{"event":"end","reason":"completed","step":8,""", events[^1].ToJson());
    }

    [Fact]
    public void The_death_of_a_parent_interrupts_with_130()
    {
        // As long as it takes until the other thread has read that nothing comes.
        using var run = new GivenRun(new TrainingOptions { MaxSteps = 10_000_000, Save = Cadence.Never, Evaluate = Cadence.Never });
        var (code, events) = Run(run, (folder, _, _) => run.PartsFor(folder), new StringReader(""));
        Assert.Equal(130, code);
        Assert.Equal("interrupted", Assert.IsType<EndEvent>(events[^1]).Reason);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public void What_goes_wrong_has_a_code_and_a_kind(Exception exception, int code, string kind, string message)
    {
        using var run = new GivenRun();
        var (actual, events) = Run(run, (_, _, _) => throw exception);
        var error = Assert.IsType<ErrorEvent>(Assert.Single(events));
        Assert.Equal((code, kind), (actual, error.Kind));
        Assert.Contains(message, error.Message);
    }

    public static TheoryData<Exception, int, string, string> Failures => new()
    {
        { new TrainerException("the model is wrong"), 2, "user", "the model is wrong" },
        { new OutOfMemoryException(), 4, "memory", "lower micro_batch_size" },
        { new AggregateException(new OutOfMemoryException()), 4, "memory", "lower micro_batch_size" },
        { new AggregateException(new TrainerException("a row is wrong")), 2, "user", "a row is wrong" },
        { new InvalidOperationException("unexpected"), 3, "defect", "InvalidOperationException: unexpected" },
    };

    [Fact]
    public void A_folder_that_is_not_there_is_the_users_mistake()
    {
        using var scratch = new ScratchFolder();
        var events = new List<RunEvent>();
        var code = RunCommand.Run(
            new RunRequest(scratch.PathTo("none"), false, null, new ManagedEngineKind(), null, false),
            (_, _, _) => throw new InvalidOperationException(), events.Add, null);
        Assert.Equal(2, code);
        Assert.Contains("run.json is not there", Assert.IsType<ErrorEvent>(Assert.Single(events)).Message);
    }

    [Fact]
    public void A_base_model_is_known_by_the_content_of_its_files()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a/config.json", "{}").Write("a/model.safetensors", "weights");
        scratch.Write("b/config.json", "{}").Write("b/model.safetensors", "weights");
        string[] Files(string folder) => [.. Directory.EnumerateFiles(scratch.PathTo(folder))];
        var hash = BaseModelHash.Of(Files("a"));
        Assert.Equal(hash, BaseModelHash.Of(Files("b").Reverse()));
        scratch.Write("b/model.safetensors", "weighty");
        Assert.NotEqual(hash, BaseModelHash.Of(Files("b")));
        scratch.Write("a/more.safetensors", "");
        Assert.NotEqual(hash, BaseModelHash.Of(Files("a")));
    }

    private static (int Code, List<RunEvent> Events) Run(
        GivenRun run, Func<RunFolder, RunRequest, Action<RunEvent>, TrainingParts> prepare, TextReader? control = null)
    {
        var events = new List<RunEvent>();
        var code = RunCommand.Run(
            new RunRequest(run.Folder, false, 1, new ManagedEngineKind(), null, control is not null), prepare, events.Add, control);
        return (code, events);
    }
}
