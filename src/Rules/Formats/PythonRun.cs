using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Maps the keywords of a script's calls. Where a call is missing or known in part only, what is not written is not known.
/// </summary>
internal sealed class PythonRun
{
    // Unsloth's own list when none is given: models/llama.py, get_peft_model.
    private static readonly string[] s_unslothModules =
        ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    private readonly SettingReader _read;
    private readonly CodeOrigin? _origin;
    private readonly CodeCall? _arguments;
    private readonly TransformersArguments _trainerArguments;
    private readonly TrlTrainer _trainer;
    private readonly bool _isUnsloth;
    private readonly bool _isTrl;

    /// <summary>The run of a root that was read out of Python.</summary>
    public PythonRun(SettingReader read)
    {
        _read = read;
        _origin = read.Root.Origin;
        _arguments = _origin?.Find(CodeCallKind.Arguments);
        _trainerArguments = new TransformersArguments(read, _arguments is { IsComplete: true });
        _isUnsloth = _origin?.Format == "unsloth";
        var trainerName = _origin?.Find(CodeCallKind.Trainer)?.Name ?? "";
        _trainer = TrlTrainer.OfCall(_arguments?.Name ?? "", trainerName);
        _isTrl = _arguments is { IsComplete: true }
            && _arguments.Name is not ("TrainingArguments" or "Seq2SeqTrainingArguments" or "UnslothTrainingArguments");
    }

    /// <summary>What the script will do.</summary>
    public TrainingConfig Map()
    {
        var adapter = _origin?.Find(CodeCallKind.Adapter);
        var knowsAdapter = adapter is { IsComplete: true };
        var baseModel = _read.FirstOf(k => _read.Text(k), "pretrained_model_name_or_path", "model_name", "model");
        var task = TaskOf();
        if (adapter is null || adapter.Name == "AdaLoraConfig")
            return new TrainingConfig { Method = Setting<TuningMethod>.Derived(TuningMethod.Other), Task = task, BaseModel = baseModel };

        double? Unless(double value) => knowsAdapter ? value : null;
        var bits = BitsOf(baseModel);
        var rank = _read.Number("r", Unless(_isUnsloth ? 16 : 8));
        var alpha = _read.Number("lora_alpha", Unless(_isUnsloth ? 16 : 8));
        var useRslora = _read.Bool("use_rslora", knowsAdapter ? false : null);
        var fp16 = _trainerArguments.Fp16();
        var bf16 = _read.Has("bf16") || !_isTrl || !fp16.IsKnown ? _trainerArguments.Bf16()
            : Setting<bool>.Derived(!fp16.Or(false), "bf16", fp16.Entry);
        return new TrainingConfig
        {
            Method = MethodOf(bits, rank),
            Task = task,
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = knowsAdapter || useRslora.IsWritten ? TrainingConfig.ScalingOf(rank, alpha, useRslora) : Setting<double>.Absent(),
            Dropout = _read.Number("lora_dropout", Unless(0)),
            TargetModules = _read.Has("target_modules") || !_isUnsloth || !knowsAdapter
                || adapter.Name != "FastLanguageModel.get_peft_model"
                ? _read.Modules("target_modules")
                : Setting<ModuleSelection>.Default(ModuleSelection.OfNames(s_unslothModules), "target_modules"),
            ModulesToSave = _read.Texts("modules_to_save", knowsAdapter ? Adapters.None : null),
            Layers = knowsAdapter || _read.Has("layers_to_transform") ? _read.Layers("layers_to_transform")
                : Setting<LayerSelection>.Absent("layers_to_transform"),
            Bias = _read.Text("bias", knowsAdapter ? "none" : null),
            Init = _read.Text("init_lora_weights", knowsAdapter ? "true" : null).Select(Adapters.LowerSwitch),
            UseRslora = useRslora,
            RankPattern = knowsAdapter || _read.Has("rank_pattern") ? _read.Pattern("rank_pattern") : Adapters.NoPattern.AsUnknown(),
            AlphaPattern = knowsAdapter || _read.Has("alpha_pattern") ? _read.Pattern("alpha_pattern") : Adapters.NoPattern.AsUnknown(),
            LearningRate = _trainerArguments.LearningRate(_isTrl ? _trainer.LearningRate : 5e-5),
            LrScheduler = _trainerArguments.LrScheduler(),
            Warmup = _arguments is null ? Setting<Warmup>.Absent() : _trainerArguments.Warmup(),
            Optimizer = _trainerArguments.Optimizer(),
            WeightDecay = _trainerArguments.WeightDecay(),
            MaxGradNorm = _trainerArguments.MaxGradNorm(),
            Epochs = _trainerArguments.Epochs(),
            MaxSteps = _trainerArguments.MaxSteps(),
            MicroBatchSize = _trainerArguments.MicroBatchSize(),
            GradientAccumulationSteps = _trainerArguments.GradientAccumulationSteps(),
            QuantizationBits = bits,
            QuantizationType = TypeOf(bits),
            DoubleQuantization = bits.Or(16) == 4 && !_isUnsloth
                ? _read.Bool("bnb_4bit_use_double_quant", KnowsQuantization ? false : null)
                : Setting<bool>.Absent("bnb_4bit_use_double_quant"),
            ComputeDtype = bits.Or(16) == 4 ? QuantizedDtype() : Adapters.DtypeOf(bf16, fp16),
            MaxSequenceLength = MaxLength(),
            Packing = _read.Bool("packing", _isTrl && _trainer.Task == TrainingTask.SupervisedFineTuning ? false : null),
            // Unsloth recomputes by itself, whatever the trainer's arguments say.
            GradientCheckpointing = _isUnsloth ? Setting<bool>.Absent("use_gradient_checkpointing")
                : _trainerArguments.GradientCheckpointing(_isTrl),
            Seed = _trainerArguments.Seed(),
            OutputDir = _trainerArguments.OutputDir(),
            Fp16 = fp16,
            Bf16 = bf16,
            EvalStrategy = _trainerArguments.EvalStrategy(),
            EvalSteps = _trainerArguments.EvalSteps(_isTrl ? 10 : 500),
            SaveStrategy = _trainerArguments.SaveStrategy(),
            SaveSteps = _trainerArguments.SaveSteps(),
            LoadBestModelAtEnd = _trainerArguments.LoadBestModelAtEnd(),
            DeepSpeed = _trainerArguments.DeepSpeed(),
        };
    }

    private bool KnowsQuantization => _origin?.Find(CodeCallKind.Quantization) is { IsComplete: true };

    private TrainingTask TaskOf()
    {
        if (_origin is not null && _origin.Modules.Contains("diffusers"))
            return TrainingTask.Diffusion;
        var model = _origin?.Find(CodeCallKind.Model)?.Name ?? "";
        var isClassifier = model.Contains("Classification") || model.Contains("Segmentation") || model.Contains("Detection")
            || model.Contains("ForQuestionAnswering") || model.Contains("ForFeatureExtraction");
        if (isClassifier || _read.Text("task_type").Or("") is "SEQ_CLS" or "TOKEN_CLS" or "QUESTION_ANS" or "FEATURE_EXTRACTION")
            return _trainer.Task == TrainingTask.Reward ? TrainingTask.Reward : TrainingTask.Classification;
        return _trainer.Task;
    }

    // Whether Unsloth trains in full is switched where the model is loaded, and get_peft_model then does nothing.
    private Setting<TuningMethod> MethodOf(Setting<double> bits, Setting<double> rank)
    {
        if (_isUnsloth && _read.IsOn("full_finetuning"))
            return _read.Bool("full_finetuning").Derive(_ => TuningMethod.Full);
        return Setting<TuningMethod>.Derived(Adapters.MethodOf(bits, _read.IsOn("use_dora")), "r", rank.Entry);
    }

    private Setting<double> BitsOf(Setting<string> baseModel)
    {
        var model = _origin?.Find(CodeCallKind.Model);
        var quantization = _origin?.Find(CodeCallKind.Quantization);
        var knowsModel = model is { IsComplete: true };
        var isUnslothModel = model is not null && model.Name.StartsWith("Fast", StringComparison.Ordinal);
        // A config that is made but may not be handed over, or one from elsewhere.
        var isHandedOver = _read.Has("quantization_config");
        if ((quantization is not null && model is not null && !isHandedOver && !isUnslothModel) || (quantization is null && isHandedOver)
            || quantization is { IsComplete: false })
            return Setting<double>.Absent("load_in_4bit");
        var isOnByDefault = isUnslothModel && knowsModel && quantization is null
            && !_read.HasAny("load_in_8bit", "load_in_16bit", "full_finetuning");
        var isKnown = quantization is { IsComplete: true } || (knowsModel && quantization is null);
        var four = _read.Bool("load_in_4bit", isKnown ? isOnByDefault : null);
        var eight = _read.Bool("load_in_8bit", isKnown ? false : null);
        if (four.Or(false) || (four.IsWritten && !four.IsKnown))
            return four.Select(_ => 4.0);
        if (eight.Or(false) || (eight.IsWritten && !eight.IsKnown))
            return eight.Select(_ => 8.0);
        return isKnown && baseModel.IsWritten ? Adapters.Unquantized(baseModel, "load_in_4bit", four.Entry)
            : Setting<double>.Absent("load_in_4bit", four.Entry);
    }

    // BitsAndBytesConfig: fp4 unless said; Unsloth sets nf4 itself.
    private Setting<string> TypeOf(Setting<double> bits) => bits.Or(16) switch
    {
        4 when _isUnsloth && !KnowsQuantization => Setting<string>.Derived("nf4", bits.Key, bits.Entry),
        4 => _read.Text("bnb_4bit_quant_type", KnowsQuantization ? "fp4" : null),
        8 => Setting<string>.Derived("int8", bits.Key, bits.Entry),
        _ => Setting<string>.Absent("bnb_4bit_quant_type"),
    };

    private Setting<string> QuantizedDtype() =>
        _read.Text("bnb_4bit_compute_dtype", KnowsQuantization && !_isUnsloth ? "float32" : null).Select(d => d.Replace("torch.", ""));

    private Setting<double> MaxLength()
    {
        var length = _read.FirstOf(k => _read.Number(k), "max_length", "max_seq_length");
        if (length.IsWritten || length.Entry is not null || _isUnsloth || !_isTrl)
            return length;
        return _trainer.MaxLength is { } tokens ? Setting<double>.Default(tokens, "max_length") : length;
    }
}
