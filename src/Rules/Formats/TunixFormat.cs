using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Tunix's YAML: its base file, or one that is laid over it. How the adapter is made: tunix/cli/utils/model.py with Qwix's LoraProvider,
/// whose scaling is alpha over rank; how the schedule is: tunix/cli/config.py. Values that an overriding file lacks stand in a base file
/// that anyone may change, so nothing is filled in here.
/// </summary>
public sealed class TunixFormat : ConfigFormat
{
    private static readonly string[] s_blocks =
    [
        "actor_model_config", "critic_model_config", "reference_model_config", "rollout_model_config", "tokenizer_config",
        "optimizer_config", "training_config", "rl_training_config", "grpo_config", "ppo_config", "rollout_config",
    ];

    /// <inheritdoc/>
    public override string Name => "tunix";

    /// <inheritdoc/>
    public override string Title => "Tunix";

    /// <inheritdoc/>
    public override string Upstream => "google/tunix@c7d8950f (2026-08-21)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.Find("model_config") is not { Value.IsMapping: true } && root.Find("actor_model_config") is not { Value.IsMapping: true })
            return 0;
        return s_blocks.Count(b => root.Find(b) is { Value.IsMapping: true }) >= 2 ? 92 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var model = new[] { "actor_model_config", "model_config" }.FirstOrDefault(b => HasAdapter(read, b));
        var baseModel = read.FirstOf(k => read.Text(k), "model_config.model_id", "actor_model_config.model_id", "model_config.model_path");
        if (model is null)
            return new TrainingConfig { ConcernsLora = false, BaseModel = baseModel };

        var rank = read.Number(model + ".lora_config.rank");
        var alpha = read.Number(model + ".lora_config.alpha");
        var quantized = read.Text(model + ".lora_config.weight_qtype");
        var isReinforced = read.Find("rl_training_config") is not null;
        var training = isReinforced ? "rl_training_config." : "training_config.";
        var optimizer = isReinforced ? "rl_training_config.actor_optimizer_config." : "optimizer_config.";
        return new TrainingConfig
        {
            Method = Setting<TuningMethod>.Derived(
                quantized.IsWritten ? TuningMethod.Qlora : TuningMethod.Lora, model + ".lora_config", read.Find(model + ".lora_config")),
            Task = isReinforced ? TrainingTask.Reinforcement : TrainingTask.SupervisedFineTuning,
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            TargetModules = read.Text(model + ".lora_config.module_path").Select(ModuleSelection.OfPattern),
            LearningRate = RateOf(read, optimizer),
            LrScheduler = read.Text(optimizer + "schedule_type"),
            Warmup = read.Number(optimizer + "warmup_steps").Select(n => new Warmup(n, WarmupUnit.Steps)),
            Optimizer = read.Text(optimizer + "opt_type"),
            WeightDecay = read.Number(optimizer + "weight_decay"),
            MaxGradNorm = read.Number(optimizer + "max_grad_norm"),
            Epochs = read.Number("num_train_epochs"),
            MaxSteps = read.Number(training + "max_steps"),
            MicroBatchSize = read.FirstOf(k => read.Number(k), training + "train_micro_batch_size", "batch_size"),
            GradientAccumulationSteps = read.Number(training + "gradient_accumulation_steps"),
            QuantizationBits = quantized.Or("") switch
            {
                "nf4" or "int4" => quantized.Derive(_ => 4.0),
                "int8" => quantized.Derive(_ => 8.0),
                _ => Setting<double>.Absent(quantized.Key, quantized.Entry),
            },
            QuantizationType = quantized,
            MaxSequenceLength = isReinforced ? Setting<double>.Absent() : read.Number("max_target_length"),
            Seed = read.Number("model_config.rng_seed"),
            Dataset = read.Texts("dataset_name"),
            OutputDir = read.Text(training + "checkpoint_root_directory"),
            EvalSteps = read.Number(training + "eval_every_n_steps"),
            SaveSteps = read.Number(training + "checkpointing_options.save_interval_steps"),
        };
    }

    private static bool HasAdapter(SettingReader read, string block) =>
        read.Find(block + ".lora_config") is { Value: { IsMapping: true, Entries.Count: > 0 } };

    // A schedule brings its own peak; the learning rate alone counts without one.
    private static Setting<double> RateOf(SettingReader read, string optimizer) =>
        read.Text(optimizer + "schedule_type") is { IsWritten: true } schedule && schedule.Or("-").Length > 0
            ? read.FirstOf(k => read.Number(k), optimizer + "peak_value", optimizer + "value")
            : read.Number(optimizer + "learning_rate");
}
