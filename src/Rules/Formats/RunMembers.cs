using LoraLint.Rules.Configs;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Formats;

/// <summary>The members of the records in <c>LoraLint.Rules.Runs</c> by the setting that they hold, with their defaults.</summary>
public static class RunMembers
{
    /// <summary>The setting under which a run's or adapter's switch for DoRA is found.</summary>
    public const string UseDora = "UseDora";

    /// <summary>The setting under which the switch for all linear layers is found.</summary>
    public const string TargetsAllLinear = "TargetsAllLinear";

    /// <summary>The setting under which a regular expression for target modules is found.</summary>
    public const string TargetPattern = "TargetPattern";

    /// <summary>The member of a run that is null where the base is not quantized.</summary>
    public const string QuantizationPart = "Quantization";

    private static readonly TrainingRun s_run = new();

    private static readonly (string Part, string Setting, CodeMember Member)[] s_all =
    [
        Of("Lora", nameof(TrainingConfig.Rank), nameof(LoraOptions.Rank), (double)s_run.Lora.Rank),
        Of("Lora", nameof(TrainingConfig.Alpha), nameof(LoraOptions.Alpha), s_run.Lora.Alpha),
        Of("Lora", nameof(TrainingConfig.UseRslora), nameof(LoraOptions.UseRslora), s_run.Lora.UseRslora),
        Of("Lora", UseDora, nameof(LoraOptions.UseDora), s_run.Lora.UseDora),
        Of("Lora", nameof(TrainingConfig.Dropout), nameof(LoraOptions.Dropout), s_run.Lora.Dropout),
        Of("Lora", TargetsAllLinear, nameof(LoraOptions.TargetsAllLinear), s_run.Lora.TargetsAllLinear),
        Of("Lora", nameof(TrainingConfig.TargetModules), nameof(LoraOptions.TargetModules), s_run.Lora.TargetModules),
        Of("Lora", TargetPattern, nameof(LoraOptions.TargetPattern), null),
        Of("Lora", nameof(TrainingConfig.ModulesToSave), nameof(LoraOptions.ModulesToSave), s_run.Lora.ModulesToSave),
        Of("Lora", nameof(TrainingConfig.Layers), nameof(LoraOptions.Layers), null),
        Of("Lora", nameof(TrainingConfig.RankPattern), nameof(LoraOptions.RankPattern), null),
        Of("Lora", nameof(TrainingConfig.AlphaPattern), nameof(LoraOptions.AlphaPattern), null),
        Of("Lora", nameof(TrainingConfig.Bias), nameof(LoraOptions.Bias), s_run.Lora.Bias.ToString()),
        Of("Lora", nameof(TrainingConfig.Init), nameof(LoraOptions.Init), s_run.Lora.Init.ToString()),
        Of(QuantizationPart, nameof(TrainingConfig.QuantizationType), nameof(QuantizationOptions.Type), new QuantizationOptions().Type),
        Of(QuantizationPart, nameof(TrainingConfig.DoubleQuantization), nameof(QuantizationOptions.Double),
            new QuantizationOptions().Double),
        Of("Data", nameof(TrainingConfig.ValidationSplit), nameof(DataOptions.ValidationSplit), s_run.Data.ValidationSplit),
        Of("Data", nameof(TrainingConfig.MaxSequenceLength), nameof(DataOptions.MaxSequenceLength), (double)s_run.Data.MaxSequenceLength),
        Of("Data", nameof(TrainingConfig.Packing), nameof(DataOptions.Packing), s_run.Data.Packing),
        Of("Optimizer", nameof(TrainingConfig.Optimizer), nameof(OptimizerOptions.Name), s_run.Optimizer.Name),
        Of("Optimizer", nameof(TrainingConfig.LearningRate), nameof(OptimizerOptions.LearningRate), s_run.Optimizer.LearningRate),
        Of("Optimizer", nameof(TrainingConfig.WeightDecay), nameof(OptimizerOptions.WeightDecay), s_run.Optimizer.WeightDecay),
        Of("Optimizer", nameof(TrainingConfig.MaxGradNorm), nameof(OptimizerOptions.MaxGradNorm), s_run.Optimizer.MaxGradNorm),
        Of("Optimizer", nameof(TrainingConfig.LrScheduler), nameof(OptimizerOptions.Schedule), s_run.Optimizer.Schedule),
        Of("Optimizer", nameof(WarmupUnit.Ratio), nameof(OptimizerOptions.WarmupRatio), s_run.Optimizer.WarmupRatio),
        Of("Optimizer", nameof(WarmupUnit.Steps), nameof(OptimizerOptions.WarmupSteps), null),
        Of("Training", nameof(TrainingConfig.Epochs), nameof(TrainingOptions.Epochs), s_run.Training.Epochs),
        Of("Training", nameof(TrainingConfig.MaxSteps), nameof(TrainingOptions.MaxSteps), null),
        Of("Training", nameof(TrainingConfig.MicroBatchSize), nameof(TrainingOptions.MicroBatchSize),
            (double)s_run.Training.MicroBatchSize),
        Of("Training", nameof(TrainingConfig.GradientAccumulationSteps), nameof(TrainingOptions.GradientAccumulationSteps),
            (double)s_run.Training.GradientAccumulationSteps),
        Of("Training", nameof(TrainingConfig.GradientCheckpointing), nameof(TrainingOptions.GradientCheckpointing),
            s_run.Training.GradientCheckpointing),
        Of("Training", nameof(TrainingConfig.Seed), nameof(TrainingOptions.Seed), (double)s_run.Training.Seed),
        Of("Training", nameof(TrainingConfig.ComputeDtype), nameof(TrainingOptions.Precision), s_run.Training.Precision),
        Of("", nameof(TrainingConfig.BaseModel), nameof(TrainingRun.BaseModel), null),
        Of("", nameof(TrainingConfig.OutputDir), nameof(TrainingRun.OutputDirectory), null),
    ];

    private static readonly Dictionary<string, string> s_parts = new(StringComparer.Ordinal)
    {
        [nameof(LoraOptions)] = "Lora", [nameof(QuantizationOptions)] = QuantizationPart, [nameof(OptimizerOptions)] = "Optimizer",
        [nameof(TrainingOptions)] = "Training", [nameof(DataOptions)] = "Data",
    };

    /// <summary>The namespace of the records.</summary>
    public static string Namespace => typeof(TrainingRun).Namespace;

    /// <summary>The members of a record by the setting they hold; null when no record has the name.</summary>
    public static IReadOnlyDictionary<string, CodeMember>? OfRecord(string name)
    {
        if (name == nameof(TrainingRun))
        {
            return s_all.ToDictionary(
                m => m.Setting, m => m.Part.Length == 0 ? m.Member : m.Member with { Key = m.Part + "." + m.Member.Key });
        }

        return s_parts.TryGetValue(name, out var part)
            ? s_all.Where(m => m.Part == part).ToDictionary(m => m.Setting, m => m.Member) : null;
    }

    private static (string Part, string Setting, CodeMember Member) Of(string part, string setting, string name, object? value) =>
        (part, setting, new CodeMember(name, value));
}
