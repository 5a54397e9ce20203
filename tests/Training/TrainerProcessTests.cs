using LoraLint.Advisor.Training;

namespace LoraLint.Tests.Training;

/// <summary>The process side alone, with a shell script in the trainer's place.</summary>
public sealed class TrainerProcessTests
{
    private static (int Code, List<string> Events, string Errors) Run(string script, Action<TrainerEvent, TrainerProcess>? onEvent = null)
    {
        var errors = new StringWriter();
        var events = new List<string>();
        var process = new TrainerProcess(new TrainerLocation("/bin/sh", ["-c", script, "trainer"]), "/", errors);
        var code = process.Run(["run", "OUT"], e =>
        {
            events.Add(e.Name);
            onEvent?.Invoke(e, process);
        });
        return (code, events, errors.ToString());
    }

    [Fact]
    public void Events_are_handed_on_and_other_lines_go_to_the_errors()
    {
        var (code, events, errors) = Run(
            """echo '{"event":"phase","name":"loading"}'; echo 'a line of a library'; echo '{"no":"event"}'; echo "told: $*" >&2""");
        Assert.Equal((0, "phase"), (code, Assert.Single(events)));
        Assert.Contains("a line of a library\n", errors, StringComparison.Ordinal);
        Assert.Contains("{\"no\":\"event\"}", errors, StringComparison.Ordinal);
        Assert.Contains("told: run OUT", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_request_to_stop_is_a_line_on_the_trainers_input()
    {
        var (code, events, _) = Run(
            """echo '{"event":"start"}'; read a; echo '{"event":"step"}'; read b; [ "$a$b" = stopstop ] && exit 130""",
            (_, process) => process.Stop());
        Assert.Equal(130, code);
        Assert.Equal(["start", "step"], events);
    }

    [Fact]
    public void A_trainer_that_is_killed_gives_its_signal()
    {
        var (code, _, _) = Run("kill -9 $$");
        Assert.Equal(9, TrainerProcess.SignalOf(code));
        Assert.Equal("SIGSEGV", TrainerProcess.NameOf(TrainerProcess.SignalOf(Run("kill -11 $$").Code)!.Value));
        Assert.Null(TrainerProcess.SignalOf(3));
    }

    [Fact]
    public void Asking_one_to_stop_that_has_ended_does_nothing()
    {
        var (code, events, _) = Run("""echo '{"event":"end"}'; exec 0<&-; exec 1>&-; exit 0""", (_, process) =>
        {
            Thread.Sleep(50);
            process.Stop();
        });
        Assert.Equal((0, "end"), (code, Assert.Single(events)));
    }

    [Theory]
    [InlineData("""{"event":"step","loss":1.5,"steps":null}""", "step", 1.5)]
    [InlineData("""{"event":"later_version","more":[1,{"a":2}]}""", "later_version", null)]
    public void A_line_is_an_event_by_its_name(string line, string name, double? loss)
    {
        var read = TrainerEvent.Read(line)!;
        Assert.Equal(name, read.Name);
        Assert.Equal(loss, read.Number("loss"));
        Assert.Null(read.Count("steps"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"event":7}""")]
    [InlineData("[]")]
    public void Other_lines_are_none(string line) => Assert.Null(TrainerEvent.Read(line));
}
