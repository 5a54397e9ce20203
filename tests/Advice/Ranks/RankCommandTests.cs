using System.Text.Json;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Ranks;

public sealed class RankCommandTests
{
    private const string Llama = "meta-llama/Llama-3.1-8B";
    private static readonly string s_model = Repository.PathTo("examples/quickstart/model");
    private static readonly string s_data = Repository.PathTo("examples/quickstart/train.jsonl");

    [Fact]
    public void A_task_and_its_data_decide_on_the_rank()
    {
        using var scratch = new ScratchFolder();
        var few = Json(scratch, "--model", Llama, "--task", "reasoning", "--rows", "50000", "--tokens-per-row", "400");
        Assert.Equal((64L, "task"), VerdictOf(few));
        Assert.Equal(4, few.GetProperty("by_task").GetProperty("capacity_floor").GetInt64());
        var many = Json(scratch, "--model", Llama, "--task", "style", "--rows", "2000000", "--tokens-per-row", "500");
        Assert.Equal((256L, "capacity floor"), VerdictOf(many));
        Assert.Equal(256 * 2_621_440L, many.GetProperty("verdict").GetProperty("trainable").GetInt64());
        Assert.Equal(512, many.GetProperty("verdict").GetProperty("alpha").GetInt64());
        Assert.Equal(16, many.GetProperty("by_task").GetProperty("usual").GetInt64());
    }

    [Fact]
    public void DoRA_starts_at_half_and_its_magnitudes_count()
    {
        using var scratch = new ScratchFolder();
        var json = Json(scratch, "--model", Llama, "--task", "instructions", "--rows", "20000", "--dora", "--budget", "60M");
        Assert.Equal((16L, "task"), VerdictOf(json));
        Assert.Equal(32 * 43_008L, json.GetProperty("by_budget").GetProperty("fixed").GetInt64());
    }

    [Fact]
    public void A_budget_is_a_ceiling_over_the_task_and_shows_what_else_it_buys()
    {
        using var scratch = new ScratchFolder();
        var json = Json(scratch, "--model", Llama, "--task", "reasoning", "--rows", "50000", "--budget", "10M");
        Assert.Equal((3L, "budget"), VerdictOf(json));
        var others = json.GetProperty("by_budget").GetProperty("other_modules").EnumerateArray()
            .Select(o => (o.GetProperty("target_modules").GetString(), o.GetProperty("rank").GetInt64())).ToList();
        Assert.Equal([("q_proj, k_proj, v_proj, o_proj", 8L), ("q_proj, v_proj", 16L)], others);
    }

    [Theory]
    [InlineData("task", "by_task")]
    [InlineData("budget", "by_budget")]
    [InlineData("data", "by_data")]
    [InlineData("sweep", "by_sweep")]
    public void Each_method_goes_alone(string method, string member)
    {
        using var scratch = new ScratchFolder();
        scratch.Write("sweep/sweep.json", """{"version": 1, "verdict": {"rank": 24, "uncertain": true}, "trials": []}""");
        string[] arguments = ["--model", s_model, "--method", method, .. method switch
        {
            "budget" => new[] { "--budget", "100k" },
            "data" => ["--data", s_data, "--sample", "20", "--depth", "embeddings"],
            "sweep" => ["--sweep", "sweep"],
            _ => [],
        }];
        var json = Json(scratch, arguments);
        foreach (var name in new[] { "by_task", "by_budget", "by_data", "by_sweep" })
            Assert.Equal(name == member ? JsonValueKind.Object : JsonValueKind.Null, json.GetProperty(name).ValueKind);
        Assert.Equal(method, VerdictOf(json).By);
        Assert.NotEqual(JsonValueKind.Null, json.GetProperty("verdict").GetProperty("trainable").ValueKind);
    }

    [Fact]
    public void A_configs_own_data_model_and_modules_are_looked_at()
    {
        using var scratch = new ScratchFolder();
        var json = Json(scratch, Repository.PathTo("examples/quickstart/run.yaml"));
        Assert.Equal(400, json.GetProperty("rows").GetInt64());
        Assert.InRange(json.GetProperty("tokens_per_row").GetDouble(), 40, 80);
        Assert.Equal("embeddings", json.GetProperty("by_data").GetProperty("depth").GetString());
        Assert.Equal((8L, "task"), VerdictOf(json));
        Assert.Equal(2, json.GetProperty("by_task").GetProperty("capacity_floor").GetInt64());
        Assert.Equal(["task: instructions (--task names another)"], Texts(json, "assumed"));
        Assert.Equal(2, json.GetProperty("left_out").GetArrayLength());
    }

    [Fact]
    public void A_model_that_runs_here_gives_each_module_a_rank_of_a_budget()
    {
        using var scratch = new ScratchFolder();
        string[] arguments =
        [
            "--model", s_model, "--method", "data", "--data", s_data, "--sample", "5", "--target-modules", "q_proj", "down_proj",
        ];
        var json = Json(scratch, arguments);
        var data = json.GetProperty("by_data");
        Assert.Equal("model", data.GetProperty("depth").GetString());
        var gora = data.GetProperty("gora").GetProperty("rank_pattern").EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Value.GetInt64());
        Assert.Equal(8, gora.Count);
        // Rank 16 on every module; in and out of q_proj are 128, of down_proj 352 and 128.
        var parameters = gora.Sum(m => m.Value * (m.Key.EndsWith("q_proj", StringComparison.Ordinal) ? 256 : 480));
        Assert.InRange(parameters, (16 * 4 * (256 + 480)) - 479, 16 * 4 * (256 + 480));
        var eva = data.GetProperty("eva").GetProperty("rank_pattern").EnumerateObject().Sum(p => p.Value.GetInt64());
        Assert.Equal(16 * 8, eva);
        Assert.All(
            data.GetProperty("gora").GetProperty("alpha_pattern").EnumerateObject(),
            p => Assert.Equal(2 * gora[p.Name], p.Value.GetInt64()));

        // Together with the task its rank is shared out, and the base model's loss says how much there is to learn.
        arguments =
        [
            "--model", s_model, "--data", s_data, "--sample", "5", "--target-modules", "k_proj", "--depth", "model", "--task", "style",
        ];
        json = Json(scratch, arguments);
        Assert.Equal(8, json.GetProperty("by_data").GetProperty("average_rank").GetInt64());
        // So many bits are in a few narrow modules that the rank ends above the one that was shared out, which is told.
        Assert.Equal(32, VerdictOf(json).Rank);
        Assert.Contains("ranks of modules share out rank 8", Assert.Single(Texts(json, "notes")), StringComparison.Ordinal);
        Assert.Equal(
            json.GetProperty("by_data").GetProperty("base_loss").GetDouble() / Math.Log(2),
            json.GetProperty("by_task").GetProperty("bits_per_token").GetDouble(), 9);
    }

    [Fact]
    public void An_episode_of_reinforcement_learning_has_a_bit()
    {
        using var scratch = new ScratchFolder();
        var task = Json(scratch, "--model", Llama, "--task", "rl", "--rows", "300000000").GetProperty("by_task");
        Assert.Equal((3e8, 58L), (task.GetProperty("bits").GetDouble(), task.GetProperty("capacity_floor").GetInt64()));
        Assert.Equal(JsonValueKind.Null, task.GetProperty("bits_per_token").ValueKind);
    }

    [Fact]
    public void Data_without_a_model_are_texts()
    {
        using var scratch = new ScratchFolder();
        var data = Json(scratch, "--data", s_data, "--method", "data").GetProperty("by_data");
        Assert.Equal(("texts", 400), (data.GetProperty("depth").GetString(), data.GetProperty("drawn").GetInt32()));
        Assert.Equal("texts", Assert.Single(data.GetProperty("spectra").EnumerateArray()).GetProperty("of").GetString());
    }

    [Fact]
    public void Experts_are_told_of()
    {
        using var scratch = new ScratchFolder();
        var json = Json(
            scratch, "--model", "mistralai/Mixtral-8x7B-v0.1", "--task", "domain", "--target-modules", "w1", "w2", "w3");
        var notes = Texts(json, "notes");
        Assert.Contains("8 experts, of which a token takes 2", Assert.Single(notes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_nobody_said_is_told()
    {
        using var scratch = new ScratchFolder();
        var json = Json(scratch, "--task", "style");
        Assert.Equal(["rows: 5,000 (--rows tells them)", "model: of 3B parameters or more (--model names it)"], Texts(json, "assumed"));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("verdict").GetProperty("trainable").ValueKind);
    }

    [Fact]
    public void A_model_that_is_not_known_leaves_out_what_needs_it()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config.Replace("NousResearch/Meta-Llama-3.1-8B", "me/mine", StringComparison.Ordinal));
        var json = Json(scratch, "t.yml", "--task", "domain", "--rows", "20000");
        Assert.Equal((64L, "task"), VerdictOf(json));
        Assert.Contains(
            Texts(json, "left_out"),
            t => t!.StartsWith("parameters and memory: the base model is not known: me/mine", StringComparison.Ordinal));
    }

    [Fact]
    public void Models_of_images_have_ranks_that_no_table_knows()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("rank", Repository.PathTo("examples/kohya/character.toml"));
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Contains("what is known of tasks and ranks is of language models", run.Error, StringComparison.Ordinal);
        scratch.Write("sweep.json", """{"verdict": {"rank": 12}}""");
        Assert.Equal((12L, "sweep"), VerdictOf(Json(scratch, Repository.PathTo("examples/kohya/character.toml"), "--sweep", ".")));
    }

    [Theory]
    [InlineData("", "name a config, a base model with --model, data with --data, or a task with --task")]
    [InlineData("none.yml", "no such file: none.yml")]
    [InlineData("--model no/such", "the base model is not known: no/such is not among the models known by name")]
    [InlineData("--method budget --model meta-llama/Llama-3.1-8B", "--method budget needs --budget")]
    [InlineData("--method data --model meta-llama/Llama-3.1-8B", "no data is named: --data takes files")]
    [InlineData("--method sweep --model meta-llama/Llama-3.1-8B", "`loralint sweep CONFIG` makes them")]
    [InlineData("--method tsk --task style", "--method takes one of task, budget, data, sweep, all, not 'tsk'; did you mean 'task'?")]
    [InlineData("--task poetry", "--task takes one of style, classification")]
    [InlineData("--traits hard", "--traits takes one of facts, reasoning")]
    [InlineData("--task style --traits facts", "--task and --traits exclude each other")]
    [InlineData("--task style --budget 10M", "the base model is not known: name it with --model")]
    [InlineData("--task style --budget 1%", "--budget 1% is a share of the base model, which is not known")]
    [InlineData("--model meta-llama/Llama-3.1-8B --budget lots", "--budget lots: write a number of parameters such as 10M")]
    [InlineData(
        "--model meta-llama/Llama-3.1-8B --budget 1M",
        "--budget 1M: rank 1 trains 2,621,440 parameters already; --target-modules k_proj takes 163,840 a rank")]
    [InlineData("--model meta-llama/Llama-3.1-8B --target-modules c_attn", "c_attn: no module of meta-llama/Llama-3.1-8B is called that")]
    [InlineData("--task style --apply", "--apply writes into a config, and none is named")]
    [InlineData("--data none.jsonl", "no such file: none.jsonl")]
    [InlineData("--data odd.jsonl", "odd.jsonl: it has no first row of messages")]
    [InlineData("--data broken.jsonl --method data", "broken.jsonl:2")]
    [InlineData("--data alike.jsonl --method data", "all rows of the data are alike")]
    [InlineData("--data alike.jsonl --depth model", "--depth model looks into the base model's files, and no model is not on this machine")]
    [InlineData("--task style --sweep none", "--sweep none: there is no sweep.json; `loralint sweep` writes it")]
    [InlineData("--task style --sweep other.json", "--sweep other.json: it tells no rank")]
    [InlineData("--task style --sweep broken.jsonl", "is no JSON")]
    [InlineData("--task style --rows 0", "--rows must be at least 1")]
    [InlineData("--task style --tokens-per-row 0", "--tokens-per-row must be above 0")]
    [InlineData("--task style --sample 1", "--sample must be from 2 to 4096")]
    [InlineData("--task style --seed -1", "--seed must be at least 0")]
    public void What_cannot_be_advised_on_is_said_in_a_line(string arguments, string message)
    {
        using var scratch = new ScratchFolder();
        scratch.Write("odd.jsonl", "{\"a\": 1}\n").Write("broken.jsonl", "{\"text\": \"a\"}\n{\"text\": 7}\n")
            .Write("alike.jsonl", "{\"text\": \"a\"}\n{\"text\": \"a\"}\n").Write("other.json", "{\"verdict\": {\"learning_rate\": 1}}");
        var run = scratch.Run(["rank", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void The_documentation_shows_what_is_printed()
    {
        using var scratch = new ScratchFolder();
        string[] arguments =
        [
            "rank", "--model", Llama, "--task", "reasoning", "--rows", "50000", "--tokens-per-row", "400", "--budget", "100M",
        ];
        var run = scratch.Run(arguments);
        Assert.Equal((0, ""), (run.Code, run.Error));
        GeneratedPart.Check("docs/rank.md", "output", $"```\n$ loralint {string.Join(' ', arguments)}\n{run.Out}```\n");
        scratch.Write("data.jsonl", File.ReadAllText(s_data));
        run = scratch.Run("rank", "--data", "data.jsonl", "--method", "data");
        Assert.Equal((0, ""), (run.Code, run.Error));
        GeneratedPart.Check("docs/rank.md", "spectrum", $"```\n$ loralint rank --data data.jsonl --method data\n{run.Out}```\n");
    }

    [Fact]
    public void Without_a_trainer_the_other_methods_go_on_and_the_data_is_left_out()
    {
        using var scratch = new ScratchFolder();
        scratch.Variables["LORALINT_TRAINER"] = "nowhere";
        var json = Json(scratch, "--model", Llama, "--task", "style", "--data", s_data);
        Assert.Equal((8L, "task"), VerdictOf(json));
        Assert.Contains("data: LORALINT_TRAINER names nowhere, which is not there", Texts(json, "left_out"));
        var alone = scratch.Run("rank", "--data", s_data, "--method", "data");
        Assert.Equal((2, "error: LORALINT_TRAINER names nowhere, which is not there\n"), (alone.Code, alone.Error));
    }

    private static JsonElement Json(ScratchFolder scratch, params string[] arguments)
    {
        var run = scratch.Run(["rank", .. arguments, "--json"]);
        Assert.Equal((0, ""), (run.Code, run.Error));
        return JsonDocument.Parse(run.Out).RootElement;
    }

    private static (long Rank, string By) VerdictOf(JsonElement json) =>
        (json.GetProperty("verdict").GetProperty("rank").GetInt64(), json.GetProperty("verdict").GetProperty("decided_by").GetString()!);

    private static List<string?> Texts(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(t => t.GetString())];
}
