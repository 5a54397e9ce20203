using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The JSON that PaddleNLP's scripts under <c>llm</c> take. Keys and defaults: paddlenlp/trl/model_config.py,
/// paddlenlp/trainer/training_args.py, llm/alignment/dpo/dpo_argument.py; what becomes of the adapter: llm/run_finetune.py and
/// paddlenlp/peft/lora/lora_config.py, read from PaddleNLP's state of December 2024 in micelvrice/GDAP-paddle@22b80431, and the lines
/// about LoRA compared with later ones. Each key is handed to argparse as an option, which takes every unambiguous beginning of a
/// name: so there is no table of keys.
/// </summary>
public sealed class PaddleNlpFormat : ConfigFormat
{
    private static readonly string[] s_own =
    [
        "lora", "lokr", "vera", "prefix_tuning", "fp16_opt_level", "recompute", "tensor_parallel_degree", "pipeline_parallel_degree",
        "sharding", "zero_padding", "unified_checkpoint", "weight_quantize_algo", "use_flash_attention", "eval_with_do_generation",
        "src_length", "max_length", "dataset_name_or_path", "train_dataset_path", "sharding_parallel_degree",
    ];

    /// <inheritdoc/>
    public override string Name => "paddlenlp";

    /// <inheritdoc/>
    public override string Title => "PaddleNLP";

    /// <inheritdoc/>
    public override string Upstream => "PaddlePaddle/PaddleNLP, as of 2024-12";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.Find("model_name_or_path") is null || root.Find("stage") is not null || root.Find("finetuning_type") is not null)
            return 0;
        var hasData = root.Find("dataset_name_or_path") is not null || root.Find("train_dataset_path") is not null;
        return hasData && s_own.Count(k => root.Find(k) is not null) >= 4 ? 90 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var arguments = new TransformersArguments(read);
        var baseModel = read.Text("model_name_or_path");
        var lora = read.Bool("lora", false);
        if (!lora.Or(true))
        {
            var isOther = new[] { "lokr", "vera", "prefix_tuning", "reft" }.Any(read.IsOn);
            return new TrainingConfig
            {
                ConcernsLora = false, Method = lora.Derive(_ => isOther ? TuningMethod.Other : TuningMethod.Full), BaseModel = baseModel,
            };
        }

        var bits = BitsOf(read, baseModel);
        var isBlockwise = read.Text("weight_quantize_algo").Or("") is "nf4" or "fp4";
        var rank = read.Number("lora_rank", 8);
        var rslora = read.Bool("rslora", false);
        var alpha = AlphaOf(read, rank, rslora);
        return new TrainingConfig
        {
            Method = read.IsOn("use_mora") ? lora.Derive(_ => TuningMethod.Other)
                : lora.Select(_ => Adapters.MethodOf(bits, useDora: false)),
            Task = TaskOf(read),
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = ScalingOf(read, rank, alpha, rslora),
            Dropout = Setting<double>.Default(0, ""),
            // Which layers get an adapter is fixed for each architecture (llm_utils.py, get_lora_target_modules).
            TargetModules = Setting<ModuleSelection>.Absent(),
            Layers = Adapters.AllLayers,
            Bias = Adapters.NoBias,
            Init = read.Bool("pissa", false).Select(pissa => pissa ? "pissa" : "true"),
            UseRslora = read.IsOn("rslora_plus") ? read.Bool("rslora_plus") : rslora,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = arguments.LearningRate(),
            LrScheduler = arguments.LrScheduler(),
            Warmup = Warmup(read),
            Optimizer = read.Text("optim", "adamw"),
            WeightDecay = arguments.WeightDecay(),
            MaxGradNorm = arguments.MaxGradNorm(),
            Epochs = read.Number("num_train_epochs", 1),
            MaxSteps = arguments.MaxSteps(),
            MicroBatchSize = arguments.MicroBatchSize(),
            GradientAccumulationSteps = arguments.GradientAccumulationSteps(),
            QuantizationBits = bits,
            QuantizationType = read.Text("weight_quantize_algo"),
            DoubleQuantization = isBlockwise ? read.Bool("weight_double_quant", false) : Setting<bool>.Absent("weight_double_quant"),
            ComputeDtype = Adapters.DtypeOf(arguments.Bf16(), arguments.Fp16()),
            MaxSequenceLength = read.FirstOf(k => read.Number(k), "max_length", "max_seq_len"),
            Packing = read.FirstOf(k => read.Bool(k), "zero_padding", "greedy_zero_padding"),
            GradientCheckpointing = read.Bool("recompute", false),
            Seed = arguments.Seed(),
            Dataset = read.FirstOf(k => read.Texts(k), "dataset_name_or_path", "train_dataset_path"),
            EvalDataset = read.Texts("dev_dataset_path"),
            OutputDir = read.Text("output_dir"),
            Fp16 = arguments.Fp16(),
            Bf16 = arguments.Bf16(),
            EvalStrategy = EvalStrategy(read),
            EvalSteps = read.Number("eval_steps"),
            SaveStrategy = arguments.SaveStrategy(),
            SaveSteps = arguments.SaveSteps(),
            LoadBestModelAtEnd = arguments.LoadBestModelAtEnd(),
        };
    }

    private static Setting<double> BitsOf(SettingReader read, Setting<string> baseModel)
    {
        var algorithm = read.Text("weight_quantize_algo");
        if (!algorithm.IsWritten)
            return Adapters.Unquantized(baseModel, "weight_quantize_algo", algorithm.Entry);
        return algorithm.Or("") switch
        {
            "nf4" or "fp4" or "weight_only_int4" => algorithm.Derive(_ => 4.0),
            "weight_only_int8" or "llm.int8" => algorithm.Derive(_ => 8.0),
            _ => algorithm.Select(_ => 0.0).AsUnknown(),
        };
    }

    // The scripts set alpha themselves; where a key for it exists (preference tuning) what is written in it does not reach the adapter.
    private static Setting<double> AlphaOf(SettingReader read, Setting<double> rank, Setting<bool> rslora)
    {
        if (!rslora.TryGet(out var stabilised) || !rank.TryGet(out var r) || r <= 0)
            return Setting<double>.Absent();
        var key = read.IsOn("rslora_plus") ? "rslora_plus" : "rslora";
        return stabilised || key == "rslora_plus" ? Setting<double>.Derived(4, key, read.Find(key))
            : Setting<double>.Derived(2 * r, "lora_rank", rank.Entry);
    }

    // LoRAConfig.scaling: PiSSA fixes it at 1.
    private static Setting<double> ScalingOf(SettingReader read, Setting<double> rank, Setting<double> alpha, Setting<bool> rslora) =>
        read.IsOn("pissa") ? read.Bool("pissa").Derive(_ => 1.0)
            : TrainingConfig.ScalingOf(rank, alpha, read.IsOn("rslora_plus") ? read.Bool("rslora_plus") : rslora);

    private static TrainingTask TaskOf(SettingReader read)
    {
        if (read.HasAny("beta", "loss_type", "max_prompt_len", "dpop_lambda"))
            return TrainingTask.Preference;
        return read.Has("dataset_name_or_path") ? TrainingTask.SupervisedFineTuning : TrainingTask.Unknown;
    }

    // Steps above 0 go before the share (training_args.py, get_warmup_steps).
    private static Setting<Warmup> Warmup(SettingReader read)
    {
        var steps = read.Number("warmup_steps", 0);
        var ratio = read.Number("warmup_ratio", 0);
        return steps.Or(0) > 0 || !ratio.IsWritten
            ? steps.Select(n => new Warmup(n, WarmupUnit.Steps)) : ratio.Select(r => new Warmup(r, WarmupUnit.Ratio));
    }

    // Evaluation that is on without a strategy happens by steps (training_args.py, __post_init__).
    private static Setting<string> EvalStrategy(SettingReader read)
    {
        var strategy = read.Text("evaluation_strategy", "no");
        var evaluates = read.Bool("do_eval", false);
        return strategy.Or("") == "no" && evaluates.Or(false) ? evaluates.Derive(_ => "steps") : strategy;
    }
}
