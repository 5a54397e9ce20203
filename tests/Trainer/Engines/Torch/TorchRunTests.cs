using LoraLint.Rules.Runs;
using LoraLint.Tests.Trainer.Training;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Engines.Torch;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Engines.Torch;

/// <summary>The trainer as a whole with the TorchSharp engine, in this process.</summary>
[Collection("torch")]
public sealed class TorchRunTests
{
    [Theory]
    [InlineData(LoraInit.Kaiming, false, false, 1)]
    [InlineData(LoraInit.Pissa, true, true, 17)]
    [InlineData(LoraInit.Eva, false, true, 8)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bytes(LoraInit init, bool dora, bool recomputes, int step)
    {
        Func<TrainingRun, TrainingRun> change = run => run with
        {
            Lora = run.Lora with { Init = init, UseDora = dora },
            Training = run.Training with { GradientCheckpointing = recomputes },
        };
        using var whole = new RealRun(change);
        var (wholeCode, wholeEvents) = whole.Train(kind: new TorchEngineKind());
        Assert.True(wholeCode == 0, wholeEvents[^1].ToJson());
        Assert.Equal("torch", wholeEvents.OfType<StartEvent>().Single().Engine);

        using var run = new RealRun(change);
        using var control = new Control();
        var (code, events) = run.Train(kind: new TorchEngineKind(), control: control, onEvent: found =>
        {
            if (found is StepEvent done && done.Step == step)
                control.Stop();
        });
        Assert.True(code == 130, events[^1].ToJson());
        (code, events) = run.Train(resume: true, kind: new TorchEngineKind());
        Assert.True(code == 0, events[^1].ToJson());
        Assert.Equal(whole.Losses(), run.Losses());
        Assert.Equal(whole.Adapter, run.Adapter);
    }

    [Fact]
    public void Both_engines_give_the_same_loss_curve()
    {
        Func<TrainingRun, TrainingRun> change = run => run with { Lora = run.Lora with { Dropout = 0 } };
        using var managed = new RealRun(change);
        using var torch = new RealRun(change);
        Assert.Equal(0, managed.Train().Code);
        Assert.Equal(0, torch.Train(kind: new TorchEngineKind()).Code);
        var expected = managed.Losses();
        Assert.Equal(30, expected.Count);
        Assert.All(expected.Zip(torch.Losses()), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * pair.First));
    }

    [Fact]
    public void A_checkpoint_of_the_other_engine_is_refused_by_name()
    {
        using var run = new RealRun();
        using var control = new Control();
        run.Train(control: control, onEvent: found =>
        {
            if (found is StepEvent { Step: 3 })
                control.Stop();
        });
        var (code, events) = run.Train(resume: true, kind: new TorchEngineKind());
        Assert.Equal(2, code);
        Assert.Contains("the engine (managed, it is torch here)", ((ErrorEvent)events[^1]).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cpu_is_always_a_device_and_another_one_is_refused_by_name()
    {
        Assert.Equal("cpu", new TorchEngineKind().FindDevices()[^1].Name);
        using var run = new RealRun();
        var events = new List<RunEvent>();
        var request = new RunRequest(run.Folder, false, 1, new TorchEngineKind(), "cuda:7", false);
        Assert.Equal(2, RunCommand.Run(request, RunSetup.Prepare, events.Add, null));
        Assert.StartsWith("the engine torch has no device cuda:7; it has ", ((ErrorEvent)events[^1]).Message, StringComparison.Ordinal);
    }
}
