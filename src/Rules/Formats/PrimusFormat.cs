using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Primus' experiment YAML with Megatron Bridge below it: modules, of which one trains after pre-training. A recipe of Megatron Bridge
/// is called with the overrides as arguments (primus/backends/megatron_bridge/config_utils.py); rank, alpha and modules are the
/// recipe's, so they are not known here. <c>${NAME:default}</c> takes its value from the environment.
/// </summary>
public sealed class PrimusFormat : ConfigFormat
{
    /// <inheritdoc/>
    public override string Name => "primus";

    /// <inheritdoc/>
    public override string Title => "Primus";

    /// <inheritdoc/>
    public override string Upstream => "AMD-AGI/Primus@fd1eeabb (2026-08-22)";

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (ModuleOf(root) is not { } module)
            return 0;
        var hasRun = root.Find("work_group") is not null || root.Find("exp_name") is not null || root.Find("workspace") is not null;
        return hasRun ? 93 : module.Value.Find("overrides") is not null ? 80 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        if (ModuleOf(read.Root) is not { } module)
            return new TrainingConfig { ConcernsLora = false };
        var block = $"modules.{module.Key}.overrides.";
        var scheme = read.Text(block + "peft");
        if (!scheme.IsWritten || scheme.Or("").Equals("none", StringComparison.OrdinalIgnoreCase))
            return new TrainingConfig { ConcernsLora = false, Method = scheme.Select(_ => TuningMethod.Full) };

        var warmup = read.Number(block + "lr_warmup_iters");
        var saves = read.Number(block + "save_interval");
        var validates = read.Number(block + "eval_interval");
        return new TrainingConfig
        {
            Method = scheme.Select(s => s.ToLowerInvariant() switch
            {
                "lora" => TuningMethod.Lora,
                "dora" => TuningMethod.Dora,
                _ => TuningMethod.Unknown,
            }),
            Task = TrainingTask.SupervisedFineTuning,
            BaseModel = read.FirstOf(k => read.Text(k), block + "hf_path", block + "pretrained_checkpoint"),
            LearningRate = read.FirstOf(k => read.Number(k), block + "finetune_lr", block + "lr"),
            Warmup = warmup.Select(n => new Warmup(n, WarmupUnit.Steps)),
            WeightDecay = read.Number(block + "weight_decay"),
            MaxGradNorm = read.Number(block + "clip_grad"),
            MaxSteps = read.Number(block + "train_iters"),
            MicroBatchSize = read.Number(block + "micro_batch_size"),
            ComputeDtype = read.Text(block + "precision_config") is { IsWritten: true } precision
                ? precision.Select(p => p.Replace("_", "-")).AsDtype() : Setting<string>.Absent(),
            MaxSequenceLength = read.Number(block + "seq_length"),
            Packing = read.Bool(block + "packed_sequence"),
            Seed = read.Number(block + "seed"),
            Dataset = read.FirstOf(k => read.Texts(k), block + "dataset.dataset_name", block + "packed_train_data_path"),
            OutputDir = read.Text("workspace"),
            EvalStrategy = validates.Derive(_ => "steps"),
            EvalSteps = validates,
            SaveStrategy = saves.Derive(_ => "steps"),
            SaveSteps = saves,
        };
    }

    // Of the modules one trains with Megatron Bridge.
    private static ConfigEntry? ModuleOf(ConfigNode root) => root.Find("modules") is { Value: { IsMapping: true } modules }
        ? modules.Entries.FirstOrDefault(e => e.Value.Find("framework")?.Value.Text == "megatron_bridge") : null;
}
