namespace LoraLint.Rules.Runs;

/// <summary>Batches, length, evaluation and checkpoints.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training samples, above 0; not looked at with <see cref="MaxSteps"/>.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Optimizer steps after which training ends, or null.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Sequences in a micro batch, 1 or more.</summary>
    public int MicroBatchSize { get; init; } = 1;

    /// <summary>Micro batches of an optimizer step, 1 or more.</summary>
    public int GradientAccumulationSteps { get; init; } = 16;

    /// <summary>Compute activations again in the backward pass: less memory, more time, the same numbers.</summary>
    public bool GradientCheckpointing { get; init; } = true;

    /// <summary>The seed of initialisation, shuffling and dropout.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>
    /// bf16, fp16 or fp32: what the config asks for. On a CPU the engines compute in fp32 whatever this says; the embedded one keeps frozen
    /// weights as they are in the files.
    /// </summary>
    public string Precision { get; init; } = "bf16";

    /// <summary>When evaluation happens, given something to evaluate on.</summary>
    public Cadence Evaluate { get; init; } = Cadence.EachEpoch;

    /// <summary>When checkpoints are saved.</summary>
    public Cadence Save { get; init; } = Cadence.EachEpoch;

    /// <summary>Checkpoints kept; null for all.</summary>
    public int? SaveLimit { get; init; }

    /// <summary>Evaluations without a lower loss after which training stops, or null.</summary>
    public int? EarlyStoppingPatience { get; init; }

    /// <summary>Whether the weights of the lowest evaluation loss become the adapter.</summary>
    public bool RestoreBest { get; init; }
}

/// <summary>When something recurring happens.</summary>
/// <param name="Steps">Every so many optimizer steps; null for at the end of each epoch; 0 for never.</param>
/// <param name="Share">A share of all steps, above 0 and below 1, in place of <paramref name="Steps"/>.</param>
public sealed record Cadence(int? Steps, double? Share = null)
{
    /// <summary>At the end of each epoch.</summary>
    public static Cadence EachEpoch { get; } = new((int?)null);

    /// <summary>Never.</summary>
    public static Cadence Never { get; } = new(0);
}
