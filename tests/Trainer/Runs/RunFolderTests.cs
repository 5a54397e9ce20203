using System.Diagnostics;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Trainer.Training;
using LoraLint.Trainer;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Runs;

public sealed class RunFolderTests
{
    [Fact]
    public void A_finished_run_is_neither_started_again_nor_resumed()
    {
        using var run = new GivenRun();
        run.Start();
        var before = Contents(run.Folder);
        Assert.Contains("holds a finished run", Assert.Throws<TrainerException>(() => run.Start()).Message);
        Assert.Contains("there is nothing to resume", Assert.Throws<TrainerException>(() => run.Start(resume: true)).Message);
        Assert.Equal(before, Contents(run.Folder));
    }

    [Fact]
    public void An_unfinished_run_is_not_started_again()
    {
        using var run = new GivenRun
        {
            OnEvent = (found, stop) =>
            {
                if (found is StepEvent { Step: 3 })
                    stop.Raise();
            },
        };
        run.Start();
        var before = Contents(run.Folder);
        var error = Assert.Throws<TrainerException>(() => run.Start());
        Assert.Contains("has a checkpoint of step 3; --resume goes on with it", error.Message);
        Assert.Equal(before, Contents(run.Folder));
    }

    [Fact]
    public void A_run_that_failed_before_its_first_checkpoint_starts_over_with_resume_alone()
    {
        using var run = new GivenRun { Prepare = engine => engine.DivergesAt = 2 };
        Assert.Throws<TrainerException>(() => run.Start());
        Assert.Contains("has no checkpoint yet", Assert.Throws<TrainerException>(() => run.Start()).Message);
        run.Prepare = _ => { };
        run.Start(resume: true);
        Assert.Equal(8, run.Events.OfType<StepEvent>().Count());
        Assert.Equal(10, File.ReadAllLines(run.Folder + "/metrics.jsonl").Length);
    }

    [Fact]
    public void A_run_from_a_file_of_its_own_becomes_run_json_when_it_may_go_on_and_not_before()
    {
        using var run = new GivenRun
        {
            OnEvent = (found, stop) =>
            {
                if (found is StepEvent { Step: 3 })
                    stop.Raise();
            },
        };
        run.Start();
        var path = Path.Combine(run.Folder, RunRecord.FileName);
        var before = File.ReadAllText(path);
        var beside = Path.Combine(run.Folder, "other.json");
        void Propose(Func<RunRecord, RunRecord> change) => File.WriteAllBytes(beside, RunJson.Write(change(run.Record)));

        Propose(record => record with { Run = record.Run with { Training = record.Run.Training with { Seed = 7 } } });
        Assert.Contains("training.seed: 42 became 7", Assert.Throws<TrainerException>(() => Open()).Message);
        Assert.Contains("holds an unfinished run", Assert.Throws<TrainerException>(() => Open(resume: false)).Message);
        Assert.Equal(before, File.ReadAllText(path));

        Propose(record => record with { Notes = ["asked for again"] });
        using (RunFolder.Open(run.Folder, true, new RunFiles()))
            Assert.Contains("another trainer is at work", Assert.Throws<TrainerException>(() => Open()).Message);
        Assert.Equal(before, File.ReadAllText(path));

        using (var folder = Open())
            Assert.Equal((3, "asked for again"), (folder.ResumeStep, Assert.Single(folder.Record.Notes)));
        Assert.Equal(File.ReadAllText(beside), File.ReadAllText(path));

        RunFolder Open(bool resume = true) => RunFolder.Open(run.Folder, resume, new HastyFiles(), beside);
    }

    [Fact]
    public void Two_trainers_cannot_work_in_one_folder()
    {
        using var run = new GivenRun();
        using (RunFolder.Open(run.Folder, false, new RunFiles()))
        {
            var error = Assert.Throws<TrainerException>(() => RunFolder.Open(run.Folder, false, new RunFiles()));
            Assert.Contains($"another trainer is at work in {run.Folder}", error.Message);
        }

        RunFolder.Open(run.Folder, false, new RunFiles()).Dispose();
    }

    [Fact]
    public void The_lock_of_a_process_that_was_killed_is_gone()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var run = new GivenRun();
        var path = run.Folder + "/.lock";
        File.WriteAllText(path, "");
        // flock(1) takes the very lock that the trainer takes.
        using var holder = Process.Start(
            new ProcessStartInfo("flock", ["-o", path, "sh", "-c", "echo held; sleep 60"]) { RedirectStandardOutput = true })!;
        Assert.Equal("held", holder.StandardOutput.ReadLine());
        Assert.Throws<TrainerException>(() => RunFolder.Open(run.Folder, false, new RunFiles()));
        holder.Kill(entireProcessTree: true);
        holder.WaitForExit();
        RunFolder.Open(run.Folder, false, new RunFiles()).Dispose();
    }

    [Fact]
    public void A_folder_without_a_run_says_what_makes_one()
    {
        using var run = new GivenRun();
        File.Delete(run.Folder + "/run.json");
        Assert.Contains("`loralint train CONFIG` writes it", Assert.Throws<TrainerException>(() => run.Start()).Message);
    }

    [Theory]
    [InlineData("", "is no run of this version of LoraLint")]
    [InlineData("{}", "is no run of this version of LoraLint")]
    [InlineData("null", "is no run of this version of LoraLint")]
    public void A_damaged_run_is_told(string text, string message)
    {
        using var run = new GivenRun();
        File.WriteAllText(run.Folder + "/run.json", text);
        Assert.Contains(message, Assert.Throws<TrainerException>(() => run.Start()).Message);
    }

    [Fact]
    public void Every_setting_that_two_runs_differ_in_is_named()
    {
        using var run = new GivenRun();
        var before = run.Record;
        run.Change(r => r with
        {
            Quantization = new QuantizationOptions(),
            Lora = r.Lora with
            {
                TargetsAllLinear = false, TargetModules = ["q_proj"], RankPattern = new Dictionary<string, int> { ["k_proj"] = 4 },
            },
            Data = r.Data with { Train = [r.Data.Train[0] with { Format = DataFormat.Alpaca }] },
        });
        var differences = RunDifference.Between(before, run.Record);
        Assert.Equal(
            ["lora.targets_all_linear: true became false", "lora.target_modules: [] became [\"q_proj\"]",
                "lora.rank_pattern.k_proj: none became 4"],
            differences.Take(3));
        Assert.Contains(differences, difference => difference.StartsWith("quantization: none became {", StringComparison.Ordinal));
        Assert.Contains(differences, difference => difference.StartsWith("data.train: [", StringComparison.Ordinal));
        Assert.Equal(5, differences.Count);
    }

    private static string Contents(string folder) => string.Join('\n', Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .Where(path => !path.EndsWith(".lock", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        .Select(path => path + " " + Convert.ToHexString(File.ReadAllBytes(path))));
}
