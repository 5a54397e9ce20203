using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// AutoTrain's YAML (<c>autotrain --config</c>). How a file becomes parameters: src/autotrain/parser.py; their defaults:
/// src/autotrain/trainers/{clm,vlm,seq2seq}/params.py; the adapter and the base below it: src/autotrain/trainers/clm/utils.py.
/// Parameters that a task lacks are passed over with a warning (trainers/common.py).
/// </summary>
public sealed class AutoTrainFormat : ConfigFormat
{
    /// <inheritdoc/>
    public override string Name => "autotrain";

    /// <inheritdoc/>
    public override string Title => "AutoTrain";

    /// <inheritdoc/>
    public override string Upstream => "huggingface/autotrain-advanced@b5c98fb2 (2025-01-21)";

    /// <inheritdoc/>
    public override KeyTable? Keys => AutoTrainKeys.Table;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        var hasTask = root.Find("task") is { Value.IsScalar: true } && root.Find("base_model") is not null;
        var blocks = new[] { "params", "data", "hub" }.Count(k => root.Find(k) is { Value.IsMapping: true });
        return hasTask && blocks >= 2 && root.Find("project_name") is not null ? 94 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var task = read.Text("task").Or("");
        var isSeq2Seq = task == "seq2seq";
        var isKnown = isSeq2Seq || task.StartsWith("llm", StringComparison.Ordinal) || task.StartsWith("vlm", StringComparison.Ordinal)
            || task == "lm_training";
        var baseModel = read.Text("base_model");
        var peft = read.Bool("params.peft", false);
        if (!isKnown || !peft.Or(true))
            return new TrainingConfig { ConcernsLora = false, Method = peft.Derive(_ => TuningMethod.Full), BaseModel = baseModel };

        // Written as null the base is not quantized; the words none and None are texts, and no kind of quantization either.
        var quantization = read.Text("params.quantization", isSeq2Seq ? "int8" : "int4").NullIsNoDefault();
        var bits = quantization.Or("") switch
        {
            "int4" => quantization.Derive(_ => 4.0),
            "int8" => quantization.Derive(_ => 8.0),
            _ when quantization.IsWritten && !quantization.IsKnown => quantization.Select(_ => 0.0),
            _ => Adapters.Unquantized(baseModel, quantization.Key, quantization.Entry),
        };
        var isBnb4 = bits.Or(16) == 4 && !isSeq2Seq && !read.IsOn("params.unsloth");
        var rank = read.Number("params.lora_r", 16);
        var alpha = read.Number("params.lora_alpha", 32);
        var precision = read.Text("params.mixed_precision", "no");
        var validates = read.Has("data.valid_split");
        var strategy = validates ? read.Text("params.eval_strategy", "epoch")
            : Setting<string>.Default("no", "data.valid_split", read.Find("data.valid_split"));
        return new TrainingConfig
        {
            Method = peft.Select(_ => Adapters.MethodOf(bits, useDora: false)),
            Task = TaskOf(task),
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = read.Number("params.lora_dropout", 0.05),
            TargetModules = Modules(read),
            ModulesToSave = Setting<IReadOnlyList<string>>.Default(Adapters.None, ""),
            Layers = Adapters.AllLayers,
            Bias = Adapters.NoBias,
            Init = Setting<string>.Default("true", ""),
            UseRslora = Setting<bool>.Default(false, ""),
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number("params.lr", isSeq2Seq ? 5e-5 : 3e-5),
            LrScheduler = read.Text("params.scheduler", "linear"),
            Warmup = read.Number("params.warmup_ratio", 0.1).Select(share => new Warmup(share, WarmupUnit.Ratio)),
            Optimizer = read.Text("params.optimizer", "adamw_torch"),
            WeightDecay = read.Number("params.weight_decay", 0),
            MaxGradNorm = read.Number("params.max_grad_norm", 1),
            Epochs = read.Number("params.epochs", isSeq2Seq ? 3 : 1),
            MicroBatchSize = read.Number("params.batch_size", 2),
            GradientAccumulationSteps = read.Number("params.gradient_accumulation", isSeq2Seq ? 1 : 4),
            QuantizationBits = bits,
            QuantizationType = isBnb4 ? Setting<string>.Default("nf4", "") : Setting<string>.Absent(),
            DoubleQuantization = isBnb4 ? Setting<bool>.Default(false, "") : Setting<bool>.Absent(),
            ComputeDtype = isBnb4 ? Setting<string>.Default("float16", "") : precision.AsDtype(),
            MaxSequenceLength = read.FirstOf(k => read.Number(k), "params.block_size", "params.model_max_length"),
            GradientCheckpointing = isSeq2Seq ? Setting<bool>.Absent()
                : read.Bool("params.disable_gradient_checkpointing", false).Select(off => !off),
            Seed = read.Number("params.seed", 42),
            Dataset = read.Texts("data.path"),
            OutputDir = read.Text("project_name"),
            Fp16 = precision.Derive(p => p == "fp16"),
            Bf16 = precision.Derive(p => p == "bf16"),
            EvalStrategy = strategy,
            SaveStrategy = strategy,
            LoadBestModelAtEnd = Setting<bool>.Derived(validates, "data.valid_split", read.Find("data.valid_split")),
        };
    }

    private static TrainingTask TaskOf(string task) => task switch
    {
        "llm-sft" or "seq2seq" => TrainingTask.SupervisedFineTuning,
        "llm-dpo" or "llm-orpo" => TrainingTask.Preference,
        "llm-reward" => TrainingTask.Reward,
        _ when task.StartsWith("vlm", StringComparison.Ordinal) => TrainingTask.SupervisedFineTuning,
        _ => TrainingTask.Unknown,
    };

    // Split at commas without trimming; an empty text leaves the choice to PEFT's table of architectures.
    private static Setting<ModuleSelection> Modules(SettingReader read)
    {
        var targets = read.Text("params.target_modules", "all-linear").NullIsNoDefault();
        if (targets.Origin == SettingOrigin.Absent || targets.Or("-").Trim().Length == 0)
            return Setting<ModuleSelection>.Absent(targets.Key, targets.Entry);
        return targets.Select(text => text.Trim().ToLowerInvariant() == "all-linear"
            ? ModuleSelection.AllLinear() : ModuleSelection.OfNames(text.Split(',')));
    }
}
