using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Rules on the base model's real modules: what they must not report.</summary>
public sealed class KnownModelTests
{
    private static readonly string[] s_rules =
    [
        "target-modules-no-match", "target-modules-partial-miss", "target-modules-without-default", "target-module-unsupported",
        "moe-experts-need-target-parameters", "moe-router-targeted", "layers-out-of-range", "rank-exceeds-layer", "rank-pattern-no-match",
        "alpha-pattern-no-match", "modules-to-save-no-match", "modules-to-save-suffix-collision", "exclude-modules-no-match",
        "tied-embeddings-without-weight-tying", "fan-in-fan-out-mismatch", "weight-tying-without-target", "seq-exceeds-context",
    ];

    [Theory]
    // The model is not known: nothing is said.
    [InlineData("me/my-model", "[no_such_module]")]
    [InlineData("./phi", "[q_proj]")]
    // A copy that was converted to other modules.
    [InlineData("unsloth/Phi-3-mini-4k-instruct", "[q_proj, k_proj]")]
    // Former names of stacked experts, which PEFT translates.
    [InlineData("Qwen/Qwen3-30B-A3B", "[q_proj, gate_proj, up_proj, down_proj]")]
    [InlineData("mistralai/Mixtral-8x7B-v0.1", "[q_proj, w1, w2, w3]")]
    // Names of modules in one of two versions of the library.
    [InlineData("google/gemma-3-4b-it", "'.*language_model.*(q|v)_proj'")]
    // A suffix of several parts, and a whole name.
    [InlineData("meta-llama/Llama-3.2-1B", "[self_attn.q_proj, model.layers.0.mlp.up_proj]")]
    // What other rules report.
    [InlineData("meta-llama/Llama-3.2-1B", "[\".*q_proj\"]")]
    [InlineData("meta-llama/Llama-3.2-1B", "q_proj")]
    [InlineData("meta-llama/Llama-3.2-1B", "[]")]
    [InlineData("meta-llama/Llama-3.2-1B", "[${MODULES}]")]
    // A pattern that cannot be judged.
    [InlineData("meta-llama/Llama-3.2-1B", "\"(?i)Q_PROJ\"")]
    public void Nothing_is_said_of_targets_that_are_right_or_not_known(string model, string targets) =>
        Assert.Empty(
            Findings($"base_model: {model}\nadapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_modules: {targets}\n", "axolotl"));

    [Fact]
    public void A_narrow_gate_does_not_bound_the_rank_of_all_layers() => Assert.Empty(Findings(
        "base_model: Qwen/Qwen1.5-MoE-A2.7B\nadapter: lora\nlora_r: 128\nlora_alpha: 256\nlora_target_linear: true\n", "axolotl"));

    // One task's head is not another's: the names of a classifier are not those of the language model.
    [Theory]
    [InlineData("SEQ_CLS")]
    [InlineData("FEATURE_EXTRACTION")]
    public void An_adapter_of_a_task_with_its_own_head_is_not_judged(string task) => Assert.Empty(Findings(
        "{\"peft_type\": \"LORA\", \"task_type\": \"" + task + "\", \"base_model_name_or_path\": \"meta-llama/Llama-3.2-1B\", "
        + "\"target_modules\": [\"q_proj\"], \"modules_to_save\": [\"score\", \"classifier\"]}", "peft", "adapter_config.json"));

    // Without a task the class is not known, and with it whether names begin with `model.`.
    [Fact]
    public void A_pattern_of_an_adapter_without_a_task_is_not_judged() => Assert.Empty(Findings(
        """
        {"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-3.2-1B", "target_modules": "layers\\..*\\.q_proj",
         "modules_to_save": ["score"]}
        """, "peft", "adapter_config.json"));

    [Fact]
    public void Fixes_of_several_entries_settle()
    {
        const string config = "base_model: microsoft/Phi-3-mini-4k-instruct\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n"
            + "lora_target_modules:\n  - q_proj\n  - k_proj # keys\n  - o_proj\n";
        var text = config;
        for (var round = 0; round < 4; round++)
        {
            var fixes = Lint.Of("target-modules-partial-miss", text, "axolotl").Select(f => f.Fix!);
            text = FixPass.Apply(text, fixes);
        }

        Assert.Empty(Lint.Of("target-modules-partial-miss", text, "axolotl"));
        Assert.EndsWith("lora_target_modules:\n  - qkv_proj\n  - o_proj\n", text, StringComparison.Ordinal);
    }

    private static List<string> Findings(string text, string format, string path = "config.yaml") =>
    [
        .. Lint.Check(text, path, LintOptions.Default with { Format = format }).Findings
            .Select(f => f.Rule.Name).Where(s_rules.Contains),
    ];

    [Theory]
    [InlineData("lora_target: q_proj, query_proj", "query_proj")]
    [InlineData("lora_target: 'q_proj,query_proj,v_proj'", "query_proj")]
    [InlineData("lora_target: \"query_proj ,q_proj\"", "query_proj")]
    public void Of_names_in_one_text_the_one_that_is_wrong_is_marked(string line, string marked)
    {
        var text = $"model_name_or_path: meta-llama/Llama-3.1-8B\nstage: sft\nfinetuning_type: lora\nlora_rank: 8\ndataset: a\n{line}\n";
        Assert.Equal([marked], Lint.SpansOf("target-modules-partial-miss", text, "llama-factory"));
        Assert.Equal(
            text.IndexOf(marked, StringComparison.Ordinal),
            Lint.Of("target-modules-partial-miss", text, "llama-factory").Single().Span.Start);
    }

    // Inference, merging and deployment are files without data too; a command line says by its verb what it does.
    [Fact]
    public void A_command_that_trains_is_checked_without_its_data()
    {
        const string Command = "swift sft --model Qwen/Qwen2.5-7B --tuner_type lora --lora_rank 64 --lora_alpha 8\n";
        Assert.Contains(Lint.Check(Command, "run.sh").Findings, f => f.Rule.Name == "alpha-below-rank");
        const string File = "model: Qwen/Qwen2.5-7B\ntuner_type: lora\nlora_rank: 64\nlora_alpha: 8\n";
        Assert.Empty(Lint.Of("alpha-below-rank", File, "ms-swift"));
    }
}
