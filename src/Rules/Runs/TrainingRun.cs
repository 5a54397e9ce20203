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
    public string BaseModel { get; init; } = "";

    /// <summary>The adapter.</summary>
    public LoraOptions Lora { get; init; } = new();

    /// <summary>How the frozen base is stored; null when it is not quantized.</summary>
    public QuantizationOptions? Quantization { get; init; }

    /// <summary>What is trained and evaluated on.</summary>
    public DataOptions Data { get; init; } = new();

    /// <summary>The optimizer and its schedule.</summary>
    public OptimizerOptions Optimizer { get; init; } = new();

    /// <summary>Batches, length, evaluation, checkpoints.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>The absolute folder for metrics, checkpoints and the adapter.</summary>
    public string OutputDirectory { get; init; } = "";
}
