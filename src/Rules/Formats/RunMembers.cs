using LoraLint.Rules.Configs;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The members of the records in <c>LoraLint.Rules.Runs</c> by the setting that they hold, with their defaults and the values that they
/// can have. Those that hold no setting of <see cref="TrainingConfig"/> are found under their own names.
/// </summary>
public static class RunMembers
{
    /// <summary>The setting under which a run's or adapter's switch for DoRA is found.</summary>
    public const string UseDora = nameof(LoraOptions.UseDora);

    /// <summary>The setting under which the switch for all linear layers is found.</summary>
    public const string TargetsAllLinear = nameof(LoraOptions.TargetsAllLinear);

    /// <summary>The setting under which a regular expression for target modules is found.</summary>
    public const string TargetPattern = nameof(LoraOptions.TargetPattern);

    /// <summary>The setting under which the modules that are left out are found.</summary>
    public const string ExcludeModules = nameof(LoraOptions.ExcludeModules);

    /// <summary>The setting under which a regular expression for modules that are left out is found.</summary>
    public const string ExcludePattern = nameof(LoraOptions.ExcludePattern);

    /// <summary>The setting under which the names of the list of layers are found.</summary>
    public const string LayersPattern = nameof(LoraOptions.LayersPattern);

    /// <summary>The setting under which a number of layers counted from the last is found.</summary>
    public const string LastLayers = nameof(LoraOptions.LastLayers);

    /// <summary>The setting under which it is found when evaluation happens.</summary>
    public const string Evaluate = nameof(TrainingOptions.Evaluate);

    /// <summary>The setting under which it is found when checkpoints are saved.</summary>
    public const string Save = nameof(TrainingOptions.Save);

    /// <summary>The member of a run that is null where the base is not quantized.</summary>
    public const string QuantizationPart = nameof(TrainingRun.Quantization);

    private const string LoraPart = nameof(TrainingRun.Lora);
    private const string DataPart = nameof(TrainingRun.Data);
    private const string OptimizerPart = nameof(TrainingRun.Optimizer);
    private const string TrainingPart = nameof(TrainingRun.Training);

    private static readonly TrainingRun s_run = new() { Quantization = new QuantizationOptions() };

    private static readonly RunMember[] s_all =
    [
        new(LoraPart, nameof(LoraOptions.Rank), r => r.Lora.Rank)
            { Setting = nameof(TrainingConfig.Rank), Key = "adapter.rank", Range = RunLimits.Rank },
        new(LoraPart, nameof(LoraOptions.Alpha), r => r.Lora.Alpha)
            { Setting = nameof(TrainingConfig.Alpha), Key = "adapter.alpha", Range = RunLimits.Alpha },
        new(LoraPart, nameof(LoraOptions.UseRslora), r => r.Lora.UseRslora) { Setting = nameof(TrainingConfig.UseRslora) },
        new(LoraPart, UseDora, r => r.Lora.UseDora),
        new(LoraPart, nameof(LoraOptions.Dropout), r => r.Lora.Dropout)
            { Setting = nameof(TrainingConfig.Dropout), Key = "adapter.dropout", Range = RunLimits.Dropout },
        new(LoraPart, TargetsAllLinear, r => r.Lora.TargetsAllLinear),
        new(LoraPart, nameof(LoraOptions.TargetModules), r => r.Lora.TargetModules) { Setting = nameof(TrainingConfig.TargetModules) },
        new(LoraPart, TargetPattern, r => r.Lora.TargetPattern),
        new(LoraPart, ExcludeModules, r => r.Lora.ExcludeModules),
        new(LoraPart, ExcludePattern, r => r.Lora.ExcludePattern),
        new(LoraPart, nameof(LoraOptions.ModulesToSave), r => r.Lora.ModulesToSave) { Setting = nameof(TrainingConfig.ModulesToSave) },
        new(LoraPart, nameof(LoraOptions.Layers), r => r.Lora.Layers) { Setting = nameof(TrainingConfig.Layers) },
        new(LoraPart, LayersPattern, r => r.Lora.LayersPattern),
        new(LoraPart, LastLayers, r => r.Lora.LastLayers) { Key = "adapter.last_layers", Range = RunLimits.Count },
        new(LoraPart, nameof(LoraOptions.RankPattern), r => r.Lora.RankPattern) { Setting = nameof(TrainingConfig.RankPattern) },
        new(LoraPart, nameof(LoraOptions.AlphaPattern), r => r.Lora.AlphaPattern) { Setting = nameof(TrainingConfig.AlphaPattern) },
        new(LoraPart, nameof(LoraOptions.Bias), r => r.Lora.Bias)
            { Setting = nameof(TrainingConfig.Bias), Words = Enum.GetNames(typeof(LoraBias)) },
        new(LoraPart, nameof(LoraOptions.Init), r => r.Lora.Init)
            { Setting = nameof(TrainingConfig.Init), Words = Enum.GetNames(typeof(LoraInit)) },
        new(QuantizationPart, nameof(QuantizationOptions.Type), r => r.Quantization?.Type)
            { Setting = nameof(TrainingConfig.QuantizationType), Words = RunLimits.QuantizationTypes },
        new(QuantizationPart, nameof(QuantizationOptions.Double), r => r.Quantization?.Double)
            { Setting = nameof(TrainingConfig.DoubleQuantization) },
        new(DataPart, nameof(DataOptions.Train), r => r.Data.Train) { Setting = nameof(TrainingConfig.Dataset) },
        new(DataPart, nameof(DataOptions.Validation), r => r.Data.Validation) { Setting = nameof(TrainingConfig.EvalDataset) },
        new(DataPart, nameof(DataOptions.ValidationSplit), r => r.Data.ValidationSplit)
            { Setting = nameof(TrainingConfig.ValidationSplit), Key = "data.validation_split", Range = RunLimits.NotNegative },
        new(DataPart, nameof(DataOptions.MaskPrompt), r => r.Data.MaskPrompt),
        new(DataPart, nameof(DataOptions.MaxSequenceLength), r => r.Data.MaxSequenceLength)
            { Setting = nameof(TrainingConfig.MaxSequenceLength), Key = "data.max_sequence_length", Range = RunLimits.Count },
        new(DataPart, nameof(DataOptions.DropLongSamples), r => r.Data.DropLongSamples),
        new(DataPart, nameof(DataOptions.Packing), r => r.Data.Packing) { Setting = nameof(TrainingConfig.Packing) },
        new(DataPart, nameof(DataOptions.ChatTemplate), r => r.Data.ChatTemplate),
        new(OptimizerPart, nameof(OptimizerOptions.Name), r => r.Optimizer.Name)
            { Setting = nameof(TrainingConfig.Optimizer), Words = RunLimits.Optimizers },
        new(OptimizerPart, nameof(OptimizerOptions.LearningRate), r => r.Optimizer.LearningRate)
            { Setting = nameof(TrainingConfig.LearningRate), Key = "training.learning_rate", Range = RunLimits.LearningRate },
        new(OptimizerPart, nameof(OptimizerOptions.LoraPlusRatio), r => r.Optimizer.LoraPlusRatio)
            { Key = "training.loraplus_ratio", Range = RunLimits.AboveZero },
        new(OptimizerPart, nameof(OptimizerOptions.Beta1), r => r.Optimizer.Beta1) { Key = "training.beta1", Range = RunLimits.Beta },
        new(OptimizerPart, nameof(OptimizerOptions.Beta2), r => r.Optimizer.Beta2) { Key = "training.beta2", Range = RunLimits.Beta },
        new(OptimizerPart, nameof(OptimizerOptions.Epsilon), r => r.Optimizer.Epsilon)
            { Key = "training.epsilon", Range = RunLimits.AboveZero },
        new(OptimizerPart, nameof(OptimizerOptions.BiasCorrection), r => r.Optimizer.BiasCorrection),
        new(OptimizerPart, nameof(OptimizerOptions.WeightDecay), r => r.Optimizer.WeightDecay)
            { Setting = nameof(TrainingConfig.WeightDecay), Key = "training.weight_decay", Range = RunLimits.NotNegative },
        new(OptimizerPart, nameof(OptimizerOptions.MaxGradNorm), r => r.Optimizer.MaxGradNorm)
            { Setting = nameof(TrainingConfig.MaxGradNorm), Key = "training.max_grad_norm", Range = RunLimits.NotNegative },
        new(OptimizerPart, nameof(OptimizerOptions.Schedule), r => r.Optimizer.Schedule)
            { Setting = nameof(TrainingConfig.LrScheduler), Words = RunLimits.Schedules },
        new(OptimizerPart, nameof(OptimizerOptions.WarmupRatio), r => r.Optimizer.WarmupRatio)
            { Setting = nameof(WarmupUnit.Ratio), Key = "training.warmup_ratio", Range = RunLimits.WarmupRatio },
        new(OptimizerPart, nameof(OptimizerOptions.WarmupSteps), r => r.Optimizer.WarmupSteps)
            { Setting = nameof(WarmupUnit.Steps), Key = "training.warmup_steps", Range = RunLimits.WarmupSteps },
        new(TrainingPart, nameof(TrainingOptions.Epochs), r => r.Training.Epochs)
            { Setting = nameof(TrainingConfig.Epochs), Key = "training.epochs", Range = RunLimits.Epochs },
        new(TrainingPart, nameof(TrainingOptions.MaxSteps), r => r.Training.MaxSteps)
            { Setting = nameof(TrainingConfig.MaxSteps), Key = "training.max_steps", Range = RunLimits.Count },
        new(TrainingPart, nameof(TrainingOptions.MicroBatchSize), r => r.Training.MicroBatchSize)
            { Setting = nameof(TrainingConfig.MicroBatchSize), Key = "training.micro_batch_size", Range = RunLimits.Count },
        new(TrainingPart, nameof(TrainingOptions.GradientAccumulationSteps), r => r.Training.GradientAccumulationSteps)
        {
            Setting = nameof(TrainingConfig.GradientAccumulationSteps), Key = "training.gradient_accumulation_steps",
            Range = RunLimits.Count,
        },
        new(TrainingPart, nameof(TrainingOptions.GradientCheckpointing), r => r.Training.GradientCheckpointing)
            { Setting = nameof(TrainingConfig.GradientCheckpointing) },
        new(TrainingPart, nameof(TrainingOptions.Seed), r => r.Training.Seed)
            { Setting = nameof(TrainingConfig.Seed), Key = "training.seed", Range = RunLimits.Seed },
        new(TrainingPart, nameof(TrainingOptions.Precision), r => r.Training.Precision)
            { Setting = nameof(TrainingConfig.ComputeDtype), Words = RunLimits.Precisions },
        new(TrainingPart, Evaluate, r => r.Training.Evaluate),
        new(TrainingPart, Evaluate + "." + nameof(Cadence.Steps), r => r.Training.Evaluate.Steps) { Range = RunLimits.CountOrNone },
        new(TrainingPart, Evaluate + "." + nameof(Cadence.Share), r => r.Training.Evaluate.Share) { Range = RunLimits.ShareOfSteps },
        new(TrainingPart, Save, r => r.Training.Save),
        new(TrainingPart, Save + "." + nameof(Cadence.Steps), r => r.Training.Save.Steps) { Range = RunLimits.CountOrNone },
        new(TrainingPart, Save + "." + nameof(Cadence.Share), r => r.Training.Save.Share) { Range = RunLimits.ShareOfSteps },
        new(TrainingPart, nameof(TrainingOptions.SaveLimit), r => r.Training.SaveLimit)
            { Key = "training.keep_checkpoints", Range = RunLimits.Count },
        new(TrainingPart, nameof(TrainingOptions.EarlyStoppingPatience), r => r.Training.EarlyStoppingPatience)
        {
            Setting = nameof(TrainingConfig.EarlyStoppingPatience), Key = "training.early_stopping_patience", Range = RunLimits.Count,
        },
        new(TrainingPart, nameof(TrainingOptions.RestoreBest), r => r.Training.RestoreBest),
        new("", nameof(TrainingRun.BaseModel), r => r.BaseModel) { Setting = nameof(TrainingConfig.BaseModel) },
        new("", nameof(TrainingRun.OutputDirectory), r => r.OutputDirectory) { Setting = nameof(TrainingConfig.OutputDir) },
    ];

    // What recurs is a record of its own, and so is a file.
    private static readonly Dictionary<string, IReadOnlyDictionary<string, CodeMember>> s_small = new(StringComparer.Ordinal)
    {
        [nameof(Cadence)] = new Dictionary<string, CodeMember>
        {
            [nameof(Cadence.Steps)] = new(nameof(Cadence.Steps)) { Range = RunLimits.CountOrNone },
            [nameof(Cadence.Share)] = new(nameof(Cadence.Share)) { Range = RunLimits.ShareOfSteps },
        },
        [nameof(DataSource)] = new Dictionary<string, CodeMember>
        {
            [nameof(DataSource.Path)] = new(nameof(DataSource.Path)),
            [nameof(DataSource.Format)] = new(nameof(DataSource.Format)) { Words = Enum.GetNames(typeof(DataFormat)) },
            [nameof(DataSource.Columns)] = new(nameof(DataSource.Columns)),
        },
    };

    private static readonly Dictionary<string, string> s_parts = new(StringComparer.Ordinal)
    {
        [nameof(LoraOptions)] = LoraPart, [nameof(QuantizationOptions)] = QuantizationPart, [nameof(OptimizerOptions)] = OptimizerPart,
        [nameof(TrainingOptions)] = TrainingPart, [nameof(DataOptions)] = DataPart,
    };

    /// <summary>The names of the records.</summary>
    public static IReadOnlyList<string> Records { get; } = [nameof(TrainingRun), .. s_parts.Keys, .. s_small.Keys];

    /// <summary>The namespace of the records.</summary>
    public static string Namespace => typeof(TrainingRun).Namespace;

    /// <summary>All members that are not records themselves, by the run that they belong to.</summary>
    internal static IReadOnlyList<RunMember> All => s_all;

    /// <summary>The members of a record by the setting they hold; null when no record has the name.</summary>
    public static IReadOnlyDictionary<string, CodeMember>? OfRecord(string name)
    {
        if (name == nameof(TrainingRun))
            return s_all.ToDictionary(m => m.Setting, m => m.In(s_run, isWhole: true));
        if (s_small.TryGetValue(name, out var small))
            return small;
        return s_parts.TryGetValue(name, out var part)
            ? s_all.Where(m => m.Part == part).ToDictionary(m => m.Setting, m => m.In(s_run, isWhole: false)) : null;
    }
}
