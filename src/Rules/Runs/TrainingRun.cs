namespace LoraLint.Rules.Runs;

/// <summary>
/// One training run with every default made explicit: what a checked config means, whatever format it was written in. The trainer takes
/// this and nothing else, so that two configs that resolve to the same run train the same adapter.
/// </summary>
public sealed record TrainingRun
{
    /// <summary>The version of this record's shape, which a run directory keeps.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The base model: an absolute folder with config.json, tokenizer and safetensors files.</summary>
    public string BaseModel { get; init => field = Given.NotNull(nameof(BaseModel), value); } = "";

    /// <summary>The adapter.</summary>
    public LoraOptions Lora { get; init => field = Given.NotNull(nameof(Lora), value); } = new();

    /// <summary>How the frozen base is stored; null when it is not quantized.</summary>
    public QuantizationOptions? Quantization { get; init; }

    /// <summary>What is trained and evaluated on.</summary>
    public DataOptions Data { get; init => field = Given.NotNull(nameof(Data), value); } = new();

    /// <summary>The optimizer and its schedule.</summary>
    public OptimizerOptions Optimizer { get; init => field = Given.NotNull(nameof(Optimizer), value); } = new();

    /// <summary>Batches, length, evaluation, checkpoints.</summary>
    public TrainingOptions Training { get; init => field = Given.NotNull(nameof(Training), value); } = new();

    /// <summary>The absolute folder for metrics, checkpoints and the adapter.</summary>
    public string OutputDirectory { get; init => field = Given.NotNull(nameof(OutputDirectory), value); } = "";
}
