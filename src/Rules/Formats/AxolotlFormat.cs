using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Axolotl's YAML. Schema and defaults: src/axolotl/utils/schemas; what the loader makes of it: src/axolotl/loaders/adapter.py and
/// loaders/model.py; what the trainer gets: src/axolotl/core/builders/base.py and causal.py; derived values: utils/config/__init__.py.
/// Keys left blank, as the templates have them, are as good as not written.
/// </summary>
public sealed class AxolotlFormat : ConfigFormat
{
    // Keys that only Axolotl has, and those that others with a base_model have too: scripts after alpaca-lora share a dozen of them.
    private static readonly string[] s_own =
    [
        "adapter", "sequence_len", "sample_packing", "lora_target_linear", "dataset_prepared_path", "lora_model_dir", "evals_per_epoch",
        "saves_per_epoch", "pad_to_sequence_len", "flash_attention", "eval_sample_packing", "special_tokens", "lora_fan_in_fan_out",
        "rl", "pretraining_dataset", "lora_modules_to_save", "peft_use_dora", "peft_use_rslora", "qlora_sharded_model_loading",
    ];

    private static readonly string[] s_shared =
    [
        "micro_batch_size", "num_epochs", "val_set_size", "datasets", "lora_r", "lora_alpha", "lora_dropout", "lora_target_modules",
        "learning_rate", "lr_scheduler", "optimizer", "load_in_4bit", "load_in_8bit", "output_dir", "gradient_accumulation_steps", "bf16",
        "train_on_inputs", "tokenizer_type", "model_type",
    ];

    // Keys by which others with a base_model are told: a task, a recipe, a section that holds the rest, data in one place.
    private static readonly string[] s_foreign =
        ["task", "job", "config", "project_name", "recipe", "input_features", "data_path", "models"];

    // How others call the base model. With enough keys of Axolotl's own it is a slip in one of its files.
    private static readonly string[] s_baseModelElsewhere = ["model_name_or_path", "base_model_name_or_path", "model_name"];

    private const int Enough = 4;

    /// <inheritdoc/>
    public override string Name => "axolotl";

    /// <inheritdoc/>
    public override string Title => "Axolotl";

    /// <inheritdoc/>
    public override string Upstream => "axolotl-ai-cloud/axolotl@067b021c (2026-07-24)";

    /// <inheritdoc/>
    public override KeyTable? Keys => AxolotlKeys.Table;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (RequestsIn(root) is { Count: > 0 } requests)
            return requests.Max(config => Recognise(config, path));
        var own = s_own.Count(k => root.Find(k) is not null);
        if (s_foreign.Any(k => root.Find(k) is not null) || (own < Enough && root.Find("cutoff_len") is not null))
            return 0;
        if (root.Find("base_model") is not { Value.IsScalar: true }
            && (own < Enough || !s_baseModelElsewhere.Any(k => root.Find(k) is { Value.IsScalar: true })))
            return 0;
        return own == 0 ? 0 : Math.Min(10 + (15 * own) + (5 * s_shared.Count(k => root.Find(k) is not null)), 90);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ConfigNode> Split(ConfigNode root) => RequestsIn(root) is { Count: > 0 } requests ? requests : [root];

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var adapter = read.Text("adapter");
        var baseModel = read.Text("base_model");
        var rank = read.Number("lora_r");
        var alpha = read.Number("lora_alpha");
        var useRslora = read.Bool("peft_use_rslora", false);
        var bits = BitsOf(read, adapter, baseModel);
        var isQuantized4 = bits.Or(16) == 4;
        var bf16 = Bf16Of(read);
        // Training goes on with a given adapter, and with what its own config says (loaders/adapter.py, load_lora).
        var resumes = read.Has("lora_model_dir");
        Setting<T> Own<T>(Setting<T> setting) => resumes ? setting.AsUnknown() : setting;

        return new TrainingConfig
        {
            Method = MethodOf(read, adapter),
            Task = TaskOf(read),
            BaseModel = baseModel,
            Rank = Own(rank),
            Alpha = Own(alpha),
            Scaling = Own(TrainingConfig.ScalingOf(rank, alpha, useRslora)),
            Dropout = Own(read.Number("lora_dropout", 0)),
            TargetModules = Own(TargetsOf(read)),
            ModulesToSave = Own(read.Texts("lora_modules_to_save", Adapters.None)),
            Layers = Own(read.Layers("peft_layers_to_transform")),
            Bias = Own(Adapters.NoBias),
            Init = Own(InitOf(read)),
            UseRslora = Own(useRslora),
            RankPattern = Own(read.Pattern("lora_rank_pattern")),
            AlphaPattern = Own(read.Pattern("lora_alpha_pattern")),
            LearningRate = read.Number("learning_rate"),
            LrScheduler = read.Text("lr_scheduler", "cosine"),
            Warmup = WarmupOf(read),
            Optimizer = read.Text("optimizer", "adamw_torch_fused"),
            WeightDecay = read.Number("weight_decay", 0),
            MaxGradNorm = read.Number("max_grad_norm", 1),
            Epochs = read.Number("num_epochs", 1),
            MaxSteps = read.Number("max_steps"),
            MicroBatchSize = read.Number("micro_batch_size", 1),
            GradientAccumulationSteps = AccumulationOf(read),
            QuantizationBits = bits,
            QuantizationType = isQuantized4 ? read.Text("bnb_config_kwargs.bnb_4bit_quant_type", "nf4")
                : bits.IsWritten && bits.Or(16) == 8 ? Setting<string>.Derived("int8", bits.Key, bits.Entry)
                : Setting<string>.Absent("bnb_config_kwargs.bnb_4bit_quant_type"),
            DoubleQuantization = isQuantized4 ? read.Bool("bnb_config_kwargs.bnb_4bit_use_double_quant", true)
                : Setting<bool>.Absent("bnb_config_kwargs.bnb_4bit_use_double_quant"),
            ComputeDtype = ComputeDtypeOf(read, bf16, isQuantized4),
            MaxSequenceLength = read.Number("sequence_len", 512),
            Packing = read.Bool("sample_packing", false),
            GradientCheckpointing = read.Read("gradient_checkpointing", Setting<bool>.Default(false, "gradient_checkpointing",
                read.Find("gradient_checkpointing")), (ConfigNode node, out bool flag) => TryCheckpointing(read, node, out flag)),
            Seed = read.Number("seed", 42),
            Dataset = read.FirstOf(k => PathsOf(read, k), "datasets", "pretraining_dataset"),
            OutputDir = read.Text("output_dir", "./model-out"),
            Fp16 = Fp16Of(read, bf16),
            Bf16 = bf16,
            EvalStrategy = EvalStrategyOf(read),
            EvalSteps = StepsOf(read, "eval"),
            SaveStrategy = StrategyOf(read, "save", "epoch"),
            SaveSteps = StepsOf(read, "save"),
            LoadBestModelAtEnd = LoadBestOf(read),
            EarlyStoppingPatience = read.Number("early_stopping_patience"),
            ValidationSplit = read.Number("val_set_size", 0),
            EvalDataset = PathsOf(read, "test_datasets"),
            DeepSpeed = read.Text("deepspeed"),
            ConcernsLora = adapter.Or("?").Length > 0 && adapter.IsWritten
                || read.HasAny("lora_r", "lora_alpha", "lora_target_modules", "lora_model_dir") || read.IsOn("lora_target_linear")
                // A quantized base without an adapter is a QLoRA run that lacks its adapter.
                || read.IsOn("load_in_4bit") || read.IsOn("load_in_8bit"),
        };
    }

    private static Setting<TuningMethod> MethodOf(SettingReader read, Setting<string> adapter)
    {
        if (!adapter.IsWritten || adapter.Or("?").Length == 0)
            return Setting<TuningMethod>.Default(TuningMethod.Full, "adapter", adapter.Entry);
        return adapter.Select(a => a switch
        {
            "lora" or "qlora" when read.IsOn("peft_use_dora") => TuningMethod.Dora,
            "lora" => TuningMethod.Lora,
            "qlora" => TuningMethod.Qlora,
            _ => TuningMethod.Other,
        });
    }

    private static TrainingTask TaskOf(SettingReader read)
    {
        if (read.Has("rl"))
        {
            return read.Text("rl").Or("") switch
            {
                "dpo" or "ipo" or "kto" or "orpo" or "simpo" => TrainingTask.Preference,
                "grpo" or "gdpo" or "ebft" => TrainingTask.Reinforcement,
                _ => TrainingTask.Unknown,
            };
        }

        if (read.IsOn("reward_model") || read.IsOn("process_reward_model"))
            return TrainingTask.Reward;
        if (read.Text("model_type").Or("") is "AutoModelForSequenceClassification" or "AutoModelForTokenClassification")
            return TrainingTask.Classification;
        var isPlainText = read.Find("datasets")?.Value is { IsSequence: true, Items.Count: > 0 } sets
            && sets.Items.All(d => d.Find("type")?.Value.Text is "completion" or "pretrain");
        return read.Has("pretraining_dataset") || isPlainText ? TrainingTask.Pretraining : TrainingTask.SupervisedFineTuning;
    }

    // lora_target_linear adds every linear layer to the names, and wraps a pattern as one more name (loaders/adapter.py). Neither of
    // them: an empty list, at which PEFT finds no module, rather than its choice by architecture.
    private static Setting<ModuleSelection> TargetsOf(SettingReader read)
    {
        var linear = read.Bool("lora_target_linear", false);
        if (!linear.IsKnown)
            return linear.Select(_ => ModuleSelection.AllLinear());
        if (!linear.Or(false))
        {
            return read.Has("lora_target_modules") ? read.Modules("lora_target_modules")
                : Setting<ModuleSelection>.Default(ModuleSelection.OfNames([]), "lora_target_modules", read.Find("lora_target_modules"));
        }

        var names = read.Texts("lora_target_modules", Adapters.None);
        return names.TryGet(out var more) ? linear.Select(_ => ModuleSelection.OfNames(more, allLinear: true))
            : names.Select(_ => ModuleSelection.AllLinear());
    }

    // A false peft_init_lora_weights never reaches PEFT (loaders/adapter.py tests its truth); LoftQ has a section of its own.
    private static Setting<string> InitOf(SettingReader read)
    {
        var init = read.Text("peft_init_lora_weights", "true").Select(Adapters.LowerSwitch);
        if (init.IsWritten && init.Or("") != "false")
            return init;
        return read.Number("peft.loftq_config.loftq_bits").Or(0) > 0
            ? Setting<string>.Derived("loftq", "peft.loftq_config", read.Find("peft.loftq_config"))
            : Setting<string>.Default("true", "peft_init_lora_weights", init.Entry);
    }

    // Neither written: 3 % of the steps, at most 100 of them (core/builders/base.py). Both written: refused.
    private static Setting<Warmup> WarmupOf(SettingReader read)
    {
        if (read.Has("warmup_steps"))
            return read.Number("warmup_steps").Select(s => new Warmup(s, WarmupUnit.Steps));
        return read.Number("warmup_ratio", 0.03).Select(r => new Warmup(r, WarmupUnit.Ratio));
    }

    // batch_size stands for the product and then the factor is derived (utils/config/__init__.py, normalize_config).
    private static Setting<double> AccumulationOf(SettingReader read)
    {
        var steps = read.Number("gradient_accumulation_steps", 1);
        if (steps.IsWritten || !read.Number("batch_size").TryGet(out var total))
            return steps;
        if (!read.Number("micro_batch_size").TryGet(out var micro) || micro <= 0)
            return Setting<double>.Absent("gradient_accumulation_steps");
        return Setting<double>.Derived(Math.Floor(total / micro), "batch_size", read.Find("batch_size"));
    }

    // The loader quantizes to 4 bits only for qlora, to 8 only for lora (loaders/model.py, _set_quantization_config). What it refuses
    // (qlora without 4 bits, a full fine-tune of a quantized base) has no bits to speak of.
    private static Setting<double> BitsOf(SettingReader read, Setting<string> adapter, Setting<string> baseModel)
    {
        var four = read.Bool("load_in_4bit", false);
        var eight = read.Bool("load_in_8bit", false);
        if (!four.IsKnown || !eight.IsKnown || (adapter.IsWritten && !adapter.IsKnown)
            || read.IsOn("gptq") || read.Has("model_quantization_config"))
            return (four.IsWritten ? four : eight).Select(_ => 4.0).AsUnknown();
        switch (adapter.Or(""))
        {
            case "qlora":
                return four.Or(false) ? four.Select(_ => 4.0) : Setting<double>.Absent("load_in_4bit", four.Entry);
            case "lora" when eight.Or(false):
                return eight.Select(_ => 8.0);
            case "" when four.Or(false) || eight.Or(false):
                return Setting<double>.Absent("load_in_4bit", four.Entry);
            default:
                return Adapters.Unquantized(baseModel, "load_in_4bit", four.Entry);
        }
    }

    // auto, the default, depends on the device; full trains in bf16 without mixing it with 32 bits.
    private static Setting<bool> Bf16Of(SettingReader read)
    {
        var bf16 = read.Bool("bf16");
        if (!bf16.Or(false) && read.IsOn("bfloat16"))
            return read.Bool("bfloat16");
        return read.Text("bf16", "auto").Or("") == "auto" && read.IsOn("fp16")
            ? Setting<bool>.Derived(false, "bf16", read.Find("bf16") ?? read.Find("fp16")) : bf16;
    }

    // bf16 beats fp16; fp16 stands in where bf16: auto finds no support (utils/config/__init__.py, resolve_dtype).
    private static Setting<bool> Fp16Of(SettingReader read, Setting<bool> bf16)
    {
        var fp16 = read.Bool("fp16");
        if (fp16.IsWritten)
            return fp16;
        return bf16.IsKnown ? Setting<bool>.Default(false, "fp16", fp16.Entry) : fp16;
    }

    // The type the model is loaded in (utils/config/__init__.py, resolve_dtype).
    private static Setting<string> ComputeDtypeOf(SettingReader read, Setting<bool> bf16, bool isQuantized4)
    {
        const string Key = "bnb_config_kwargs.bnb_4bit_compute_dtype";
        if (isQuantized4 && read.Has(Key))
            return read.Text(Key).Select(d => d.Replace("torch.", ""));
        if (!bf16.IsKnown)
        {
            return read.Text("bf16").Or("") == "full" ? Setting<string>.Derived("bfloat16", "bf16", bf16.Entry) : Setting<string>.Absent();
        }

        if (bf16.Or(false))
            return Setting<string>.Derived("bfloat16", bf16.Key, bf16.Entry);
        var fp16 = read.Bool("fp16", false);
        if (!fp16.IsKnown)
            return Setting<string>.Absent();
        var isHalf = read.IsOn("load_in_8bit") || fp16.Or(false) || read.IsOn("float16");
        var source = fp16.Or(false) ? fp16 : bf16;
        return Setting<string>.Derived(isHalf ? "float16" : "float32", source.Key, source.Entry);
    }

    private static bool TryCheckpointing(SettingReader read, ConfigNode node, out bool flag)
    {
        flag = true;
        return (node.IsScalar && node.Text is "offload" or "offload_disk" or "unsloth") || read.TryBool(node, out flag);
    }

    private static Setting<IReadOnlyList<string>> PathsOf(SettingReader read, string key) =>
        read.Find(key) is { Value.IsScalar: true } ? read.Texts(key) : read.TextsUnder(key, "path");

    // Without data to evaluate on, whatever else is written about evaluation has no effect.
    private static Setting<string> EvalStrategyOf(SettingReader read)
    {
        if (HasEvalData(read))
            return StrategyOf(read, "eval", "no");
        return Setting<string>.Derived("no", "val_set_size", read.Find("eval_strategy") ?? read.Find("val_set_size"));
    }

    private static bool HasEvalData(SettingReader read) => read.Number("val_set_size", 0).Or(1) != 0 || read.Has("test_datasets");

    // A number of steps, or so many times an epoch, means by steps (core/builders/base.py, _configure_save_and_eval_strategy).
    private static Setting<string> StrategyOf(SettingReader read, string what, string whenAbsent)
    {
        var steps = StepsOf(read, what);
        var strategy = read.Text(what + "_strategy", whenAbsent);
        return steps.Origin is SettingOrigin.Written or SettingOrigin.Derived && strategy.Or("") != "steps"
            ? Setting<string>.Derived("steps", steps.Key, steps.Entry) : strategy;
    }

    // So many times an epoch becomes a share of all steps, unless that were every step or none (normalize_config).
    private static Setting<double> StepsOf(SettingReader read, string what)
    {
        var times = read.Number(what + "s_per_epoch");
        if (read.Has(what + "_steps") || !times.IsWritten || (what == "eval" && !HasEvalData(read)))
            return read.Number(what + "_steps");
        if (!times.TryGet(out var count) || !read.Number("num_epochs", 1).TryGet(out var epochs))
            return times.AsUnknown();
        var share = count * epochs > 0 ? 1 / (count * epochs) : 1;
        return share < 1 ? Setting<double>.Derived(share, times.Key, times.Entry) : Setting<double>.Absent(what + "_steps");
    }

    // Early stopping brings it along where there are steps to save and to evaluate at (core/builders/causal.py).
    private static Setting<bool> LoadBestOf(SettingReader read)
    {
        var patience = read.Number("early_stopping_patience");
        if (read.Has("load_best_model_at_end") || patience.Or(0) <= 0)
            return read.Bool("load_best_model_at_end", false);
        var fits = StepsOf(read, "save").TryGet(out var save) && StepsOf(read, "eval").TryGet(out var eval) && eval > 0 && save % eval == 0;
        return Setting<bool>.Derived(fits, patience.Key, patience.Entry);
    }

    // Axolotl's worker on RunPod takes a config as an argument of a request (.runpod/src/handler.py), and its tests are lists of those.
    private static List<ConfigNode> RequestsIn(ConfigNode root)
    {
        var requests = root.Find("tests") is { Value: { IsSequence: true } tests } ? tests.Items : [root];
        return [.. requests.Select(r => r.FindPath("input.args")?.Value).Where(a => a is { IsMapping: true }).Select(a => a!)];
    }
}
