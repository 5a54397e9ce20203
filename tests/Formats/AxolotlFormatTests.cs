using LoraLint.Rules.Configs;

namespace LoraLint.Tests.Formats;

/// <summary>Expected values come from Axolotl's schema and loader at the commit that the format names.</summary>
public sealed class AxolotlFormatTests
{
    private const string Least = "base_model: meta-llama/Llama-3.2-1B\nadapter: lora\n";

    private static TrainingConfig Map(string text) => MappedText.Map("axolotl", Least + text);

    [Fact]
    public void What_is_not_written_has_the_schemas_defaults()
    {
        var config = Map("");
        Assert.Equal("Written Lora", config.Method.Show());
        Assert.Equal(TrainingTask.SupervisedFineTuning, config.Task);
        Assert.Equal("Absent", config.Rank.Show());
        Assert.Equal("Absent", config.Alpha.Show());
        Assert.Equal("Absent", config.Scaling.Show());
        Assert.Equal("Default 0", config.Dropout.Show());
        Assert.Equal("Default all", config.Layers.Show());
        Assert.Equal("Default none", config.Bias.Show());
        Assert.Equal("Default true", config.Init.Show());
        Assert.Equal("Default False", config.UseRslora.Show());
        Assert.Equal("Default []", config.ModulesToSave.Show());
        Assert.Equal("Absent", config.LearningRate.Show());
        Assert.Equal("Default cosine", config.LrScheduler.Show());
        Assert.Equal("Default 0.03 Ratio", config.Warmup.Show());
        Assert.Equal("Default adamw_torch_fused", config.Optimizer.Show());
        Assert.Equal("Default 0", config.WeightDecay.Show());
        Assert.Equal("Default 1", config.MaxGradNorm.Show());
        Assert.Equal("Default 1", config.Epochs.Show());
        Assert.Equal("Default 1", config.MicroBatchSize.Show());
        Assert.Equal("Default 1", config.GradientAccumulationSteps.Show());
        Assert.Equal("Default 16", config.QuantizationBits.Show());
        Assert.Equal("Default 512", config.MaxSequenceLength.Show());
        Assert.Equal("Default False", config.Packing.Show());
        Assert.Equal("Default False", config.GradientCheckpointing.Show());
        Assert.Equal("Default 42", config.Seed.Show());
        Assert.Equal("Default ./model-out", config.OutputDir.Show());
        Assert.Equal("Absent", config.Bf16.Show()); // auto: depends on the device
        Assert.Equal("Absent", config.Fp16.Show());
        Assert.Equal("Derived no", config.EvalStrategy.Show());
        Assert.Equal("Default epoch", config.SaveStrategy.Show());
        Assert.Equal("Default False", config.LoadBestModelAtEnd.Show());
        Assert.Equal("Default 0", config.ValidationSplit.Show());
    }

    [Fact]
    public void A_setting_knows_its_key_and_its_place()
    {
        const string Text = Least + "lora_r: 64 # high\nlora_alpha: 16\n";
        var config = MappedText.Map("axolotl", Text);
        Assert.Equal("lora_r", config.Rank.Key);
        Assert.Equal("64", Text.Substring(config.Rank.Entry!.Value.Span.Start, config.Rank.Entry.Value.Span.Length));
        Assert.Equal("Derived 0.25", config.Scaling.Show());
        Assert.Same(config.Alpha.Entry, config.Scaling.Entry);
    }

    [Fact]
    public void Blank_keys_of_a_template_do_not_make_a_full_fine_tune_ours()
    {
        var config = MappedText.Map("axolotl", """
            base_model: x/y
            adapter:
            lora_r:
            lora_alpha:
            lora_target_modules:
            lora_fan_in_fan_out: false
            output_dir: ./lora-out

            """);
        Assert.Equal("Default Full", config.Method.Show());
        Assert.NotNull(config.Method.Entry);
        Assert.False(config.ConcernsLora);
    }

    [Fact]
    public void A_rank_without_an_adapter_is_ours_though_all_weights_are_trained()
    {
        var config = MappedText.Map("axolotl", "base_model: x/y\nlora_r: 16\n");
        Assert.Equal(TuningMethod.Full, config.Method.Or(TuningMethod.Unknown));
        Assert.True(config.ConcernsLora);
        Assert.False(config.TrainsLora);
    }

    [Theory]
    [InlineData("lora", "load_in_4bit: true", "Default 16", "Absent", "Absent")] // the loader quantizes for qlora only
    [InlineData("lora", "load_in_8bit: true", "Written 8", "Derived int8", "Absent")]
    [InlineData("qlora", "load_in_4bit: true", "Written 4", "Default nf4", "Default True")]
    [InlineData("qlora", "load_in_4bit: true\nbnb_config_kwargs: {bnb_4bit_quant_type: fp4}", "Written 4", "Written fp4", "Default True")]
    [InlineData("qlora", "load_in_4bit: true\nbnb_config_kwargs:\n  bnb_4bit_use_double_quant: no", "Written 4", "Default nf4",
        "Written False")]
    [InlineData("qlora", "", "Absent", "Absent", "Absent")] // refused
    [InlineData("lora", "load_in_8bit: ${EIGHT}", "Written ?", "Absent", "Absent")]
    [InlineData("lora", "base_model_config: x\ngptq: true", "Absent", "Absent", "Absent")]
    public void Quantization_is_what_the_loader_makes_of_it(string adapter, string text, string bits, string type, string doubled)
    {
        var config = MappedText.Map("axolotl", $"base_model: meta-llama/Llama-3.2-1B\nadapter: {adapter}\n{text}\n");
        Assert.Equal(
            (bits, type, doubled),
            (config.QuantizationBits.Show(), config.QuantizationType.Show(), config.DoubleQuantization.Show()));
    }

    [Fact]
    public void A_base_whose_name_says_that_it_is_quantized_has_unknown_bits() =>
        Assert.Equal("Absent", MappedText.Map("axolotl", "base_model: TheBloke/Llama-2-7B-GPTQ\nadapter: lora\n").QuantizationBits.Show());

    [Theory]
    [InlineData("bf16: true", "Derived bfloat16", "Written True", "Default False")]
    [InlineData("bf16: auto", "Absent", "Written ?", "Absent")]
    [InlineData("bf16: full", "Derived bfloat16", "Written ?", "Absent")]
    [InlineData("bfloat16: true", "Derived bfloat16", "Written True", "Default False")]
    [InlineData("fp16: true", "Derived float16", "Derived False", "Written True")] // takes the automatic bf16 out
    [InlineData("bf16: false\nfp16: true", "Derived float16", "Written False", "Written True")]
    [InlineData("bf16: false", "Derived float32", "Written False", "Default False")]
    public void The_compute_type_follows_the_switches(string text, string dtype, string bf16, string fp16)
    {
        var config = Map("load_in_4bit: true\n" + text + "\n");
        Assert.Equal((dtype, bf16, fp16), (config.ComputeDtype.Show(), config.Bf16.Show(), config.Fp16.Show()));
    }

    [Theory]
    [InlineData("lora_target_linear: true", "Written all-linear")]
    [InlineData("lora_target_linear: true\nlora_target_modules: [lm_head]", "Written all-linear, lm_head")]
    [InlineData("lora_target_modules: [q_proj, v_proj]", "Written q_proj, v_proj")]
    [InlineData("lora_target_modules: all-linear", "Written all-linear")]
    [InlineData("lora_target_modules: .*proj", "Written .*proj")]
    [InlineData("lora_target_linear: ${ALL}", "Written ?")]
    [InlineData("", "Default ")] // an empty list, at which PEFT finds nothing
    public void Target_modules_are_united(string text, string expected) => Assert.Equal(expected, Map(text + "\n").TargetModules.Show());

    [Theory]
    [InlineData("evals_per_epoch: 4\nnum_epochs: 2\nval_set_size: 0.1", "Derived steps", "Derived 0.125")]
    [InlineData("evals_per_epoch: 1\nval_set_size: 0.1", "Default no", "Absent")] // one evaluation in all would be every step
    [InlineData("eval_steps: 50\nval_set_size: 0.1", "Derived steps", "Written 50")]
    [InlineData("eval_strategy: epoch\nval_set_size: 0.1", "Written epoch", "Absent")]
    [InlineData("evals_per_epoch: 4\nnum_epochs: 2", "Derived no", "Absent")] // nothing to evaluate on
    [InlineData("evals_per_epoch: ${N}\nval_set_size: 0.1", "Default no", "Written ?")]
    public void Evaluations_an_epoch_become_a_share_of_all_steps(string text, string strategy, string steps)
    {
        var config = Map(text + "\n");
        Assert.Equal(steps, config.EvalSteps.Show());
        if (!text.Contains('$'))
            Assert.Equal(strategy, config.EvalStrategy.Show());
    }

    [Fact]
    public void Checkpoints_an_epoch_become_a_share_of_all_steps()
    {
        var config = Map("saves_per_epoch: 2\nnum_epochs: 4\n");
        Assert.Equal(("Derived steps", "Derived 0.125"), (config.SaveStrategy.Show(), config.SaveSteps.Show()));
        Assert.Equal("saves_per_epoch", config.SaveSteps.Key);
    }

    [Theory]
    [InlineData("", "Default False")]
    [InlineData("load_best_model_at_end: true", "Written True")]
    [InlineData("early_stopping_patience: 3\nval_set_size: 0.1\nsave_steps: 100\neval_steps: 50", "Derived True")]
    [InlineData("early_stopping_patience: 3\nval_set_size: 0.1\nsave_steps: 75\neval_steps: 50", "Derived False")]
    public void Early_stopping_brings_the_best_model_along(string text, string expected) =>
        Assert.Equal(expected, Map(text + "\n").LoadBestModelAtEnd.Show());

    [Fact]
    public void With_a_given_adapter_its_own_config_counts()
    {
        var config = Map("lora_model_dir: ./out\nlora_r: 16\nlora_alpha: 32\n");
        Assert.Equal("Written ?", config.Rank.Show());
        Assert.NotNull(config.Rank.Entry);
        Assert.Equal("Absent", config.Scaling.Show());
        Assert.Equal("Absent", config.TargetModules.Show());
        Assert.True(config.TrainsLora);
    }

    [Theory]
    [InlineData("peft_init_lora_weights: false", "Default true")] // false never reaches PEFT
    [InlineData("peft_init_lora_weights: True", "Written true")]
    [InlineData("peft_init_lora_weights: pissa", "Written pissa")]
    [InlineData("peft:\n  loftq_config:\n    loftq_bits: 4", "Derived loftq")]
    public void Initialisation_is_what_reaches_PEFT(string text, string expected) => Assert.Equal(expected, Map(text + "\n").Init.Show());

    [Theory]
    [InlineData("rl: dpo", TrainingTask.Preference)]
    [InlineData("rl: grpo", TrainingTask.Reinforcement)]
    [InlineData("rl: ${RL}", TrainingTask.Unknown)]
    [InlineData("reward_model: true", TrainingTask.Reward)]
    [InlineData("pretraining_dataset: c4", TrainingTask.Pretraining)]
    [InlineData("datasets:\n  - path: a\n    type: completion", TrainingTask.Pretraining)]
    [InlineData("datasets:\n  - path: a\n    type: alpaca", TrainingTask.SupervisedFineTuning)]
    public void The_task_follows_from_the_keys(string text, TrainingTask expected) => Assert.Equal(expected, Map(text + "\n").Task);

    [Fact]
    public void Unknown_values_stay_unknown()
    {
        var config = MappedText.Map("axolotl", """
            base_model: ${BASE}
            adapter: ${ADAPTER}
            lora_r: ${R}
            lora_alpha: 32
            datasets:
              - path: ${DATA}

            """);
        Assert.Equal("Written ?", config.Method.Show());
        Assert.Equal("Written ?", config.Rank.Show());
        Assert.Equal("Absent", config.Scaling.Show());
        Assert.Equal("Written ?", config.Dataset.Show());
        Assert.Equal("Absent", config.QuantizationBits.Show());
    }

    [Fact]
    public void The_rest_is_read_where_it_stands()
    {
        var config = Map("""
            peft_use_dora: true
            peft_layers_to_transform: [0, 1]
            lora_rank_pattern: {q_proj: 8}
            lora_modules_to_save: [embed_tokens, lm_head]
            learning_rate: 2e-4
            warmup_steps: 10
            batch_size: 32
            micro_batch_size: 4
            gradient_checkpointing: offload
            datasets:
              - path: a.jsonl
              - path: b/c
            test_datasets:
              - path: d.jsonl
            deepspeed: deepspeed_configs/zero2.json

            """);
        Assert.Equal("Written Dora", config.Method.Show());
        Assert.Equal("Written [0, 1]", config.Layers.Show());
        Assert.Equal("Written {q_proj: 8}", config.RankPattern.Show());
        Assert.Equal("Default {}", config.AlphaPattern.Show());
        Assert.Equal("Written [embed_tokens, lm_head]", config.ModulesToSave.Show());
        Assert.Equal("Written 2.0e-4", config.LearningRate.Show());
        Assert.Equal("Written 10 Steps", config.Warmup.Show());
        Assert.Equal("Derived 8", config.GradientAccumulationSteps.Show());
        Assert.Equal("Written True", config.GradientCheckpointing.Show());
        Assert.Equal("Written [a.jsonl, b/c]", config.Dataset.Show());
        Assert.Equal("Written [d.jsonl]", config.EvalDataset.Show());
        Assert.Equal("Written deepspeed_configs/zero2.json", config.DeepSpeed.Show());
    }
}
