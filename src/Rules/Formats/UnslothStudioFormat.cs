using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The YAML of Unsloth's command line (<c>unsloth train --config</c>) and of Unsloth Studio, which writes and takes back the same blocks.
/// Keys and defaults of the command line: unsloth_cli/config.py; those of Studio:
/// studio/frontend/src/features/training/lib/yaml-config.ts. Studio starts from a model's own defaults, so for a file that names neither
/// model nor data nothing is filled in.
/// </summary>
public sealed class UnslothStudioFormat : ConfigFormat
{
    private static readonly string[] s_training =
    [
        "training_type", "max_seq_length", "load_in_4bit", "num_epochs", "random_seed", "packing", "train_on_completions",
        "gradient_checkpointing", "batch_size",
    ];

    private static readonly string[] s_lora =
    [
        "lora_r", "lora_alpha", "lora_dropout", "vision_all_linear", "use_rslora", "use_loftq", "use_dora", "finetune_vision_layers",
        "finetune_language_layers", "finetune_attention_modules", "finetune_mlp_modules",
    ];

    /// <inheritdoc/>
    public override string Name => "unsloth-studio";

    /// <inheritdoc/>
    public override string Title => "Unsloth Studio";

    /// <inheritdoc/>
    public override string Upstream => "unslothai/unsloth@015bdef0 (2026-08-22)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.Find("training") is not { Value: { IsMapping: true } training }
            || root.Find("lora") is not { Value: { IsMapping: true } lora })
            return 0;
        return s_training.Count(k => training.Find(k) is not null) >= 3 && s_lora.Count(k => lora.Find(k) is not null) >= 3
            && lora.Find("lora_r") is not null ? 90 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var isComplete = read.HasAny("model", "data");
        double? Known(double value) => isComplete ? value : null;
        bool? KnownSwitch(bool value) => isComplete ? value : null;
        var baseModel = read.Text("model");
        var type = read.Text("training.training_type", "lora");
        if (type.Or("lora") == "full")
            return new TrainingConfig { ConcernsLora = false, Method = type.Derive(_ => TuningMethod.Full), BaseModel = baseModel };

        var loads4 = read.Bool("training.load_in_4bit", KnownSwitch(true));
        var bits = loads4.Or(false) ? loads4.Derive(_ => 4.0)
            : loads4.IsKnown ? Adapters.Unquantized(baseModel, loads4.Key, loads4.Entry) : Setting<double>.Absent(loads4.Key, loads4.Entry);
        var rank = read.Number("lora.lora_r", Known(64));
        var alpha = read.Number("lora.lora_alpha", Known(16));
        var rslora = read.Bool("lora.use_rslora", KnownSwitch(false));
        var steps = read.Number("training.max_steps");
        var saves = read.Number("training.save_steps");
        return new TrainingConfig
        {
            Method = type.Select(_ => Adapters.MethodOf(bits, read.IsOn("lora.use_dora"))),
            Task = TrainingTask.SupervisedFineTuning,
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, rslora),
            Dropout = read.Number("lora.lora_dropout", Known(0)),
            TargetModules = Modules(read),
            Layers = Adapters.AllLayers,
            Bias = Adapters.NoBias,
            Init = read.Bool("lora.use_loftq", KnownSwitch(false)).Select(loftq => loftq ? "loftq" : "true"),
            UseRslora = rslora,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number("training.learning_rate", Known(2e-4)),
            LrScheduler = read.Text("training.lr_scheduler_type"),
            Warmup = read.Number("training.warmup_steps", Known(5)).Select(n => new Warmup(n, WarmupUnit.Steps)),
            Optimizer = read.Text("training.optim"),
            WeightDecay = read.Number("training.weight_decay", Known(0.01)),
            Epochs = read.Number("training.num_epochs", Known(3)),
            // 0 is no limit.
            MaxSteps = steps.Or(1) > 0 ? steps : Setting<double>.Absent(steps.Key, steps.Entry),
            MicroBatchSize = read.Number("training.batch_size", Known(2)),
            GradientAccumulationSteps = read.Number("training.gradient_accumulation_steps", Known(4)),
            QuantizationBits = bits,
            QuantizationType = bits.Or(16) == 4 ? bits.Derive(_ => "nf4") : Setting<string>.Absent(),
            MaxSequenceLength = read.Number("training.max_seq_length", Known(2048)),
            Packing = read.Bool("training.packing", KnownSwitch(false)),
            GradientCheckpointing = read.Text("training.gradient_checkpointing", isComplete ? "unsloth" : null)
                .Select(word => word.ToLowerInvariant() is not ("none" or "false")),
            Seed = read.Number("training.random_seed", Known(3407)),
            Dataset = read.FirstOf(k => read.Texts(k), "data.dataset", "data.local_dataset"),
            OutputDir = read.Text("training.output_dir", isComplete ? "./outputs" : null),
            SaveSteps = saves.Or(1) > 0 ? saves : Setting<double>.Absent(saves.Key, saves.Entry),
        };
    }

    // The command line takes a text with commas, Studio a list. Nothing in it leaves the choice to the trainer.
    private static Setting<ModuleSelection> Modules(SettingReader read)
    {
        var names = read.Names("lora.target_modules");
        return names.IsKnown && names.Or(Adapters.None).All(n => n.Length == 0)
            ? Setting<ModuleSelection>.Absent(names.Key, names.Entry)
            : names.Select(list => list.Count == 1 && list[0] == "all-linear"
                ? ModuleSelection.AllLinear() : ModuleSelection.OfNames([.. list.Where(n => n.Length > 0)]));
    }
}
