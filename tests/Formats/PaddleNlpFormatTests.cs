using LoraLint.Rules.Configs;

namespace LoraLint.Tests.Formats;

public sealed class PaddleNlpFormatTests
{
    [Fact]
    public void The_defaults_of_a_run_hold()
    {
        var config = Map("""{"lora": true}""");
        Assert.Equal("Written Lora", config.Method.Show());
        Assert.Equal("Default 8", config.Rank.Show());
        Assert.Equal("Derived 16", config.Alpha.Show());
        Assert.Equal("Derived 2", config.Scaling.Show());
        Assert.Equal("Default 0", config.Dropout.Show());
        Assert.Equal("Absent", config.TargetModules.Show());
        Assert.Equal("Default 5.0e-5", config.LearningRate.Show());
        Assert.Equal("Default adamw", config.Optimizer.Show());
        Assert.Equal("Default 1", config.Epochs.Show());
        Assert.Equal("Default 8", config.MicroBatchSize.Show());
        Assert.Equal("Default False", config.GradientCheckpointing.Show());
        Assert.Equal("Default no", config.EvalStrategy.Show());
    }

    [Theory]
    [InlineData("\"lora_rank\": 64", "Derived 128", "Derived 2")]
    [InlineData("\"lora_rank\": 64, \"lora_alpha\": 16", "Derived 128", "Derived 2")]
    [InlineData("\"lora_rank\": 64, \"rslora\": true", "Derived 4", "Derived 0.5")]
    [InlineData("\"lora_rank\": 64, \"rslora_plus\": true", "Derived 4", "Derived 0.5")]
    [InlineData("\"lora_rank\": 64, \"pissa\": true", "Derived 128", "Derived 1")]
    public void The_scripts_set_alpha_themselves(string keys, string alpha, string scaling)
    {
        var config = Map($$"""{"lora": true, {{keys}}}""");
        Assert.Equal((alpha, scaling), (config.Alpha.Show(), config.Scaling.Show()));
    }

    [Theory]
    [InlineData("nf4", "Derived 4", "Qlora")]
    [InlineData("weight_only_int8", "Derived 8", "Lora")]
    [InlineData("something", "Written ?", "Lora")]
    public void The_algorithm_makes_the_bits(string algorithm, string bits, string method)
    {
        var config = Map($$"""{"lora": true, "weight_quantize_algo": "{{algorithm}}"}""");
        Assert.Equal((bits, method), (config.QuantizationBits.Show(), config.Method.Or(default).ToString()));
    }

    [Theory]
    [InlineData("\"lora\": false", "Derived Full")]
    [InlineData("\"lokr\": true", "Default Other")]
    public void Without_LoRA_the_file_is_not_our_business(string keys, string method)
    {
        var config = Map($$"""{{{keys}}}""");
        Assert.Equal((false, method), (config.ConcernsLora, config.Method.Show()));
    }

    [Theory]
    [InlineData("\"warmup_steps\": 30, \"warmup_ratio\": 0.1", "Written 30 Steps")]
    [InlineData("\"warmup_steps\": 0, \"warmup_ratio\": 0.1", "Written 0.1 Ratio")]
    public void Steps_above_zero_go_before_the_share(string keys, string warmup) =>
        Assert.Equal(warmup, Map($$"""{"lora": true, {{keys}}}""").Warmup.Show());

    [Fact]
    public void Evaluation_without_a_strategy_goes_by_steps() =>
        Assert.Equal("Derived steps", Map("""{"lora": true, "do_eval": true}""").EvalStrategy.Show());

    private static TrainingConfig Map(string json) => MappedText.Map("paddlenlp", json, "config.json");
}
