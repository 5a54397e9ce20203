using LoraLint.Rules.Configs;

namespace LoraLint.Tests.Formats;

public sealed class LudwigFormatTests
{
    [Theory]
    [InlineData("adapter: {type: lora}")]
    [InlineData("adapter: lora")]
    public void The_defaults_of_a_run_hold(string adapter)
    {
        var config = Map(adapter + "\ntrainer: {type: finetune}");
        Assert.Equal("Written Lora", config.Method.Show());
        Assert.Equal("Default 8", config.Rank.Show());
        Assert.Equal("Derived 16", config.Alpha.Show());
        Assert.Equal("Derived 2", config.Scaling.Show());
        Assert.Equal("Default 0.05", config.Dropout.Show());
        Assert.Equal("Absent", config.TargetModules.Show());
        Assert.Equal("Default none", config.Bias.Show());
        Assert.Equal("Default true", config.Init.Show());
        Assert.Equal("Default 0.001", config.LearningRate.Show());
        Assert.Equal("Default constant", config.LrScheduler.Show());
        Assert.Equal("Default 0 Ratio", config.Warmup.Show());
        Assert.Equal("Default adam", config.Optimizer.Show());
        Assert.Equal("Default 0.5", config.MaxGradNorm.Show());
        Assert.Equal("Default 100", config.Epochs.Show());
        Assert.Equal("Default 1", config.MicroBatchSize.Show());
        Assert.Equal("Default 1", config.GradientAccumulationSteps.Show());
        Assert.Equal("Default 16", config.QuantizationBits.Show());
    }

    [Theory]
    [InlineData("quantization: {bits: 8}", "Written 8", "Absent", "Lora")]
    [InlineData("quantization: {bits: 4}", "Written 4", "Default nf4", "Qlora")]
    [InlineData("quantization: {bnb_4bit_quant_type: fp4}", "Default 4", "Written fp4", "Qlora")]
    [InlineData("quantization: {backend: torchao, mode: int4_weight_only}", "Derived 4", "Absent", "Qlora")]
    [InlineData("quantization: null", "Default 16", "Absent", "Lora")]
    public void A_block_quantizes_the_base(string yaml, string bits, string type, string method)
    {
        var config = Map("adapter: {type: lora}\ntrainer: {type: finetune}\n" + yaml);
        Assert.Equal(
            (bits, type, method), (config.QuantizationBits.Show(), config.QuantizationType.Show(), config.Method.Or(default).ToString()));
    }

    [Theory]
    [InlineData("trainer: {type: none}", TuningMethod.None)]
    [InlineData("", TuningMethod.None)]
    [InlineData("trainer: {type: dpo}", TuningMethod.Lora)]
    public void The_trainer_decides_whether_anything_is_trained(string yaml, TuningMethod method) =>
        Assert.Equal(method, Map("adapter: {type: lora}\n" + yaml).Method.Or(default));

    [Fact]
    public void Other_adapters_are_another_method() => Assert.Equal(
        TuningMethod.Other, Map("adapter: {type: oft}\ntrainer: {type: finetune}").Method.Or(default));

    [Fact]
    public void Pretrained_adapters_bring_their_own_shape()
    {
        var config = Map("adapter: {type: lora, r: 8, pretrained_adapter_weights: a/b}\ntrainer: {type: finetune}");
        Assert.Equal(("Written ?", "Absent"), (config.Rank.Show(), config.Dropout.Show()));
    }

    [Fact]
    public void A_warmup_in_evaluations_is_not_known_in_steps() => Assert.Equal(
        "Absent",
        Map("adapter: lora\ntrainer: {type: finetune, learning_rate_scheduler: {warmup_evaluations: 2, warmup_fraction: 0.1}}")
            .Warmup.Show());

    [Theory]
    [InlineData("model_type: ecd\nadapter: lora")]
    [InlineData("model_type: llm")]
    public void Models_of_other_kinds_and_without_an_adapter_are_not_our_business(string yaml) =>
        Assert.False(MappedText.Map("ludwig", yaml + "\ninput_features: []\noutput_features: []\n").ConcernsLora);

    private static TrainingConfig Map(string yaml) =>
        MappedText.Map("ludwig", "model_type: llm\nbase_model: x/y\ninput_features: []\noutput_features: []\n" + yaml + "\n");
}
