using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Types are judged as each framework's loader sees them.</summary>
public sealed class ValueTypeMismatchTests
{
    private const string Axolotl = "base_model: a/b\nadapter: lora\nlora_r: 16\n";
    private const string Factory = "model_name_or_path: a/b\nstage: sft\ndo_train: true\nfinetuning_type: lora\nlora_rank: 16\n";
    private const string Trl = "model_name_or_path: a/b\nuse_peft: true\nlora_r: 16\nlora_target_modules: [q_proj, v_proj]\n";

    [Theory]
    [InlineData("axolotl", Axolotl + "sequence_len: long\n")]
    [InlineData("axolotl", Axolotl + "lora_alpha: 16.5\n")]
    [InlineData("axolotl", Axolotl + "wandb_name: 2026\n")]
    [InlineData("axolotl", Axolotl + "micro_batch_size: [1, 2]\n")]
    [InlineData("axolotl", Axolotl + "gradient_checkpointing_kwargs: none\n")]
    [InlineData("llama-factory", Factory + "learning_rate: \"1e-4\"\n")]
    [InlineData("llama-factory", Factory + "plot_loss: \"false\"\n")]
    [InlineData("llama-factory", Factory + "logging_steps: {a: 1}\n")]
    [InlineData("trl", Trl + "packing: maybe\n")]
    public void What_surely_goes_wrong_is_an_error(string format, string text) =>
        Assert.Equal(Severity.Error, Assert.Single(Lint.Of("value-type-mismatch", text, format)).Severity);

    [Theory]
    [InlineData("axolotl", Axolotl + "learning_rate: 2e-4\n")]
    [InlineData("axolotl", Axolotl + "learning_rate: \"0.0002\"\n")]
    [InlineData("axolotl", Axolotl + "lora_alpha: 16.0\n")]
    [InlineData("axolotl", Axolotl + "sequence_len: ${len}\n")]
    [InlineData("axolotl", Axolotl + "sequence_len:\n")]
    [InlineData("axolotl", Axolotl + "jagged_restart_anneal_steps: false\n")]
    [InlineData("llama-factory", Factory + "learning_rate: 1e-4\n")]
    [InlineData("llama-factory", Factory + "dataset: [a, b]\n")]
    [InlineData("trl", Trl + "learning_rate: 2e-4\n")]
    [InlineData("trl", Trl + "packing: \"false\"\n")]
    public void What_the_loader_converts_or_may_be_right_is_not_reported(string format, string text) =>
        Assert.Empty(Lint.Of("value-type-mismatch", text, format));

    [Fact]
    public void True_for_a_number_is_a_warning() =>
        Assert.Equal(
            Severity.Warning, Assert.Single(Lint.Of("value-type-mismatch", Factory + "logging_steps: true\n", "llama-factory")).Severity);
}
