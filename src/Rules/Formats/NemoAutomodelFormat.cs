using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// NeMo Automodel's recipe YAML. The adapter: components/_peft/lora.py and module_matcher.py; the schedule:
/// components/training/step_scheduler.py and components/optim/optimizer.py; what the recipes read and default to:
/// recipes/llm/train_ft.py (all under nemo_automodel). Text that Python would read as a number becomes one (components/config/loader.py).
/// </summary>
public sealed class NemoAutomodelFormat : ConfigFormat
{
    private const string Package = "nemo_automodel.";

    private static readonly string[] s_components =
    [
        "model", "peft", "loss_fn", "dataset", "validation_dataset", "rng", "distributed", "parallelizer", "quantization",
    ];

    /// <inheritdoc/>
    public override string Name => "nemo-automodel";

    /// <inheritdoc/>
    public override string Title => "NeMo Automodel";

    /// <inheritdoc/>
    public override string Upstream => "NVIDIA-NeMo/Automodel@36044ad3 (2026-08-22)";

    /// <inheritdoc/>
    public override KeyTable? Keys => NemoAutomodelKeys.Table;

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithNone;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        var targets = s_components.Select(c => root.FindPath(c + "._target_")).Where(e => e is not null);
        if (targets.Any(e => e!.Value.Text.StartsWith(Package, StringComparison.Ordinal)))
            return 95;
        return root.Find("step_scheduler") is { Value.IsMapping: true } && root.FindPath("model.pretrained_model_name_or_path") is not null
            ? 90 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var baseModel = read.FirstOf(k => read.Text(k), "model.pretrained_model_name_or_path", "model.config.pretrained_model_name_or_path",
            "model.config", "recipe_args.target_model_name_or_path");
        if (!read.Has("peft"))
        {
            return new TrainingConfig
            {
                ConcernsLora = false, Method = Setting<TuningMethod>.Default(TuningMethod.Full, "peft"), BaseModel = baseModel,
            };
        }

        var bits = BitsOf(read, baseModel);
        var rank = read.Number("peft.dim", 8);
        var alpha = read.Number("peft.alpha", 32);
        // The recipes for draft models of speculative decoding have blocks of their own for the run.
        return Run(read, read.Has("recipe_args"), new Adapter(
            MethodOf(read, bits), baseModel, rank, alpha, TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            read.Number("peft.dropout", 0), Modules(read), bits));
    }

    private static TrainingConfig Run(SettingReader read, bool isDraft, Adapter adapter)
    {
        var packed = read.Number("packed_sequence.packed_sequence_size", 0);
        return new TrainingConfig
        {
            Method = adapter.Method,
            Task = TaskOf(read.Text("recipe").LastName().Or("")),
            BaseModel = adapter.BaseModel,
            Rank = adapter.Rank,
            Alpha = adapter.Alpha,
            Scaling = adapter.Scaling,
            Dropout = adapter.Dropout,
            TargetModules = adapter.Modules,
            Layers = Adapters.AllLayers,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number("optimizer.lr"),
            LrScheduler = read.Has("lr_scheduler") ? read.Text("lr_scheduler.lr_decay_style", "cosine")
                : isDraft ? Setting<string>.Absent() : Setting<string>.Default("constant", "lr_scheduler", read.Find("lr_scheduler")),
            Warmup = Warmup(read, isDraft),
            Optimizer = read.Text("optimizer._target_").LastName(),
            WeightDecay = read.Number("optimizer.weight_decay"),
            MaxGradNorm = isDraft ? read.Number("recipe_args.max_grad_norm") : read.Number("clip_grad_norm.max_norm", 1),
            Epochs = isDraft ? read.Number("recipe_args.num_epochs") : Epochs(read),
            MaxSteps = read.Number("step_scheduler.max_steps"),
            MicroBatchSize = isDraft ? read.Number("recipe_args.micro_batch_size") : read.Number("step_scheduler.local_batch_size", 1),
            GradientAccumulationSteps = read.Number("recipe_args.grad_accumulation_steps"),
            QuantizationBits = adapter.Bits,
            QuantizationType = OfBitsAndBytes(read, adapter.Bits, k => read.Text(k, "nf4"), "bnb_4bit_quant_type"),
            DoubleQuantization = OfBitsAndBytes(read, adapter.Bits, k => read.Bool(k, true), "bnb_4bit_use_double_quant"),
            ComputeDtype = read.FirstOf(k => read.Text(k), "model.torch_dtype", "model.dtype").LastName().AsDtype(),
            MaxSequenceLength = packed.Or(0) > 0 ? packed
                : read.FirstOf(k => read.Number(k), "dataset.seq_length", "dataset.seq_len", "recipe_args.seq_length"),
            Packing = packed.Select(size => size > 0),
            GradientCheckpointing = read.FirstOf(
                k => read.Bool(k), "distributed.activation_checkpointing", "parallelizer.activation_checkpointing"),
            Seed = Seed(read, isDraft),
            Dataset = DatasetOf(read, "dataset"),
            EvalDataset = DatasetOf(read, "validation_dataset"),
            OutputDir = read.Text("checkpoint.checkpoint_dir", "checkpoints/"),
            EvalStrategy = isDraft ? Setting<string>.Absent() : read.Number("step_scheduler.val_every_steps").StepsOr("no"),
            EvalSteps = read.Number("step_scheduler.val_every_steps"),
            SaveStrategy = isDraft ? Setting<string>.Absent()
                : read.Bool("checkpoint.enabled", true).Derive(saves => saves ? "steps" : "no"),
            SaveSteps = isDraft || !read.Bool("checkpoint.enabled", true).Or(true) ? Setting<double>.Absent()
                : read.Number("step_scheduler.ckpt_every_steps", 100).NullIsNoDefault(),
        };
    }

    // Of the two ways to load less the four bits are asked for first (components/quantization/qlora.py).
    private static Setting<double> BitsOf(SettingReader read, Setting<string> baseModel)
    {
        foreach (var (key, bits) in new[] { ("quantization.load_in_4bit", 4.0), ("quantization.load_in_8bit", 8.0) })
        {
            var loads = read.Bool(key);
            if (loads.IsWritten && (!loads.IsKnown || loads.Or(false)))
                return loads.Derive(_ => bits);
        }

        return Adapters.Unquantized(baseModel, "quantization.load_in_4bit", read.Find("quantization"));
    }

    private static Setting<T> OfBitsAndBytes<T>(SettingReader read, Setting<double> bits, Func<string, Setting<T>> setting, string name) =>
        bits.Or(16) == 4 ? setting("quantization." + name) : Setting<T>.Absent("quantization." + name, read.Find("quantization." + name));

    private static Setting<TuningMethod> MethodOf(SettingReader read, Setting<double> bits)
    {
        var useDora = read.Bool("peft.use_dora", false);
        return useDora.Select(dora => Adapters.MethodOf(bits, dora));
    }

    // Matching all linear layers takes the head too. Names may have stars; without any, names that end in _proj are taken, and with
    // exclusions alone every linear layer but those, which only the model tells.
    private static Setting<ModuleSelection> Modules(SettingReader read)
    {
        var all = read.Bool("peft.match_all_linear", false);
        if (!all.IsKnown)
            return all.Select(_ => ModuleSelection.AllLinear());
        if (all.Or(false))
            return all.Derive(_ => ModuleSelection.OfNames(["lm_head"], allLinear: true));
        var names = read.Texts("peft.target_modules");
        if (names.IsWritten && names.Or(Adapters.None) is not { Count: 0 })
            return names.Select(n => ModuleSelection.OfNames(n));
        var excluded = read.Texts("peft.exclude_modules");
        return excluded.IsWritten && excluded.Or(Adapters.None) is not { Count: 0 }
            ? Setting<ModuleSelection>.Absent("peft.exclude_modules", excluded.Entry)
            : Setting<ModuleSelection>.Default(ModuleSelection.OfNames(["*_proj"]), "peft.target_modules", names.Entry);
    }

    private static TrainingTask TaskOf(string recipe) => recipe switch
    {
        "TrainFinetuneRecipeForNextTokenPrediction" or "FinetuneRecipeForVLM" or "DiffusionLMSFTRecipe"
            => TrainingTask.SupervisedFineTuning,
        "TrainFinetuneRecipeForSequenceClassification" => TrainingTask.Classification,
        "TrainDiffusionRecipe" => TrainingTask.Diffusion,
        _ => TrainingTask.Unknown,
    };

    // Without a number it is a tenth of all steps, a thousand at most, and how many there are depends on the data.
    private static Setting<Warmup> Warmup(SettingReader read, bool isDraft)
    {
        if (!read.Has("lr_scheduler"))
            return isDraft ? Setting<Warmup>.Absent() : Setting<Warmup>.Default(new Warmup(0, WarmupUnit.Steps), "lr_scheduler");
        return read.Number("lr_scheduler.lr_warmup_steps").Select(n => new Warmup(n, WarmupUnit.Steps));
    }

    // Null stands for as many as max_steps takes.
    private static Setting<double> Epochs(SettingReader read) => read.Number("step_scheduler.num_epochs", 10).NullIsNoDefault();

    // Recipes of 2025 built their generator from the block rng; later ones read seed alone.
    private static Setting<double> Seed(SettingReader read, bool isDraft)
    {
        if (read.Has("seed"))
            return read.Number("seed");
        return read.Has("rng.seed") ? read.Number("rng.seed").AsUnknown()
            : isDraft ? Setting<double>.Absent() : Setting<double>.Default(42, "seed", read.Find("seed"));
    }

    private static Setting<IReadOnlyList<string>> DatasetOf(SettingReader read, string block) => read.FirstOf(
        k => read.Texts(k),
        block + ".dataset_name", block + ".path_or_dataset_id", block + ".path_or_dataset", block + ".data_path", block + ".paths",
        block + "._target_");

    private sealed record Adapter(
        Setting<TuningMethod> Method,
        Setting<string> BaseModel,
        Setting<double> Rank,
        Setting<double> Alpha,
        Setting<double> Scaling,
        Setting<double> Dropout,
        Setting<ModuleSelection> Modules,
        Setting<double> Bits);
}
