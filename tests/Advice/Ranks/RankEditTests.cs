using System.Text.Json;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Ranks;

public sealed class RankEditTests
{
    private const string Axolotl = """
        base_model: NousResearch/Meta-Llama-3.1-8B  # the base
        adapter: lora
        # how large
        lora_r:   64   # too much
        lora_alpha: 128

        lora_target_linear: true
        sequence_len: 2048
        """;

    [Fact]
    public void Rank_and_alpha_are_written_and_nothing_else_is_touched()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", Axolotl);
        var run = Apply(scratch, "t.yml", 16);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(
            Axolotl.Replace("lora_r:   64 ", "lora_r:   16 ", StringComparison.Ordinal)
                .Replace("lora_alpha: 128", "lora_alpha: 32", StringComparison.Ordinal),
            scratch.Read("t.yml"));
        Assert.EndsWith("written     t.yml: lora_r 64 -> 16, lora_alpha 128 -> 32 (scaling 2 kept)\n", run.Out, StringComparison.Ordinal);
        Assert.EndsWith("written     t.yml has rank 16 already\n", Apply(scratch, "t.yml", 16).Out, StringComparison.Ordinal);
    }

    [Theory]
    // The scaling with rsLoRA goes with the root: 16 / sqrt(16) = 8 / sqrt(4).
    [InlineData("peft_use_rslora: true\nlora_r: 16\nlora_alpha: 16\n", 4, "lora_r: 4\nlora_alpha: 8\n")]
    // A whole alpha stays whole.
    [InlineData("lora_r: 64\nlora_alpha: 16\n", 6, "lora_r: 6\nlora_alpha: 2\n")]
    [InlineData("lora_r: 64\nlora_alpha: 8\n", 4, "lora_r: 4\nlora_alpha: 1\n")]
    // Alpha that nobody knows is left.
    [InlineData("lora_r: 8\nlora_alpha: ${alpha}\n", 16, "lora_r: 16\nlora_alpha: ${alpha}\n")]
    public void The_scaling_is_kept(string before, long rank, string after)
    {
        using var scratch = new ScratchFolder();
        const string Rest = "base_model: NousResearch/Meta-Llama-3.1-8B\nadapter: lora\nsequence_len: 2048\nlora_target_linear: true\n";
        scratch.Write("t.yml", Rest + before);
        var run = Apply(scratch, "t.yml", rank);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.EndsWith(after, scratch.Read("t.yml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_formats_are_written_in_their_ways()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("adapter_config.json", """
            {
              "peft_type": "LORA",
              "base_model_name_or_path": "meta-llama/Llama-3.1-8B",
              "r": 8,
              "lora_alpha": 16,
              "target_modules": ["q_proj", "v_proj"]
            }
            """);
        Assert.Equal(0, Apply(scratch, "adapter_config.json", 32).Code);
        var peft = JsonDocument.Parse(scratch.Read("adapter_config.json")).RootElement;
        Assert.Equal((32, 64), (peft.GetProperty("r").GetInt32(), peft.GetProperty("lora_alpha").GetInt32()));

        // Our own: nested, and where nothing is written behind what is there.
        scratch.Write("run.yaml", """
            loralint: 1
            base_model: meta-llama/Llama-3.1-8B
            adapter:
              # twice the rank
              alpha: 16
              target_modules: all-linear
            data:
              train: train.jsonl
            """);
        Assert.Equal(0, Apply(scratch, "run.yaml", 4).Code);
        Assert.Contains("  # twice the rank\n  alpha: 4\n  rank: 4\n  target_modules", scratch.Read("run.yaml"), StringComparison.Ordinal);

        // mlx-lm writes the scaling itself.
        scratch.Write("mlx.yaml", """
            model: meta-llama/Llama-3.1-8B
            train: true
            data: data
            fine_tune_type: lora
            lora_parameters:
              rank: 8
              scale: 2.0
              dropout: 0.0
            """);
        var run = Apply(scratch, "mlx.yaml", 16, "--target-modules", "q_proj");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("  rank: 16\n  scale: 2.0\n", scratch.Read("mlx.yaml"), StringComparison.Ordinal);

        // LLaMA-Factory's alpha follows the rank.
        scratch.Write("lf.yaml", """
            model_name_or_path: meta-llama/Llama-3.1-8B
            stage: sft
            do_train: true
            finetuning_type: lora
            lora_target: all
            lora_rank: 8
            dataset: alpaca_en
            template: llama3
            output_dir: out
            """);
        Assert.Equal(0, Apply(scratch, "lf.yaml", 16).Code);
        Assert.Contains("lora_rank: 16\n", scratch.Read("lf.yaml"), StringComparison.Ordinal);
        Assert.DoesNotContain("lora_alpha", scratch.Read("lf.yaml"), StringComparison.Ordinal);

        // A default alpha would not follow: it is written.
        scratch.Write("trl.yaml", """
            model_name_or_path: meta-llama/Llama-3.1-8B
            dataset_name: trl-lib/Capybara
            use_peft: true
            lora_r: 16
            lora_target_modules: all-linear
            output_dir: out
            """);
        Assert.Equal(0, Apply(scratch, "trl.yaml", 8).Code);
        Assert.Contains("lora_r: 8\nlora_alpha: 16\n", scratch.Read("trl.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Code_is_written_where_the_literal_stands()
    {
        using var scratch = new ScratchFolder();
        const string Script = """
            from peft import LoraConfig
            from transformers import AutoModelForCausalLM
            model = AutoModelForCausalLM.from_pretrained("meta-llama/Llama-3.1-8B")
            config = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")  # small
            """;
        scratch.Write("train.py", Script);
        var run = Apply(scratch, "train.py", 16, "--model", "meta-llama/Llama-3.1-8B");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(Script.Replace("r=8, lora_alpha=16", "r=16, lora_alpha=32", StringComparison.Ordinal), scratch.Read("train.py"));
    }

    [Fact]
    public void A_rank_from_elsewhere_is_not_overwritten()
    {
        using var scratch = new ScratchFolder();
        var text = "x-rank: &rank 8\nbase_model: NousResearch/Meta-Llama-3.1-8B\nadapter: lora\nsequence_len: 2048\nlora_r: *rank\n"
            + "lora_alpha: 16\nlora_target_linear: true\n";
        scratch.Write("t.yml", text);
        var run = Apply(scratch, "t.yml", 16);
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Contains("lora_r is taken from elsewhere; write 16 there", run.Error, StringComparison.Ordinal);
        Assert.Equal(text, scratch.Read("t.yml"));
    }

    [Fact]
    public void What_check_would_find_worse_is_not_written()
    {
        using var scratch = new ScratchFolder();
        // Far above what a weight can have.
        var model = Repository.PathTo("examples/quickstart/model");
        var text = $"base_model: {model}\nadapter: lora\nsequence_len: 256\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\n";
        scratch.Write("t.yml", text);
        var run = Apply(scratch, "t.yml", 512);
        Assert.Equal((2, ""), (run.Code, run.Out));
        Assert.Contains("t.yml is left as it is: with rank 512 `loralint check` would find ", run.Error, StringComparison.Ordinal);
        Assert.Equal(text, scratch.Read("t.yml"));
    }

    [Fact]
    public void Examples_of_all_formats_pass_the_check_no_worse_than_before()
    {
        foreach (var path in Directory.EnumerateFiles(Repository.PathTo("examples"), "*.y*ml", SearchOption.AllDirectories)
            .Where(p => !p.Contains("/out", StringComparison.Ordinal)))
        {
            using var scratch = new ScratchFolder();
            var name = Path.GetFileName(path);
            scratch.Write(name, File.ReadAllText(path));
            var before = BadFindings(scratch, name);
            var run = Apply(scratch, name, 24, "--model", "meta-llama/Llama-3.1-8B", "--target-modules", "all-linear");
            if (run.Code != 0)
            {
                // Kohya's configs are of diffusion models, companions train nothing.
                Assert.Contains(": no config that trains low-rank adapters", run.Error, StringComparison.Ordinal);
                continue;
            }

            Assert.True(BadFindings(scratch, name) <= before, path);
            var inspected = JsonDocument.Parse(scratch.Run("inspect", name, "--format", "json").Out).RootElement;
            var rank = inspected.GetProperty("configs")[0].GetProperty("settings").GetProperty("rank");
            Assert.Equal(24, rank.GetProperty("value").GetDouble());
        }
    }

    // The rank is what a sweep says, so that tests may choose it.
    private static ToolRun Apply(ScratchFolder scratch, string config, long rank, params string[] more)
    {
        scratch.Write("sweep.json", $$$"""{"verdict": {"rank": {{{rank}}}}}""");
        return scratch.Run(["rank", config, "--method", "sweep", "--sweep", "sweep.json", "--apply", .. more]);
    }

    private static int BadFindings(ScratchFolder scratch, string name)
    {
        var summary = JsonDocument.Parse(scratch.Run("check", name, "--format", "json").Out).RootElement.GetProperty("summary");
        return summary.GetProperty("errors").GetInt32() + summary.GetProperty("warnings").GetInt32();
    }
}
