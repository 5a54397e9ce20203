using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// qlora-pipe's TOML, which its train.py reads key by key; the adapter is PEFT's. A file of DeepSpeed's goes beside it on the command line
/// and is not named here.
/// </summary>
public sealed class QloraPipeFormat : ConfigFormat
{
    private static readonly string[] s_own =
    [
        "pipeline_stages", "micro_batch_size_per_gpu", "batch_size_tokens", "model_weight_dtype", "lora_weight_dtype",
        "activation_checkpointing", "checkpoint_every_n_minutes", "dataset_combination_mode", "eval_gradient_accumulation_steps",
        "lora_rank", "full_fine_tune",
    ];

    /// <inheritdoc/>
    public override string Name => "qlora-pipe";

    /// <inheritdoc/>
    public override string Title => "qlora-pipe";

    /// <inheritdoc/>
    public override string Upstream => "tdrussell/qlora-pipe@90b8e7d6 (2025-04-29)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        var hasRun = root.Find("model") is { Value.IsScalar: true } && root.Find("datasets") is { Value.IsSequence: true }
            && root.Find("optimizer") is { Value.IsMapping: true };
        return hasRun && s_own.Count(k => root.Find(k) is not null) >= 4 ? 92 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var baseModel = read.Text("model");
        var full = read.Bool("full_fine_tune", false);
        if (full.Or(false))
            return new TrainingConfig { ConcernsLora = false, Method = full.Select(_ => TuningMethod.Full), BaseModel = baseModel };

        var rank = read.Number("lora_rank");
        var alpha = read.Number("lora_alpha");
        var bnb = read.FirstOf(k => read.Bool(k), "quantization.bnb.load_in_4bit", "load_in_4bit");
        var bits = bnb.Or(false) ? bnb.Derive(_ => 4.0)
            : read.HasAny("quantization", "load_in_4bit") ? Setting<double>.Absent("quantization", read.Find("quantization"))
            : Adapters.Unquantized(baseModel, "quantization");
        var isBnb4 = bits.Or(16) == 4;
        return new TrainingConfig
        {
            Method = Setting<TuningMethod>.Derived(
                Adapters.MethodOf(bits, read.IsOn("use_dora")), "lora_rank", read.Find("lora_rank")),
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = read.Number("lora_dropout", 0),
            TargetModules = read.Read(
                "target_modules", Setting<ModuleSelection>.Default(ModuleSelection.AllLinear(), "target_modules"), read.TryModules),
            ModulesToSave = read.Texts("modules_to_save", Adapters.None),
            Bias = Adapters.NoBias,
            LearningRate = read.Number("optimizer.lr"),
            LrScheduler = read.Text("lr_scheduler", "constant"),
            Warmup = read.Number("warmup_steps", 0).Select(n => new Warmup(n, WarmupUnit.Steps)),
            Optimizer = read.Text("optimizer.type"),
            WeightDecay = read.Number("optimizer.weight_decay", 0.01),
            MaxGradNorm = read.Number("gradient_clipping", 1),
            Epochs = read.Number("epochs"),
            MicroBatchSize = read.Has("batch_size_tokens") ? Setting<double>.Absent("batch_size_tokens", read.Find("batch_size_tokens"))
                : read.Number("micro_batch_size_per_gpu", 1),
            GradientAccumulationSteps = read.Number("gradient_accumulation_steps", 1),
            QuantizationBits = bits,
            QuantizationType = isBnb4 ? read.Text("quantization.bnb.bnb_4bit_quant_type", "nf4") : Setting<string>.Absent(),
            DoubleQuantization = isBnb4 ? read.Bool("quantization.bnb.bnb_4bit_use_double_quant", false) : Setting<bool>.Absent(),
            ComputeDtype = isBnb4 ? read.Text("quantization.bnb.bnb_4bit_compute_dtype", "float32").AsDtype()
                : read.Text("model_weight_dtype").AsDtype(),
            GradientCheckpointing = read.Read<bool>("activation_checkpointing", null, (ConfigNode node, out bool on) =>
                read.TryBool(node, out on) || (on = read.TryText(node, out _))),
            Dataset = read.TextsUnder("datasets", "dataset_path"),
            OutputDir = read.Text("output_dir"),
            EvalStrategy = read.Number("eval_steps").Derive(_ => "steps"),
            EvalSteps = read.Number("eval_steps"),
            SaveSteps = read.Number("save_steps"),
        };
    }
}
