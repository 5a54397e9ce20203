using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Carve-outs of the rules about one framework's keys: what is unknown is never guessed.</summary>
public sealed class FrameworkKeyTests
{
    private const string Axolotl = "base_model: a/b\nlora_r: 16\nlora_alpha: 32\n";

    [Theory]
    [InlineData("adapter: lora\nload_in_4bit: ${fourbit}\n")]
    [InlineData("adapter: ${adapter}\nload_in_4bit: true\n")]
    [InlineData("adapter: lora\nload_in_4bit: true\nload_in_8bit: true\n")]
    [InlineData("adapter: lora\nload_in_4bit: true\nquantize_moe_experts: true\n")]
    public void A_4_bit_base_that_may_be_right_is_passed_over(string more) =>
        Assert.Empty(Lint.Of("axolotl-lora-4bit-ignored", Axolotl + more, "axolotl"));

    [Theory]
    [InlineData("adapter: qlora\nload_in_4bit: ${fourbit}\n")]
    [InlineData("adapter: qlora\nmerge_lora: true\n")]
    [InlineData("adapter: qlora\nload_in_4bit: true\nload_in_8bit: true\n")]
    public void A_qlora_base_that_may_be_right_is_passed_over(string more) =>
        Assert.Empty(Lint.Of("axolotl-qlora-needs-4bit", Axolotl + more, "axolotl"));

    [Fact]
    public void The_adapter_to_add_follows_the_base() =>
        Assert.Equal(
            "Add adapter: qlora",
            Assert.Single(Lint.Of("axolotl-adapter-missing", Axolotl + "load_in_4bit: true\n", "axolotl")).Fix!.Title);

    [Theory]
    [InlineData("lora_target_modules: [q_proj]\n", 1)]
    [InlineData("lora_target_modules: ['.*\\.q_proj']\n", 0)]
    [InlineData("lora_target_modules: [all-linear]\n", 0)]
    [InlineData("lora_target_modules: [\"${module}\"]\n", 0)]
    public void TRL_unwraps_a_plain_name_alone(string modules, int findings) =>
        Assert.Equal(
            findings, Lint.Of("trl-single-target-module", "model_name_or_path: a/b\nuse_peft: true\nlora_r: 8\n" + modules, "trl").Count);

    [Fact]
    public void A_script_with_keys_of_its_own_may_not_need_use_peft()
    {
        const string text = "model_name_or_path: a/b\ndataset_name: c/d\nlora_r: 8\nlora_alpha: 16\nresponse_marker: x\n";
        Assert.Empty(Lint.Of("trl-use-peft-missing", text, "trl"));
        Assert.Single(Lint.Of("trl-use-peft-missing", text.Replace("response_marker: x\n", "", StringComparison.Ordinal), "trl"));
    }

    [Theory]
    [InlineData("/models/llama", "/models/llama/", 1)]
    [InlineData("/models/llama/out", "/models/llama", 1)]
    [InlineData("/models/llama-out", "/models/llama", 0)]
    [InlineData("${unknown}/llama", "/models/llama", 0)]
    [InlineData("${output_dir}", "/models/llama", 0)]
    public void Output_and_base_model_are_compared_by_the_parts_of_their_paths(string output, string checkpoint, int findings)
    {
        var text = "output_dir: /tmp/out\nmodel:\n  _component_: torchtune.models.llama3_1.lora_llama3_1_8b\n"
            + "  lora_attn_modules: [q_proj]\n  lora_rank: 8\n  lora_alpha: 16\n"
            + $"checkpointer:\n  checkpoint_dir: {checkpoint}\n  output_dir: {output}\n";
        Assert.Equal(findings, Lint.Of("torchtune-output-in-checkpoint-dir", text, "torchtune").Count);
    }

    [Fact]
    public void An_empty_block_of_mlx_is_filled_with_the_defaults()
    {
        const string text = "model: a/b\ntrain: true\nlora_parameters: {}\n";
        var fix = Assert.Single(Lint.Of("mlx-lora-parameters-incomplete", text, "mlx-lm")).Fix!;
        Assert.Contains(
            "{rank: 8, scale: 20.0, dropout: 0.0}", LoraLint.Rules.Text.TextEdit.Apply(text, fix.Edits), StringComparison.Ordinal);
    }

    [Fact]
    public void Null_on_ms_swifts_command_line_becomes_a_word() =>
        Assert.Single(Lint.Of("yaml-none-string", "model: a/b\ntuner_type: lora\nlora_rank: 8\ndeepspeed: null\n", "ms-swift"));

    [Fact]
    public void A_format_that_does_not_exist_is_named_with_the_nearest_one()
    {
        const string text = "# loralint-format: axolotel\nbase_model: a/b\nadapter: lora\nlora_r: 16\n";
        var finding = Assert.Single(Lint.Check(text).Findings, f => f.Rule.Name == "unknown-format-name");
        Assert.Equal("axolotel", text.Substring(finding.Span.Start, finding.Span.Length));
        Assert.Equal("Write axolotl", finding.Fix!.Title);
    }
}
