namespace LoraLint.Rules.Runs;

/// <summary>Batches, length, evaluation and checkpoints.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training samples, above 0; not looked at with <see cref="MaxSteps"/>.</summary>
    public double Epochs { get; init => field = Given.Number(nameof(Epochs), value, RunLimits.Epochs); } = 1;

    /// <summary>Optimizer steps after which training ends, 1 or more; or null.</summary>
    public int? MaxSteps { get; init => field = Given.Number(nameof(MaxSteps), value, RunLimits.Count); }

    /// <summary>Sequences in a micro batch, 1 or more.</summary>
    public int MicroBatchSize { get; init => field = Given.Number(nameof(MicroBatchSize), value, RunLimits.Count); } = 1;

    /// <summary>Micro batches of an optimizer step, 1 or more.</summary>
    public int GradientAccumulationSteps
    {
        get;
        init => field = Given.Number(nameof(GradientAccumulationSteps), value, RunLimits.Count);
    } = 16;

    /// <summary>Compute activations again in the backward pass: less memory, more time, the same numbers.</summary>
    public bool GradientCheckpointing { get; init; } = true;

    /// <summary>The seed of initialisation, shuffling and dropout, 0 or more.</summary>
    public long Seed { get; init => field = Given.Number(nameof(Seed), value, RunLimits.Seed); } = 42;

    /// <summary>
    /// bf16, fp16 or fp32: what the config asks for. On a CPU the engines compute in fp32 whatever this says; the embedded one keeps frozen
    /// weights as they are in the files.
    /// </summary>
    public string Precision { get; init => field = Given.Word(nameof(Precision), value, RunLimits.Precisions); } = "bf16";

    /// <summary>When evaluation happens, given something to evaluate on.</summary>
    public Cadence Evaluate { get; init => field = Given.NotNull(nameof(Evaluate), value); } = Cadence.EachEpoch;

    /// <summary>When checkpoints are saved.</summary>
    public Cadence Save { get; init => field = Given.NotNull(nameof(Save), value); } = Cadence.EachEpoch;

    /// <summary>Checkpoints kept, 1 or more; null for all.</summary>
    public int? SaveLimit { get; init => field = Given.Number(nameof(SaveLimit), value, RunLimits.Count); }

    /// <summary>Evaluations without a lower loss after which training stops, 1 or more; or null.</summary>
    public int? EarlyStoppingPatience { get; init => field = Given.Number(nameof(EarlyStoppingPatience), value, RunLimits.Count); }

    /// <summary>Whether the weights of the lowest evaluation loss become the adapter.</summary>
    public bool RestoreBest { get; init; }
}

/// <summary>When something recurring happens.</summary>
/// <param name="Steps">Every so many optimizer steps; null for at the end of each epoch; 0 for never.</param>
/// <param name="Share">A share of all steps, above 0 and below 1, in place of <paramref name="Steps"/>.</param>
public sealed record Cadence(int? Steps, double? Share = null)
{
    /// <summary>Every so many optimizer steps; null for at the end of each epoch; 0 for never.</summary>
    public int? Steps { get; init => field = Given.Number(nameof(Steps), value, RunLimits.CountOrNone); } =
        Given.Number(nameof(Steps), Steps, RunLimits.CountOrNone);

    /// <summary>A share of all steps, above 0 and below 1, in place of <see cref="Steps"/>.</summary>
    public double? Share { get; init => field = Given.Number(nameof(Share), value, RunLimits.ShareOfSteps); } =
        Given.Number(nameof(Share), Share, RunLimits.ShareOfSteps);

    /// <summary>At the end of each epoch.</summary>
    public static Cadence EachEpoch { get; } = new((int?)null);

    /// <summary>Never.</summary>
    public static Cadence Never { get; } = new(0);
}
