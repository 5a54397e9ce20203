using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// LLMForge's YAML, Anyscale's program for fine-tuning on Ray. The program is not public: its keys are those of the configs in
/// anyscale/templates, the adapter's block is handed to PEFT's LoraConfig and has its defaults. What else is not written is not known.
/// </summary>
public sealed class LlmForgeFormat : ConfigFormat
{
    private static readonly string[] s_own =
    [
        "train_path", "valid_path", "context_length", "num_devices", "num_epochs", "train_batch_size_per_device", "worker_resources",
        "trainer_resources", "num_checkpoints_to_keep", "eval_batch_size_per_device", "lora_config",
    ];

    /// <inheritdoc/>
    public override string Name => "llmforge";

    /// <inheritdoc/>
    public override string Title => "LLMForge";

    /// <inheritdoc/>
    public override string Upstream => "anyscale/templates@383ab5ee (2026-08-20), its configs";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path) =>
        root.Find("model_id") is null || root.Find("train_path") is null ? 0
            : s_own.Count(k => root.Find(k) is not null) is var own && own >= 4 ? 92 : own >= 3 ? 75 : 0;

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var baseModel = read.Text("model_id");
        if (!read.Has("lora_config"))
        {
            return new TrainingConfig
            {
                ConcernsLora = false, Method = Setting<TuningMethod>.Default(TuningMethod.Full, "lora_config"), BaseModel = baseModel,
            };
        }

        var rank = read.Number("lora_config.r", 8);
        var alpha = read.Number("lora_config.lora_alpha", 8);
        var rslora = read.Bool("lora_config.use_rslora", false);
        return new TrainingConfig
        {
            Method = Setting<TuningMethod>.Derived(
                read.IsOn("lora_config.use_dora") ? TuningMethod.Dora : TuningMethod.Lora, "lora_config", read.Find("lora_config")),
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, rslora),
            Dropout = read.Number("lora_config.lora_dropout", 0),
            TargetModules = read.Modules("lora_config.target_modules"),
            ModulesToSave = read.Texts("lora_config.modules_to_save", Adapters.None),
            Layers = read.Layers("lora_config.layers_to_transform"),
            Bias = read.Text("lora_config.bias", "none"),
            Init = read.Text("lora_config.init_lora_weights", "true").Select(Adapters.LowerSwitch),
            UseRslora = rslora,
            RankPattern = read.Pattern("lora_config.rank_pattern"),
            AlphaPattern = read.Pattern("lora_config.alpha_pattern"),
            LearningRate = read.Number("learning_rate"),
            LrScheduler = read.Text("lr_scheduler"),
            Epochs = read.Number("num_epochs"),
            MicroBatchSize = read.Number("train_batch_size_per_device"),
            GradientAccumulationSteps = read.Number("gradient_accumulation_steps"),
            MaxSequenceLength = read.Number("context_length"),
            GradientCheckpointing = read.Has("no_gradient_checkpoint") ? read.Bool("no_gradient_checkpoint").Select(off => !off)
                : read.Bool("gradient_checkpointing"),
            Dataset = read.Texts("train_path"),
            EvalDataset = read.Texts("valid_path"),
            OutputDir = read.Text("output_dir"),
            DeepSpeed = read.Text("deepspeed.config_path"),
        };
    }
}
