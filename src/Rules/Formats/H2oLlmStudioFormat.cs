using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// H2O LLM Studio's YAML, which the program writes for every experiment and takes back on its command line. Keys and defaults:
/// llm_studio/python_configs/text_causal_language_modeling_config.py; what becomes of them: llm_studio/src/utils/modeling_utils.py.
/// Other kinds of problem have other defaults, which are not filled in. Keys that a block lacks are passed over with a warning
/// (python_configs/base.py).
/// </summary>
public sealed class H2oLlmStudioFormat : ConfigFormat
{
    private static readonly string[] s_blocks =
        ["architecture", "dataset", "environment", "prediction", "tokenizer", "training", "augmentation", "logging"];

    /// <inheritdoc/>
    public override string Name => "h2o-llmstudio";

    /// <inheritdoc/>
    public override string Title => "H2O LLM Studio";

    /// <inheritdoc/>
    public override string Upstream => "h2oai/h2o-llmstudio@a4971c11 (2026-03-09)";

    /// <inheritdoc/>
    public override KeyTable? Keys => H2oLlmStudioKeys.Table;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path) =>
        root.Find("llm_backbone") is null ? 0 : s_blocks.Count(b => root.Find(b) is { Value.IsMapping: true }) >= 3 ? 95 : 80;

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var problem = read.Text("problem_type", "text_causal_language_modeling").Or("");
        var isKnown = problem == "text_causal_language_modeling";
        double? Known(double value) => isKnown ? value : null;
        bool? KnownSwitch(bool value) => isKnown ? value : null;
        var lora = read.Bool("training.lora", true);
        var baseModel = read.Text("llm_backbone");
        if (!lora.Or(true))
            return new TrainingConfig { ConcernsLora = false, Method = lora.Select(_ => TuningMethod.Full), BaseModel = baseModel };

        var storage = read.Text("architecture.backbone_dtype", isKnown ? "int4" : null);
        var bits = storage.Or("") switch
        {
            "int4" => storage.Derive(_ => 4.0),
            "int8" => storage.Derive(_ => 8.0),
            "" => Setting<double>.Absent(storage.Key, storage.Entry),
            _ => Adapters.Unquantized(baseModel, storage.Key, storage.Entry),
        };
        var rank = read.Number("training.lora_r", Known(4));
        var alpha = read.Number("training.lora_alpha", Known(16));
        var rslora = read.Bool("training.use_rslora", false);
        var mixed = read.Bool("environment.mixed_precision", KnownSwitch(true));
        return new TrainingConfig
        {
            Method = lora.Select(_ => Adapters.MethodOf(bits, read.IsOn("training.use_dora"))),
            Task = TaskOf(problem),
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, rslora),
            Dropout = read.Number("training.lora_dropout", Known(0.05)),
            TargetModules = Modules(read),
            ModulesToSave = Setting<IReadOnlyList<string>>.Default(Adapters.None, ""),
            Layers = Adapters.AllLayers,
            Bias = Adapters.NoBias,
            Init = Setting<string>.Default("true", ""),
            UseRslora = rslora,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number("training.learning_rate", Known(1e-4)),
            LrScheduler = read.Text("training.schedule", isKnown ? "Cosine" : null),
            Warmup = read.Number("training.warmup_epochs", Known(0)).Select(n => new Warmup(n, WarmupUnit.Epochs)),
            Optimizer = read.Text("training.optimizer", isKnown ? "AdamW" : null),
            WeightDecay = read.Number("training.weight_decay", Known(0)),
            MaxGradNorm = read.Number("training.gradient_clip", Known(0)),
            Epochs = read.Number("training.epochs", Known(1)),
            MicroBatchSize = read.Number("training.batch_size", Known(2)),
            GradientAccumulationSteps = read.Number("training.grad_accumulation", Known(1)),
            QuantizationBits = bits,
            QuantizationType = bits.Or(16) == 4 ? bits.Derive(_ => "nf4") : Setting<string>.Absent(),
            DoubleQuantization = bits.Or(16) == 4 ? Setting<bool>.Default(false, "") : Setting<bool>.Absent(),
            ComputeDtype = bits.Or(16) == 4 ? Setting<string>.Default("float16", "")
                : mixed.Or(false) ? read.Text("environment.mixed_precision_dtype", isKnown ? "bfloat16" : null).AsDtype()
                : Setting<string>.Absent(),
            MaxSequenceLength = read.Number("tokenizer.max_length", Known(512)),
            GradientCheckpointing = read.Bool("architecture.gradient_checkpointing", KnownSwitch(true)),
            Seed = read.Number("environment.seed") is var seed && seed.Or(0) < 0 ? seed.AsUnknown() : seed,
            Dataset = read.Texts("dataset.train_dataframe"),
            OutputDir = read.Text("output_directory"),
            EvalStrategy = Setting<string>.Default("epoch", "training.evaluation_epochs"),
        };
    }

    private static TrainingTask TaskOf(string problem) => problem switch
    {
        "text_causal_language_modeling" or "text_sequence_to_sequence_modeling" => TrainingTask.SupervisedFineTuning,
        "text_dpo_modeling" => TrainingTask.Preference,
        "text_causal_classification_modeling" or "text_causal_regression_modeling" => TrainingTask.Classification,
        _ => TrainingTask.Unknown,
    };

    // Nothing stands for every linear and convolutional layer whose name has no head in it (prepare_lora).
    private static Setting<ModuleSelection> Modules(SettingReader read)
    {
        var targets = read.Names("training.lora_target_modules");
        return targets.IsKnown && targets.Or(Adapters.None).Any(n => n.Length > 0)
            ? targets.Select(names => ModuleSelection.OfNames(names))
            : targets.IsWritten && !targets.IsKnown ? targets.Select(_ => ModuleSelection.AllLinear())
            : Setting<ModuleSelection>.Default(ModuleSelection.AllLinear(), targets.Key, targets.Entry);
    }
}
