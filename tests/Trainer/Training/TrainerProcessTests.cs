using System.Globalization;
using System.Runtime.InteropServices;
using LoraLint.Rules.Runs;

namespace LoraLint.Tests.Trainer.Training;

/// <summary>The trainer as a process: its death, signals, its parent's words, its lock.</summary>
public sealed class TrainerProcessTests
{
    /// <summary>Kills of a run; <c>LORALINT_KILLS=20 dotnet test</c> tries more. See scripts/checks/resume.sh.</summary>
    private static int Kills { get; } =
        int.Parse(Environment.GetEnvironmentVariable("LORALINT_KILLS") ?? "3", NumberStyles.None, CultureInfo.InvariantCulture);

    [Fact]
    public void A_process_that_is_killed_at_any_moment_goes_on_to_the_same_bytes()
    {
        // Long enough that no life of the process comes to the end before it is killed: saved after every step, and evaluated often.
        using var whole = new RealRun(Longer);
        Assert.Equal(0, whole.Train().Code);

        using var run = new RealRun(Longer);
        var random = new Random(Environment.GetEnvironmentVariable("LORALINT_SEED") == "random" ? Random.Shared.Next() : 2026);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var process = run.Start("--resume");
            // Some steps and checkpoints later: in the middle of whatever comes then.
            Assert.True(process.WaitFor("step"), "the run ended before its first step");
            Thread.Sleep(random.Next(80));
            Thread.SpinWait(random.Next(100_000));
            process.Kill();
            Assert.False(Directory.Exists(Path.Combine(run.Folder, "adapter")), "the run ended before it was killed");
            Assert.All(
                Directory.EnumerateDirectories(run.Folder, "step-*", SearchOption.AllDirectories),
                folder => Assert.True(File.Exists(Path.Combine(folder, "state.json")), $"{folder} is torn"));
        }

        using (var last = run.Start("--resume"))
        {
            var (code, end, error) = last.Wait();
            Assert.True(code == 0, error + end);
        }

        Assert.Equal(whole.Adapter, run.Adapter);
        Assert.Equal(whole.Losses(), run.Losses());

        static TrainingRun Longer(TrainingRun run) => run with { Training = run.Training with { MaxSteps = 60 * (Kills + 1) } };
    }

    [Fact]
    public void A_parents_stop_saves_and_ends_with_130_and_the_terminals_signal_is_passed_over()
    {
        using var run = new RealRun(r => r with { Training = r.Training with { MaxSteps = 1_000_000 } });
        using var process = run.Start("--control", "stdin");
        Assert.True(process.WaitFor("step"));
        if (!OperatingSystem.IsWindows())
            process.Signal(PosixSignal.SIGINT);
        Assert.True(process.WaitFor("step", 3));
        using (var second = run.Start("--resume"))
        {
            var (refused, error, _) = second.Wait();
            Assert.Equal(2, refused);
            Assert.Contains("another trainer is at work", error.GetProperty("message").GetString());
        }

        process.Input.WriteLine("stop");
        process.Input.Flush();
        var (code, end, _) = process.Wait();
        Assert.Equal((130, "interrupted"), (code, end.GetProperty("reason").GetString()));
        var step = end.GetProperty("step").GetInt32();
        Assert.True(Directory.Exists(Path.Combine(run.Folder, "checkpoints", $"step-{step}")));
    }

    [Theory]
    [InlineData("parent")]
    [InlineData("SIGINT")]
    [InlineData("SIGTERM")]
    public void The_death_of_the_parent_and_signals_save_and_end(string how)
    {
        if (OperatingSystem.IsWindows())
            return;
        using var run = new RealRun(r => r with { Training = r.Training with { MaxSteps = 1_000_000 } });
        using var process = how == "parent" ? run.Start("--control", "stdin") : run.Start();
        Assert.True(process.WaitFor("step"));
        if (how == "parent")
            process.Input.Close();
        else
            process.Signal(how == "SIGINT" ? PosixSignal.SIGINT : PosixSignal.SIGTERM);
        var (code, end, _) = process.Wait();
        Assert.Equal((130, "interrupted"), (code, end.GetProperty("reason").GetString()));
    }

    [Fact]
    public void A_wrong_option_is_told_on_the_error_stream()
    {
        using var process = new TrainerProcess(["run", "folder", "--threads", "0"]);
        var (code, _, error) = process.Wait();
        Assert.Equal(2, code);
        Assert.Equal("error: --threads must be between 1 and 1024\n", error);
        Assert.Empty(process.Lines);
    }
}
