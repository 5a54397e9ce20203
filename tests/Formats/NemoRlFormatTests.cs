using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Tests.Formats;

public sealed class NemoRlFormatTests
{
    [Fact]
    public void A_recipe_on_DTensor_is_read_without_the_values_it_starts_from()
    {
        var config = MappedText.Map("nemo-rl", """
            defaults: ../../sft.yaml
            sft: {max_num_steps: 350, val_period: 20}
            checkpointing: {enabled: false}
            policy:
              model_name: x/y
              max_total_sequence_length: 4096
              dtensor_cfg: {lora_cfg: {enabled: true, dim: 128, alpha: 256}}
              optimizer: {name: torch.optim.AdamW, kwargs: {lr: 2.0e-05}}
            """);
        Assert.Equal("Written Lora", config.Method.Show());
        Assert.Equal("Written 128", config.Rank.Show());
        Assert.Equal("Derived 2", config.Scaling.Show());
        Assert.Equal("Absent", config.Dropout.Show());
        Assert.Equal("Absent", config.TargetModules.Show());
        Assert.Equal("Written 2.0e-5", config.LearningRate.Show());
        Assert.Equal("Written AdamW", config.Optimizer.Show());
        Assert.Equal("Written 350", config.MaxSteps.Show());
        Assert.Equal("Written 20", config.EvalSteps.Show());
        Assert.Equal("Derived no", config.SaveStrategy.Show());
        Assert.Equal(TrainingTask.SupervisedFineTuning, config.Task);
    }

    [Fact]
    public void With_Megatron_its_own_blocks_count()
    {
        var config = MappedText.Map("nemo-rl", """
            grpo: {max_num_steps: 10}
            policy:
              dtensor_cfg: {enabled: false, lora_cfg: {enabled: true, dim: 4}}
              megatron_cfg:
                enabled: true
                peft: {enabled: true, dim: 32, alpha: 32, target_modules: [linear_qkv, linear_proj]}
                optimizer: {optimizer: adam, lr: 1e-6}
                scheduler: {lr_decay_style: constant, lr_warmup_iters: 5}
            """);
        Assert.Equal("Written 32", config.Rank.Show());
        Assert.Equal(ModuleRoles.Attention, config.TargetModules.Or(null!).Roles);
        Assert.Equal("Written 1.0e-6", config.LearningRate.Show());
        Assert.Equal("Written 5 Steps", config.Warmup.Show());
        Assert.Equal(TrainingTask.Reinforcement, config.Task);
    }

    [Theory]
    [InlineData("{enabled: false, dim: 8}", "Written Full")]
    [InlineData("{dim: 8}", "Absent")]
    public void An_adapter_that_is_not_on_is_not_our_business(string block, string method)
    {
        var config = MappedText.Map("nemo-rl", $"policy: {{dtensor_cfg: {{lora_cfg: {block}}}}}\n");
        Assert.Equal((false, method), (config.ConcernsLora, config.Method.Show()));
    }

    [Theory]
    [InlineData("match_all_linear: true", "Written all-linear, lm_head")]
    [InlineData("match_all_linear: false, target_modules: ['*.q_proj']", "Written *.q_proj")]
    [InlineData("target_modules: ['*.q_proj']", "Absent")] // what it starts from may match all
    public void All_linear_layers_go_before_names(string keys, string modules) => Assert.Equal(
        modules,
        MappedText.Map("nemo-rl", $"policy: {{dtensor_cfg: {{lora_cfg: {{enabled: true, {keys}}}}}}}\n").TargetModules.Show());
}
