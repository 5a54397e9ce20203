using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// LLaMA-Factory's YAML and JSON. Keys and defaults: src/llamafactory/hparams; what becomes of them: hparams/parser.py,
/// model/adapter.py, model/model_utils/quantization.py. OmegaConf loads the file, which reads <c>2e-4</c> as a number. The same keys
/// serve for inference and export; such a file trains nothing. The experimental v1 (USE_V1) has other keys and is not read.
/// </summary>
public sealed class LlamaFactoryFormat : ConfigFormat
{
    private static readonly string[] s_stages = ["pt", "sft", "rm", "ppo", "dpo", "kto"];

    // Keys of LLaMA-Factory's own dataclasses. One alone is in other people's scripts too; two of them beside model_name_or_path are not.
    private static readonly string[] s_own =
    [
        "finetuning_type", "cutoff_len", "lora_target", "adapter_name_or_path", "quantization_bit", "infer_backend", "export_dir",
        "additional_target", "pissa_init", "neat_packing", "pref_beta", "template", "dataset_dir", "plot_loss", "val_size",
    ];

    private static readonly string[] s_baseModelElsewhere = ["base_model", "base_model_name_or_path", "model_name"];

    private const int Enough = 4;

    // Any of these says that the file is meant for training.
    private static readonly string[] s_training =
    [
        "dataset", "tokenized_path", "learning_rate", "num_train_epochs", "max_steps", "per_device_train_batch_size",
        "gradient_accumulation_steps",
    ];

    /// <inheritdoc/>
    public override string Name => "llama-factory";

    /// <inheritdoc/>
    public override string Title => "LLaMA-Factory";

    /// <inheritdoc/>
    public override string Upstream => "hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)";

    /// <inheritdoc/>
    public override KeyTable? Keys => LlamaFactoryKeys.Table;

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        var own = s_own.Count(k => root.Find(k) is not null);
        // With enough keys of its own, another framework's name for the base model is a slip.
        if (root.Find("model_name_or_path") is null && (own < Enough || !s_baseModelElsewhere.Any(k => root.Find(k) is not null)))
            return 0;
        if (root.Find("stage") is { Value: { IsScalar: true } stage } && s_stages.Contains(stage.Text))
            own++;
        return own < 2 ? 0 : Math.Min(40 + (10 * own), 95);
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var arguments = new TransformersArguments(read);
        var baseModel = read.Text("model_name_or_path");
        var bits = read.Has("quantization_bit") ? read.Number("quantization_bit")
            : Adapters.Unquantized(baseModel, "quantization_bit", read.Find("quantization_bit"));
        var rank = read.Number("lora_rank", 8);
        var alpha = AlphaOf(read, rank);
        var dropout = read.Number("lora_dropout", 0);
        var useRslora = read.Bool("use_rslora", false);
        var isBnb4 = bits.Or(16) == 4 && read.Text("quantization_method", "bnb").Or("") is "bnb" or "bitsandbytes";
        // Training goes on with a given adapter, and with what its own config says, unless a new one is asked for.
        var resumes = read.Has("adapter_name_or_path") && !read.IsOn("create_new_adapter");
        Setting<T> Own<T>(Setting<T> setting) => resumes ? setting.AsUnknown() : setting;
        return new TrainingConfig
        {
            Method = MethodOf(read, bits),
            Task = TaskOf(read.Text("stage", "sft")),
            BaseModel = baseModel,
            Rank = Own(rank),
            Alpha = Own(alpha),
            Scaling = Own(TrainingConfig.ScalingOf(rank, alpha, useRslora)),
            Dropout = Own(dropout),
            TargetModules = Own(TargetsOf(read)),
            ModulesToSave = Own(ModulesToSaveOf(read)),
            Layers = Own(read.IsOn("use_llama_pro") ? Setting<LayerSelection>.Absent() : Adapters.AllLayers),
            Bias = Own(Adapters.NoBias),
            Init = Own(InitOf(read)),
            UseRslora = Own(useRslora),
            RankPattern = Own(Adapters.NoPattern),
            AlphaPattern = Own(Adapters.NoPattern),
            LearningRate = arguments.LearningRate(),
            LrScheduler = arguments.LrScheduler(),
            Warmup = arguments.Warmup(),
            Optimizer = OptimizerOf(read, arguments),
            WeightDecay = arguments.WeightDecay(),
            MaxGradNorm = arguments.MaxGradNorm(),
            Epochs = arguments.Epochs(),
            MaxSteps = arguments.MaxSteps(),
            MicroBatchSize = arguments.MicroBatchSize(),
            GradientAccumulationSteps = arguments.GradientAccumulationSteps(),
            QuantizationBits = bits,
            QuantizationType = QuantizationTypeOf(read, bits, isBnb4),
            DoubleQuantization = isBnb4 ? read.Bool("double_quantization", true) : Setting<bool>.Absent("double_quantization"),
            ComputeDtype = Adapters.DtypeOf(read.IsOn("pure_bf16") ? read.Bool("pure_bf16") : arguments.Bf16(), arguments.Fp16()),
            MaxSequenceLength = read.Number("cutoff_len", 2048),
            Packing = PackingOf(read),
            GradientCheckpointing = read.Bool("disable_gradient_checkpointing", false).Select(d => !d),
            Seed = arguments.Seed(),
            Dataset = read.Names("dataset"),
            OutputDir = arguments.OutputDir(),
            Fp16 = arguments.Fp16(),
            Bf16 = arguments.Bf16(),
            EvalStrategy = arguments.EvalStrategy(),
            EvalSteps = arguments.EvalSteps(),
            SaveStrategy = arguments.SaveStrategy(),
            SaveSteps = arguments.SaveSteps(),
            LoadBestModelAtEnd = arguments.LoadBestModelAtEnd(),
            EarlyStoppingPatience = read.Number("early_stopping_steps"),
            ValidationSplit = read.Number("val_size", 0),
            EvalDataset = read.Names("eval_dataset"),
            DeepSpeed = arguments.DeepSpeed(),
            ConcernsLora = ConcernsLora(read),
        };
    }

    // do_train is off by default, yet a file with data and a learning rate and no word about it is meant to train: whether the missing
    // switch is a mistake is a rule's question. Prediction and evaluation alone, inference and export train nothing.
    private static Setting<TuningMethod> MethodOf(SettingReader read, Setting<double> bits)
    {
        var train = read.Bool("do_train");
        var doesOther = read.IsOn("do_predict") || read.IsOn("do_eval") || read.Has("export_dir");
        if ((train.IsKnown && !train.Or(true)) || (!train.IsWritten && (doesOther || !read.HasAny(s_training))))
            return Setting<TuningMethod>.Derived(TuningMethod.None, "do_train", train.Entry);
        return read.Text("finetuning_type", "lora").Select(t => t switch
        {
            "lora" => Adapters.MethodOf(bits, read.IsOn("use_dora")),
            "full" => TuningMethod.Full,
            _ => TuningMethod.Other,
        });
    }

    private static bool ConcernsLora(SettingReader read)
    {
        if (read.HasAny("lora_rank", "lora_alpha", "lora_dropout", "lora_target", "loraplus_lr_ratio", "adapter_name_or_path")
            || read.IsOn("use_dora") || read.IsOn("use_rslora") || read.IsOn("pissa_init"))
            return true;
        var type = read.Text("finetuning_type");
        return type.IsWritten ? type.Or("lora") == "lora" : read.HasAny(s_training) || read.Has("do_train");
    }

    private static TrainingTask TaskOf(Setting<string> stage) => stage.Or("") switch
    {
        "sft" => TrainingTask.SupervisedFineTuning,
        "pt" => TrainingTask.Pretraining,
        "rm" => TrainingTask.Reward,
        "ppo" => TrainingTask.Reinforcement,
        "dpo" or "kto" => TrainingTask.Preference,
        _ => TrainingTask.Unknown,
    };

    // Absent, null and 0 alike become twice the rank (hparams/finetuning_args.py, __post_init__).
    private static Setting<double> AlphaOf(SettingReader read, Setting<double> rank)
    {
        var alpha = read.Number("lora_alpha", 0);
        if (!alpha.IsKnown || alpha.Or(0) != 0)
            return alpha;
        return rank.TryGet(out var r) ? Setting<double>.Derived(2 * r, "lora_alpha", alpha.Entry ?? rank.Entry)
            : Setting<double>.Absent("lora_alpha", alpha.Entry);
    }

    // Only `all` alone is expanded; beside other names it is a module's name like them (model/adapter.py, _setup_lora_tuning).
    private static Setting<ModuleSelection> TargetsOf(SettingReader read) => read
        .Names("lora_target", ["all"])
        .Select(names => names.Count == 1 && names[0] == "all" ? ModuleSelection.AllLinear() : ModuleSelection.OfNames(names));

    // A resized vocabulary adds the embeddings and the head, whose names only the model knows.
    private static Setting<IReadOnlyList<string>> ModulesToSaveOf(SettingReader read) =>
        read.IsOn("resize_vocab") && !read.Has("additional_target")
            ? Setting<IReadOnlyList<string>>.Absent("additional_target", read.Find("additional_target"))
            : read.Names("additional_target", Adapters.None);

    // Unsloth and KTransformers get the adapter's settings without the way to start it.
    private static Setting<string> InitOf(SettingReader read)
    {
        var pissa = read.Bool("pissa_init", false);
        if (!pissa.Or(false) || read.IsOn("use_unsloth") || read.IsOn("use_kt"))
            return pissa.IsKnown ? Setting<string>.Default("true", "pissa_init", pissa.Entry) : pissa.Select(_ => "");
        return read.Number("pissa_iter", 16).TryGet(out var steps)
            ? Setting<string>.Derived(steps == -1 ? "pissa" : "pissa_niter_" + ConfigEditor.Number(steps), "pissa_init", pissa.Entry)
            : pissa.Select(_ => "").AsUnknown();
    }

    private static Setting<string> OptimizerOf(SettingReader read, TransformersArguments arguments)
    {
        foreach (var name in new[] { "galore", "apollo", "badam", "adam_mini", "muon" })
        {
            if (read.IsOn("use_" + name))
                return Setting<string>.Derived(name, "use_" + name, read.Find("use_" + name));
        }

        return arguments.Optimizer();
    }

    private static Setting<string> QuantizationTypeOf(SettingReader read, Setting<double> bits, bool isBnb4)
    {
        if (isBnb4)
            return read.Text("quantization_type", "nf4");
        if (!bits.IsWritten)
            return Setting<string>.Absent("quantization_type");
        var method = read.Text("quantization_method", "bnb");
        return method.Or("") is "hqq" ? method : bits.Or(0) == 8 && method.IsKnown
            ? Setting<string>.Derived("int8", "quantization_bit", bits.Entry) : Setting<string>.Absent("quantization_type");
    }

    // Unsaid, pre-training packs and the other stages do not; neat packing packs (parser.py; data_args.py, __post_init__).
    private static Setting<bool> PackingOf(SettingReader read)
    {
        if (read.IsOn("neat_packing"))
            return read.Bool("neat_packing");
        if (read.Has("packing") || !read.Text("stage", "sft").TryGet(out var stage))
            return read.Bool("packing");
        return stage == "pt" ? Setting<bool>.Derived(true, "stage", read.Find("stage"))
            : Setting<bool>.Default(false, "packing", read.Find("packing"));
    }
}
