using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// PEFT's adapter_config.json: the adapter alone. Data and the little else that is needed come from the command line; the rest are the
/// defaults of our own run format. What its keys do: src/peft/tuners/lora/config.py (huggingface/peft@5d602fdb).
/// </summary>
internal sealed class PeftRun : RunFormat
{
    /// <inheritdoc/>
    public override string Name => "peft";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } =
    [
        "peft_type", "peft_version", "auto_mapping", "inference_mode", "megatron_core", "runtime_config", "qalora_group_size",
        "peft_version", "use_dora",
    ];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Remedies { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["revision"] = "hub revisions are not looked up; download that revision and name its folder by --model",
        ["trainable_token_indices"] = "training single tokens is not supported by the embedded engine; use modules_to_save",
        ["layer_replication"] = "replicated layers are not supported by the embedded engine",
        ["fan_in_fan_out"] = "the embedded engine has no layers that store their weights transposed; write false",
    };

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        if (read.Take(keys.Text("task_type", "CAUSAL_LM"), "CAUSAL_LM") != "CAUSAL_LM")
            read.Refuse("task_type", "the embedded engine trains causal language models; write CAUSAL_LM");
        var lora = CommonRun.LoraOf(read, config);
        var exclude = read.Take(keys.Modules("exclude_modules"), ModuleSelection.OfNames([]));
        if (exclude.IsAllLinear)
            read.Refuse("exclude_modules", "excludes every module; name those to leave out");
        var model = overrides.Model is { } name ? Setting<string>.Default(name, "--model") : config.BaseModel;
        read.See("base_model_name_or_path");
        read.Note(
            "an adapter's config says nothing about training: what the command line leaves open has the defaults of LoraLint's run format");
        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, model, places.FromWorkingFolder, places),
            Lora = lora with
            {
                ExcludeModules = exclude.Names,
                ExcludePattern = exclude.Pattern,
                LayersPattern = read.Take(keys.Texts("layers_pattern", []), []),
            },
            Data = new DataOptions
            {
                Train = DataOf(read, places, overrides),
                MaxSequenceLength = overrides.MaxSequenceLength ?? 2048,
            },
            Optimizer = new OptimizerOptions { LearningRate = overrides.LearningRate ?? 2e-4, WarmupRatio = 0.03 },
            Training = new TrainingOptions { Epochs = overrides.Epochs ?? 1 },
            OutputDirectory = places.FromWorkingFolder("out"),
        };
    }

    private static DataSource[] DataOf(RunReader read, IRunPlaces places, RunOverrides overrides)
    {
        if (overrides.Data is not { } path)
        {
            read.Refuse("--data", "an adapter's config names no data; name a file by --data FILE");
            return [];
        }

        var fullPath = places.FromWorkingFolder(path);
        if (CommonRun.SourceOf(read, "--data", path, fullPath, DataFormat.Text, places) is not { } source)
            return [];
        if (fullPath.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
            return [source];
        if (RowFormat.Of(places.FirstRowKeys(fullPath) ?? [], DataFormat.PromptCompletion) is { } format)
            return [source with { Format = format }];
        read.Refuse(
            "--data", $"{path}: the rows have none of messages, conversations, prompt and completion, instruction and output, or text");
        return [];
    }
}
