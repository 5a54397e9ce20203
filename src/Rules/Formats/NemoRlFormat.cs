using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// NeMo RL's YAML. Its keys: nemo_rl/models/policy/__init__.py; which adapter each of the two backends makes of them:
/// nemo_rl/models/automodel/setup.py and nemo_rl/models/megatron/setup.py. NeMo RL keeps its defaults in YAML files and nowhere else: a
/// recipe that starts from another one (<c>defaults</c>) has values that are not in it, so nothing is filled in here.
/// </summary>
public sealed class NemoRlFormat : ConfigFormat
{
    private const string DTensor = "policy.dtensor_cfg.";
    private const string Megatron = "policy.megatron_cfg.";

    private static readonly string[] s_algorithms = ["sft", "grpo", "dpo", "rm", "distillation", "ppo"];

    /// <inheritdoc/>
    public override string Name => "nemo-rl";

    /// <inheritdoc/>
    public override string Title => "NeMo RL";

    /// <inheritdoc/>
    public override string Upstream => "NVIDIA-NeMo/RL@7ea279ab (2026-08-22)";

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.Find("policy") is not { Value: { IsMapping: true } policy })
            return 0;
        if (policy.Find("dtensor_cfg") is not null || policy.Find("megatron_cfg") is not null)
            return 93;
        var hasAlgorithm = s_algorithms.Any(a => root.Find(a) is { Value.IsMapping: true });
        return hasAlgorithm && policy.Find("train_global_batch_size") is not null ? 85 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var usesMegatron = read.IsOn(Megatron + "enabled");
        var block = usesMegatron ? Megatron + "peft." : DTensor + "lora_cfg.";
        var enabled = read.Bool(block + "enabled");
        // What a recipe starts from may have the adapter that the recipe says nothing about.
        if (!enabled.IsWritten || !enabled.Or(true))
        {
            return new TrainingConfig
            {
                ConcernsLora = false, Method = enabled.Select(_ => TuningMethod.Full), BaseModel = read.Text("policy.model_name"),
            };
        }

        var rank = read.Number(block + "dim");
        var alpha = read.Number(block + "alpha");
        var algorithm = s_algorithms.FirstOrDefault(a => read.Find(a) is { Value.IsMapping: true }) ?? "sft";
        var validates = read.Number(algorithm + ".val_period");
        var saves = read.Bool("checkpointing.enabled");
        return new TrainingConfig
        {
            Method = enabled.Select(_ => TuningMethod.Lora),
            Task = TaskOf(algorithm),
            BaseModel = read.Text("policy.model_name"),
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = read.Number(block + "dropout"),
            TargetModules = usesMegatron ? OfMegatron(read) : OfDTensor(read),
            Layers = Adapters.AllLayers,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number(usesMegatron ? Megatron + "optimizer.lr" : "policy.optimizer.kwargs.lr"),
            LrScheduler = usesMegatron ? read.Text(Megatron + "scheduler.lr_decay_style") : Setting<string>.Absent("policy.scheduler"),
            Warmup = usesMegatron
                ? read.Number(Megatron + "scheduler.lr_warmup_iters").Select(n => new Warmup(n, WarmupUnit.Steps))
                : Setting<Warmup>.Absent("policy.scheduler"),
            Optimizer = usesMegatron ? read.Text(Megatron + "optimizer.optimizer") : read.Text("policy.optimizer.name").LastName(),
            WeightDecay = read.Number(usesMegatron ? Megatron + "optimizer.weight_decay" : "policy.optimizer.kwargs.weight_decay"),
            MaxGradNorm = read.Number("policy.max_grad_norm"),
            Epochs = read.Number(algorithm + ".max_num_epochs"),
            MaxSteps = read.Number(algorithm + ".max_num_steps"),
            MicroBatchSize = read.Number("policy.train_micro_batch_size"),
            ComputeDtype = read.Text("policy.precision").AsDtype(),
            MaxSequenceLength = read.Number("policy.max_total_sequence_length"),
            Packing = read.Bool("policy.sequence_packing.enabled"),
            GradientCheckpointing = read.Bool((usesMegatron ? Megatron : DTensor) + "activation_checkpointing"),
            Seed = read.Number(algorithm + ".seed"),
            Dataset = read.FirstOf(k => read.Texts(k), "data.train.dataset_name", "data.dataset_name"),
            EvalDataset = read.Texts("data.validation.dataset_name"),
            OutputDir = read.Text("checkpointing.checkpoint_dir"),
            EvalStrategy = validates.Derive(period => period > 0 ? "steps" : "no"),
            EvalSteps = validates.Or(1) > 0 ? validates : Setting<double>.Absent(validates.Key, validates.Entry),
            SaveStrategy = saves.Derive(on => on ? "steps" : "no"),
            SaveSteps = saves.Or(true) ? read.Number("checkpointing.save_period") : Setting<double>.Absent(),
            ValidationSplit = read.Number("data.train.split_validation_size"),
        };
    }

    private static TrainingTask TaskOf(string algorithm) => algorithm switch
    {
        "sft" => TrainingTask.SupervisedFineTuning,
        "dpo" => TrainingTask.Preference,
        "grpo" or "ppo" => TrainingTask.Reinforcement,
        "rm" => TrainingTask.Reward,
        _ => TrainingTask.Unknown,
    };

    // PeftConfig of NeMo Automodel, which takes the head too when all linear layers are meant.
    private static Setting<ModuleSelection> OfDTensor(SettingReader read)
    {
        var all = read.Bool(DTensor + "lora_cfg.match_all_linear");
        if (all.IsWritten && (!all.IsKnown || all.Or(false)))
            return all.Select(_ => ModuleSelection.OfNames(["lm_head"], allLinear: true));
        var names = read.Texts(DTensor + "lora_cfg.target_modules");
        return all.IsKnown && names.IsWritten && names.Or(Adapters.None) is not { Count: 0 }
            ? names.Select(n => ModuleSelection.OfNames(n)) : Setting<ModuleSelection>.Absent(names.Key, names.Entry);
    }

    // An empty list stands for every linear layer but the excluded ones (module_matcher.py), the head among them.
    private static Setting<ModuleSelection> OfMegatron(SettingReader read)
    {
        var names = read.Texts(Megatron + "peft.target_modules");
        return names.IsWritten && names.Or(Adapters.None) is not { Count: 0 }
            ? names.Select(MegatronModules.OfNames) : Setting<ModuleSelection>.Absent(names.Key, names.Entry);
    }
}
