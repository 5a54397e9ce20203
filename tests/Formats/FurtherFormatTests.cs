namespace LoraLint.Tests.Formats;

/// <summary>Formats of which a few values matter.</summary>
public sealed class FurtherFormatTests
{
    [Theory]
    [InlineData("actor_model_config: {lora_config: {rank: 64, alpha: 32.0, module_path: '.*q_einsum'}}", "Lora", "Absent")]
    [InlineData("model_config: {lora_config: {rank: 64, alpha: 32.0, weight_qtype: nf4}}\ntraining_config: {}", "Qlora", "Derived 4")]
    public void Tunix_adapts_the_actor_or_the_one_model(string yaml, string method, string bits)
    {
        var config = MappedText.Map("tunix", yaml + "\n");
        Assert.Equal((method, "Written 64", "Derived 0.5", bits), (
            config.Method.Or(default).ToString(), config.Rank.Show(), config.Scaling.Show(), config.QuantizationBits.Show()));
    }

    [Theory]
    [InlineData("schedule_type: warmup_cosine_decay_schedule, peak_value: 1e-4, learning_rate: 9.0", "Written 1.0e-4")]
    [InlineData("learning_rate: 1.0e-3", "Written 0.001")]
    public void Tunix_schedules_bring_their_own_rate(string keys, string rate) => Assert.Equal(
        rate, MappedText.Map("tunix", $"model_config: {{lora_config: {{rank: 8, alpha: 8}}}}\noptimizer_config: {{{keys}}}\n")
            .LearningRate.Show());

    [Fact]
    public void Tunix_without_an_adapter_is_not_our_business() =>
        Assert.False(MappedText.Map("tunix", "model_config: {lora_config: {}}\n").ConcernsLora);

    [Fact]
    public void Primus_leaves_the_adapters_shape_to_a_recipe()
    {
        var config = MappedText.Map("primus", """
            exp_name: a
            modules:
              post_trainer:
                framework: megatron_bridge
                overrides:
                  {peft: lora, train_iters: 100, lr_warmup_iters: 5, finetune_lr: 1.0e-4, precision_config: bf16_mixed, micro_batch_size: 1}
            """);
        Assert.Equal("Written Lora", config.Method.Show());
        Assert.Equal("Absent", config.Rank.Show());
        Assert.Equal("Written 100", config.MaxSteps.Show());
        Assert.Equal("Written 5 Steps", config.Warmup.Show());
        Assert.Equal("Written 1.0e-4", config.LearningRate.Show());
        Assert.Equal("Written bfloat16", config.ComputeDtype.Show());
    }

    [Theory]
    [InlineData("peft: none")]
    [InlineData("train_iters: 5")]
    public void Primus_without_an_adapter_is_not_our_business(string overrides) => Assert.False(MappedText.Map(
        "primus", $"modules: {{post_trainer: {{framework: megatron_bridge, overrides: {{{overrides}}}}}}}\n").ConcernsLora);

    [Fact]
    public void LLMForge_hands_its_block_to_PEFT()
    {
        var config = MappedText.Map("llmforge", """
            model_id: x/y
            train_path: a
            learning_rate: 1e-4
            train_batch_size_per_device: 4
            deepspeed: {config_path: ds.json}
            lora_config: {r: 8, lora_alpha: 16, target_modules: [q_proj], modules_to_save: [], init_lora_weights: true}
            """);
        Assert.Equal("Derived 2", config.Scaling.Show());
        Assert.Equal("Default 0", config.Dropout.Show());
        Assert.Equal("Written true", config.Init.Show());
        Assert.Equal("Written ds.json", config.DeepSpeed.Show());
        Assert.Equal("Written 1.0e-4", config.LearningRate.Show());
        Assert.False(MappedText.Map("llmforge", "model_id: x/y\ntrain_path: a\n").ConcernsLora);
    }

    [Theory]
    [InlineData("is_flux: true", "Derived 16", "Derived 1")]
    [InlineData("is_xl: true", "Written 8", "Derived 0.5")]
    [InlineData("arch: sdxl", "Written 8", "Derived 0.5")]
    [InlineData("arch: qwen_image", "Written ?", "Absent")]
    public void Ai_toolkit_fixes_the_scaling_of_transformers(string model, string alpha, string scaling)
    {
        var config = MappedText.Map("ai-toolkit", $"network: {{type: lora, linear: 16, linear_alpha: 8}}\nmodel: {{{model}}}\n");
        Assert.Equal((alpha, scaling), (config.Alpha.Show(), config.Scaling.Show()));
    }

    [Fact]
    public void The_defaults_of_ai_toolkit_hold()
    {
        var config = MappedText.Map("ai-toolkit", "network: {}\nmodel: {is_xl: true}\n");
        Assert.Equal("Default 4", config.Rank.Show());
        Assert.Equal("Default 1", config.Alpha.Show());
        Assert.Equal("Default 1.0e-6", config.LearningRate.Show());
        Assert.Equal("Default adamw", config.Optimizer.Show());
        Assert.Equal("Default 1000", config.MaxSteps.Show());
        Assert.Equal("Default 1000", config.SaveSteps.Show());
        Assert.Equal("Default True", config.GradientCheckpointing.Show());
        Assert.Equal("Default 16", config.QuantizationBits.Show());
        Assert.Equal("Derived 8", MappedText.Map("ai-toolkit", "network: {}\nmodel: {quantize: true}\n").QuantizationBits.Show());
        Assert.False(MappedText.Map("ai-toolkit", "train: {}\nmodel: {}\n").ConcernsLora);
    }

    [Fact]
    public void The_defaults_of_Unsloths_command_line_hold()
    {
        var config = MappedText.Map("unsloth-studio", "model: x/y\ntraining: {}\nlora: {}\n");
        Assert.Equal("Default Qlora", config.Method.Show());
        Assert.Equal("Default 64", config.Rank.Show());
        Assert.Equal("Derived 0.25", config.Scaling.Show());
        Assert.Equal("Default 2.0e-4", config.LearningRate.Show());
        Assert.Equal("Default 5 Steps", config.Warmup.Show());
        Assert.Equal("Default 3407", config.Seed.Show());
        Assert.Equal("Default True", config.GradientCheckpointing.Show());
    }

    [Theory]
    [InlineData("''")]
    [InlineData("[]")]
    public void No_modules_leave_the_choice_to_Unsloths_trainer(string modules) => Assert.Equal(
        "Absent", MappedText.Map("unsloth-studio", $"model: x/y\nlora: {{target_modules: {modules}}}\n").TargetModules.Show());

    [Fact]
    public void Unsloth_Studios_own_files_get_no_defaults_of_the_command_line()
    {
        var config = MappedText.Map(
            "unsloth-studio", "training: {max_steps: 0, save_steps: 30}\nlora: {lora_r: 16, target_modules: [all-linear]}\n");
        Assert.Equal("Absent", config.Alpha.Show());
        Assert.Equal("Absent", config.LearningRate.Show());
        Assert.Equal("Absent", config.MaxSteps.Show());
        Assert.Equal("Written 30", config.SaveSteps.Show());
        Assert.Equal("Written all-linear", config.TargetModules.Show());
    }

    [Theory]
    [InlineData("task: llm-sft", "", "Default 4", "Default all-linear", "Default 3.0e-5")]
    [InlineData("task: llm-sft", ", quantization: int8", "Derived 8", "Default all-linear", "Default 3.0e-5")]
    [InlineData(
        "task: llm-sft", ", quantization: null, target_modules: 'q_proj,v_proj'", "Default 16", "Written q_proj, v_proj",
        "Default 3.0e-5")]
    [InlineData("task: seq2seq", "", "Default 8", "Default all-linear", "Default 5.0e-5")]
    public void AutoTrain_quantizes_unless_told_otherwise(string task, string keys, string bits, string modules, string rate)
    {
        var config = MappedText.Map("autotrain", $"{task}\nbase_model: x/y\nparams: {{peft: true{keys}}}\n");
        Assert.Equal(
            (bits, modules, rate), (config.QuantizationBits.Show(), config.TargetModules.Show(), config.LearningRate.Show()));
        Assert.Equal(("Default 16", "Default 32"), (config.Rank.Show(), config.Alpha.Show()));
    }

    [Theory]
    [InlineData("task: llm-sft\nparams: {peft: false}")]
    [InlineData("task: llm-sft\nparams: {}")]
    [InlineData("task: tabular\nparams: {peft: true}")]
    public void AutoTrain_without_PEFT_is_not_our_business(string yaml) =>
        Assert.False(MappedText.Map("autotrain", "base_model: x/y\n" + yaml + "\n").ConcernsLora);

    [Fact]
    public void AutoTrain_evaluates_and_keeps_the_best_with_a_split_for_it()
    {
        const string text = "task: llm-sft\nbase_model: x/y\ndata: {valid_split: SPLIT}\nparams: {peft: true}\n";
        var with = MappedText.Map("autotrain", text.Replace("SPLIT", "validation", StringComparison.Ordinal));
        var without = MappedText.Map("autotrain", text.Replace("SPLIT", "null", StringComparison.Ordinal));
        Assert.Equal(("Default epoch", "Derived True"), (with.EvalStrategy.Show(), with.LoadBestModelAtEnd.Show()));
        Assert.Equal(("Default no", "Derived False"), (without.EvalStrategy.Show(), without.LoadBestModelAtEnd.Show()));
    }

    [Fact]
    public void The_defaults_of_H2O_LLM_Studio_hold_for_language_modelling()
    {
        var config = MappedText.Map("h2o-llmstudio", "llm_backbone: x/y\ntraining: {lora_target_modules: ''}\n");
        Assert.Equal("Default Qlora", config.Method.Show());
        Assert.Equal("Default 4", config.Rank.Show());
        Assert.Equal("Default 16", config.Alpha.Show());
        Assert.Equal("Default all-linear", config.TargetModules.Show());
        Assert.Equal("Default 0 Epochs", config.Warmup.Show());
        Assert.Equal("Derived nf4", config.QuantizationType.Show().Replace("Default", "Derived", StringComparison.Ordinal));
        Assert.Equal("Default float16", config.ComputeDtype.Show());
        Assert.Equal("Absent", MappedText.Map("h2o-llmstudio", "problem_type: text_dpo_modeling\nllm_backbone: x/y\n").Rank.Show());
    }

    [Theory]
    [InlineData("architecture: {backbone_dtype: bfloat16}", "Default 16", "Default bfloat16")]
    [InlineData("architecture: {backbone_dtype: int8}", "Derived 8", "Default bfloat16")]
    [InlineData("environment: {mixed_precision: false}\narchitecture: {backbone_dtype: bfloat16}", "Default 16", "Absent")]
    public void H2O_LLM_Studios_storage_makes_the_bits(string yaml, string bits, string dtype)
    {
        var config = MappedText.Map("h2o-llmstudio", "llm_backbone: x/y\n" + yaml + "\n");
        Assert.Equal((bits, dtype), (config.QuantizationBits.Show(), config.ComputeDtype.Show()));
    }

    [Fact]
    public void The_defaults_of_Levanter_hold()
    {
        var config = MappedText.Map("levanter", "initialize_from_hf: x/y\npeft_save_path: out\ntrainer: {}\noptimizer: {}\n");
        Assert.Equal("Default 8", config.Rank.Show());
        Assert.Equal("Derived 1", config.Scaling.Show());
        Assert.Equal("Default all-linear, lm_head", config.TargetModules.Show());
        Assert.Equal("Default 6.0e-4", config.LearningRate.Show());
        Assert.Equal("Default 0.01 Ratio", config.Warmup.Show());
        Assert.Equal("Default 400000", config.MaxSteps.Show());
        Assert.False(MappedText.Map("levanter", "trainer: {mp: a}\noptimizer: {}\n").ConcernsLora);
    }

    [Theory]
    [InlineData("{enable: true, rank: 16}", "Written Lora", "Derived 16")]
    [InlineData("{enable: true, rank: 16, alpha: 32}", "Written Lora", "Written 32")]
    public void FastVideos_alpha_is_the_rank_unless_it_is_written(string lora, string method, string alpha)
    {
        var config = MappedText.Map("fastvideo", $"models: {{student: {{lora: {lora}}}}}\n");
        Assert.Equal((method, alpha), (config.Method.Show(), config.Alpha.Show()));
    }

    [Fact]
    public void FastVideos_adapter_has_a_switch() =>
        Assert.False(MappedText.Map("fastvideo", "models: {student: {lora: {rank: 16}}}\n").ConcernsLora);

    [Fact]
    public void The_defaults_of_qlora_pipe_hold()
    {
        var config = MappedText.Map(
            "qlora-pipe", "model = '/m'\nlora_rank = 64\nlora_alpha = 64\n[quantization.bnb]\nload_in_4bit = true\n", "config.toml");
        Assert.Equal("Derived Qlora", config.Method.Show());
        Assert.Equal("Default all-linear", config.TargetModules.Show());
        Assert.Equal("Default nf4", config.QuantizationType.Show());
        Assert.Equal("Default constant", config.LrScheduler.Show());
        Assert.Equal("Default 1", config.MaxGradNorm.Show());
        Assert.Equal("Default 0.01", config.WeightDecay.Show());
    }
}
