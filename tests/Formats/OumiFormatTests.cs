using LoraLint.Rules.Configs;

namespace LoraLint.Tests.Formats;

public sealed class OumiFormatTests
{
    [Fact]
    public void The_defaults_of_a_run_hold()
    {
        var config = Map("training: {use_peft: true}\n");
        Assert.Equal("Written Lora", config.Method.Show());
        Assert.Equal("Default 8", config.Rank.Show());
        Assert.Equal("Default 8", config.Alpha.Show());
        Assert.Equal("Derived 1", config.Scaling.Show());
        Assert.Equal("Default 0", config.Dropout.Show());
        Assert.Equal("Absent", config.TargetModules.Show());
        Assert.Equal("Default none", config.Bias.Show());
        Assert.Equal("Default true", config.Init.Show());
        Assert.Equal("Default 5.0e-5", config.LearningRate.Show());
        Assert.Equal("Default linear", config.LrScheduler.Show());
        Assert.Equal("Default 0 Steps", config.Warmup.Show());
        Assert.Equal("Default adamw_torch", config.Optimizer.Show());
        Assert.Equal("Default 1", config.MaxGradNorm.Show());
        Assert.Equal("Default 3", config.Epochs.Show());
        Assert.Equal("Default -1", config.MaxSteps.Show());
        Assert.Equal("Default 8", config.MicroBatchSize.Show());
        Assert.Equal("Default 1", config.GradientAccumulationSteps.Show());
        Assert.Equal("Default 16", config.QuantizationBits.Show());
        Assert.Equal("Default 42", config.Seed.Show());
        Assert.Equal("Default output", config.OutputDir.Show());
        Assert.Equal("Default no", config.EvalStrategy.Show());
        Assert.Equal("Derived steps", config.SaveStrategy.Show().Replace("Default", "Derived", StringComparison.Ordinal));
        Assert.Equal("Default 500", config.SaveSteps.Show());
    }

    [Theory]
    [InlineData("training: {use_peft: true}\npeft: {q_lora: true}", "Qlora", "Default 4", "Default fp4", "Default float32")]
    [InlineData("training: {use_peft: true}\npeft: {q_lora: true, q_lora_bits: 8}", "Lora", "Written 8", "Absent", "Absent")]
    [InlineData(
        "training: {use_peft: true}\npeft: {q_lora: true, bnb_4bit_quant_type: nf4, bnb_4bit_compute_dtype: bfloat16}",
        "Qlora", "Default 4", "Written nf4", "Written bfloat16")]
    public void The_base_is_quantized_when_q_lora_is_on(string yaml, string method, string bits, string type, string dtype)
    {
        var config = Map(yaml + "\n");
        Assert.Equal((method, bits, type, dtype), (
            config.Method.Or(default).ToString(), config.QuantizationBits.Show(), config.QuantizationType.Show(),
            config.ComputeDtype.Show()));
    }

    [Theory]
    [InlineData("peft: {lora_r: 16}", true, "Default Full")]
    [InlineData("training: {use_peft: false}\npeft: {lora_r: 16}", true, "Written Full")]
    [InlineData("training: {use_peft: false}", false, "Derived Full")]
    public void An_adapters_block_without_its_switch_trains_all_weights(string yaml, bool concerns, string method)
    {
        var config = Map(yaml + "\n");
        Assert.Equal((concerns, method), (config.ConcernsLora, config.Method.Show()));
    }

    [Theory]
    [InlineData("[all-linear]", "Written all-linear")]
    [InlineData("[q_proj, all-linear]", "Written q_proj, all-linear")]
    [InlineData("null", "Absent")]
    public void One_word_alone_stands_for_all_linear_layers(string value, string modules) =>
        Assert.Equal(modules, Map($"training: {{use_peft: true}}\npeft: {{lora_target_modules: {value}}}\n").TargetModules.Show());

    [Theory]
    [InlineData("RANDOM", "Written false")]
    [InlineData("DEFAULT", "Written true")]
    [InlineData("PISA", "Written pissa")]
    [InlineData("EVA", "Written eva")]
    public void Ways_to_start_go_by_their_members_names(string word, string init) =>
        Assert.Equal(init, Map($"training: {{use_peft: true}}\npeft: {{lora_init_weights: {word}}}\n").Init.Show());

    [Theory]
    [InlineData("warmup_ratio: 0.1", "Written 0.1 Ratio")]
    [InlineData("warmup_ratio: 0.1, warmup_steps: 5", "Written 5 Steps")]
    public void Steps_go_before_a_share(string keys, string warmup) =>
        Assert.Equal(warmup, Map($"training: {{use_peft: true, {keys}}}\n").Warmup.Show());

    [Theory]
    [InlineData("save_steps: 0", "no", "Absent")]
    [InlineData("save_steps: 0, save_epoch: true", "epoch", "Absent")]
    [InlineData("save_steps: 20, save_epoch: true", "steps", "Written 20")]
    public void Steps_above_zero_go_before_epochs(string keys, string strategy, string steps)
    {
        var config = Map($"training: {{use_peft: true, {keys}}}\n");
        Assert.Equal((strategy, steps), (config.SaveStrategy.Or(""), config.SaveSteps.Show()));
    }

    [Fact]
    public void Null_switches_clipping_off() =>
        Assert.Equal("Derived 0", Map("training: {use_peft: true, max_grad_norm: null}\n").MaxGradNorm.Show());

    [Fact]
    public void Precision_in_either_case_is_known()
    {
        var config = Map("training: {use_peft: true, mixed_precision_dtype: BF16}\n");
        Assert.Equal(("Derived True", "Derived False"), (config.Bf16.Show(), config.Fp16.Show()));
    }

    [Fact]
    public void DeepSpeeds_file_counts_when_it_is_on()
    {
        const string file = "deepspeed_config_path: ds.json";
        Assert.Equal("Absent", Map($"training: {{use_peft: true}}\ndeepspeed: {{{file}}}\n").DeepSpeed.Show());
        Assert.Equal(
            "Written ds.json", Map($"training: {{use_peft: true}}\ndeepspeed: {{{file}, enable_deepspeed: true}}\n").DeepSpeed.Show());
    }

    [Fact]
    public void What_a_search_tries_is_not_known()
    {
        var config = Map("""
            tuning:
              n_trials: 2
              tunable_training_params: {learning_rate: {type: loguniform, low: 1e-5, high: 1e-2}}
              tunable_peft_params: {lora_r: {type: categorical, choices: [8, 16]}}
              fixed_training_params: {use_peft: true, num_train_epochs: 2}
              fixed_peft_params: {lora_alpha: 32}
            """);
        Assert.Equal("Written ?", config.LearningRate.Show());
        Assert.Equal("Written ?", config.Rank.Show());
        Assert.Equal("Absent", config.Scaling.Show());
        Assert.Equal("Written 2", config.Epochs.Show());
        Assert.Equal("Written 32", config.Alpha.Show());
    }

    private static TrainingConfig Map(string yaml) => MappedText.Map("oumi", "model: {model_name: x/y}\n" + yaml);
}
