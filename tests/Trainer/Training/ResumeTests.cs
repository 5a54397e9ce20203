using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

public sealed class ResumeTests
{
    private static readonly TrainingOptions s_training = new()
    {
        Epochs = 2, GradientAccumulationSteps = 2, Evaluate = new Cadence(3), Save = new Cadence(2), SaveLimit = 2, RestoreBest = true,
    };

    public static TheoryData<int> Steps => [.. Enumerable.Range(1, 8)];

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_run_that_was_stopped_at_any_step_ends_with_the_same_bits(int step)
    {
        using var whole = Whole();
        using var run = new GivenRun(s_training);
        run.OnEvent = (found, stop) =>
        {
            if (found is StepEvent done && done.Step == step)
                stop.Raise();
        };
        Assert.Equal(EndReason.Interrupted, run.Start());
        var end = Assert.IsType<EndEvent>(run.Events[^1]);
        Assert.Equal(("interrupted", step, null), (end.Reason, end.Step, end.Adapter));
        run.OnEvent = (_, _) => { };
        Assert.Equal(EndReason.Completed, run.Start(resume: true));
        Assert.Equal(step, run.Events.OfType<StartEvent>().Single().ResumedFrom);
        AssertSame(whole, run);
    }

    [Fact]
    public void A_run_that_is_stopped_at_every_step_and_in_evaluations_ends_with_the_same_bits()
    {
        using var whole = Whole();
        using var run = new GivenRun(s_training);
        run.OnEvent = (found, stop) =>
        {
            if (found is StepEvent)
                stop.Raise();
        };
        var starts = 0;
        for (; run.Start(resume: true) == EndReason.Interrupted; starts++)
            Assert.InRange(starts, 0, 20);
        Assert.Equal(8, starts);
        AssertSame(whole, run);
    }

    [Fact]
    public void A_stop_before_the_first_step_leaves_nothing_to_resume_and_the_run_starts()
    {
        using var whole = Whole();
        using var run = new GivenRun(s_training) { OnEvent = (found, stop) => stop.RaiseOnce() };
        Assert.Equal(EndReason.Interrupted, run.Start());
        Assert.Empty(run.Checkpoints);
        run.OnEvent = (_, _) => { };
        run.Start(resume: true);
        Assert.Null(run.Events.OfType<StartEvent>().Single().ResumedFrom);
        AssertSame(whole, run);
    }

    [Fact]
    public void A_process_that_dies_at_any_disk_operation_leaves_a_run_that_resumes_to_the_same_bits()
    {
        using var whole = Whole();
        var deaths = 0;
        for (var operation = 1; ; operation++)
        {
            using var run = new GivenRun(s_training) { Files = new DyingFiles(operation) };
            if (!Dies(run))
                break;
            deaths++;
            Assert.All(run.Checkpoints.Where(name => name[0] != '.'), name =>
                Assert.True(File.Exists(Path.Combine(run.Folder, "checkpoints", name, "state.json")), $"{name} is torn"));
            run.Files = new HastyFiles();
            if (Directory.Exists(Path.Combine(run.Folder, "adapter")))
            {
                Assert.Equal(whole.Adapter, run.Adapter);
                continue;
            }

            run.Start(resume: true);
            AssertSame(whole, run);
            Assert.All(run.Checkpoints, name => Assert.StartsWith("step-", name));
        }

        // Four checkpoints and the best, each of some twelve operations.
        Assert.InRange(deaths, 40, 400);
    }

    [Fact]
    public void A_disk_that_is_full_at_any_operation_is_a_clear_error_and_earlier_checkpoints_stay()
    {
        using var whole = Whole();
        var failures = 0;
        for (var operation = 1; ; operation++)
        {
            using var run = new GivenRun(s_training) { Files = new FullDisk(operation) };
            try
            {
                run.Start();
                break;
            }
            catch (TrainerException exception)
            {
                Assert.Contains("the disk is full; free some space, then go on with --resume", exception.Message);
                Assert.Contains(run.Folder, exception.Message);
                failures++;
            }

            // Where only the last wait for the disk failed, the adapter is there.
            run.Files = new HastyFiles();
            if (!Directory.Exists(Path.Combine(run.Folder, "adapter")))
                run.Start(resume: true);
            AssertSame(whole, run);
        }

        Assert.InRange(failures, 40, 400);
    }

    [Fact]
    public void Changed_settings_are_named_and_nothing_is_touched()
    {
        using var run = Interrupted();
        run.Change(r => r with
        {
            Optimizer = r.Optimizer with { LearningRate = 0.5 }, Lora = r.Lora with { Rank = 32 }, OutputDirectory = "/elsewhere",
        });
        var before = File.ReadAllBytes(run.Folder + "/metrics.jsonl");
        var error = Assert.Throws<TrainerException>(() => run.Start(resume: true));
        Assert.Contains("lora.rank: 16 became 32; optimizer.learning_rate: 0.05 became 0.5", error.Message);
        Assert.DoesNotContain("output_directory", error.Message);
        Assert.Equal(before, File.ReadAllBytes(run.Folder + "/metrics.jsonl"));
        Assert.Equal(["step-3", "step-4"], run.Checkpoints);
    }

    [Fact]
    public void Moving_the_model_and_the_data_changes_nothing_that_counts()
    {
        using var run = Interrupted();
        run.Change(r => r with
        {
            BaseModel = "/moved/tiny", Data = r.Data with { Train = [r.Data.Train[0] with { Path = "/moved/train.jsonl" }] },
        });
        Assert.Equal(EndReason.Completed, run.Start(resume: true));
    }

    [Theory]
    [InlineData("data", "the training or validation data changed since step 4")]
    [InlineData("model", "the base model in /models/tiny changed since step 4")]
    [InlineData("engine", "the engine (quadratic, it is torch here) changed since step 4")]
    public void Other_data_another_model_or_engine_is_an_error(string what, string message)
    {
        using var run = Interrupted();
        run.Identity = what switch
        {
            "data" => run.Identity with { Data = "other" },
            "model" => run.Identity with { BaseModel = "other" },
            _ => run.Identity with { Engine = "torch" },
        };
        Assert.Contains(message, Assert.Throws<TrainerException>(() => run.Start(resume: true)).Message);
    }

    [Fact]
    public void Other_vector_instructions_are_a_warning()
    {
        using var run = Interrupted();
        run.Identity = run.Identity with { Device = "AVX-512" };
        Assert.Equal(EndReason.Completed, run.Start(resume: true));
        Assert.Contains("AVX-512", Assert.Single(run.Events.OfType<WarningEvent>()).Message);
    }

    [Theory]
    [InlineData("trainer.safetensors")]
    [InlineData("adapter_model.safetensors")]
    [InlineData("run.json")]
    public void A_damaged_checkpoint_is_told_with_its_file_and_the_remedy(string name)
    {
        using var run = Interrupted();
        var path = Path.Combine(run.Folder, "checkpoints", "step-4", name);
        var bytes = File.ReadAllBytes(path);
        bytes[^3] ^= 1;
        File.WriteAllBytes(path, bytes);
        var error = Assert.Throws<TrainerException>(() => run.Start(resume: true));
        Assert.Contains($"{path} is damaged", error.Message);
        Assert.Contains($"delete the folder {Path.GetDirectoryName(path)}", error.Message);
        File.Delete(path);
        Assert.Contains($"{path} is missing", Assert.Throws<TrainerException>(() => run.Start(resume: true)).Message);
    }

    [Theory]
    [InlineData("", "is damaged")]
    [InlineData("{}", "is damaged")]
    [InlineData("null", "is damaged")]
    [InlineData("[1,", "is damaged")]
    public void A_damaged_state_is_told(string text, string message)
    {
        using var run = Interrupted();
        File.WriteAllText(Path.Combine(run.Folder, "checkpoints", "step-4", "state.json"), text);
        Assert.Contains(message, Assert.Throws<TrainerException>(() => run.Start(resume: true)).Message);
    }

    [Fact]
    public void A_state_of_a_later_version_names_who_can_read_it()
    {
        using var run = Interrupted();
        var path = Path.Combine(run.Folder, "checkpoints", "step-4", "state.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"version\": 1", "\"version\": 2"));
        Assert.Contains("has version 2", Assert.Throws<TrainerException>(() => run.Start(resume: true)).Message);
    }

    [Fact]
    public void Torn_and_later_lines_are_cut_off_the_metrics()
    {
        using var whole = Whole();
        using var run = Interrupted();
        var path = run.Folder + "/metrics.jsonl";
        var last = File.ReadAllLines(path)[^1];
        File.AppendAllText(path, last.Replace("\"step\":4", "\"step\":5") + "\n" + "{\"event\":\"step\",\"st");
        run.Start(resume: true);
        AssertSame(whole, run);
    }

    private static GivenRun Whole()
    {
        var run = new GivenRun(s_training);
        Assert.Equal(EndReason.Completed, run.Start());
        return run;
    }

    private static GivenRun Interrupted()
    {
        var run = new GivenRun(s_training)
        {
            OnEvent = (found, stop) =>
            {
                if (found is StepEvent { Step: 4 })
                    stop.Raise();
            },
        };
        Assert.Equal(EndReason.Interrupted, run.Start());
        Assert.Equal(["step-3", "step-4"], run.Checkpoints);
        run.OnEvent = (_, _) => { };
        return run;
    }

    private static void AssertSame(GivenRun whole, GivenRun run)
    {
        Assert.Equal(whole.Adapter, run.Adapter);
        Assert.Equal(whole.Metrics(), run.Metrics());
        Assert.Equal(Runs.EventFileReader.Scalars(whole.Folder), Runs.EventFileReader.Scalars(run.Folder));
    }

    private static bool Dies(GivenRun run)
    {
        try
        {
            run.Start();
            return false;
        }
        catch (DeathException)
        {
            return true;
        }
    }

    private sealed class DeathException : Exception;

    /// <summary>Ends the process before an operation, every second time in the middle of the file that it writes.</summary>
    private sealed class DyingFiles(int operation) : HastyFiles
    {
        private int _done;

        protected override void Before(string name, string path)
        {
            if (++_done == operation && name != "write")
                throw new DeathException();
        }

        protected override Stream Create(string path)
        {
            var stream = base.Create(path);
            if (_done != operation)
                return stream;
            stream.Write("{ \"torn"u8);
            stream.Flush();
            stream.Dispose();
            throw new DeathException();
        }
    }

    private sealed class FullDisk(int operation) : HastyFiles
    {
        private const int NoSpace = 28;
        private int _done;

        protected override void Before(string name, string path)
        {
            // Deleting needs no space.
            if (name != "delete" && ++_done >= operation)
                throw new IOException("No space left on device", NoSpace);
        }
    }
}
