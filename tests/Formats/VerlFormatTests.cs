using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Tests.Formats;

public sealed class VerlFormatTests
{
    [Fact]
    public void A_reinforced_run_is_read()
    {
        var config = MappedText.Map("verl", """
            data: {train_files: a.parquet, max_prompt_length: 512, max_response_length: 1024}
            actor_rollout_ref:
              model: {path: x/y, lora_rank: 32}
              actor: {optim: {lr: 3e-6, lr_warmup_steps: -1, lr_warmup_steps_ratio: 0.1}, grad_clip: 1.0, ppo_micro_batch_size_per_gpu: 4}
            trainer: {total_epochs: 15, save_freq: -1, test_freq: 5}
            """);
        Assert.Equal("Derived Lora", config.Method.Show());
        Assert.Equal("Written 32", config.Rank.Show());
        Assert.Equal("Default 16", config.Alpha.Show());
        Assert.Equal("Default all-linear", config.TargetModules.Show());
        Assert.Equal("Default 0", config.Dropout.Show());
        Assert.Equal("Written 0.1 Ratio", config.Warmup.Show());
        Assert.Equal("Written 1", config.MaxGradNorm.Show());
        Assert.Equal("Derived 1536", config.MaxSequenceLength.Show());
        Assert.Equal("Derived no", config.SaveStrategy.Show());
        Assert.Equal("Written 5", config.EvalSteps.Show());
        Assert.Equal(TrainingTask.Reinforcement, config.Task);
    }

    [Fact]
    public void Megatrons_adapter_has_a_block_of_its_own()
    {
        var config = MappedText.Map(
            "verl", "actor_rollout_ref: {model: {lora_rank: 0, lora: {type: dora, rank: 16, target_modules: [linear_fc1, linear_fc2]}}}\n");
        Assert.Equal(("Written Dora", "Written 16", "Default 32", "Default 0"), (
            config.Method.Show(), config.Rank.Show(), config.Alpha.Show(), config.Dropout.Show()));
        Assert.Equal(ModuleRoles.Mlp, config.TargetModules.Or(null!).Roles);
    }

    [Fact]
    public void The_supervised_trainers_file_is_read()
    {
        var config = MappedText.Map("verl", """
            data: {train_files: a.parquet, max_length: 1024, micro_batch_size_per_gpu: 4}
            model: {partial_pretrain: x/y, lora_rank: 8, lora_alpha: 32, target_modules: [q_proj]}
            optim: {lr: 1e-4, lr_warmup_steps_ratio: 0.1, clip_grad: 1.0, lr_scheduler: cosine}
            trainer: {total_epochs: 4, seed: 1}
            """);
        Assert.Equal("Written x/y", config.BaseModel.Show());
        Assert.Equal("Derived 4", config.Scaling.Show());
        Assert.Equal("Written q_proj", config.TargetModules.Show());
        Assert.Equal("Written 4", config.MicroBatchSize.Show());
        Assert.Equal("Written cosine", config.LrScheduler.Show());
        Assert.Equal(TrainingTask.SupervisedFineTuning, config.Task);
    }

    [Fact]
    public void EasyR1_splits_a_text_at_its_commas()
    {
        var config = MappedText.Map(
            "verl", "worker: {actor: {model: {model_path: x/y, lora: {rank: 8, target_modules: 'q_proj, v_proj'}}}}\n");
        Assert.Equal(("Written 8", "Default 64", "Written q_proj, v_proj"), (
            config.Rank.Show(), config.Alpha.Show(), config.TargetModules.Show()));
    }

    [Theory]
    [InlineData("_target_: verl.workers.config.HFModelConfig\nlora_rank: 8\n", "Written 8")]
    [InlineData("_target_: verl.workers.config.FSDPCriticConfig\nmodel: {lora_rank: 16}\n", "Written 16")]
    public void A_piece_of_a_config_is_read_by_itself(string yaml, string rank) =>
        Assert.Equal(rank, MappedText.Map("verl", yaml).Rank.Show());

    [Theory]
    [InlineData("actor_rollout_ref: {model: {lora_rank: 0}}\n", "Written Full")]
    [InlineData("actor_rollout_ref: {model: {path: x/y}}\n", "Default Full")]
    public void Rank_zero_trains_all_weights(string yaml, string method)
    {
        var config = MappedText.Map("verl", yaml);
        Assert.Equal((false, method), (config.ConcernsLora, config.Method.Show()));
    }

    [Fact]
    public void A_given_adapter_brings_its_own_shape() => Assert.Equal(
        "Written ?", MappedText.Map("verl", "actor_rollout_ref: {model: {lora_rank: 8, lora_adapter_path: a}}\n").Rank.Show());
}
