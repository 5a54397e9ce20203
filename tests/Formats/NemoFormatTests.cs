using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Tests.Formats;

public sealed class NemoFormatTests
{
    private const string Run = """
        trainer: {devices: 8, num_nodes: 1, precision: bf16, max_steps: 100, max_epochs: 9, val_check_interval: 20}
        model:
          global_batch_size: 128
          micro_batch_size: 4
          tensor_model_parallel_size: 2
          restore_from_path: ???
          data: {train_ds: {max_seq_length: 2048}}
          optim: {name: fused_adam, lr: 1e-4, weight_decay: 0.01, sched: {name: CosineAnnealing, warmup_steps: 5}}
          peft:
            peft_scheme: SCHEME
            lora_tuning: {LORA}

        """;

    [Fact]
    public void A_run_is_read()
    {
        var config = Map("lora", "adapter_dim: 32, adapter_dropout: 0.1");
        Assert.Equal("Written Lora", config.Method.Show());
        Assert.Equal("Written ?", config.BaseModel.Show());
        Assert.Equal("Written 32", config.Rank.Show());
        Assert.Equal("Written 0.1", config.Dropout.Show());
        Assert.Equal("Written 1.0e-4", config.LearningRate.Show());
        Assert.Equal("Written CosineAnnealing", config.LrScheduler.Show());
        Assert.Equal("Written 5 Steps", config.Warmup.Show());
        Assert.Equal("Written 100", config.MaxSteps.Show());
        Assert.Equal("Written 2048", config.MaxSequenceLength.Show());
        Assert.Equal("Written bfloat16", config.ComputeDtype.Show());
        Assert.Equal("Written 20", config.EvalSteps.Show());
    }

    [Theory]
    [InlineData("adapter_dim: 32", "Derived 32", "Derived 1")]
    [InlineData("adapter_dim: 32, alpha: 64", "Written 64", "Derived 2")]
    [InlineData("adapter_dim: 32, alpha: '${model.x}'", "Written ?", "Absent")]
    public void Alpha_is_the_rank_unless_it_is_written(string lora, string alpha, string scaling)
    {
        var config = Map("lora", lora);
        Assert.Equal((alpha, scaling), (config.Alpha.Show(), config.Scaling.Show()));
    }

    [Theory]
    [InlineData("adapter_dim: 8", ModuleRoles.Query | ModuleRoles.Key | ModuleRoles.Value)]
    [InlineData("adapter_dim: 8, target_modules: [attention]", ModuleRoles.Attention)]
    [InlineData("adapter_dim: 8, target_modules: [all]", ModuleRoles.AllLinear)]
    [InlineData("adapter_dim: 8, target_modules: [attention_dense, mlp_fc1]", ModuleRoles.Output | ModuleRoles.Gate | ModuleRoles.Up)]
    public void Modules_have_NeMos_names(string lora, ModuleRoles roles)
    {
        var modules = Map("lora", lora).TargetModules.Or(null!);
        Assert.True(modules.RolesAreKnown);
        Assert.Equal(roles, modules.Roles);
    }

    [Fact]
    public void Layers_are_counted_from_one() =>
        Assert.Equal([0L, 11L], Map("lora", "adapter_dim: 8, layer_selection: [1, 12]").Layers.Or(null!).Indices);

    [Theory]
    [InlineData("lora", "Written Lora", true)]
    [InlineData("qlora", "Written Qlora", true)]
    [InlineData("ptuning", "Written Other", true)]
    [InlineData("'none'", "Derived Full", false)]
    [InlineData("null", "Default Full", false)]
    public void The_scheme_makes_the_method(string scheme, string method, bool concerns)
    {
        var config = Map(scheme, "adapter_dim: 8");
        Assert.Equal((method, concerns), (config.Method.Show(), config.ConcernsLora));
    }

    [Theory]
    [InlineData("devices: 8", "Derived 8")] // 128 / (4 x 8 / 2)
    [InlineData("devices: 1", "Absent")] // half a copy of the model
    [InlineData("devices: auto", "Absent")]
    public void The_global_batch_is_split_over_copies_of_the_model(string devices, string accumulation) => Assert.Equal(
        accumulation, MappedText.Map("nemo", Text("lora", "adapter_dim: 8").Replace("devices: 8", devices, StringComparison.Ordinal))
            .GradientAccumulationSteps.Show());

    [Theory]
    [InlineData("val_check_interval: 0.25")]
    [InlineData("val_check_interval: 1.0")]
    public void A_share_of_an_epoch_is_no_number_of_steps(string interval)
    {
        var text = Text("lora", "adapter_dim: 8").Replace("val_check_interval: 20", interval, StringComparison.Ordinal);
        Assert.Equal("Absent", MappedText.Map("nemo", text).EvalSteps.Show());
    }

    [Fact]
    public void A_loop_of_Aligners_has_numbers_of_its_own()
    {
        var text = Text("lora", "adapter_dim: 8").Replace(
            "max_steps: 100", "max_steps: 50, draftp_sd: {max_steps: 20000, gradient_clip_val: 10}", StringComparison.Ordinal);
        var config = MappedText.Map("nemo", text);
        Assert.Equal(("Written 20000", "Written 10", "Absent"), (config.MaxSteps.Show(), config.MaxGradNorm.Show(), config.Epochs.Show()));
    }

    [Fact]
    public void A_file_without_training_data_trains_nothing()
    {
        var config = MappedText.Map(
            "nemo", "trainer: {devices: 1}\nmodel: {data: {test_ds: {}}, peft: {peft_scheme: lora}}\ninference: {}\n");
        Assert.Equal((false, "Derived None"), (config.ConcernsLora, config.Method.Show()));
    }

    private static TrainingConfig Map(string scheme, string lora) => MappedText.Map("nemo", Text(scheme, lora));

    private static string Text(string scheme, string lora) =>
        Run.Replace("SCHEME", scheme, StringComparison.Ordinal).Replace("{LORA}", "{" + lora + "}", StringComparison.Ordinal);
}
