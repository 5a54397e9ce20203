using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Levanter's YAML for <c>lora_lm</c> and the example that tunes on GSM8K. Keys and defaults: src/levanter/main/lora_lm.py,
/// src/levanter/lora.py, src/levanter/optim/config.py, src/levanter/trainer.py. Pre-training files have the same blocks; a LoRA run is told
/// by its block <c>lora</c> or by the path that the adapter is saved to.
/// </summary>
public sealed class LevanterFormat : ConfigFormat
{
    /// <inheritdoc/>
    public override string Name => "levanter";

    /// <inheritdoc/>
    public override string Title => "Levanter";

    /// <inheritdoc/>
    public override string Upstream => "stanford-crfm/levanter@9263f81e (2025-09-26)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        var trainer = root.Find("trainer") is { Value: { IsMapping: true } block } ? block : null;
        var own = new[] { "num_train_steps", "mp", "per_device_parallelism", "tensor_parallel_axes" };
        return trainer is null || root.Find("optimizer") is not { Value.IsMapping: true } ? 0
            : own.Count(k => trainer.Find(k) is not null) >= 2 ? 88 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var baseModel = read.FirstOf(k => read.Text(k), "initialize_from_hf", "model_name_or_path");
        if (!read.HasAny("lora", "peft_save_path", "peft_hf_upload", "merged_hf_save_path"))
        {
            return new TrainingConfig
            {
                ConcernsLora = false, Method = Setting<TuningMethod>.Default(TuningMethod.Full, "lora"), BaseModel = baseModel,
            };
        }

        var rank = read.Number("lora.r", 8);
        var alpha = read.Number("lora.alpha", 8);
        var warmup = read.Number("optimizer.warmup", 0.01);
        return new TrainingConfig
        {
            Method = Setting<TuningMethod>.Derived(TuningMethod.Lora, "lora", read.Find("lora")),
            Task = TrainingTask.Unknown,
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = read.Number("lora.dropout", 0),
            // Nothing stands for all linear layers, the head among them; a text is an expression that a path has to begin with.
            TargetModules = read.Read(
                "lora.target_modules",
                Setting<ModuleSelection>.Default(ModuleSelection.OfNames(["lm_head"], allLinear: true), "lora.target_modules"),
                read.TryModules),
            Layers = Adapters.AllLayers,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number("optimizer.learning_rate", 6e-4),
            LrScheduler = read.Text("optimizer.lr_schedule", "cosine"),
            // A number up to 1 is a share of the steps (optim/config.py).
            Warmup = warmup.Select(n => new Warmup(n, n <= 1 ? WarmupUnit.Ratio : WarmupUnit.Steps)),
            Optimizer = read.Text("optimizer.type", "adam"),
            WeightDecay = read.Number("optimizer.weight_decay", 0.1),
            MaxGradNorm = read.Number("optimizer.max_grad_norm", 1).NullIsNoDefault(),
            MaxSteps = read.Number("trainer.num_train_steps", 400_000),
            MaxSequenceLength = read.Number("max_train_length"),
            Seed = read.Number("trainer.seed", 0),
            Dataset = read.FirstOf(k => read.Texts(k), "data.id", "data.train_urls"),
            OutputDir = read.FirstOf(k => read.Text(k), "peft_save_path", "merged_hf_save_path"),
            EvalStrategy = Setting<string>.Default("steps", "trainer.steps_per_eval"),
            EvalSteps = read.Number("trainer.steps_per_eval", 1000),
            SaveSteps = read.Number("hf_save_steps", 1000),
        };
    }
}
