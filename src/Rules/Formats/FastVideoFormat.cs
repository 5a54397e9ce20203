using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The YAML of FastVideo's trainer: models by their role, a method, and the run. The adapter: fastvideo/train/utils/lora.py and
/// fastvideo/layers/lora/linear.py; the run: fastvideo/train/utils/training_config.py.
/// </summary>
public sealed class FastVideoFormat : ConfigFormat
{
    private const string Package = "fastvideo.";

    /// <inheritdoc/>
    public override string Name => "fastvideo";

    /// <inheritdoc/>
    public override string Title => "FastVideo";

    /// <inheritdoc/>
    public override string Upstream => "hao-ai-lab/FastVideo@2f3d4074 (2026-08-21)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        var isOwn = root.FindPath("method._target_")?.Value.Text.StartsWith(Package, StringComparison.Ordinal) == true
            || RolesOf(root).Any(role => role.Value.Find("_target_")?.Value.Text.StartsWith(Package, StringComparison.Ordinal) == true);
        return isOwn && root.Find("training") is not null ? 95 : isOwn ? 80 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var role = RolesOf(read.Root).FirstOrDefault(r => r.Value.Find("lora") is { Value.IsMapping: true });
        var model = $"models.{role?.Key ?? "student"}.";
        var baseModel = read.FirstOf(k => read.Text(k), model + "init_from", "training.model_path");
        var enabled = read.Bool(model + "lora.enable", false);
        if (!enabled.Or(true))
            return new TrainingConfig { ConcernsLora = false, Method = enabled.Derive(_ => TuningMethod.Full), BaseModel = baseModel };

        var rank = read.Number(model + "lora.rank");
        var alpha = read.Has(model + "lora.alpha") || !rank.TryGet(out var r) || r <= 0 ? read.Number(model + "lora.alpha")
            : Setting<double>.Derived(r, model + "lora.alpha", rank.Entry);
        var saves = read.Number("training.checkpoint.training_state_checkpointing_steps", 0);
        return new TrainingConfig
        {
            Method = enabled.Select(_ => TuningMethod.Lora),
            Task = TrainingTask.Diffusion,
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = Setting<double>.Default(0, ""),
            TargetModules = read.Texts(model + "lora.target_modules").Select(names => ModuleSelection.OfNames(names)),
            Layers = Adapters.AllLayers,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number("training.optimizer.learning_rate", 0),
            LrScheduler = read.Text("training.optimizer.lr_scheduler", "constant"),
            Warmup = read.Number("training.optimizer.lr_warmup_steps", 0).Select(n => new Warmup(n, WarmupUnit.Steps)),
            WeightDecay = read.Number("training.optimizer.weight_decay", 0),
            MaxGradNorm = read.Number("callbacks.grad_clip.max_grad_norm"),
            MaxSteps = read.Number("training.loop.max_train_steps"),
            MicroBatchSize = read.Number("training.data.train_batch_size", 1),
            GradientAccumulationSteps = read.Number("training.loop.gradient_accumulation_steps", 1),
            GradientCheckpointing = read.Has("training.model.enable_gradient_checkpointing_type")
                ? read.Text("training.model.enable_gradient_checkpointing_type").Derive(_ => true)
                : Setting<bool>.Default(false, "training.model.enable_gradient_checkpointing_type"),
            Seed = read.Number("training.data.seed", 0),
            Dataset = read.Texts("training.data.data_path"),
            OutputDir = read.Text("training.checkpoint.output_dir"),
            SaveStrategy = saves.Select(steps => steps > 0 ? "steps" : "no"),
            SaveSteps = saves.Or(1) > 0 ? saves : Setting<double>.Absent(saves.Key, saves.Entry),
        };
    }

    private static IEnumerable<ConfigEntry> RolesOf(ConfigNode root) =>
        root.Find("models") is { Value: { IsMapping: true } models } ? models.Entries.Where(e => e.Value.IsMapping) : [];
}
