using LoraLint.Advisor.Training;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Training;

/// <summary><c>loralint train</c> from end to end, with a shell script in the trainer's place.</summary>
public sealed class TrainTests
{
    private const string Config = """
        loralint: 1
        base_model: model
        adapter: {rank: 8, alpha: 16, dropout: 0.05}
        data: {train: train.jsonl, validation_split: 0.1, max_sequence_length: 512}
        training:
          {learning_rate: 1e-4, epochs: 2, micro_batch_size: 4, gradient_accumulation_steps: 4, seed: 7, gradient_checkpointing: false}
        output_dir: out
        """;

    private const string Axolotl = """
        base_model: model
        adapter: lora
        lora_r: 8
        lora_alpha: 16
        lora_target_linear: true
        learning_rate: 0.0001
        hub_model_id: mine
        hub_token: SECRET
        datasets: [{path: train.jsonl, type: chat_template}]
        output_dir: out
        """;

    // In pieces, so that nobody takes it for a real one.
    private static readonly string s_token = string.Concat("hf_Qx7", "mLz2Vb9", "KdR4tYw8", "PnC3sHf6", "GjU5aEo1");

    private const string Start = """
        {"event":"start","engine":"managed","threads":2,"device":"AVX2","model_type":"llama","parameters":1000000,"trainable":8192,"samples":90,"validation_samples":10,"tokens":9000,"supervised_tokens":4500,"truncated":1,"dropped":0,"duplicates":0,"steps":200,"epochs":2,"resumed_from":null,"output":"out","notes":["a note"]}
        """;

    private const string Steps = """
        {"event":"phase","name":"training"}
        {"event":"step","step":1,"steps":200,"epoch":0.01,"loss":3.25,"learning_rate":0.0001,"gradient_norm":1.5,"tokens":64,"tokens_per_second":350.4,"memory_bytes":1288490189,"seconds":0.2,"seconds_left":185}
        {"event":"step","step":2,"steps":200,"epoch":0.02,"loss":3.0,"learning_rate":0.0001,"gradient_norm":1.5,"tokens":64,"tokens_per_second":350,"memory_bytes":104857600,"seconds":0.4,"seconds_left":null}
        {"event":"evaluation","step":100,"loss":2.5,"tokens":300,"is_best":true}
        {"event":"checkpoint","step":100,"path":"CHECKPOINT"}
        """;

    private const string End = """
        {"event":"end","reason":"completed","step":200,"seconds":75.2,"adapter":"ADAPTER","best_step":100,"best_loss":2.5,"final_loss":1.75}
        """;

    [Fact]
    public void A_dry_run_prints_the_plan_and_the_run_with_every_default_and_writes_nothing()
    {
        using var scratch = Prepared("exit 1");
        var run = scratch.Run("train", "run.yaml", "--dry-run");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Golden.Compare("train-dry-run.txt", run.Out.Replace(scratch.Root, "ROOT", StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(scratch.Root, "out")));
    }

    [Fact]
    public void The_file_that_a_dry_run_prints_is_the_same_run()
    {
        using var scratch = Prepared("exit 1");
        var printed = scratch.Run("train", "run.yaml", "--dry-run").Out;
        scratch.Write("explicit.yaml", printed[printed.IndexOf("loralint: 1", StringComparison.Ordinal)..]);
        Assert.Equal(printed, scratch.Run("train", "explicit.yaml", "--dry-run").Out);
    }

    [Fact]
    public void A_run_is_recorded_shown_and_told_the_end_of()
    {
        using var scratch = Prepared(Say(Start, Steps, End));
        var run = scratch.Run("train", "run.yaml", "--threads", "2");
        Assert.Equal((0, "told: run ROOT/out --control stdin --engine managed --threads 2\n"), (run.Code, Shown(scratch, run.Error)));
        Golden.Compare("train-lines.txt", Shown(scratch, run.Out));
        var record = RunJson.Read(File.ReadAllBytes(Path.Combine(scratch.Root, "out", "run.json")));
        Assert.Equal(("run.yaml", "loralint", false), (record.Config.Path, record.Config.Format, record.Forced));
        Assert.Equal(7, record.Run.Training.Seed);
        Assert.Equal(Path.Combine(scratch.Root, "train.jsonl"), Assert.Single(record.Run.Data.Train).Path);
        Assert.Equal(["run.json"], Directory.GetFiles(Path.Combine(scratch.Root, "out")).Select(Path.GetFileName));
    }

    [Fact]
    public void The_command_line_wins_over_the_config()
    {
        using var scratch = Prepared(Say(End));
        Assert.Equal(0, scratch.Run("train", "run.yaml", "--max-steps", "5", "--seed", "9", "--output", "other").Code);
        var run = RunJson.Read(File.ReadAllBytes(Path.Combine(scratch.Root, "other", "run.json"))).Run;
        Assert.Equal((5, 9L, Path.Combine(scratch.Root, "other")), (run.Training.MaxSteps, run.Training.Seed, run.OutputDirectory));
    }

    [Fact]
    public void Errors_stop_the_run_unless_forced_and_that_is_recorded()
    {
        using var scratch = Prepared(Say(End), Config.Replace("alpha: 16", "alpha: 16, target_modules: []", StringComparison.Ordinal));
        var stopped = scratch.Run("train", "run.yaml");
        Assert.Equal(1, stopped.Code);
        Assert.Contains("--force trains all the same", stopped.Error, StringComparison.Ordinal);
        Assert.Contains("LL", stopped.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(scratch.Root, "out", "run.json")));
        // What cannot be trained stays so: --force overrules findings, not the engine.
        var forced = scratch.Run("train", "run.yaml", "--force");
        Assert.Equal(2, forced.Code);
        Assert.Contains("run.yaml:3:31: adapter.target_modules: ", forced.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_forced_run_keeps_its_findings()
    {
        using var scratch = Prepared(Say(End), Config.Replace("alpha: 16", "alpha: 4", StringComparison.Ordinal));
        scratch.Write("loralint.yaml", "rules: {alpha-below-rank: error}\n");
        Assert.Equal(1, scratch.Run("train", "run.yaml").Code);
        Assert.Equal(0, scratch.Run("train", "run.yaml", "--force").Code);
        var record = RunJson.Read(File.ReadAllBytes(Path.Combine(scratch.Root, "out", "run.json")));
        Assert.True(record.Forced);
        Assert.Equal("alpha-below-rank", Assert.Single(record.Findings, f => f.Severity == LoraLint.Rules.Linting.Severity.Error).Name);
    }

    [Fact]
    public void A_secret_in_the_config_is_masked_in_the_record()
    {
        using var scratch = Prepared(Say(End), Axolotl.Replace("SECRET", s_token, StringComparison.Ordinal));
        Assert.Equal(0, scratch.Run("train", "run.yaml", "--force").Code);
        var text = File.ReadAllText(Path.Combine(scratch.Root, "out", "run.json"));
        Assert.Contains("hub_model_id: mine", text, StringComparison.Ordinal);
        Assert.Contains("hub_token: ", text, StringComparison.Ordinal);
        Assert.Contains("****************", text, StringComparison.Ordinal);
        Assert.DoesNotContain(s_token[^16..], text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_a_run_is_not_written_over_without_resume()
    {
        using var scratch = Prepared(Say(End));
        Assert.Equal(0, scratch.Run("train", "run.yaml").Code);
        Directory.CreateDirectory(Path.Combine(scratch.Root, "out", "checkpoints"));
        var again = scratch.Run("train", "run.yaml");
        Assert.Equal(2, again.Code);
        Assert.Contains("out holds a run already; --resume goes on with it", again.Error, StringComparison.Ordinal);
        var resumed = scratch.Run("train", "run.yaml", "--resume");
        Assert.Equal(0, resumed.Code);
        Assert.Contains("--control stdin --resume --record ", resumed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_there_is_not_written_over_before_the_trainer_has_looked()
    {
        const string keep = "[ \"$6\" = --record ] && cp \"$7\" told.json\n";
        using var scratch = Prepared(keep + Say(End));
        Assert.Equal(0, scratch.Run("train", "run.yaml").Code);
        var before = scratch.Read("out/run.json");
        Directory.CreateDirectory(scratch.PathTo("out/checkpoints"));
        Assert.Equal(0, scratch.Run("train", "run.yaml", "--resume", "--seed", "8").Code);
        Assert.Equal(before, scratch.Read("out/run.json"));
        Assert.Equal(8, RunJson.Read(File.ReadAllBytes(scratch.PathTo("told.json"))).Run.Training.Seed);
        Assert.Equal(["run.json"], Directory.GetFiles(scratch.PathTo("out")).Select(Path.GetFileName));
    }

    [Fact]
    public void Lines_of_steps_are_seconds_apart_and_phases_are_told_once()
    {
        var steps = Enumerable.Range(1, 200).SelectMany(step => new[]
        {
            """{"event":"phase","name":"training"}""",
            $$"""{"event":"step","step":{{step}},"steps":200,"loss":1,"seconds":{{step / 10.0:0.0}},"seconds_left":{{(200 - step) / 10.0:0.0}}}""",
        });
        using var scratch = Prepared(Say([Start, .. steps, End]));
        var run = scratch.Run("train", "run.yaml");
        Assert.Equal(1, run.Out.Split("training ...").Length - 1);
        // 20 s of training, a line each 2 s, and the last one.
        Assert.Equal([1, 21, 41, 61, 81, 101, 121, 141, 161, 181, 200],
            run.Out.Split('\n').Where(line => line.StartsWith("step ", StringComparison.Ordinal))
                .Select(line => int.Parse(line[5..line.IndexOf('/')])));
    }

    [Fact]
    public void Resuming_what_is_not_there_is_a_mistake()
    {
        using var scratch = Prepared(Say(End));
        var run = scratch.Run("train", "run.yaml", "--resume");
        Assert.Equal((2, "error: out holds no run to go on with; leave --resume out to start one\n"), (run.Code, run.Error));
    }

    [Theory]
    [InlineData("kill -11 $$", 3, "error: the trainer was ended by SIGSEGV\n", "checkpoint is of step 100")]
    [InlineData("exit 77", 3, "error: the trainer ended without a word, with exit code 77\n", "checkpoint is of step 100")]
    [InlineData("kill -9 $$", 2, "error: the trainer was killed (SIGKILL), most likely because the machine ran out of memory\n",
        "a smaller micro batch than 4")]
    [InlineData("echo '{\"event\":\"error\",\"kind\":\"memory\",\"message\":\"no room for 3 GiB\"}'; exit 4", 2,
        "error: no room for 3 GiB\n", "gradient checkpointing")]
    [InlineData("exit 4", 2, "error: the trainer ran out of memory\n", "QLoRA")]
    [InlineData("echo '{\"event\":\"error\",\"kind\":\"user\",\"message\":\"train.jsonl:3: no messages\"}'; exit 2", 2,
        "error: train.jsonl:3: no messages\n", "--resume")]
    [InlineData("echo '{\"event\":\"error\",\"kind\":\"defect\",\"message\":\"x\"}'; exit 3", 3, "error: x; this is a defect of LoraLint",
        "--resume")]
    [InlineData("echo '{\"event\":\"end\",\"reason\":\"interrupted\",\"step\":120}'; exit 130", 130, "Interrupted.\n",
        "loralint train run.yaml --resume")]
    public void What_ends_a_run_is_told_as_what_it_is(string last, int code, string error, string also)
    {
        using var scratch = Prepared(Say(Start, Steps) + last + "\n");
        var run = scratch.Run("train", "run.yaml");
        Assert.Equal(code, run.Code);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Contains(also, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_of_the_trainer_are_handed_on_unchanged()
    {
        using var scratch = Prepared("[ \"$1 $2 $3\" = 'merge --help two words' ] && exit 42\n");
        Assert.Equal(42, scratch.Run("merge", "--help", "two words").Code);
    }

    [Fact]
    public void A_trainer_that_is_not_there_is_a_mistake_and_leaves_nothing_written()
    {
        using var scratch = Prepared("exit 0");
        scratch.Variables["LORALINT_TRAINER"] = "nowhere";
        var before = FilesOf(scratch);
        var run = scratch.Run("train", "run.yaml");
        Assert.Equal((2, "error: LORALINT_TRAINER names nowhere, which is not there\n"), (run.Code, run.Error));
        Assert.Equal(before, FilesOf(scratch));
    }

    [Theory]
    [InlineData("--max-steps", "0")]
    [InlineData("--threads", "-1")]
    [InlineData("--learning-rate", "NaN")]
    [InlineData("--engine", "cuda")]
    public void Options_out_of_range_are_mistakes(string option, string value)
    {
        using var scratch = Prepared("exit 0");
        Assert.Equal(2, scratch.Run("train", "run.yaml", option, value).Code);
    }

    private static string[] FilesOf(ScratchFolder scratch) =>
        [.. Directory.EnumerateFileSystemEntries(scratch.Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    [Fact]
    public void What_stands_out_in_the_curves_is_told_at_the_end()
    {
        var lines = Enumerable.Range(1, 100).Select(
            i => $$"""{"event":"step","step":{{i}},"steps":100,"loss":{{(i < 60 ? 200 - i : 300)}},"learning_rate":0.5}""");
        using var scratch = Prepared(
            $"cat > \"$2/metrics.jsonl\" <<'LINES'\n{string.Join("\n", lines)}\nLINES\n" + Say(Start, End));
        var run = scratch.Run("train", "run.yaml");
        Assert.Equal(0, run.Code);
        Assert.Contains("\ncurves           the training loss rose from 14", run.Out, StringComparison.Ordinal);
        Assert.Contains(": loralint diagnose out\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("error diverged", scratch.Run("diagnose", "out").Out, StringComparison.Ordinal);
    }

    private static string Shown(ScratchFolder scratch, string text) => text.Replace(scratch.Root, "ROOT", StringComparison.Ordinal);

    private static string Say(params string[] events) => $"cat <<'EVENTS'\n{string.Join("\n", events)}\nEVENTS\n";

    private static ScratchFolder Prepared(string script, string config = Config)
    {
        var scratch = new ScratchFolder();
        scratch.Write("run.yaml", config).Write("model/config.json", "{}")
            .Write("train.jsonl", string.Concat(Enumerable.Repeat("{\"messages\": []}\n", 400)));
        var path = Path.Combine(scratch.Root, "trainer.sh");
        script = script.Replace("CHECKPOINT", scratch.Root + "/out/checkpoints/step-100", StringComparison.Ordinal)
            .Replace("ADAPTER", scratch.Root + "/out/adapter", StringComparison.Ordinal);
        File.WriteAllText(path, $"#!/bin/sh\n[ \"$1\" = run ] && echo \"told: $*\" >&2\n{script}");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        scratch.Variables["LORALINT_TRAINER"] = path;
        return scratch;
    }
}
