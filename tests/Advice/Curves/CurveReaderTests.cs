using System.Globalization;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Advisor.Advice.Curves.Reading;
using LoraLint.Advisor.Commands;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Curves;

public sealed class CurveReaderTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Our_metrics_give_all_curves()
    {
        _scratch.Write("run/metrics.jsonl", Metrics(3) + """{"event":"evaluation","step":3,"loss":1.5,"is_best":true}""" + "\n");
        var curves = Read("run");
        Assert.Equal([new(1, 2.9), new(2, 2.8), new(3, 2.7)], curves.TrainLoss.Select(Rounded));
        Assert.Equal([new(3, 1.5)], curves.ValidationLoss);
        Assert.Equal(0.5, curves.GradientNorm[1].Value);
        Assert.Equal(0.0002, curves.LearningRate[2].Value);
        Assert.Equal(0.3, curves.EpochAt(3)!.Value, 9);
        Assert.Equal((10, 3, RunEnding.Stopped), (curves.PlannedSteps, curves.LastStep, curves.Ending));
        Assert.Equal(["metrics.jsonl"], curves.Files);
        Assert.Empty(curves.Notes);
    }

    [Fact]
    public void A_line_that_is_still_being_written_is_left_out_and_a_damaged_one_ends_the_reading()
    {
        _scratch.Write("run/metrics.jsonl", Metrics(3) + """{"event":"step","step":4,"lo""");
        Assert.Equal(3, Read("run").LastStep);
        Assert.Empty(Read("run").Notes);
        _scratch.Write("run/metrics.jsonl", Metrics(3) + "\0\0\0\n" + Metrics(5));
        Assert.Equal(3, Read("run").LastStep);
        Assert.Equal(["metrics.jsonl: line 4 is none that `loralint train` writes; it was read up to there"], Read("run").Notes);
        _scratch.Write("run/metrics.jsonl", Metrics(3) + new string('x', 100_000));
        Assert.Equal(3, Read("run").LastStep);
        Assert.Equal(["metrics.jsonl: line 4 is none that `loralint train` writes; it was read up to there"], Read("run").Notes);
    }

    [Fact]
    public void A_log_of_LLaMA_Factory_is_read_as_it_is_and_as_older_versions_wrote_it()
    {
        _scratch.Write("run/trainer_log.jsonl", """
            {"current_steps": 10, "total_steps": 96, "loss": 3.1538, "lr": 9e-05, "epoch": 0.32, "elapsed_time": "0:01:24"}
            {"current_steps": 20, "total_steps": 96, "loss": NaN, "lr": 8e-05, "epoch": 0.64, "percentage": 20.83}
            {"current_steps": 20, "total_steps": 96, "eval_loss": 1.75, "epoch": 0.64, "percentage": 20.83}
            {"current_steps": 96, "total_steps": 96, "epoch": 3.0, "percentage": 100.0}

            """);
        var curves = Read("run");
        Assert.Equal([new(10, 3.1538), new(20, double.NaN)], curves.TrainLoss);
        Assert.Equal([new(20, 1.75)], curves.ValidationLoss);
        Assert.Equal([new(10, 9e-05), new(20, 8e-05)], curves.LearningRate);
        Assert.Equal((96, 0.64, RunEnding.Stopped), (curves.PlannedSteps, curves.EpochAt(20), curves.Ending));
        Assert.Equal(["trainer_log.jsonl"], curves.Files);
        Assert.Empty(curves.Notes);
        _scratch.Write("old/trainer_log.jsonl", """
            {"current_steps": 5, "total_steps": 10, "loss": 2.5, "eval_loss": null, "reward": null, "learning_rate": 3e-05, "epoch": 0.5}
            {"current_steps": 10, "total_steps": 10, "loss": null, "eval_loss": 1.5, "learning_rate": null, "epoch": 1.0}

            """);
        curves = Read("old/trainer_log.jsonl");
        Assert.Equal([new(5, 2.5)], curves.TrainLoss);
        Assert.Equal([new(10, 1.5)], curves.ValidationLoss);
        Assert.Equal((3e-05, RunEnding.Completed), (Assert.Single(curves.LearningRate).Value, curves.Ending));
    }

    [Fact]
    public void A_log_of_LLaMA_Factory_is_read_up_to_where_it_is_damaged()
    {
        const string Line = """{"current_steps": 1, "total_steps": 9, "loss": 2.5}""";
        _scratch.Write("run/trainer_log.jsonl", Line + "\n" + """{"current_steps": 2, "lo""");
        Assert.Equal(1, Read("run").LastStep);
        Assert.Empty(Read("run").Notes);
        _scratch.Write("run/trainer_log.jsonl", Line + "\n[1]\n" + Line.Replace("1,", "3,", StringComparison.Ordinal) + "\n");
        Assert.Equal(1, Read("run").LastStep);
        Assert.Equal(["trainer_log.jsonl: line 2 is none that LLaMA-Factory writes; it was read up to there"], Read("run").Notes);
    }

    [Fact]
    public void A_trainer_state_is_read_as_Python_writes_it()
    {
        _scratch.Write("run/trainer_state.json", """
            {
              "best_metric": null,
              "global_step": 40,
              "log_history": [
                {"epoch": 0.1, "grad_norm": 1.5, "learning_rate": 0.0001, "loss": 2.0, "step": 10, "note": "NaN and -Infinity \" NaN"},
                {"epoch": 0.2, "grad_norm": NaN, "learning_rate": "9e-05", "loss": Infinity, "step": 20, "extra": {"loss": [1, 2]}},
                {"epoch": 0.2, "eval_loss": 1.75, "eval_runtime": 3.0, "step": 20},
                {"epoch": 0.3, "grad_norm": -Infinity, "learning_rate": 8e-05, "loss": NaN, "step": 30},
                {"epoch": 0.4, "eval_other_loss": 1.5, "eval_third_loss": 9, "step": 40},
                {"epoch": 0.4, "train_loss": 1.9, "train_runtime": 100, "step": 40}
              ],
              "max_steps": 100,
              "num_train_epochs": 1
            }
            """);
        var curves = Read("run");
        Assert.Equal([new(10, 2), new(20, double.PositiveInfinity), new(30, double.NaN)], curves.TrainLoss);
        Assert.Equal([new(20, 1.75), new(40, 1.5)], curves.ValidationLoss);
        Assert.Equal([1.5, double.NaN, double.NegativeInfinity], curves.GradientNorm.Select(p => p.Value));
        Assert.Equal(9e-5, curves.LearningRate[1].Value);
        Assert.Equal(100, curves.PlannedSteps);
    }

    [Fact]
    public void A_trainer_state_that_is_cut_off_is_read_up_to_there()
    {
        var entries = string.Join(",\n", Enumerable.Range(1, 20).Select(i => $$"""{"loss": {{20 - i}}.5, "step": {{i}}}"""));
        _scratch.Write("run/trainer_state.json", "{\n\"log_history\": [\n" + entries[..^10]);
        var curves = Read("run");
        Assert.Equal(19, curves.LastStep);
        Assert.Equal(["trainer_state.json is damaged near line 22; it was read up to there"], curves.Notes);
        _scratch.Write("run/trainer_state.json", "{\n\"log_history\": [\n{\"lo");
        Assert.Equal("trainer_state.json: it is damaged near line 3, before the first loss", Refusal("run"));
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("{\"log_history\": {}}")]
    [InlineData("{}")]
    [InlineData("3")]
    public void Other_JSON_is_no_trainer_state(string text)
    {
        _scratch.Write("run/trainer_state.json", text);
        Assert.Contains("no trainer state", Refusal("run"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_checkpoint_tells_of_a_run_that_has_no_state_of_its_own()
    {
        _scratch.Write("run/checkpoint-9/trainer_state.json", State(9));
        _scratch.Write("run/checkpoint-10/trainer_state.json", State(10));
        _scratch.Write("run/checkpoint-x/trainer_state.json", State(99));
        _scratch.Write("run/checkpoint-11/other.json", "");
        Assert.Equal(10, Read("run").LastStep);
        Assert.Equal(["checkpoint-10/trainer_state.json"], Read("run").Files);
        _scratch.Write("run/trainer_state.json", State(12));
        Assert.Equal(12, Read("run").LastStep);
        Assert.Equal(9, Read("run/checkpoint-9").LastStep);
        Assert.Equal(9, Read("run/checkpoint-9/trainer_state.json").LastStep);
    }

    [Fact]
    public void Event_files_are_read_in_every_form_of_a_scalar()
    {
        foreach (var form in Enum.GetValues<EventBytes.Form>())
        {
            Write(
                "run/events.out.tfevents.1",
                EventBytes.Version(), EventBytes.Scalar("train/loss", 0, 2.5, form), EventBytes.Scalar("train/loss", 300, 1.25, form),
                EventBytes.Scalar("eval/loss", 300, 1.5, form), EventBytes.Scalar("train/grad_norm", 300, 0.75, form),
                EventBytes.Scalar("train/learning_rate", 300, 0.25, form), EventBytes.Scalar("train/epoch", 300, 3, form),
                EventBytes.Scalar("train/train_loss", 300, 77, form));
            var curves = Read("run");
            Assert.Equal([new(0, 2.5), new(300, 1.25)], curves.TrainLoss);
            Assert.Equal([new(300, 1.5)], curves.ValidationLoss);
            Assert.Equal([new(300, 0.75)], curves.GradientNorm);
            Assert.Equal([new(300, 0.25)], curves.LearningRate);
            Assert.Equal(3, curves.EpochAt(300));
            Assert.Empty(curves.Notes);
            Assert.Equal(RunEnding.Unknown, curves.Ending);
        }
    }

    [Fact]
    public void What_our_trainer_writes_for_TensorBoard_is_read()
    {
        using (var file = LoraLint.Trainer.Runs.EventFile.Open(_scratch.PathTo("run"), 0, 0, TimeProvider.System))
        {
            file.Add(1, ("train/loss", 2.5), ("learning_rate", 0.5), ("gradient_norm", 0.25));
            file.Add(2, ("train/loss", 2.25));
            file.Add(2, (LoraLint.Trainer.Runs.EventFile.ValidationLoss, 1.5));
        }

        var curves = Read("run");
        Assert.Equal([new(1, 2.5), new(2, 2.25)], curves.TrainLoss);
        Assert.Equal([new(2, 1.5)], curves.ValidationLoss);
        Assert.Equal([new(1, 0.25)], curves.GradientNorm);
        Assert.Equal(["tensorboard/events.out.tfevents.loralint"], curves.Files);
    }

    [Fact]
    public void Every_cut_and_every_flipped_byte_of_an_event_file_ends_the_reading_there()
    {
        byte[] whole =
        [
            .. EventBytes.Version(), .. EventBytes.Scalar("train/loss", 1, 2.5),
            .. EventBytes.Scalar("train/loss", 2, 1.25, EventBytes.Form.Content),
        ];
        var second = EventBytes.Version().Length + EventBytes.Scalar("train/loss", 1, 2.5).Length;
        for (var i = second + 1; i < whole.Length; i++)
        {
            Write("run/events.out.tfevents.1", whole[..i]);
            Assert.Equal([new(1, 2.5)], Read("run").TrainLoss);
            Assert.Contains($"cut off at byte {second}", Assert.Single(Read("run").Notes), StringComparison.Ordinal);
        }

        for (var i = second; i < whole.Length; i++)
        {
            var damaged = whole.ToArray();
            damaged[i] ^= 0x10;
            Write("run/events.out.tfevents.1", damaged);
            Assert.Equal([new(1, 2.5)], Read("run").TrainLoss);
            Assert.Contains($"damaged at byte {second}", Assert.Single(Read("run").Notes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Messages_that_claim_more_than_there_is_are_damage_and_no_memory()
    {
        byte[] loss = [.. EventBytes.Version(), .. EventBytes.Scalar("train/loss", 1, 2.5)];
        foreach (byte[] message in new byte[][]
        {
            [5 << 3 | 2, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
            [5 << 3 | 2, 4, 1 << 3 | 2, 100, 0, 0],
            [2 << 3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [5 << 3 | 3], [1 << 3 | 1, 0, 0], [0x80],
        })
        {
            Write("run/events.out.tfevents.1", loss, EventBytes.Frame(message), EventBytes.Scalar("train/loss", 2, 1));
            Assert.Equal([new(1, 2.5)], Read("run").TrainLoss);
            Assert.Contains("damaged", Assert.Single(Read("run").Notes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_better_tag_wins_and_a_step_that_was_done_again_counts_as_it_was_done_last()
    {
        Write(
            "run/events.out.tfevents.1",
            EventBytes.Version(), EventBytes.Scalar("train_loss_epoch", 1, 9), EventBytes.Scalar("train_loss_step", 1, 3),
            EventBytes.Scalar("train_loss_step", 2, 2), EventBytes.Scalar("train_loss_epoch", 2, 8));
        Write(
            "run/events.out.tfevents.2",
            EventBytes.Version(), EventBytes.Scalar("train_loss_step", 2, 2.5), EventBytes.Scalar("train_loss_step", 3, 1));
        Assert.Equal([new(1, 3), new(2, 2.5), new(3, 1)], Read("run").TrainLoss);
    }

    [Fact]
    public void Of_several_runs_in_a_folder_the_one_written_to_last_is_read()
    {
        Write("out/runs/b/events.out.tfevents.1", EventBytes.Scalar("train/loss", 1, 1));
        Write("out/runs/a/events.out.tfevents.2", EventBytes.Scalar("train/loss", 2, 2));
        File.SetLastWriteTimeUtc(_scratch.PathTo("out/runs/b/events.out.tfevents.1"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(2, Read("out").LastStep);
    }

    [Fact]
    public void Files_of_one_run_are_joined_curve_by_curve_and_the_furthest_counts()
    {
        _scratch.Write("run/checkpoint-10/trainer_state.json", State(10));
        Write(
            "run/runs/x/events.out.tfevents.1",
            EventBytes.Scalar("train/loss", 10, 1), EventBytes.Scalar("train/loss", 15, 0.5), EventBytes.Scalar("train/grad_norm", 15, 2));
        var curves = Read("run");
        Assert.Equal(15, curves.TrainLoss[^1].Step);
        Assert.Equal(10, curves.ValidationLoss[^1].Step);
        Assert.Equal([new(15, 2)], curves.GradientNorm);
        Assert.Equal(["checkpoint-10/trainer_state.json", "runs/x/events.out.tfevents.1"], curves.Files);
    }

    [Fact]
    public void What_the_adapter_came_to_is_read_beside_the_curves()
    {
        _scratch.Write("run/metrics.jsonl", Metrics(3));
        _scratch.Write("run/adapter-inspect.json", """
            {"path": "adapter", "modules": [
              {"name": "a.q_proj", "rank": 8, "effective_rank": 7.5, "unused": false},
              {"name": "a.v_proj", "rank": 8, "effective_rank": 0, "unused": true}]}
            """);
        Assert.Equal([new("a.q_proj", 8, 7.5, false), new("a.v_proj", 8, 0, true)], Read("run").Modules);
        _scratch.Write("run/adapter-inspect.json", """{"modules": [{"name": 1}]}""");
        Assert.Contains("adapter-inspect.json", Refusal("run"), StringComparison.Ordinal);
    }

    [Fact]
    public void Mistakes_are_told_in_a_line()
    {
        Directory.CreateDirectory(_scratch.PathTo("empty"));
        Assert.StartsWith("empty: no metrics.jsonl", Refusal("empty"), StringComparison.Ordinal);
        Assert.Equal("no such file or folder: missing", Refusal("missing"));
        _scratch.Write("a.txt", "x");
        Assert.StartsWith("a.txt: it is none of", Refusal("a.txt"), StringComparison.Ordinal);
        _scratch.Write("none/metrics.jsonl", "");
        Assert.Equal("none: no loss was logged in metrics.jsonl", Refusal("none"));
        _scratch.Write("lfs/events.out.tfevents.1", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
        Assert.Contains("git lfs pull", Refusal("lfs"), StringComparison.Ordinal);
        _scratch.Write("junk/events.out.tfevents.1", "this is no event file at all");
        Assert.Contains("damaged at byte 0", Refusal("junk"), StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_that_are_no_step_numbers_are_passed_over()
    {
        _scratch.Write("run/trainer_state.json", """
            {"log_history": [{"loss": 1, "step": -1}, {"loss": 2, "step": 1e300}, {"loss": 3, "step": NaN}, {"loss": 4},
              {"loss": 5, "step": 7}, 3]}
            """);
        Assert.Equal([new(7, 5)], Read("run").TrainLoss);
    }

    private static CurvePoint Rounded(CurvePoint point) => point with { Value = Math.Round(point.Value, 9) };

    private static string Metrics(int steps) => string.Concat(Enumerable.Range(1, steps).Select(i => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"event":"step","step":{{i}},"steps":10,"epoch":{{i / 10.0}},"loss":{{3 - i / 10.0}},""")
        + "\"learning_rate\":0.0002,\"gradient_norm\":0.5}\n"));

    private static string State(int steps) => "{\"log_history\": ["
        + string.Join(",", Enumerable.Range(1, steps).Select(
            i => $$"""{"loss": 1.5, "step": {{i}}}, {"eval_loss": 1.5, "step": {{i}}}""")) + "]}";

    private RunCurves Read(string path) => CurveReader.Read(_scratch.PathTo(path), path);

    private string Refusal(string path) => Assert.Throws<UserMistakeException>(() => Read(path)).Message;

    private void Write(string relative, params byte[][] parts)
    {
        var path = _scratch.PathTo(relative);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, [.. parts.SelectMany(p => p)]);
    }
}
