using LoraLint.Rules.Configs;

namespace LoraLint.Tests.Formats;

public sealed class NemoAutomodelFormatTests
{
    private const string Minimal = "model: {pretrained_model_name_or_path: x/y}\npeft: {}\n";

    [Fact]
    public void The_defaults_of_a_run_hold()
    {
        var config = Map("");
        Assert.Equal("Default Lora", config.Method.Show());
        Assert.Equal("Default 8", config.Rank.Show());
        Assert.Equal("Default 32", config.Alpha.Show());
        Assert.Equal("Derived 4", config.Scaling.Show());
        Assert.Equal("Default 0", config.Dropout.Show());
        Assert.Equal("Default *_proj", config.TargetModules.Show());
        Assert.Equal("Default constant", config.LrScheduler.Show());
        Assert.Equal("Default 0 Steps", config.Warmup.Show());
        Assert.Equal("Default 1", config.MaxGradNorm.Show());
        Assert.Equal("Default 10", config.Epochs.Show());
        Assert.Equal("Absent", config.MaxSteps.Show());
        Assert.Equal("Default 1", config.MicroBatchSize.Show());
        Assert.Equal("Default 16", config.QuantizationBits.Show());
        Assert.Equal("Default False", config.Packing.Show());
        Assert.Equal("Default 42", config.Seed.Show());
        Assert.Equal("Default checkpoints/", config.OutputDir.Show());
        Assert.Equal("Default no", config.EvalStrategy.Show());
        Assert.Equal("Default steps", config.SaveStrategy.Show());
        Assert.Equal("Default 100", config.SaveSteps.Show());
    }

    [Theory]
    [InlineData("peft: {match_all_linear: true}", "Derived all-linear, lm_head")]
    [InlineData("peft: {target_modules: '*_proj'}", "Written *_proj")]
    [InlineData("peft: {target_modules: ['*.q_proj', '*.v_proj']}", "Written *.q_proj, *.v_proj")]
    [InlineData("peft: {target_modules: [], exclude_modules: ['*.out_proj']}", "Absent")]
    [InlineData("peft: {match_all_linear: false}", "Default *_proj")]
    public void Modules_are_matched_by_names_with_stars(string peft, string modules) =>
        Assert.Equal(modules, Map(peft).TargetModules.Show());

    [Theory]
    [InlineData("quantization: {load_in_4bit: true}", "Derived 4", "Default nf4", "Qlora")]
    [InlineData("quantization: {load_in_8bit: true}", "Derived 8", "Absent", "Lora")]
    [InlineData("quantization: {load_in_4bit: false}", "Default 16", "Absent", "Lora")]
    [InlineData("quantization: {load_in_4bit: '${oc.env:X}'}", "Written ?", "Absent", "Lora")]
    public void The_base_is_quantized_by_a_block_of_its_own(string yaml, string bits, string type, string method)
    {
        var config = Map(yaml);
        Assert.Equal(
            (bits, type, method), (config.QuantizationBits.Show(), config.QuantizationType.Show(), config.Method.Or(default).ToString()));
    }

    [Theory]
    [InlineData("lr_scheduler: {lr_warmup_steps: 20}", "Default cosine", "Written 20 Steps")]
    [InlineData("lr_scheduler: {lr_decay_style: linear}", "Written linear", "Absent")]
    public void Without_a_number_the_warmup_is_a_share_of_steps_that_depend_on_the_data(string yaml, string schedule, string warmup)
    {
        var config = Map(yaml);
        Assert.Equal((schedule, warmup), (config.LrScheduler.Show(), config.Warmup.Show()));
    }

    [Theory]
    [InlineData("rng: {seed: 7}", "Written ?")]
    [InlineData("rng: {seed: 7}\nseed: 8", "Written 8")]
    public void Which_seed_counts_depends_on_the_version_unless_it_stands_at_the_top(string yaml, string seed) =>
        Assert.Equal(seed, Map(yaml).Seed.Show());

    [Theory]
    [InlineData("step_scheduler: {num_epochs: null}", "Absent", "Absent", "Default 1")]
    [InlineData("step_scheduler: {num_epochs: None, max_steps: none}", "Absent", "Absent", "Default 1")]
    [InlineData("step_scheduler: {max_steps: 9, local_batch_size: 4}", "Default 10", "Written 9", "Written 4")]
    public void The_schedule_of_steps_is_read(string yaml, string epochs, string steps, string batch)
    {
        var config = Map(yaml);
        Assert.Equal((epochs, steps, batch), (config.Epochs.Show(), config.MaxSteps.Show(), config.MicroBatchSize.Show()));
    }

    [Theory]
    [InlineData("packed_sequence: {packed_sequence_size: 0}\ndataset: {seq_length: 512}", "Written False", "Written 512")]
    [InlineData("packed_sequence: {packed_sequence_size: 1024}\ndataset: {seq_length: 512}", "Written True", "Written 1024")]
    public void A_size_above_zero_packs(string yaml, string packing, string length)
    {
        var config = Map(yaml);
        Assert.Equal((packing, length), (config.Packing.Show(), config.MaxSequenceLength.Show()));
    }

    [Fact]
    public void Text_that_is_a_number_for_Python_is_one()
    {
        var config = Map("optimizer: {_target_: torch.optim.Adam, lr: 1e-4, weight_decay: 0}");
        Assert.Equal(("Written 1.0e-4", "Written Adam", "Written 0"), (
            config.LearningRate.Show(), config.Optimizer.Show(), config.WeightDecay.Show()));
    }

    [Fact]
    public void Without_an_adapter_all_weights_are_trained_and_that_is_not_our_business()
    {
        var config = MappedText.Map("nemo-automodel", "model: {pretrained_model_name_or_path: x/y}\n");
        Assert.False(config.ConcernsLora);
        Assert.Equal("Default Full", config.Method.Show());
    }

    [Fact]
    public void Recipes_for_draft_models_have_a_block_of_their_own_and_none_of_these_defaults()
    {
        var config = MappedText.Map("nemo-automodel", "recipe_args: {num_epochs: 2, micro_batch_size: 3}\npeft: {dim: 8}\n");
        Assert.Equal(("Written 2", "Written 3", "Absent", "Absent"), (
            config.Epochs.Show(), config.MicroBatchSize.Show(), config.SaveStrategy.Show(), config.Seed.Show()));
    }

    private static TrainingConfig Map(string yaml) => MappedText.Map(
        "nemo-automodel", yaml.StartsWith("peft", StringComparison.Ordinal)
            ? "model: {pretrained_model_name_or_path: x/y}\n" + yaml + "\n" : Minimal + yaml + "\n");
}
