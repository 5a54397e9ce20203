using System.Globalization;
using System.Text.Json;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Tokenizers;

namespace LoraLint.Tests.Advice.Estimating;

public sealed class EstimateTests
{
    private const string Llama = "meta-llama/Llama-3.1-8B";

    // Published: PEFT's own results and print_trainable_parameters in papers and guides (docs/memory.md, base-models.json).
    [Theory]
    [InlineData("meta-llama/Llama-2-7b-hf", 8, "q_proj,v_proj", false, 4_194_304)]
    [InlineData("meta-llama/Llama-3.2-3B", 32, "q_proj,v_proj", false, 9_175_040)]
    [InlineData("meta-llama/Llama-3.2-3B", 32, "q_proj,v_proj", true, 9_289_728)]
    [InlineData(Llama, 16, "all-linear", false, 41_943_040)]
    public void Published_counts_of_trained_parameters_are_told(string model, int rank, string modules, bool isDora, long expected)
    {
        using var scratch = new ScratchFolder();
        string[] arguments = ["--model", model, "--rank", $"{rank}", "--target-modules", modules];
        var adapter = Json(scratch, isDora ? [.. arguments, "--dora"] : arguments).GetProperty("adapter");
        Assert.Equal(expected, adapter.GetProperty("trainable").GetInt64());
        Assert.Equal(expected, adapter.GetProperty("modules").EnumerateArray().Sum(m => m.GetProperty("parameters").GetInt64()));
    }

    [Fact]
    public void What_a_config_says_counts_and_options_win_over_it()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config + "micro_batch_size: 3\nsequence_len: 1000\noptimizer: adamw_8bit\n");
        var written = Json(scratch, "t.yml");
        Assert.Equal(64, written.GetProperty("adapter").GetProperty("rank").GetInt64());
        Assert.Equal(3, written.GetProperty("step").GetProperty("micro_batch_size").GetInt64());
        Assert.Equal(1000, written.GetProperty("step").GetProperty("max_sequence_length").GetInt64());
        Assert.Equal("adamw_8bit", written.GetProperty("step").GetProperty("optimizer").GetString());
        var asked = Json(scratch, "t.yml", "--rank", "8", "--micro-batch-size", "5", "--optimizer", "sgd", "--bits", "4");
        Assert.Equal(8, asked.GetProperty("adapter").GetProperty("rank").GetInt64());
        Assert.Equal(5, asked.GetProperty("step").GetProperty("micro_batch_size").GetInt64());
        Assert.Equal([16, 4], asked.GetProperty("memory").EnumerateArray().Select(w => w.GetProperty("bits").GetInt32()));
        Assert.Equal([false, true], asked.GetProperty("memory").EnumerateArray().Select(w => w.GetProperty("asked").GetBoolean()));
        Assert.Equal(
            8 * written.GetProperty("adapter").GetProperty("trainable").GetInt64() / 64,
            asked.GetProperty("adapter").GetProperty("trainable").GetInt64());
    }

    [Fact]
    public void What_nobody_said_is_told()
    {
        using var scratch = new ScratchFolder();
        var assumed = Texts(Json(scratch, "--model", Llama).GetProperty("assumed"));
        Assert.Equal(
            [
                "framework: TRL", "rank: 16", "target modules: all-linear", "micro batch: 1", "sequence length: 2048",
                "optimizer's memory: AdamW", "gradient checkpointing: on", "gradient accumulation: 1",
            ],
            assumed);
        scratch.Write("t.yml", ScratchFolder.Config + "micro_batch_size: 3\nsequence_len: 1000\noptimizer: sgd\n"
            + "gradient_accumulation_steps: 2\ngradient_checkpointing: true\nlora_target_linear: true\nload_in_8bit: false\n");
        Assert.Empty(Texts(Json(scratch, "t.yml").GetProperty("assumed")));
    }

    [Theory]
    [InlineData("rtx-4090", "trl")]
    [InlineData("a100-80gb", "axolotl")]
    [InlineData("h200", "loralint")]
    [InlineData("24GB", "litgpt")]
    public void The_largest_batch_and_sequence_fit_and_one_more_does_not(string gpu, string framework)
    {
        using var scratch = new ScratchFolder();
        string[] arguments = ["--model", Llama, "--gpu", gpu, "--framework", framework, "--micro-batch-size", "2"];
        foreach (var way in Json(scratch, arguments).GetProperty("memory").EnumerateArray().Select(w => w.GetProperty("bits").GetInt32()))
        {
            var asked = Way(Json(scratch, arguments), way);
            var batch = asked.GetProperty("largest_micro_batch").GetInt64();
            var length = asked.GetProperty("longest_sequence").GetInt64();
            if (batch > 0)
                Assert.Equal("yes", FitOf([.. arguments[..^1], Number(batch)]));
            Assert.NotEqual("yes", FitOf([.. arguments[..^1], Number(batch + 1)]));
            if (length > 0)
                Assert.Equal("yes", FitOf([.. arguments, "--max-sequence-length", Number(length)]));
            Assert.NotEqual("yes", FitOf([.. arguments, "--max-sequence-length", Number(length + 1)]));

            string? FitOf(string[] with) => Way(Json(scratch, with), way).GetProperty("fit").GetString();
        }
    }

    [Fact]
    public void More_memory_is_told_for_16_bits_than_for_8_and_for_8_than_for_4()
    {
        using var scratch = new ScratchFolder();
        var ways = Json(scratch, "--model", Llama, "--bits", "8").GetProperty("memory").EnumerateArray()
            .Select(w => (Bits: w.GetProperty("bits").GetInt32(), Bytes: w.GetProperty("bytes").GetInt64())).ToList();
        Assert.Equal([16, 8, 4], ways.Select(w => w.Bits));
        Assert.True(ways[0].Bytes > ways[1].Bytes && ways[1].Bytes > ways[2].Bytes);
    }

    [Fact]
    public void The_card_of_the_settings_counts_where_the_command_line_names_none()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config).Write("loralint.yaml", "gpu: rtx-4090\n");
        Assert.Equal("rtx-4090", Json(scratch, "t.yml").GetProperty("gpu").GetString());
        Assert.Equal("t4", Json(scratch, "t.yml", "--gpu", "t4").GetProperty("gpu").GetString());
        Assert.Equal(JsonValueKind.Null, Json(scratch, "--model", Llama).GetProperty("gpu").ValueKind);
    }

    [Fact]
    public void Parts_add_up_to_the_whole()
    {
        using var scratch = new ScratchFolder();
        Assert.All(Json(scratch, "--model", Llama, "--gpu", "t4").GetProperty("memory").EnumerateArray(), way => Assert.Equal(
            way.GetProperty("bytes").GetInt64(), way.GetProperty("parts").EnumerateObject().Sum(p => p.Value.GetInt64())));
    }

    [Fact]
    public void Rows_of_the_configs_own_files_are_counted_less_what_is_held_out()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("data.jsonl", string.Concat(Enumerable.Range(0, 100).Select(i => $$"""{"text": "row {{i}}"}""" + "\n")));
        scratch.Write("t.yml", ScratchFolder.Config + "datasets:\n  - path: data.jsonl\n    type: completion\nval_set_size: 0.1\n"
            + "num_epochs: 3\nmicro_batch_size: 4\ngradient_accumulation_steps: 2\n");
        var run = Json(scratch, "t.yml", "--gpus", "2");
        Assert.Equal(90, run.GetProperty("rows").GetInt64());
        // Six steps an epoch: 90 rows in steps of 16.
        Assert.Equal(18, run.GetProperty("steps").GetInt64());
    }

    [Theory]
    [InlineData("--rows 1000", 1000L, null, null)]
    [InlineData("--rows 1000 --epochs 2.5 --micro-batch-size 8 --gradient-accumulation-steps 4", 80L, null, null)]
    [InlineData("--rows 1000 --tokens-per-row 100", 1000L, 100_000L, null)]
    [InlineData("--rows 1000 --tokens-per-row 3000", 1000L, 2_048_000L, null)]
    [InlineData("--rows 1000 --tokens-per-row 100 --tokens-per-second 500", 1000L, 100_000L, 200L)]
    [InlineData("", null, null, null)]
    public void Steps_tokens_and_time_follow_from_rows(string options, long? steps, long? tokens, long? seconds)
    {
        using var scratch = new ScratchFolder();
        var run = Json(scratch, ["--model", Llama, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal((steps, tokens, seconds), (Whole("steps"), Whole("tokens"), Whole("seconds")));

        long? Whole(string name) => run.GetProperty(name) is { ValueKind: JsonValueKind.Number } number ? number.GetInt64() : null;
    }

    [Fact]
    public void The_median_speed_of_a_run_is_taken()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("out/metrics.jsonl", string.Concat(new[] { 100, 900, 1000, 1100, 50_000 }
            .Select((speed, i) => $$"""{"event":"step","step":{{i + 1}},"tokens_per_second":{{speed}}}""" + "\n"))
            + """{"event":"evaluation","step":5,"loss":1}""" + "\n{\"torn");
        var run = Json(
            scratch, "--model", Llama, "--rows", "1000", "--tokens-per-row", "100", "--measured", "out");
        Assert.Equal(100, run.GetProperty("seconds").GetInt64());
    }

    [Fact]
    public void Configs_with_switches_for_modules_are_estimated_by_what_the_switches_stand_for()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("lora.yaml", "checkpoint_dir: checkpoints/meta-llama/Llama-3.1-8B\nlora_r: 8\nlora_query: true\nlora_key: false\n"
            + "lora_value: true\nlora_projection: false\nlora_mlp: false\nlora_head: false\nquantize: bnb.nf4\n"
            + "train:\n  micro_batch_size: 1\n  max_seq_length: 512\n");
        var run = Json(scratch, "lora.yaml", "--model", Llama);
        Assert.Equal(3_407_872, run.GetProperty("adapter").GetProperty("trainable").GetInt64());
        Assert.Equal("litgpt", run.GetProperty("step").GetProperty("framework").GetString());
        Assert.True(Way(run, 4).GetProperty("asked").GetBoolean());
    }

    [Theory]
    [InlineData("", "name a config, or a base model with --model")]
    [InlineData("none.yml", "no such file: none.yml")]
    [InlineData("--model no/such", "the base model is not known: no/such is not among the models known by name")]
    [InlineData("--model google/flan-t5-base", "google/flan-t5-base is no decoder: memory is estimated for decoders alone")]
    [InlineData("--model meta-llama/Llama-3.1-8B --gpu voodoo2", "--gpu voodoo2: not known; give its memory, such as 24GB, or one of p100")]
    [InlineData("--model meta-llama/Llama-3.1-8B --bits 5", "--bits takes 16, 8 or 4")]
    [InlineData("--model meta-llama/Llama-3.1-8B --rank 0", "--rank must be from 1 to 16777216")]
    [InlineData("--model meta-llama/Llama-3.1-8B --rows 0", "--rows must be at least 1")]
    [InlineData("--model meta-llama/Llama-3.1-8B --epochs nan", "--epochs must be above 0")]
    [InlineData(
        "--model meta-llama/Llama-3.1-8B --target-modules c_attn",
        "c_attn: no module of meta-llama/Llama-3.1-8B is called that; it has q_proj")]
    [InlineData("--model meta-llama/Llama-3.1-8B --optimizer galore", "--optimizer galore: what it keeps is not known")]
    [InlineData("--model meta-llama/Llama-3.1-8B --framework trll", "--framework takes one of trl, peft")]
    [InlineData("--model meta-llama/Llama-3.1-8B --measured none", "no metrics.jsonl with steps is there")]
    public void What_cannot_be_estimated_is_said_in_a_line(string arguments, string message)
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run(["estimate", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_folder_with_a_config_json_is_a_base_model()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("estimate", "--model", Repository.PathTo("examples/quickstart/model"), "--rank", "4");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("rank 4 on all-linear", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_are_counted_where_the_tokenizer_is_here_and_estimated_and_told_where_it_is_not()
    {
        using var scratch = new ScratchFolder();
        var config = Repository.PathTo("examples/quickstart/run.yaml");
        var counted = Json(scratch, config).GetProperty("counted");
        Assert.Equal((400, 400), (counted.GetProperty("rows").GetInt32(), counted.GetProperty("counted").GetInt32()));
        Assert.Equal(("chatml", 256), (counted.GetProperty("template").GetString(), counted.GetProperty("max_sequence_length").GetInt32()));
        Assert.Equal(0, counted.GetProperty("share_over").GetDouble());
        // What a run of ours has for its start: the same reading, template and mask.
        var record = new TrainingRun
        {
            BaseModel = Repository.PathTo("examples/quickstart/model"),
            Data = new DataOptions { Train = [new DataSource { Path = Repository.PathTo("examples/quickstart/train.jsonl") }] },
        };
        var trained = TrainingData.Load(
            record.Data, record.Training, TokenizerFiles.Load(record.BaseModel), ChatTemplate.ForModel(record.BaseModel)).Train;
        Assert.Equal((double)trained.Tokens / 400, counted.GetProperty("tokens_per_row").GetDouble(), 2);
        Assert.Equal((double)trained.SupervisedTokens / 400, counted.GetProperty("answer_tokens_per_row").GetDouble(), 1);
        Assert.Equal(trained.LongestSample, counted.GetProperty("longest").GetInt32());

        var cut = Json(scratch, config, "--max-sequence-length", "64");
        Assert.InRange(cut.GetProperty("counted").GetProperty("share_over").GetDouble(), 0.9, 1);
        Assert.InRange(cut.GetProperty("tokens").GetInt64(), 0.99 * 64 * 4000, 64 * 4000);

        var estimated = Json(scratch, config, "--model", Llama);
        Assert.False(estimated.TryGetProperty("counted", out _));
        Assert.Contains(
            estimated.GetProperty("assumed").EnumerateArray(),
            a => a.GetString()!.Contains("by the letters of the data (the base model is not on this machine)", StringComparison.Ordinal));
        var asked = Json(scratch, config, "--tokens-per-row", "100");
        Assert.False(asked.TryGetProperty("counted", out _));
    }

    [Fact]
    public void A_plain_text_is_as_many_rows_as_it_has_sequences()
    {
        using var scratch = new ScratchFolder();
        var estimate = Json(scratch, Repository.PathTo("examples/rank-task/run.yaml"));
        Assert.Equal((762, 800), (estimate.GetProperty("rows").GetInt64(), estimate.GetProperty("steps").GetInt64()));
        Assert.Equal(48_000, estimate.GetProperty("counted").GetProperty("tokens_per_row").GetDouble());
    }

    [Fact]
    public void The_documentation_shows_what_is_printed()
    {
        using var scratch = new ScratchFolder();
        string[] arguments =
        [
            "estimate", "--model", Llama, "--gpu", "rtx-4090", "--micro-batch-size", "2", "--rows", "10000", "--tokens-per-row", "300",
            "--tokens-per-second", "2500",
        ];
        var run = scratch.Run(arguments);
        Assert.Equal((0, ""), (run.Code, run.Error));
        GeneratedPart.Check("docs/estimate.md", "output", $"```\n$ loralint {string.Join(' ', arguments)}\n{run.Out}```\n");
    }

    [Fact]
    public void Cards_are_found_by_what_people_call_them()
    {
        Assert.All(GpuCatalog.All, gpu => Assert.Same(gpu, GpuCatalog.Find(gpu.Name)));
        foreach (var name in new[] { "4090", "RTX 4090", "NVIDIA GeForce RTX 4090", "rtx4090", "RTX-4090" })
            Assert.Equal("rtx-4090", GpuCatalog.Find(name)?.Name);
        Assert.Equal("t4", GpuCatalog.Find("Tesla T4")?.Name);
        Assert.Equal("a100-40gb", GpuCatalog.Find("A100")?.Name);
        Assert.Equal(24L << 30, GpuCatalog.Find("24 GB")?.Bytes);
        Assert.Null(GpuCatalog.Find("4091"));
        Assert.Null(GpuCatalog.Find(""));
    }

    [Theory]
    [InlineData("adamw_torch", 8.0)]
    [InlineData("torch.optim.AdamW", 8.0)]
    [InlineData("paged_adamw_8bit", 2.03125)]
    [InlineData("lion_8bit", 1.015625)]
    [InlineData("adafactor", 0.0)]
    [InlineData("sgd", 0.0)]
    [InlineData("galore_adamw", null)]
    [InlineData("adamw_torch_4bit", null)]
    [InlineData("my_optimizer", null)]
    public void What_an_optimizer_keeps_is_known_by_its_name(string name, double? bytes) =>
        Assert.Equal(bytes, OptimizerMemory.BytesOf(name));

    private static JsonElement Json(ScratchFolder scratch, params string[] arguments)
    {
        var run = scratch.Run(["estimate", .. arguments, "--json"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        return JsonDocument.Parse(run.Out).RootElement;
    }

    private static JsonElement Way(JsonElement run, int bits) =>
        run.GetProperty("memory").EnumerateArray().Single(w => w.GetProperty("bits").GetInt32() == bits);

    private static List<string?> Texts(JsonElement list) => [.. list.EnumerateArray().Select(t => t.GetString())];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
