using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The YAML and JSON that ms-swift's commands take, and the args.json they save. Keys and defaults: swift/arguments, what differs from
/// transformers: swift/trainers/arguments.py, what becomes of the adapter's keys: swift/pipelines/train/tuner.py. Files for
/// <c>megatron sft</c> have other names for batch and schedule (swift/megatron/arguments/megatron_args.py) and train in full unless
/// told otherwise; those for Ray keep part of their keys under <c>train</c>.
/// </summary>
public sealed class MsSwiftFormat : ConfigFormat
{
    private static readonly string[] s_tuners =
    [
        "lora", "full", "longlora", "lora_llm", "adalora", "llamapro", "adapter", "vera", "boft", "fourierft", "reft", "bone", "lisa",
    ];

    private static readonly string[] s_rlhf = ["dpo", "orpo", "simpo", "kto", "cpo", "rm", "ppo", "grpo", "gkd"];

    private static readonly string[] s_own =
    [
        "split_dataset_ratio", "model_author", "swift_version", "lorap_lr_ratio", "quant_bits", "custom_dataset_info", "external_plugins",
        "colocate_groups", "global_world_size", "truncation_strategy", "lazy_tokenize", "init_weights", "loss_scale", "freeze_vit",
        "val_dataset", "attn_impl", "use_hf", "tuner_backend", "dataset_num_proc", "cached_dataset", "infer_backend", "adapters",
    ];

    private static readonly string[] s_shared =
    [
        "lora_rank", "lora_alpha", "target_modules", "dataset", "torch_dtype", "max_length", "per_device_train_batch_size",
        "micro_batch_size", "num_train_epochs", "tensor_model_parallel_size", "deepspeed", "learning_rate", "lr", "system",
    ];

    private static readonly string[] s_megatron =
    [
        "tensor_model_parallel_size", "pipeline_model_parallel_size", "expert_model_parallel_size", "context_parallel_size",
        "micro_batch_size", "global_batch_size", "train_iters", "lr_warmup_fraction", "recompute_granularity", "mcore_model",
    ];

    /// <inheritdoc/>
    public override string Name => "ms-swift";

    /// <inheritdoc/>
    public override string Title => "ms-swift";

    /// <inheritdoc/>
    public override string Upstream => "modelscope/ms-swift@3602360a (2026-08-22)";

    /// <inheritdoc/>
    public override KeyTable? Keys => MsSwiftKeys.Table;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        // A model written as one name: formats with a section `model` are others.
        if ((root.Find("model") ?? root.Find("mcore_model")) is not { Value.IsScalar: true } || root.Find("model_name_or_path") is not null)
            return 0;
        var merged = WithTrainGroup(root);
        var score = 0;
        foreach (var key in new[] { "tuner_type", "train_type", "sft_type" })
            score += HasWord(merged, key, s_tuners) ? 45 : 0;
        score += HasWord(merged, "rlhf_type", s_rlhf) ? 40 : 0;
        // `name#500` is ms-swift's way to take 500 rows of a dataset.
        score += SamplesOf(merged.Find("dataset")?.Value) ? 35 : 0;
        score += 12 * s_own.Count(k => merged.Find(k) is not null);
        // Shared keys alone never do: they would fit many a script.
        return score == 0 ? 0 : Math.Min(score + (5 * s_shared.Count(k => merged.Find(k) is not null)), 95);
    }

    /// <summary>Whether Megatron trains, whose modules have names of their own.</summary>
    internal static bool UsesMegatron(SettingReader read) => new SettingReader(WithTrainGroup(read.Root), read.Dialect).HasAny(s_megatron);

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        read = new SettingReader(WithTrainGroup(read.Root), read.Dialect, read.Path);
        var isMegatron = read.HasAny(s_megatron);
        var arguments = new TransformersArguments(read);
        var type = read.FirstOf(k => read.Text(k, isMegatron ? "full" : "lora"), "tuner_type", "train_type", "sft_type");
        var baseModel = read.Text("model");
        var bits = BitsOf(read, baseModel);
        var rank = read.Number("lora_rank", 8);
        var alpha = read.Number("lora_alpha", 32);
        var useRslora = read.Bool("use_rslora", false);
        var dtype = read.Text("torch_dtype").Select(d => d.Replace("torch.", ""));
        var fp16 = read.Has("fp16") ? read.Bool("fp16") : MixedBy(dtype, "fp16", "float16", "float32");
        var bf16 = read.Has("bf16") ? read.Bool("bf16") : MixedBy(dtype, "bf16", "bfloat16");
        // Training goes on with a given adapter, and with what its own config says (pipelines/train/tuner.py, prepare_model).
        var resumes = HasItems(read, "adapters") || read.Has("resume_from_checkpoint");
        Setting<T> Own<T>(Setting<T> setting) => resumes ? setting.AsUnknown() : setting;

        var evalStrategy = EvalStrategyOf(read, arguments);
        return new TrainingConfig
        {
            Method = MethodOf(read, type, bits),
            Task = TaskOf(read),
            BaseModel = baseModel,
            Rank = Own(rank),
            Alpha = Own(alpha),
            Scaling = Own(TrainingConfig.ScalingOf(rank, alpha, useRslora)),
            Dropout = Own(read.Number("lora_dropout", 0.05)),
            TargetModules = Own(TargetsOf(read)),
            ModulesToSave = Own(read.Texts("modules_to_save", Adapters.None)),
            Layers = Own(Adapters.AllLayers),
            Bias = Own(read.Text("lora_bias", "none")),
            Init = Own(isMegatron ? Setting<string>.Default("true", "") : read.Text("init_weights", "true").Select(Adapters.LowerSwitch)),
            UseRslora = Own(useRslora),
            RankPattern = Own(Adapters.NoPattern),
            AlphaPattern = Own(Adapters.NoPattern),
            LearningRate = read.Number(isMegatron ? "lr" : "learning_rate", !type.IsKnown ? null : type.Or("") == "full" ? 1e-5 : 1e-4),
            LrScheduler = isMegatron ? read.Text("lr_decay_style", "cosine") : arguments.LrScheduler("cosine"),
            Warmup = isMegatron ? MegatronWarmupOf(read) : arguments.Warmup(),
            Optimizer = isMegatron ? read.Text("optimizer", "adam") : OptimizerOf(read, arguments),
            WeightDecay = arguments.WeightDecay(0.1),
            MaxGradNorm = isMegatron ? read.Number("clip_grad", 1) : arguments.MaxGradNorm(),
            Epochs = isMegatron ? read.Number("num_train_epochs") : arguments.Epochs(),
            MaxSteps = isMegatron ? read.Number("train_iters") : arguments.MaxSteps(),
            MicroBatchSize = isMegatron ? read.Number("micro_batch_size", 1) : arguments.MicroBatchSize(1),
            // Left out, it makes up a batch of 16 over all devices, whose number the file does not tell; GRPO takes 1.
            GradientAccumulationSteps = read.Number("gradient_accumulation_steps",
                !isMegatron && read.Text("rlhf_type").Or("") == "grpo" ? 1 : null),
            QuantizationBits = bits,
            QuantizationType = QuantizationTypeOf(read, bits),
            DoubleQuantization = IsBnb4(read, bits) ? read.Bool("bnb_4bit_use_double_quant", true)
                : Setting<bool>.Absent("bnb_4bit_use_double_quant"),
            ComputeDtype = IsBnb4(read, bits) ? QuantizedDtypeOf(read, dtype) : Adapters.DtypeOf(bf16, fp16),
            MaxSequenceLength = read.Number("max_length"),
            Packing = read.Bool("packing", false),
            GradientCheckpointing = isMegatron ? RecomputesOf(read) : arguments.GradientCheckpointing(true),
            Seed = arguments.Seed(),
            Dataset = read.Texts("dataset"),
            OutputDir = read.Text("output_dir"),
            Fp16 = fp16,
            Bf16 = bf16,
            EvalStrategy = evalStrategy,
            EvalSteps = EvalStepsOf(read, arguments, evalStrategy),
            SaveStrategy = arguments.SaveStrategy(),
            SaveSteps = arguments.SaveSteps(),
            LoadBestModelAtEnd = isMegatron ? Setting<bool>.Absent() : arguments.LoadBestModelAtEnd(),
            EarlyStoppingPatience = read.Number("early_stop_interval"),
            ValidationSplit = HasItems(read, "val_dataset") || read.IsOn("streaming")
                ? Setting<double>.Derived(0, "split_dataset_ratio", read.Find("split_dataset_ratio"))
                : read.Number("split_dataset_ratio", 0),
            EvalDataset = read.Texts("val_dataset"),
            DeepSpeed = arguments.DeepSpeed(),
            ConcernsLora = ConcernsLora(read, type),
        };
    }

    // Ray's files: what stands under `train` comes on top of the shared keys (swift/ray/megatron/driver_utils.py, merge_group_dict).
    private static ConfigNode WithTrainGroup(ConfigNode root)
    {
        if (root.Find("train") is not { Value.IsMapping: true } train)
            return root;
        var group = train.Value.Entries;
        return ConfigNode.Mapping(root.Span, [.. root.Entries.Where(e => train.Value.Find(e.Key) is null), .. group], root.IsFlow);
    }

    private static bool HasWord(ConfigNode root, string key, string[] words) =>
        root.Find(key) is { Value: { IsScalar: true } value } && words.Contains(value.Text);

    private static bool SamplesOf(ConfigNode? dataset) => dataset is not null && (dataset.IsSequence ? dataset.Items : [dataset]).Any(d =>
        d.Text.LastIndexOf('#') is var hash and > 0 && hash + 1 < d.Text.Length && d.Text.Skip(hash + 1).All(char.IsDigit));

    private static bool HasItems(SettingReader read, string key) => read.Has(key) && read.Texts(key).Or([""]).Count > 0;

    // Without data nothing is trained: inference, deployment, merging, export. A command line says by its verb that it trains.
    private static Setting<TuningMethod> MethodOf(SettingReader read, Setting<string> type, Setting<double> bits)
    {
        if (!HasItems(read, "dataset") && !HasItems(read, "cached_dataset") && read.Root.Origin is null)
            return Setting<TuningMethod>.Derived(TuningMethod.None, "dataset", read.Find("dataset"));
        return type.Select(t => t switch
        {
            "lora" or "longlora" or "lora_llm" => Adapters.MethodOf(bits, read.IsOn("use_dora")),
            "full" => TuningMethod.Full,
            _ => TuningMethod.Other,
        });
    }

    private static bool ConcernsLora(SettingReader read, Setting<string> type) =>
        HasItems(read, "adapters") || (type.Or("") == "full" ? read.HasAny("lora_rank", "lora_alpha") && read.Find("swift_version") is null
            : type.IsWritten || HasItems(read, "dataset"));

    private static TrainingTask TaskOf(SettingReader read)
    {
        if (read.Has("rlhf_type"))
        {
            return read.Text("rlhf_type").Or("") switch
            {
                "dpo" or "orpo" or "simpo" or "kto" or "cpo" => TrainingTask.Preference,
                "grpo" or "ppo" => TrainingTask.Reinforcement,
                "rm" => TrainingTask.Reward,
                _ => TrainingTask.Unknown,
            };
        }

        if (read.Text("task_type").Or("") is "seq_cls" or "embedding" or "reranker" or "generative_reranker")
            return TrainingTask.Classification;
        // swift rlhf without a type means DPO: its keys give it away. swift pt differs from swift sft in this switch alone.
        if (read.HasAny("beta", "rpo_alpha", "ref_model", "reward_funcs", "num_generations"))
            return TrainingTask.Unknown;
        var chat = read.Bool("use_chat_template", true);
        return !chat.IsKnown ? TrainingTask.Unknown : chat.Or(true) ? TrainingTask.SupervisedFineTuning : TrainingTask.Pretraining;
    }

    // quant_bits without quant_method quantizes nothing, and gptq or awq are for a base that is so already
    // (swift/arguments/base_args/quant_args.py, get_quantization_config).
    private static Setting<double> BitsOf(SettingReader read, Setting<string> baseModel)
    {
        var method = read.Text("quant_method");
        var bits = read.Read<double>("quant_bits", null, (ConfigNode node, out double number) =>
        {
            number = 8;
            return node.Text == "float8" || read.TryNumber(node, out number);
        });
        return method.Or("") switch
        {
            "fp8" => Setting<double>.Derived(8, "quant_method", method.Entry),
            "bnb" or "hqq" or "eetq" or "quanto" => bits,
            _ when method.IsWritten => bits.AsUnknown(),
            _ => Adapters.Unquantized(baseModel, "quant_bits", bits.Entry),
        };
    }

    private static bool IsBnb4(SettingReader read, Setting<double> bits) => bits.Or(16) == 4 && read.Text("quant_method").Or("") == "bnb";

    private static Setting<string> QuantizationTypeOf(SettingReader read, Setting<double> bits)
    {
        var method = read.Text("quant_method");
        return method.Or("") switch
        {
            "bnb" when bits.Or(16) == 4 => read.Text("bnb_4bit_quant_type", "nf4"),
            "bnb" or "eetq" when bits.Or(16) == 8 => Setting<string>.Derived("int8", "quant_bits", bits.Entry),
            "fp8" or "hqq" => method,
            "quanto" when read.Has("quant_bits") => Setting<string>.Derived(
                read.Text("quant_bits").Or("") == "float8" ? "float8" : "int" + read.Text("quant_bits").Or(""), "quant_bits", bits.Entry),
            _ => Setting<string>.Absent("bnb_4bit_quant_type"),
        };
    }

    private static Setting<string> QuantizedDtypeOf(SettingReader read, Setting<string> dtype)
    {
        if (read.Has("bnb_4bit_compute_dtype"))
            return read.Text("bnb_4bit_compute_dtype").Select(d => d.Replace("torch.", ""));
        return dtype.TryGet(out var weights)
            ? Setting<string>.Derived(weights == "bfloat16" ? weights : "float32", "torch_dtype", dtype.Entry) : Setting<string>.Absent();
    }

    // Mixed precision follows the weights' type; unsaid, that is the model's own.
    private static Setting<bool> MixedBy(Setting<string> dtype, string key, params string[] types) =>
        dtype.TryGet(out var weights) ? Setting<bool>.Derived(types.Contains(weights), key, dtype.Entry) : Setting<bool>.Absent(key);

    private static Setting<ModuleSelection> TargetsOf(SettingReader read)
    {
        if (read.Has("target_regex"))
            return read.Text("target_regex").Select(ModuleSelection.OfPattern);
        return read.Texts("target_modules", ["all-linear"]).Select(names => names.Contains("all-linear")
            ? ModuleSelection.OfNames([.. names.Where(n => n != "all-linear")], allLinear: true) : ModuleSelection.OfNames(names));
    }

    private static Setting<string> OptimizerOf(SettingReader read, TransformersArguments arguments)
    {
        if (read.Has("optimizer"))
            return read.Text("optimizer");
        if (read.Number("lorap_lr_ratio").Or(0) != 0)
            return Setting<string>.Derived("lorap", "lorap_lr_ratio", read.Find("lorap_lr_ratio"));
        return read.IsOn("use_galore") ? Setting<string>.Derived("galore", "use_galore", read.Find("use_galore")) : arguments.Optimizer();
    }

    private static Setting<Warmup> MegatronWarmupOf(SettingReader read) => read.Has("lr_warmup_fraction")
        ? read.Number("lr_warmup_fraction").Select(f => new Warmup(f, WarmupUnit.Ratio))
        : read.Number("lr_warmup_iters", 0).Select(i => new Warmup(i, WarmupUnit.Steps));

    // Selective recomputation concerns parts of a layer: neither on nor off.
    private static Setting<bool> RecomputesOf(SettingReader read)
    {
        var what = read.Text("recompute_granularity");
        return what.Or("") is "full" or "none" ? what.Select(w => w == "full") : what.Select(_ => false).AsUnknown();
    }

    // No data to evaluate on: no evaluation, whatever is written (swift/arguments/sft_args.py). Unsaid, it goes with saving.
    private static Setting<string> EvalStrategyOf(SettingReader read, TransformersArguments arguments)
    {
        var hasData = HasItems(read, "val_dataset") || HasItems(read, "cached_val_dataset") || HasItems(read, "eval_dataset")
            || (!read.IsOn("streaming") && read.Number("split_dataset_ratio", 0).Or(1) != 0);
        if (!hasData)
            return Setting<string>.Derived("no", "eval_strategy", read.Find("eval_strategy"));
        if (read.Has("eval_strategy"))
            return read.Text("eval_strategy");
        return arguments.SaveStrategy().TryGet(out var saved)
            ? Setting<string>.Derived(saved, "eval_strategy", read.Find("save_strategy")) : Setting<string>.Absent("eval_strategy");
    }

    private static Setting<double> EvalStepsOf(SettingReader read, TransformersArguments arguments, Setting<string> strategy)
    {
        if (read.Has("eval_steps") || strategy.Or("") != "steps" || !arguments.SaveSteps().TryGet(out var steps))
            return read.Number("eval_steps");
        return Setting<double>.Derived(steps, "eval_steps", read.Find("save_steps"));
    }
}
