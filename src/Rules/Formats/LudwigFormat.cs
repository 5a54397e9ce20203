using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Ludwig's YAML for language models (<c>model_type: llm</c>). Adapters: ludwig/schema/llms/peft.py; the base's quantization:
/// ludwig/schema/llms/quantization.py; the run: ludwig/schema/trainer.py (FineTuneTrainerConfig and what it inherits),
/// ludwig/schema/lr_scheduler.py and ludwig/schema/optimizers.py. Keys that a block lacks are dropped with a warning (schema/utils.py).
/// </summary>
public sealed class LudwigFormat : ConfigFormat
{
    private static readonly string[] s_modelTypes = ["llm", "ecd", "gbm"];

    /// <inheritdoc/>
    public override string Name => "ludwig";

    /// <inheritdoc/>
    public override string Title => "Ludwig";

    /// <inheritdoc/>
    public override string Upstream => "ludwig-ai/ludwig@5d19f3e6 (2026-07-26)";

    /// <inheritdoc/>
    public override KeyTable? Keys => LudwigKeys.Table;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.Find("input_features") is not { Value.IsSequence: true } || root.Find("output_features") is not { Value.IsSequence: true })
            return 0;
        return root.Find("model_type") is { Value: { IsScalar: true } type } && s_modelTypes.Contains(type.Text) ? 95
            : root.Find("base_model") is not null ? 90 : 70;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var baseModel = read.Text("base_model");
        var isShort = read.Find("adapter") is { Value.IsScalar: true };
        if (read.Text("model_type", "ecd").Or("") != "llm" || !read.Has("adapter"))
            return new TrainingConfig { ConcernsLora = read.Has("adapters"), BaseModel = baseModel };

        var type = read.Text(isShort ? "adapter" : "adapter.type");
        var trainer = read.Text("trainer.type", "none");
        var method = MethodOf(read, type, trainer);
        if (type.Or("lora") != "lora")
            return new TrainingConfig { Method = method, Task = TaskOf(trainer.Or("")), BaseModel = baseModel };

        var bits = read.Has("quantization") ? BitsOf(read) : Adapters.Unquantized(baseModel, "quantization", read.Find("quantization"));
        var isBnb4 = bits.Or(16) == 4 && read.Text("quantization.backend", "bitsandbytes").Or("") == "bitsandbytes";
        var rank = read.Number("adapter.r", 8);
        var alpha = AlphaOf(read, rank);
        var rslora = read.Bool("adapter.use_rslora", false);
        // A pretrained adapter brings its own shape.
        var isGiven = read.Has("adapter.pretrained_adapter_weights");
        Setting<T> Own<T>(Setting<T> setting) => isGiven ? setting.AsUnknown() : setting;
        return new TrainingConfig
        {
            Method = method,
            Task = TaskOf(trainer.Or("")),
            BaseModel = baseModel,
            Rank = Own(rank),
            Alpha = Own(alpha),
            Scaling = Own(TrainingConfig.ScalingOf(rank, alpha, rslora)),
            Dropout = Own(read.Number("adapter.dropout", 0.05)),
            // Without a list PEFT's table of architectures decides, or one of Ludwig's own for a few of them.
            TargetModules = Own(read.Modules("adapter.target_modules")),
            ModulesToSave = Setting<IReadOnlyList<string>>.Default(Adapters.None, ""),
            Layers = Own(Adapters.AllLayers),
            Bias = Own(read.Text("adapter.bias_type", "none")),
            Init = Own(read.Text("adapter.init_lora_weights", "default").Select(init => init == "default" ? "true" : init)),
            UseRslora = Own(rslora),
            RankPattern = Own(read.Pattern("adapter.rank_pattern")),
            AlphaPattern = Own(read.Pattern("adapter.alpha_pattern")),
            LearningRate = read.Number("trainer.learning_rate", 0.001),
            LrScheduler = read.Text("trainer.learning_rate_scheduler.decay", "constant"),
            Warmup = Warmup(read),
            Optimizer = read.FirstOf(k => read.Text(k, "adam"), "trainer.optimizer.type", "trainer.optimizer"),
            WeightDecay = read.Number("trainer.optimizer.weight_decay"),
            MaxGradNorm = read.Number("trainer.gradient_clipping.clipglobalnorm", 0.5).NullIsNoDefault(),
            Epochs = read.Number("trainer.epochs", 100),
            MaxSteps = read.Number("trainer.train_steps"),
            MicroBatchSize = read.Number("trainer.batch_size", 1),
            GradientAccumulationSteps = read.Number(
                "trainer.gradient_accumulation_steps", read.Has("trainer.effective_batch_size") ? null : 1),
            QuantizationBits = bits,
            QuantizationType = isBnb4 ? read.Text("quantization.bnb_4bit_quant_type", "nf4") : Setting<string>.Absent(),
            DoubleQuantization = isBnb4 ? read.Bool("quantization.bnb_4bit_use_double_quant", true) : Setting<bool>.Absent(),
            ComputeDtype = isBnb4 ? read.Text("quantization.bnb_4bit_compute_dtype", "float16").AsDtype() : Setting<string>.Absent(),
            MaxSequenceLength = read.Number("preprocessing.global_max_sequence_length"),
            GradientCheckpointing = read.Bool("trainer.enable_gradient_checkpointing", false),
            EvalStrategy = read.Bool("trainer.skip_all_evaluation", false).Select(skips => skips ? "no" : "epoch"),
        };
    }

    // The type none generates without training.
    private static Setting<TuningMethod> MethodOf(SettingReader read, Setting<string> type, Setting<string> trainer)
    {
        if (trainer.Or("") == "none")
            return trainer.Derive(_ => TuningMethod.None);
        return type.Select(t => t != "lora" ? TuningMethod.Other
            : Adapters.MethodOf(read.Has("quantization") ? BitsOf(read) : Setting<double>.Absent(), read.IsOn("adapter.use_dora")));
    }

    // torchao's modes name their width; bitsandbytes has a number.
    private static Setting<double> BitsOf(SettingReader read) => read.Text("quantization.backend", "bitsandbytes").Or("") == "bitsandbytes"
        ? read.Number("quantization.bits", 4)
        : read.Text("quantization.mode").Derive(mode => mode.StartsWith("int4", StringComparison.Ordinal) ? 4.0 : 8.0);

    private static Setting<double> AlphaOf(SettingReader read, Setting<double> rank)
    {
        if (read.Has("adapter.alpha"))
            return read.Number("adapter.alpha");
        return rank.TryGet(out var r) && r > 0 ? Setting<double>.Derived(2 * r, "adapter.alpha", rank.Entry)
            : Setting<double>.Absent("adapter.alpha");
    }

    private static TrainingTask TaskOf(string trainer) => trainer switch
    {
        "finetune" => TrainingTask.SupervisedFineTuning,
        "dpo" or "kto" or "orpo" => TrainingTask.Preference,
        "grpo" => TrainingTask.Reinforcement,
        _ => TrainingTask.Unknown,
    };

    // Evaluations are a measure of their own, whose length in steps depends on the data.
    private static Setting<Warmup> Warmup(SettingReader read)
    {
        const string block = "trainer.learning_rate_scheduler.";
        var evaluations = read.Number(block + "warmup_evaluations", 0);
        return evaluations.Or(1) > 0 ? Setting<Warmup>.Absent(evaluations.Key, evaluations.Entry)
            : read.Number(block + "warmup_fraction", 0).Select(share => new Warmup(share, WarmupUnit.Ratio));
    }
}
