using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// Our own run format: every key of schemas/loralint.schema.json has its place in a run. Paths count from the file's folder.
/// </summary>
internal sealed class LoraLintRun : RunFormat
{
    /// <inheritdoc/>
    public override string Name => "loralint";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } = [];

    /// <inheritdoc/>
    public override bool IsStrict => true;

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        if (read.Take(keys.Number("loralint"), 0) != 1)
            read.Refuse("loralint", "this LoraLint reads version 1 of the format; write loralint: 1");
        var lora = LoraOf(read, config);
        var quantization = CommonRun.QuantizationOf(read, config);
        CheckMethod(read, config, quantization);
        read.RefuseEmptyTexts(
            "base_model", "output_dir", "adapter.target_modules", "adapter.exclude_modules", "adapter.modules_to_save",
            "adapter.layers_pattern", "data.train", "data.validation", "data.chat_template");
        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, config.BaseModel, places.FromConfigFolder, places),
            Lora = lora,
            Quantization = quantization,
            Data = DataOf(read, config, places),
            Optimizer = OptimizerOf(read, config),
            Training = TrainingOf(read, config),
            OutputDirectory = places.FromConfigFolder(read.Take(config.OutputDir, "out")),
        };
    }

    private static LoraOptions LoraOf(RunReader read, TrainingConfig config)
    {
        var lora = CommonRun.LoraOf(read, config);
        var exclude = read.Take(read.Read.Modules("adapter.exclude_modules"), ModuleSelection.OfNames([]));
        if (exclude.IsAllLinear)
            read.Refuse("adapter.exclude_modules", "excludes every module; name those to leave out");
        if (read.Read.Has("adapter.last_layers"))
        {
            if (read.Read.Has("adapter.layers"))
                read.Refuse("adapter.layers", "adapter.last_layers is written too; keep one of them");
            read.Whole(read.Read.Number("adapter.last_layers"), 1, 1);
        }

        return lora with
        {
            ExcludeModules = exclude.Names,
            ExcludePattern = exclude.Pattern,
            LayersPattern = read.Take(read.Read.Texts("adapter.layers_pattern", []), []),
        };
    }

    private static void CheckMethod(RunReader read, TrainingConfig config, QuantizationOptions? quantization)
    {
        var method = config.Method.Or(TuningMethod.Lora);
        if (method == TuningMethod.Qlora && quantization is null)
            read.Refuse("quantization.bits", "method qlora has a base in 4 bits; write bits: 4, or leave the key out");
        else if (method == TuningMethod.Lora && quantization is not null)
            read.Refuse("quantization.bits", "method lora has a base that is not quantized; write method: qlora");
        if (quantization is null)
            read.See("quantization.type", "quantization.double");
        if (read.Read.Has("quantization.compute_dtype") && read.Take(config.ComputeDtype, "float32") is { } dtype)
            read.Note($"quantization.compute_dtype is {dtype}; the base is computed with in the precision of the run, training.precision");
    }

    private static DataOptions DataOf(RunReader read, TrainingConfig config, IRunPlaces places)
    {
        var keys = read.Read;
        var format = FormatOf(read);
        var columns = keys.Read<IReadOnlyDictionary<string, string>>(
            "data.columns", null, (ConfigNode node, out IReadOnlyDictionary<string, string> map) =>
        {
            var entries = node.Entries.Where(e => !e.IsOverridden).ToList();
            map = entries.ToDictionary(e => e.Key, e => e.Value.Text);
            return node.IsMapping && entries.All(e => keys.TryText(e.Value, out _));
        });
        var named = read.Take(columns, new Dictionary<string, string>());
        foreach (var name in named.Keys.Where(n => LoraLintKeys.Table.Find("data.columns." + n) is null))
            read.Refuse("data.columns." + name, $"no row has such a field; the fields are {Fields()}");
        if (!config.Dataset.IsWritten || config.Dataset.Or([""]).Count == 0)
            read.Refuse("data.train", "the training data are not written; name a .jsonl, .json or .txt file");
        if (config.EvalDataset.IsWritten && config.EvalDataset.Or([""]).Count == 0)
            read.Refuse("data.validation", "names no file; leave the key out to train without validation data");
        DataSource[] SourcesOf(Setting<IReadOnlyList<string>> paths) =>
        [
            .. read.Take(paths, []).Select(p => CommonRun.SourceOf(read, paths.Key, p, places.FromConfigFolder(p), format, places, named))
                .OfType<DataSource>(),
        ];
        var split = read.Within(config.ValidationSplit, 0, double.PositiveInfinity, 0);
        if (split > 0 && config.EvalDataset.IsWritten)
            read.Refuse("data.validation_split", "data.validation is written too; keep one of them");
        return new DataOptions
        {
            Train = SourcesOf(config.Dataset),
            Validation = SourcesOf(config.EvalDataset),
            ValidationSplit = split,
            MaskPrompt = read.Take(keys.Bool("data.mask_prompt", true), true),
            MaxSequenceLength = read.Whole(config.MaxSequenceLength, 1, 2048),
            DropLongSamples = read.Take(keys.Bool("data.drop_long_samples", false), false),
            Packing = read.Take(config.Packing, false),
            ChatTemplate = read.Take(keys.Text("data.chat_template"), "") is { Length: > 0 } template ? template : null,
        };
    }

    private static string Fields() => string.Join(", ", LoraLintKeys.Table.ChildrenOf("data.columns").Select(k => k.Name));

    private static DataFormat FormatOf(RunReader read)
    {
        switch (read.Take(read.Read.Text("data.format", "chat"), "chat"))
        {
            case "chat":
                return DataFormat.Chat;
            case "instruction":
                return DataFormat.PromptCompletion;
            case "text":
                return DataFormat.Text;
            case "alpaca":
                return DataFormat.Alpaca;
            case "sharegpt":
                return DataFormat.ShareGpt;
            case "exchange":
                return DataFormat.ChatExchange;
            default:
                read.Refuse("data.format", "write chat, sharegpt, exchange, instruction, alpaca or text");
                return DataFormat.Chat;
        }
    }

    private static OptimizerOptions OptimizerOf(RunReader read, TrainingConfig config)
    {
        var keys = read.Read;
        var name = read.Take(config.Optimizer, "adamw");
        if (!RunLimits.Optimizers.Contains(name))
        {
            read.Refuse(config.Optimizer, "write adamw or sgd");
            name = "adamw";
        }

        if (keys.Has("training.warmup_steps"))
        {
            if (keys.Has("training.warmup_ratio"))
                read.Refuse("training.warmup_ratio", "training.warmup_steps is written too; keep one of them");
        }

        // The schedule keeps its warmup when it is constant, other than in transformers.
        var schedule = config.LrScheduler.Or("") == "constant"
            ? config.LrScheduler.Select(_ => "constant_with_warmup")
            : config.LrScheduler;
        if (!schedule.IsKnown || schedule.Or("") is not ("constant_with_warmup" or "linear" or "cosine"))
            read.Refuse("training.lr_scheduler", "write constant, linear or cosine");
        return CommonRun.ScheduleOf(read, new TrainingConfig { LrScheduler = schedule, Warmup = config.Warmup }, new OptimizerOptions
        {
            Name = name,
            LearningRate = read.Above(config.LearningRate, 0, 2e-4),
            LoraPlusRatio = read.Above(keys.Number("training.loraplus_ratio", 1), 0, 1),
            Beta1 = read.Within(keys.Number("training.beta1", 0.9), 0, 1, 0.9),
            Beta2 = read.Within(keys.Number("training.beta2", 0.999), 0, 1, 0.999),
            Epsilon = read.Above(keys.Number("training.epsilon", 1e-8), 0, 1e-8),
            BiasCorrection = read.Take(keys.Bool("training.bias_correction", true), true),
            WeightDecay = read.Within(config.WeightDecay, 0, double.PositiveInfinity, 0),
            MaxGradNorm = read.Within(config.MaxGradNorm, 0, double.PositiveInfinity, 1),
        });
    }

    private static TrainingOptions TrainingOf(RunReader read, TrainingConfig config)
    {
        var precision = read.Take(read.Read.Text("training.precision", "bf16"), "bf16");
        if (!RunLimits.Precisions.Contains(precision))
        {
            read.Refuse("training.precision", "write bf16, fp16 or fp32");
            precision = "bf16";
        }

        var keep = read.Read.Number("training.keep_checkpoints");
        if (config.MaxSteps.IsKnown)
            read.See("training.epochs");
        return CommonRun.TrainingOf(read, config) with
        {
            Precision = precision,
            MaxSteps = config.MaxSteps.IsWritten ? read.Whole(config.MaxSteps, 1, 1) : null,
            EarlyStoppingPatience = config.EarlyStoppingPatience.IsWritten ? read.Whole(config.EarlyStoppingPatience, 1, 1) : null,
            SaveLimit = keep.IsWritten ? read.Whole(keep, 1, 1) : null,
        };
    }
}
