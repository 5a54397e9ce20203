using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Edge cases of the rules about schedule, batch and evaluation.</summary>
public sealed class ScheduleAndEvaluationTests
{
    private const string Axolotl = "base_model: a/b\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n";
    private const string Factory =
        "model_name_or_path: a/b\nstage: sft\ndo_train: true\nfinetuning_type: lora\nlora_rank: 8\nval_size: 0.1\n";
    private const string Swift = "model: a/b\ntuner_type: lora\ndataset: c/d#100\n";

    [Theory]
    [InlineData("eval_steps: 0.1\nsave_steps: 0.3\n", 0)]
    [InlineData("eval_steps: 0.1\nsave_steps: 0.25\n", 1)]
    [InlineData("eval_steps: 100\nsave_steps: 0.25\n", 1)]
    [InlineData("eval_steps: 100\n", 0)]
    [InlineData("eval_steps: 300\n", 1)]
    [InlineData("eval_steps: ${n}\nsave_steps: 100\n", 0)]
    [InlineData("logging_steps: 200\n", 1)]
    [InlineData("eval_steps: 300\nsave_strategy: best\n", 0)]
    public void Checkpoints_must_be_evaluated_to_find_the_best(string more, int findings) =>
        Assert.Equal(
            findings,
            Lint.Of(
                "load-best-save-steps-not-multiple", Factory + "load_best_model_at_end: true\neval_strategy: steps\n" + more,
                "llama-factory").Count);

    [Theory]
    [InlineData("eval_strategy: epoch\n", FixSafety.Safe)]
    [InlineData("eval_strategy: epoch\nsave_steps: 100\n", FixSafety.Unsafe)]
    [InlineData("save_strategy: epoch\n", null)]
    public void Saving_follows_evaluation_unless_steps_were_written(string more, FixSafety? safety)
    {
        var finding = Assert.Single(
            Lint.Of("load-best-strategy-mismatch", Factory + "load_best_model_at_end: true\n" + more, "llama-factory"));
        Assert.Equal(safety, finding.Fix?.Safety);
    }

    [Theory]
    [InlineData("eval_strategy: no\neval_steps: 50\n", 0)]
    [InlineData("eval_strategy: epoch\neval_steps: 50\n", 1)]
    [InlineData("eval_strategy: epoch\nevals_per_epoch: 2\n", 1)]
    [InlineData("eval_steps: 50\nevals_per_epoch:\n", 0)]
    [InlineData("save_steps: 0\nsaves_per_epoch: 1\n", 0)]
    public void Axolotl_takes_steps_and_a_strategy_that_agree(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("steps-with-other-strategy", Axolotl + "val_set_size: 0.1\n" + more, "axolotl").Count);

    [Theory]
    [InlineData("eval_steps: 50\n", 0)]
    [InlineData("eval_strategy: epoch\neval_steps: 50\nsplit_dataset_ratio: 0.1\n", 1)]
    public void Ms_swift_evaluates_when_there_is_data_for_it(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("steps-with-other-strategy", Swift + more, "ms-swift").Count);

    [Theory]
    [InlineData("axolotl", "num_epochs: 0\nmax_steps: ${steps}\n", 0)]
    [InlineData("axolotl", "num_epochs: ${epochs}\n", 0)]
    [InlineData("axolotl", "num_epochs: 0\nmax_steps: 0\n", 1)]
    public void Training_without_length_is_reported(string format, string more, int findings) =>
        Assert.Equal(findings, Lint.Of("nothing-to-train", Axolotl + more, format).Count);

    [Theory]
    [InlineData("iters: 0\n", 1)]
    [InlineData("iters: 100\n", 0)]
    public void Mlx_counts_in_iterations_alone(string more, int findings) =>
        Assert.Equal(
            findings,
            Lint.Of(
                "nothing-to-train", "model: a/b\ntrain: true\ndata: d\nlora_parameters: {rank: 8, scale: 20, dropout: 0}\n" + more,
                "mlx-lm").Count);

    [Theory]
    [InlineData("train: {epochs: null, max_steps: null}\n", 1)]
    [InlineData("train: {epochs: null, max_steps: 10}\n", 0)]
    [InlineData("train: {max_steps: null}\n", 0)]
    public void Litgpt_wants_epochs_or_steps(string more, int findings) =>
        Assert.Equal(
            findings,
            Lint.Of("nothing-to-train", "checkpoint_dir: c/d\nlora_r: 8\nlora_query: true\nlora_value: true\n" + more, "litgpt").Count);

    [Theory]
    [InlineData("", 0)]
    [InlineData("micro_batch_size: ${micro}\ngradient_accumulation_steps: 2\n", 0)]
    [InlineData("gradient_accumulation_steps: 2\n", 1)]
    [InlineData("batch_size: 8\nmicro_batch_size: 2\n", 0)]
    public void Axolotl_wants_two_of_three_batch_sizes(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("batch-fields-inconsistent", Axolotl + more, "axolotl").Count);

    [Theory]
    [InlineData("max_steps: 100\nwarmup_steps: 99\n", null, 0)]
    [InlineData("max_steps: 100\nwarmup_steps: 100\n", null, 1)]
    [InlineData("warmup_steps: 100\n", null, 0)]
    [InlineData("warmup_steps: 100\nnum_epochs: 1\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\n", 800L, 1)]
    [InlineData("warmup_steps: 100\nnum_epochs: 1\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\n", 808L, 0)]
    [InlineData("warmup_steps: 100\nnum_epochs: 1\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\nsample_packing: true\n", 80L, 0)]
    [InlineData("warmup_ratio: 0.5\nmax_steps: 1\n", null, 0)]
    public void The_warmup_must_end_before_training(string more, long? rows, int findings)
    {
        var options = LintOptions.Default with { Format = "axolotl", DatasetRows = rows };
        Assert.Equal(findings, Lint.Check(Axolotl + more, options: options).Findings.Count(f => f.Rule.Name == "warmup-exceeds-training"));
    }

    [Theory]
    [InlineData("warmup_ratio: ${ratio}\nwarmup_steps: 10\n", 0)]
    [InlineData("warmup_ratio: 0\nwarmup_steps: 10\n", 0)]
    [InlineData("warmup_ratio:\nwarmup_steps: 10\n", 0)]
    public void One_warmup_is_enough(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("warmup-both-set", Axolotl + more, "axolotl").Count);

    [Fact]
    public void An_early_stop_without_a_metric_is_reported_only_where_the_callback_wants_one()
    {
        const string text = Factory + "eval_strategy: epoch\nsave_strategy: epoch\nearly_stopping_steps: 3\n";
        Assert.Single(Lint.Of("early-stopping-without-eval", text, "llama-factory"));
        Assert.Empty(Lint.Of("early-stopping-without-eval", text + "metric_for_best_model: eval_loss\n", "llama-factory"));
        Assert.Empty(
            Lint.Of("early-stopping-without-eval", Axolotl + "early_stopping_patience: 3\neval_steps: ${n}\nsave_steps: 100\n", "axolotl"));
    }

    [Theory]
    [InlineData("max_steps: 10\nnum_epochs: ${epochs}\n", 1)]
    [InlineData("max_steps: -1\nnum_epochs: 3\n", 0)]
    [InlineData("max_steps: 10\n", 0)]
    [InlineData("max_steps: 10\nnum_epochs: 1\nstreaming: true\n", 0)]
    public void Steps_beside_epochs_are_worth_a_word(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("max-steps-overrides-epochs", Axolotl + more, "axolotl").Count);
}
