using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Runs;

public sealed class MetricsLogTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    [Fact]
    public void A_line_is_an_object_with_its_event_first_and_snake_case_names()
    {
        Write(Step(1));
        Assert.Equal(
            """{"event":"step","step":1,"steps":4,"epoch":0.25,"loss":2.5,"learning_rate":0.0002,"gradient_norm":1,"tokens":10,"tokens_per_second":5,"memory_bytes":7,"seconds":2,"seconds_left":null}""" + "\n",
            _scratch.Read("metrics.jsonl"));
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 0, 1)]
    [InlineData(2, 0, 2)] // the evaluation of step 2 is to be done again
    [InlineData(2, 2, 3)]
    [InlineData(3, 2, 4)]
    [InlineData(9, 9, 4)]
    public void Going_on_behind_a_step_cuts_off_what_came_after_it(int step, int evaluated, int lines)
    {
        Write(Step(1), Step(2), new EvaluationEvent(2, 1.5, 10, true), Step(3));
        MetricsLog.Open(_scratch.Root, step, evaluated).Dispose();
        Assert.Equal(lines, File.ReadAllLines(_scratch.PathTo("metrics.jsonl")).Length);
    }

    [Theory]
    [InlineData("{\"event\":\"step\",\"step\":2")]
    [InlineData("{\"event\":\"step\",\"step\":2}x\n")]
    [InlineData("\0\0\0\0\n")]
    [InlineData("[]\n")]
    [InlineData("{\"event\":\"step\",\"step\":\"2\"}\n")]
    [InlineData("{\"event\":\"other\"}\n")]
    public void What_is_torn_or_damaged_is_cut_off(string tail)
    {
        Write(Step(1));
        var whole = _scratch.Read("metrics.jsonl");
        File.AppendAllText(_scratch.PathTo("metrics.jsonl"), tail);
        Assert.Equal(new RunEvent[] { Step(1) }, MetricsLog.Read(_scratch.Root));
        MetricsLog.Open(_scratch.Root, 9, 9).Dispose();
        Assert.Equal(whole, _scratch.Read("metrics.jsonl"));
    }

    [Fact]
    public void What_is_read_is_what_was_written()
    {
        RunEvent[] events = [Step(1), new EvaluationEvent(1, 1.5, 10, true), Step(2) with { SecondsLeft = 3 }];
        Write(events);
        Assert.Equal(events, MetricsLog.Read(_scratch.Root));
    }

    [Fact]
    public void A_full_disk_is_told_as_one()
    {
        if (!File.Exists("/dev/full"))
            return;
        using var log = MetricsLog.Open(_scratch.Root, 0, 0);
        log.Dispose();
        File.Delete(_scratch.PathTo("metrics.jsonl"));
        File.CreateSymbolicLink(_scratch.PathTo("metrics.jsonl"), "/dev/full");
        using var full = MetricsLog.Open(_scratch.Root, 0, 0);
        Assert.Contains("the disk is full", Assert.Throws<TrainerException>(() => full.Add(Step(1))).Message);
    }

    public void Dispose() => _scratch.Dispose();

    private static StepEvent Step(int step) => new(step, 4, 0.25 * step, 2.5, 2e-4, 1, 10, 5, 7, 2, null);

    private void Write(params RunEvent[] events)
    {
        using var log = MetricsLog.Open(_scratch.Root, 0, 0);
        foreach (var line in events)
            log.Add(line);
    }
}
