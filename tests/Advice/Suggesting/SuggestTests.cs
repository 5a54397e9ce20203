using System.Text.Json;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Suggesting;

public sealed class SuggestTests
{
    private const string Llama = "meta-llama/Llama-3.1-8B";

    [Fact]
    public void The_config_goes_to_the_output_and_its_reasons_to_the_errors()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("suggest", "--task", "style", "--model", Llama, "--rows", "2000", "--gpu", "a100-80gb", "--framework", "trl");
        Assert.Equal(0, run.Code);
        Assert.StartsWith("model_name_or_path: meta-llama/Llama-3.1-8B\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("\nlora_r: 8  # style, 1,000 to 10,000 rows\n", run.Out, StringComparison.Ordinal);
        Assert.Contains(
            "\nrank          8: style, 1,000 to 10,000 rows\n              4-8 for simple patterns", run.Error, StringComparison.Ordinal);
        Assert.Contains("What else could be done\nQLoRA", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_is_counted_and_measured()
    {
        using var scratch = new ScratchFolder();
        var rows = Enumerable.Range(0, 200).Select(i => JsonSerializer.Serialize(new
        {
            instruction = $"Say {i % 150}", input = "", output = string.Join(' ', Enumerable.Repeat("word", i % 150)),
        }));
        scratch.Write("rows.jsonl", string.Join('\n', rows) + "\nnot json\n{\"instruction\": \"\", \"output\": \"\"}\n\n");
        var run = scratch.Run("suggest", "--task", "instructions", "--model", Llama, "--data", "rows.jsonl");
        Assert.Equal(0, run.Code);
        Assert.Contains("type: alpaca", run.Out, StringComparison.Ordinal);
        Assert.Contains("rows.jsonl: 200 rows, about ", run.Error, StringComparison.Ordinal);
        Assert.Contains("Latin 100 %; 50 rows are there twice; 2 rows hold no text", run.Error, StringComparison.Ordinal);
        Assert.Contains("sequence_len: 256", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""", "type: chat_template")]
    [InlineData("""{"conversations":[{"from":"human","value":"a"}]}""", "type: chat_template")]
    [InlineData("""{"prompt":"a","completion":"b"}""", "type: input_output")]
    [InlineData("""{"text":"a"}""", "type: completion")]
    public void What_a_row_holds_decides_how_it_is_read(string row, string expected)
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a.jsonl", row + "\n").Write("b.json", $"[{row}]");
        foreach (var file in new[] { "a.jsonl", "b.json" })
        {
            Assert.Contains(
                expected, scratch.Run("suggest", "--model", Llama, "--data", file, "--task", "style").Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Long_texts_give_long_sequences_and_no_longer_than_the_model_bears()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.jsonl", string.Concat(Enumerable.Repeat($$"""{"text":"{{new string('a', 40_000)}}"}""" + "\n", 30)));
        Assert.Contains("sequence_len: 10048", scratch.Run("suggest", "--model", Llama, "--data", "t.jsonl").Out, StringComparison.Ordinal);
        var small = scratch.Run("suggest", "--model", "openai-community/gpt2", "--data", "t.jsonl");
        Assert.Contains("sequence_len: 1024", small.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rtx-4090", "adapter: lora ", "lora")]
    [InlineData("t4", "adapter: qlora ", "qlora")]
    [InlineData("8GB", "adapter: qlora ", "qlora")]
    public void The_method_is_the_one_that_fits_the_card(string gpu, string line, string method)
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("suggest", "--model", Llama, "--gpu", gpu, "--max-sequence-length", "512", "--rows", "5000");
        Assert.Contains(line, run.Out, StringComparison.Ordinal);
        Assert.Contains(method, run.Out, StringComparison.Ordinal);
        Assert.Contains(gpu == "t4" ? "fp16: true" : "bf16: true", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_written_once()
    {
        using var scratch = new ScratchFolder();
        string[] arguments = ["suggest", "--model", Llama, "--output", "new.yml"];
        var run = scratch.Run(arguments);
        Assert.Equal((0, ""), (run.Code, run.Out));
        Assert.Equal((0, "No findings in 1 config.\n"), (scratch.Run("check", "new.yml").Code, scratch.Run("check", "new.yml").Out));
        var again = scratch.Run(arguments);
        Assert.Equal(2, again.Code);
        Assert.Contains("error: new.yml is there already", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_that_is_there_is_changed_number_by_number()
    {
        using var scratch = new ScratchFolder();
        const string Before = "# mine\nbase_model: NousResearch/Meta-Llama-3.1-8B\nadapter: lora\nlora_r: 64  # high\nlora_alpha: 16\n"
            + "lora_target_linear: true\ndatasets:\n  - path: tatsu-lab/alpaca\n    type: alpaca\nlearning_rate: 2e-5\n";
        scratch.Write("t.yml", Before);
        var shown = scratch.Run("suggest", "t.yml", "--rows", "5000");
        Assert.Equal(0, shown.Code);
        Assert.Contains("-lora_r: 64  # high\n", shown.Out, StringComparison.Ordinal);
        Assert.Contains("+lora_r: 16  # high\n", shown.Out, StringComparison.Ordinal);
        Assert.Equal(Before, scratch.Read("t.yml"));
        Assert.Equal(0, scratch.Run("suggest", "t.yml", "--rows", "5000", "--apply").Code);
        var after = scratch.Read("t.yml");
        Assert.StartsWith(
            "# mine\nbase_model: NousResearch/Meta-Llama-3.1-8B\nadapter: lora\nlora_r: 16  # high\nlora_alpha: 32\n",
            after,
            StringComparison.Ordinal);
        Assert.Contains("learning_rate: 2.0e-4\n", after, StringComparison.Ordinal);
        Assert.Equal("", scratch.Run("suggest", "t.yml", "--rows", "5000").Out);
    }

    [Theory]
    [InlineData("{\n  \"peft_type\": \"LORA\",\n  \"base_model_name_or_path\": \"mistralai/Mistral-7B-v0.3\",\n  \"r\": 2,\n"
        + "  \"target_modules\": [\"q_proj\", \"v_proj\"]\n}\n", "adapter_config.json", "\"r\": 16", "\"lora_alpha\": 32")]
    [InlineData("loralint: 1\nbase_model: meta-llama/Llama-3.1-8B\nadapter:\n  rank: 2\ndata:\n  train: t.jsonl\ntraining:\n  epochs: 9\n",
        "run.yaml", "rank: 16", "epochs: 3")]
    public void Nested_keys_and_json_are_changed_too(string text, string name, string first, string second)
    {
        using var scratch = new ScratchFolder();
        scratch.Write(name, text).Write("t.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n");
        Assert.Equal(0, scratch.Run("suggest", name, "--rows", "5000", "--apply").Code);
        Assert.Contains(first, scratch.Read(name), StringComparison.Ordinal);
        Assert.Contains(second, scratch.Read(name), StringComparison.Ordinal);
        Assert.Equal(0, scratch.Run("check", name).Code);
    }

    [Fact]
    public void Json_has_the_config_and_each_value_with_reason_and_source()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("suggest", "--model", Llama, "--task", "reasoning", "--rows", "20000", "--json", "--gpu", "h100");
        Assert.Equal((0, ""), (run.Code, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Contains("lora_r: 64", json.RootElement.GetProperty("config").GetString(), StringComparison.Ordinal);
        Assert.All(json.RootElement.GetProperty("values").EnumerateArray(), value => Assert.All(
            ["name", "value", "reason", "source"], name => Assert.NotEqual("", value.GetProperty(name).GetString())));
        Assert.True(json.RootElement.GetProperty("memory_high").GetInt64() > json.RootElement.GetProperty("memory_low").GetInt64());
    }

    [Fact]
    public void The_documentation_shows_what_is_written()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("train.jsonl", string.Concat(Enumerable.Range(0, 3000).Select(i => JsonSerializer.Serialize(new
        {
            messages = new[]
            {
                new { role = "user", content = $"What became of ship number {i}?" },
                new { role = "assistant", content = string.Join(' ', Enumerable.Repeat("She sailed on.", 1 + (i % 60))) },
            },
        }) + "\n")));
        string[] arguments =
            ["suggest", "--task", "instructions", "--model", Llama, "--data", "train.jsonl", "--gpu", "rtx-4090", "--framework", "axolotl"];
        var run = scratch.Run(arguments);
        Assert.Equal(0, run.Code);
        var facts = string.Join('\n', run.Error.Split('\n').TakeWhile(l => !l.StartsWith("dropout", StringComparison.Ordinal)));
        var command = $"$ loralint {string.Join(' ', arguments)} > train.yml";
        GeneratedPart.Check("docs/suggest.md", "output", $"```\n{command}\n{facts}\n...\n```\n\n```yaml\n{run.Out}```\n");
    }

    [Theory]
    [InlineData("", "name the base model with --model")]
    [InlineData("--model a/b --framework deepspeed", "--framework takes one of axolotl")]
    [InlineData("--model a/b --task poems", "--task takes one of style")]
    [InlineData("--model a/b --data none.jsonl", "no such file: none.jsonl")]
    [InlineData("--model a/b --data empty.jsonl", "empty.jsonl: no rows with text")]
    [InlineData("--model a/b --data bad.json", "bad.json: ")]
    [InlineData("--model a/b --data t.parquet", "data is measured in .jsonl")]
    [InlineData("--model a/b --gpu voodoo", "--gpu voodoo: not known")]
    [InlineData("--model a/b --task reinforcement --framework litgpt", "litgpt trains on answers that are given; take trl or ms-swift")]
    [InlineData("--model a/b --framework torchtune", "torchtune has no recipe for this model")]
    [InlineData("--model a/b --apply", "--apply changes a config: name one")]
    [InlineData("none.yml", "no such file: none.yml")]
    public void What_cannot_be_done_is_said_in_a_line(string arguments, string message)
    {
        using var scratch = new ScratchFolder();
        scratch.Write("empty.jsonl", "\n").Write("bad.json", "[{").Write("t.parquet", "PAR1");
        var run = scratch.Run(["suggest", .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
