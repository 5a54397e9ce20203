using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// litgpt's YAML, which jsonargparse loads. Keys and defaults of <c>litgpt finetune_lora</c>: litgpt/finetune/lora.py setup; those of
/// the nested groups: litgpt/args.py and litgpt/data. A group written in part keeps the defaults of its other keys.
/// </summary>
public sealed class LitgptFormat : ConfigFormat
{
    private static readonly (string Key, ModuleRoles Role, bool Default)[] s_switches =
    [
        ("lora_query", ModuleRoles.Query, true), ("lora_key", ModuleRoles.Key, false), ("lora_value", ModuleRoles.Value, true),
        ("lora_projection", ModuleRoles.Output, false), ("lora_mlp", ModuleRoles.Mlp, false), ("lora_head", ModuleRoles.Head, false),
    ];

    private static readonly string[] s_trainKeys =
    [
        "save_interval", "log_interval", "global_batch_size", "micro_batch_size", "lr_warmup_steps", "lr_warmup_fraction", "max_tokens",
        "min_lr", "tie_embeddings",
    ];

    // The share that each data module holds out when nothing is written: litgpt/data/*.py.
    private static readonly Dictionary<string, double> s_heldOut = new(StringComparer.Ordinal)
    {
        ["Alpaca"] = 0.03865, ["Alpaca2k"] = 0.05, ["AlpacaGPT4"] = 0.03847, ["LIMA"] = 0.1,
    };

    /// <inheritdoc/>
    public override string Name => "litgpt";

    /// <inheritdoc/>
    public override string Title => "LitGPT";

    /// <inheritdoc/>
    public override string Upstream => "Lightning-AI/litgpt@26857050 (2026-06-29)";

    /// <inheritdoc/>
    public override KeyTable? Keys => LitgptKeys.Table;

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        // litgpt alone switches the parts of a block one by one; lora_r and lora_alpha belong to half the field.
        if (s_switches.Count(s => root.Find(s.Key) is not null) >= 2)
            return 92;
        if (root.FindPath("data.class_path") is { } data && data.Value.Text.StartsWith("litgpt.", StringComparison.Ordinal))
            return 90;
        var hasModel = new[] { "checkpoint_dir", "initial_checkpoint_dir", "model_name" }.Any(k => root.Find(k) is not null);
        var trainKeys = root.Find("train") is { } train ? s_trainKeys.Count(k => train.Value.Find(k) is not null) : 0;
        return hasModel && trainKeys >= 2 ? 80 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        if (!read.Root.Entries.Any(e => e.Key.StartsWith("lora_", StringComparison.Ordinal)))
            return new TrainingConfig { ConcernsLora = false, BaseModel = read.Text("checkpoint_dir") };

        var rank = Number(read, "lora_r", 8);
        var alpha = Number(read, "lora_alpha", 16);
        var quantize = read.Text("quantize");
        var precision = read.Text("precision");
        var saves = Number(read, "train.save_interval", 1000);
        return new TrainingConfig
        {
            Method = quantize.IsWritten
                ? quantize.Derive(q => q.Contains("4") ? TuningMethod.Qlora : TuningMethod.Lora)
                : Setting<TuningMethod>.Default(TuningMethod.Lora, "quantize", quantize.Entry),
            Task = TrainingTask.SupervisedFineTuning,
            BaseModel = read.Text("checkpoint_dir"),
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = Number(read, "lora_dropout", 0.05),
            TargetModules = SettingExtensions.OfSwitches(
                [.. s_switches.Select(s => (read.Bool(s.Key, s.Default).NullIsNoDefault(), s.Role))]),
            LearningRate = OfOptimizer(read, "lr", 1e-3),
            // The schedule is fixed: a linear rise, then half a cosine (get_lr_scheduler).
            LrScheduler = Setting<string>.Default("cosine", ""),
            Warmup = Number(read, "train.lr_warmup_steps", 100).Select(n => new Warmup(n, WarmupUnit.Steps)),
            Optimizer = OptimizerOf(read),
            WeightDecay = OfOptimizer(read, "weight_decay", 1e-2),
            MaxGradNorm = read.Number("train.max_norm", 0),
            Epochs = Number(read, "train.epochs", 5),
            MaxSteps = Number(read, "train.max_steps", null),
            MicroBatchSize = Number(read, "train.micro_batch_size", 1),
            GradientAccumulationSteps = Accumulation(read),
            QuantizationBits = quantize.IsWritten
                ? quantize.Derive(q => q.Contains("int8") ? 8.0 : 4.0)
                : Setting<double>.Default(16, "quantize", quantize.Entry),
            QuantizationType = quantize.Derive(q => q.Contains("int8") ? "int8" : q.Contains("fp4") ? "fp4" : "nf4"),
            DoubleQuantization = quantize.Derive(q => q.EndsWith("-dq", StringComparison.Ordinal)),
            ComputeDtype = precision.AsDtype(),
            Fp16 = IsMixed(precision, "16-mixed"),
            Bf16 = IsMixed(precision, "bf16-mixed"),
            MaxSequenceLength = Number(read, "train.max_seq_length", null),
            GradientCheckpointing = Devices(read).Derive(d => d > 1),
            Seed = Number(read, "seed", 1337),
            Dataset = DatasetOf(read),
            OutputDir = read.Text("out_dir", "out/finetune/lora").NullIsNoDefault(),
            EvalStrategy = Setting<string>.Default("steps", "eval.interval"),
            EvalSteps = Number(read, "eval.interval", 100),
            // Null switches the checkpoints in between off; the last one is always saved.
            SaveStrategy = saves.Origin == SettingOrigin.Absent
                ? Setting<string>.Derived("no", saves.Key, saves.Entry)
                : saves.Derive(_ => "steps"),
            SaveSteps = saves,
            ValidationSplit = HeldOut(read),
        };
    }

    // bf16-true and 16-true are half precision throughout: neither mixed nor full, so nothing is said.
    private static Setting<bool> IsMixed(Setting<string> precision, string kind) =>
        precision.Or("") is "bf16-true" or "16-true"
            ? Setting<bool>.Absent("precision", precision.Entry)
            : precision.Derive(p => p == kind);

    private static Setting<double> Number(SettingReader read, string key, double? whenAbsent) =>
        read.Number(key, whenAbsent).NullIsNoDefault();

    private static Setting<string> OptimizerOf(SettingReader read)
    {
        var isClass = read.Find("optimizer") is { Value.IsMapping: true };
        return (isClass ? read.Text("optimizer.class_path") : read.Text("optimizer", "AdamW")).LastName();
    }

    // What the optimizer does when a value is not written is known for AdamW: torch.optim.AdamW, and bitsandbytes' PagedAdamW that
    // replaces it under quantization (utils.py instantiate_bnb_optimizer), agree.
    private static Setting<double> OfOptimizer(SettingReader read, string name, double whenAdamW) =>
        read.Number("optimizer.init_args." + name, OptimizerOf(read).Or("") == "AdamW" ? whenAdamW : null);

    private static Setting<double> Devices(SettingReader read)
    {
        var devices = Number(read, "devices", 1);
        return Number(read, "num_nodes", 1).TryGet(out var nodes) ? devices.Select(d => d * nodes) : Setting<double>.Absent("num_nodes");
    }

    private static Setting<double> Accumulation(SettingReader read)
    {
        var global = Number(read, "train.global_batch_size", 16);
        if (!global.TryGet(out var batch) || !Devices(read).TryGet(out var devices) || devices < 1
            || !Number(read, "train.micro_batch_size", 1).TryGet(out var micro) || micro < 1)
            return Setting<double>.Absent("train.global_batch_size", global.Entry);
        return Setting<double>.Derived(Math.Floor(Math.Floor(batch / devices) / micro), global.Key, global.Entry);
    }

    private static Setting<IReadOnlyList<string>> DatasetOf(SettingReader read)
    {
        if (!read.Has("data"))
            return Setting<IReadOnlyList<string>>.Default(["Alpaca"], "data", read.Find("data"));
        return read.FirstOf(
            k => read.Texts(k),
            "data.init_args.json_path", "data.init_args.data_path", "data.init_args.train_data_path", "data.class_path", "data");
    }

    private static Setting<double> HeldOut(SettingReader read)
    {
        var module = read.Has("data.class_path") ? read.Text("data.class_path").LastName() : read.Text("data", "Alpaca").LastName();
        return read.Number("data.init_args.val_split_fraction", s_heldOut.TryGetValue(module.Or(""), out var share) ? share : null);
    }
}
