using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// ai-toolkit's YAML and JSON: a job with a list of processes, each a run of its own. Keys and defaults: toolkit/config_modules.py; how
/// the network scales: toolkit/lora_special.py. Keys are read one by one out of free mappings, so there is no table of them.
/// </summary>
public sealed class AiToolkitFormat : ConfigFormat
{
    // Flags and architectures of models with a convolutional network, which keep alpha; all transformers fix the scaling at 1.
    private static readonly string[] s_unetFlags = ["is_xl", "is_v2", "is_ssd", "is_vega"];
    private static readonly string[] s_transformerFlags = ["is_flux", "is_v3", "is_lumina2"];

    private static readonly string[] s_blocks = ["network", "train", "model", "save", "datasets", "sample"];

    /// <inheritdoc/>
    public override string Name => "ai-toolkit";

    /// <inheritdoc/>
    public override string Title => "ai-toolkit";

    /// <inheritdoc/>
    public override string Upstream => "ostris/ai-toolkit@27a03a91 (2026-08-21)";

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.Find("job") is not { Value.IsScalar: true } || ProcessesOf(root) is not { Count: > 0 } processes)
            return 0;
        return processes.Where(p => p.IsMapping).Select(p => s_blocks.Count(b => p.Find(b) is not null)).DefaultIfEmpty().Max() switch
        {
            >= 3 => 94,
            2 => 70,
            _ => 0,
        };
    }

    /// <inheritdoc/>
    public override IReadOnlyList<ConfigNode> Split(ConfigNode root) =>
        ProcessesOf(root) is { Count: > 0 } processes ? [.. processes.Where(p => p.IsMapping)] : [root];

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var baseModel = read.Text("model.name_or_path");
        if (!read.Has("network"))
            return new TrainingConfig { ConcernsLora = false, BaseModel = baseModel };

        var type = read.Text("network.type", "lora");
        // The older name goes first where both are written.
        var rank = read.FirstOf(k => read.Number(k, 4), "network.rank", "network.linear");
        var alpha = AlphaOf(read, rank);
        var bits = BitsOf(read);
        var dtype = read.Text("train.dtype", "fp32");
        return new TrainingConfig
        {
            Method = type.Select(t => t.ToLowerInvariant() == "lora" ? TuningMethod.Lora : TuningMethod.Other),
            Task = TrainingTask.Diffusion,
            BaseModel = baseModel,
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = read.Number("network.dropout", 0),
            LearningRate = read.Number("train.lr", 1e-6),
            LrScheduler = read.Text("train.lr_scheduler", "constant"),
            Optimizer = read.Text("train.optimizer", "adamw"),
            WeightDecay = read.Number("train.optimizer_params.weight_decay"),
            MaxGradNorm = read.Number("train.max_grad_norm", 1),
            MaxSteps = read.Number("train.steps", 1000),
            MicroBatchSize = read.Number("train.batch_size", 1),
            GradientAccumulationSteps = read.FirstOf(
                k => read.Number(k, 1), "train.gradient_accumulation", "train.gradient_accumulation_steps"),
            QuantizationBits = bits,
            ComputeDtype = dtype.AsDtype(),
            GradientCheckpointing = read.Bool("train.gradient_checkpointing", true),
            Dataset = read.TextsUnder("datasets", "folder_path"),
            OutputDir = read.Text("training_folder"),
            SaveStrategy = Setting<string>.Default("steps", "save.save_every"),
            SaveSteps = read.Number("save.save_every", 1000),
        };
    }

    private static Setting<double> AlphaOf(SettingReader read, Setting<double> rank)
    {
        var isTransformer = s_transformerFlags.FirstOrDefault(f => read.IsOn("model." + f));
        if (isTransformer is not null && rank.TryGet(out var r) && r > 0)
            return Setting<double>.Derived(r, "network.linear_alpha", read.Find("network.linear_alpha") ?? rank.Entry);
        if (s_unetFlags.Any(f => read.IsOn("model." + f)) || read.Text("model.arch").Or("") is "sd1" or "sd2" or "sdxl")
            return read.FirstOf(k => read.Number(k, 1), "network.linear_alpha", "network.alpha");
        // Whether another model is a transformer is a matter of its code.
        return read.FirstOf(k => read.Number(k), "network.linear_alpha", "network.alpha").AsUnknown();
    }

    // The base is stored in eight bits when nothing else is asked for; the other types are torchao's and optimum-quanto's.
    private static Setting<double> BitsOf(SettingReader read)
    {
        var quantizes = read.Bool("model.quantize", false);
        if (!quantizes.Or(true))
            return quantizes.Select(_ => 16.0);
        return quantizes.IsKnown && read.Text("model.qtype", "qfloat8").Or("") is "qfloat8" or "float8" or "qint8" or "int8"
            ? quantizes.Derive(_ => 8.0) : Setting<double>.Absent(quantizes.Key, quantizes.Entry);
    }

    private static IReadOnlyList<ConfigNode>? ProcessesOf(ConfigNode root) =>
        root.FindPath("config.process") is { Value: { IsSequence: true } processes } ? processes.Items : null;
}
