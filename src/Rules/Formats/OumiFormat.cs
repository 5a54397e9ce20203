using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Oumi's training YAML, which OmegaConf merges into dataclasses. Keys and defaults: src/oumi/core/configs (training_config.py,
/// params/training_params.py, params/peft_params.py, params/model_params.py); what becomes of them: src/oumi/builders/models.py.
/// Tuning files (<c>oumi tune</c>) hold one run with some values left to a search: the fixed values are read, the searched ones are not
/// known.
/// </summary>
public sealed class OumiFormat : ConfigFormat
{
    private static readonly string[] s_adapterKeys =
    [
        "lora_r", "lora_alpha", "lora_dropout", "lora_target_modules", "lora_target_parameters", "lora_init_weights", "q_lora",
    ];

    /// <inheritdoc/>
    public override string Name => "oumi";

    /// <inheritdoc/>
    public override string Title => "Oumi";

    /// <inheritdoc/>
    public override string Upstream => "oumi-ai/oumi@d8ed0777 (2026-08-21)";

    /// <inheritdoc/>
    public override KeyTable? Keys => OumiKeys.Table;

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.FindPath("model.model_name") is null)
            return 0;
        // Scripts of one's own have blocks of these names too; the kind of trainer and the data's splits are Oumi's.
        var isOwn = root.FindPath("training.trainer_type") is not null || root.FindPath("tuning.n_trials") is not null;
        var trains = isOwn || root.FindPath("training.use_peft") is not null;
        return trains && root.FindPath("data.train") is not null ? 93 : isOwn ? 85 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var keys = new OumiKeysOf(read);
        var baseModel = read.Text("model.model_name");
        var usePeft = keys.Bool("use_peft", false);
        var concerns = s_adapterKeys.Any(k => read.Has(keys.Adapter + k)) || (usePeft.IsWritten && usePeft.Or(true));
        if (!concerns)
        {
            return new TrainingConfig
            {
                ConcernsLora = false, Method = usePeft.Derive(_ => TuningMethod.Full), BaseModel = baseModel,
            };
        }

        var quantizes = keys.AdapterBool("q_lora", false);
        var bits = quantizes.Or(false) ? keys.AdapterNumber("q_lora_bits", 4)
            : quantizes.IsKnown ? Adapters.Unquantized(baseModel, quantizes.Key, quantizes.Entry) : quantizes.Select(_ => 16.0);
        var isBnb4 = bits.Or(16) == 4;
        var rank = keys.AdapterNumber("lora_r", 8);
        var alpha = keys.AdapterNumber("lora_alpha", 8);
        // A pretrained adapter is loaded below the new one; null is no value for the numbers.
        return new TrainingConfig
        {
            Method = usePeft.Select(p => p ? Adapters.MethodOf(bits, useDora: false) : TuningMethod.Full),
            Task = TaskOf(keys.Text("trainer_type", "HF").Or("")),
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = keys.AdapterNumber("lora_dropout", 0),
            TargetModules = keys.Modules(),
            ModulesToSave = read.Texts(keys.Adapter + "lora_modules_to_save", Adapters.None),
            Layers = Adapters.AllLayers,
            Bias = read.Text(keys.Adapter + "lora_bias", "none"),
            Init = InitOf(read, keys),
            UseRslora = Setting<bool>.Default(false, ""),
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = keys.Number("learning_rate", 5e-5),
            LrScheduler = keys.Text("lr_scheduler_type", "linear"),
            Warmup = keys.Warmup(),
            Optimizer = keys.Text("optimizer", "adamw_torch"),
            WeightDecay = keys.Number("weight_decay", 0),
            // Null switches clipping off.
            MaxGradNorm = keys.Number("max_grad_norm", 1) is { Origin: SettingOrigin.Default, Entry: { } off }
                ? Setting<double>.Derived(0, keys.Training + "max_grad_norm", off) : keys.Number("max_grad_norm", 1),
            Epochs = keys.Number("num_train_epochs", 3),
            MaxSteps = keys.Number("max_steps", -1),
            MicroBatchSize = keys.Number("per_device_train_batch_size", 8),
            GradientAccumulationSteps = keys.Number("gradient_accumulation_steps", 1),
            QuantizationBits = bits,
            QuantizationType = isBnb4 ? keys.AdapterText("bnb_4bit_quant_type", "fp4") : Setting<string>.Absent(),
            DoubleQuantization = isBnb4 ? keys.AdapterBool("use_bnb_nested_quant", false) : Setting<bool>.Absent(),
            ComputeDtype = isBnb4 ? keys.AdapterText("bnb_4bit_compute_dtype", "float32").AsDtype()
                : read.Text("model.torch_dtype_str").AsDtype(),
            MaxSequenceLength = read.Number("model.model_max_length"),
            Packing = read.Bool("data.train.pack", false),
            GradientCheckpointing = keys.Bool("enable_gradient_checkpointing", false),
            Seed = keys.Number("seed", 42),
            Dataset = read.TextsUnder("data.train.datasets", "dataset_name"),
            EvalDataset = read.TextsUnder("data.validation.datasets", "dataset_name"),
            OutputDir = keys.Text("output_dir", "output"),
            Fp16 = keys.Text("mixed_precision_dtype", "none").Derive(d => d.Equals("fp16", StringComparison.OrdinalIgnoreCase)),
            Bf16 = keys.Text("mixed_precision_dtype", "none").Derive(d => d.Equals("bf16", StringComparison.OrdinalIgnoreCase)),
            EvalStrategy = keys.Text("eval_strategy", "no"),
            EvalSteps = keys.Number("eval_steps", keys.Text("eval_strategy", "no").Or("") == "steps" ? 500 : null),
            SaveStrategy = SaveStrategy(keys),
            SaveSteps = SaveStrategy(keys).Or("") == "steps" ? keys.Number("save_steps", 500) : Setting<double>.Absent(),
            DeepSpeed = read.IsOn("deepspeed.enable_deepspeed") ? read.Text("deepspeed.deepspeed_config_path") : Setting<string>.Absent(),
        };
    }

    // The word is the enum's name or its value, in any case (OmegaConf takes the name).
    private static TrainingTask TaskOf(string trainer) => trainer.ToUpperInvariant() switch
    {
        "TRL_SFT" => TrainingTask.SupervisedFineTuning,
        "TRL_DPO" or "TRL_KTO" => TrainingTask.Preference,
        "TRL_GRPO" or "VERL_GRPO" => TrainingTask.Reinforcement,
        _ => TrainingTask.Unknown,
    };

    private static Setting<string> InitOf(SettingReader read, OumiKeysOf keys) =>
        read.Text(keys.Adapter + "lora_init_weights", "default").Select(word => word.ToUpperInvariant() switch
        {
            "DEFAULT" => "true",
            "RANDOM" => "false",
            "PISA" => "pissa",
            _ => word.ToLowerInvariant(),
        });

    // TrainingParams.to_hf: save_steps above 0 wins over save_epoch.
    private static Setting<string> SaveStrategy(OumiKeysOf keys)
    {
        var steps = keys.Number("save_steps", 500);
        var epoch = keys.Bool("save_epoch", false);
        return !steps.TryGet(out var every) ? steps.Select(_ => "") : every > 0 ? steps.Derive(_ => "steps")
            : epoch.Derive(e => e ? "epoch" : "no");
    }

    /// <summary>Where a file of either kind keeps the values, and which of them are left to a search.</summary>
    private sealed class OumiKeysOf(SettingReader read)
    {
        private readonly bool _isSearch = read.Find("tuning") is { Value.IsMapping: true } && !read.Has("training");

        public string Training => _isSearch ? "tuning.fixed_training_params." : "training.";

        public string Adapter => _isSearch ? "tuning.fixed_peft_params." : "peft.";

        public Setting<double> Number(string name, double? whenAbsent) => OfRun(name, read.Number(Training + name, whenAbsent));

        public Setting<bool> Bool(string name, bool? whenAbsent) => OfRun(name, read.Bool(Training + name, whenAbsent));

        public Setting<string> Text(string name, string? whenAbsent) => OfRun(name, read.Text(Training + name, whenAbsent));

        public Setting<double> AdapterNumber(string name, double? whenAbsent) =>
            Searched("tuning.tunable_peft_params." + name, read.Number(Adapter + name, whenAbsent));

        public Setting<bool> AdapterBool(string name, bool? whenAbsent) =>
            Searched("tuning.tunable_peft_params." + name, read.Bool(Adapter + name, whenAbsent));

        public Setting<string> AdapterText(string name, string? whenAbsent) =>
            Searched("tuning.tunable_peft_params." + name, read.Text(Adapter + name, whenAbsent));

        /// <summary>A list of the one word all-linear is that word; null leaves the choice to PEFT's table of architectures.</summary>
        public Setting<ModuleSelection> Modules() => Searched(
            "tuning.tunable_peft_params.lora_target_modules",
            read.Texts(Adapter + "lora_target_modules").Select(names => names.Count == 1 && names[0] == "all-linear"
                ? ModuleSelection.AllLinear() : ModuleSelection.OfNames(names)));

        /// <summary>Steps go before a share where both are written (transformers 4 and 5 alike).</summary>
        public Setting<Warmup> Warmup()
        {
            var steps = Number("warmup_steps", 0);
            var ratio = Number("warmup_ratio", null);
            return steps.IsWritten || ratio.Origin == SettingOrigin.Absent
                ? steps.Select(s => new Warmup(s, WarmupUnit.Steps))
                : ratio.Select(r => new Warmup(r, WarmupUnit.Ratio));
        }

        private Setting<T> OfRun<T>(string name, Setting<T> setting) => Searched("tuning.tunable_training_params." + name, setting);

        private Setting<T> Searched<T>(string key, Setting<T> setting) =>
            _isSearch && read.Find(key) is { } entry ? Setting<T>.WrittenUnknown(key, entry) : setting;
    }
}
