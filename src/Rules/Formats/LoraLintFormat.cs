using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// LoraLint's own run file, which <c>loralint train</c> takes. The first key is <c>loralint: 1</c>, the version of the format. Keys,
/// units, ranges and defaults are those of schemas/loralint.schema.json; docs/run-format.md tells why.
/// </summary>
public sealed class LoraLintFormat : ConfigFormat
{
    /// <inheritdoc/>
    public override string Name => "loralint";

    /// <inheritdoc/>
    public override string Title => "LoraLint";

    /// <inheritdoc/>
    public override string Upstream => "loralint, format 1";

    /// <inheritdoc/>
    public override KeyTable? Keys => LoraLintKeys.Table;

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.Yaml12;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path) => root.Find("loralint") is { Value.IsScalar: true } ? 100 : 0;

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var method = read.Text("adapter.method", "lora");
        var rank = read.Number("adapter.rank", 16);
        var alpha = AlphaOf(read, rank);
        var useRslora = read.Bool("adapter.use_rslora", false);
        var isQlora = method.Or("") == "qlora";
        var bits = OfQlora(read.Number("quantization.bits", isQlora ? null : 16), isQlora ? 4 : null, method);
        var isFourBit = bits.Or(16) == 4;
        var precision = read.Text("training.precision", "bf16");
        var evaluateEvery = read.Number("training.evaluate_every");
        var saveEvery = read.Number("training.save_every");
        var validates = read.Has("data.validation") || (read.Number("data.validation_split", 0).TryGet(out var share) && share > 0);
        return new TrainingConfig
        {
            Method = MethodOf(method),
            Task = read.Text("data.format", "chat").Or("") switch
            {
                "chat" or "sharegpt" or "exchange" or "instruction" or "alpaca" => TrainingTask.SupervisedFineTuning,
                "text" => TrainingTask.Pretraining,
                _ => TrainingTask.Unknown,
            },
            BaseModel = read.Text("base_model"),
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, useRslora),
            Dropout = read.Number("adapter.dropout", 0.05),
            TargetModules = read.Has("adapter.target_modules")
                ? read.Modules("adapter.target_modules")
                : Setting<ModuleSelection>.Default(
                    ModuleSelection.AllLinear(), "adapter.target_modules", read.Find("adapter.target_modules")),
            ModulesToSave = read.Texts("adapter.modules_to_save", []),
            Layers = LayersOf(read),
            Bias = read.Text("adapter.bias", "none"),
            Init = read.Text("adapter.init", "default").Select(i => i == "default" ? "true" : i),
            UseRslora = useRslora,
            RankPattern = read.Pattern("adapter.rank_pattern"),
            AlphaPattern = read.Pattern("adapter.alpha_pattern"),
            LearningRate = read.Number("training.learning_rate", 2e-4),
            LrScheduler = read.Text("training.lr_scheduler", "cosine"),
            Warmup = read.Has("training.warmup_steps")
                ? read.Number("training.warmup_steps").Select(n => new Warmup(n, WarmupUnit.Steps))
                : read.Number("training.warmup_ratio", 0.03).Select(n => new Warmup(n, WarmupUnit.Ratio)),
            Optimizer = read.Text("training.optimizer", "adamw"),
            WeightDecay = read.Number("training.weight_decay", 0),
            MaxGradNorm = read.Number("training.max_grad_norm", 1),
            // A limit in steps, when written, is the only one.
            Epochs = read.Number("training.epochs", read.Has("training.max_steps") ? null : 1),
            MaxSteps = read.Number("training.max_steps"),
            MicroBatchSize = read.Number("training.micro_batch_size", 1),
            GradientAccumulationSteps = read.Number("training.gradient_accumulation_steps", 16),
            QuantizationBits = bits,
            QuantizationType = OfQlora(read.Text("quantization.type"), isFourBit ? "nf4" : null, bits),
            DoubleQuantization = OfQlora(read.Bool("quantization.double"), isFourBit ? true : null, bits),
            ComputeDtype = read.Has("quantization.compute_dtype") ? read.Text("quantization.compute_dtype") : precision.AsDtype(),
            MaxSequenceLength = read.Number("data.max_sequence_length", 2048),
            Packing = read.Bool("data.packing", false),
            GradientCheckpointing = read.Bool("training.gradient_checkpointing", true),
            Seed = read.Number("training.seed", 42),
            Dataset = read.Texts("data.train"),
            EvalDataset = read.Texts("data.validation"),
            ValidationSplit = read.Number("data.validation_split", 0),
            OutputDir = read.Text("output_dir", "out"),
            Fp16 = precision.Derive(p => p == "fp16"),
            Bf16 = precision.Derive(p => p == "bf16"),
            EvalStrategy = StrategyOf(evaluateEvery, validates ? "epoch" : "no"),
            EvalSteps = evaluateEvery,
            SaveStrategy = StrategyOf(saveEvery, "epoch"),
            SaveSteps = saveEvery,
            LoadBestModelAtEnd = read.Has("training.restore_best") ? read.Bool("training.restore_best")
                : read.Number("training.early_stopping_patience").Derive(_ => true),
            EarlyStoppingPatience = read.Number("training.early_stopping_patience"),
        };
    }

    private static Setting<TuningMethod> MethodOf(Setting<string> method) => method.Or("lora") is "lora" or "qlora" or "dora"
        ? method.Select(m => m switch { "qlora" => TuningMethod.Qlora, "dora" => TuningMethod.Dora, _ => TuningMethod.Lora })
        : Setting<TuningMethod>.WrittenUnknown(method.Key, method.Entry!);

    // Alpha follows the rank when it is not written: twice as much.
    private static Setting<double> AlphaOf(SettingReader read, Setting<double> rank)
    {
        var alpha = read.Number("adapter.alpha");
        return alpha.IsWritten || !rank.TryGet(out var r) ? alpha : rank.Origin == SettingOrigin.Default
            ? Setting<double>.Default(2 * r, alpha.Key, alpha.Entry)
            : Setting<double>.Derived(2 * r, alpha.Key, rank.Entry);
    }

    // What is not written about quantization follows from the method.
    private static Setting<T> OfQlora<T, TFrom>(Setting<T> setting, T? otherwise, Setting<TFrom> from)
        where T : struct =>
        setting.Origin == SettingOrigin.Absent && otherwise is { } value ? Setting<T>.Derived(value, setting.Key, from.Entry) : setting;

    private static Setting<string> OfQlora(Setting<string> setting, string? otherwise, Setting<double> from) =>
        setting.Origin == SettingOrigin.Absent && otherwise is not null
            ? Setting<string>.Derived(otherwise, setting.Key, from.Entry)
            : setting;

    // Zero is never.
    private static Setting<string> StrategyOf(Setting<double> every, string otherwise) =>
        every.IsWritten && every.Or(1) == 0 ? every.Derive(_ => "no") : every.StepsOr(otherwise);

    private static Setting<LayerSelection> LayersOf(SettingReader read) => read.Has("adapter.last_layers")
        ? read.Number("adapter.last_layers").Select(n => new LayerSelection(null, (long)n))
        : read.Read("adapter.layers", Setting<LayerSelection>.Default(LayerSelection.All, "adapter.layers", read.Find("adapter.layers")),
            (ConfigNode node, out LayerSelection layers) =>
            {
                layers = LayerSelection.All;
                if (!node.IsSequence)
                    return read.TryText(node, out var word) && word == "all";
                var indices = new List<long>();
                foreach (var item in node.Items)
                {
                    if (!read.TryNumber(item, out var index) || index != Math.Floor(index) || index is < 0 or > int.MaxValue)
                        return false;
                    indices.Add((long)index);
                }

                layers = new LayerSelection(indices);
                return indices.Count > 0;
            });
}
