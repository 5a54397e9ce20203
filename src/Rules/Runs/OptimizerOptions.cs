namespace LoraLint.Rules.Runs;

/// <summary>The optimizer and its schedule.</summary>
public sealed record OptimizerOptions
{
    /// <summary>adamw (decoupled weight decay, arXiv 1711.05101) or sgd (without momentum).</summary>
    public string Name { get; init => field = Given.Word(nameof(Name), value, RunLimits.Optimizers); } = "adamw";

    /// <summary>The peak learning rate, above 0.</summary>
    public double LearningRate { get; init => field = Given.Number(nameof(LearningRate), value, RunLimits.LearningRate); } = 2e-4;

    /// <summary>The factor on the learning rate of B against that of A, above 0 (LoRA+, arXiv 2402.12354); 1 for none.</summary>
    public double LoraPlusRatio { get; init => field = Given.Number(nameof(LoraPlusRatio), value, RunLimits.AboveZero); } = 1;

    /// <summary>AdamW's decay of the first moment, 0 to below 1.</summary>
    public double Beta1 { get; init => field = Given.Number(nameof(Beta1), value, RunLimits.Beta); } = 0.9;

    /// <summary>AdamW's decay of the second moment, 0 to below 1.</summary>
    public double Beta2 { get; init => field = Given.Number(nameof(Beta2), value, RunLimits.Beta); } = 0.999;

    /// <summary>What AdamW adds to the root of the second moment, above 0.</summary>
    public double Epsilon { get; init => field = Given.Number(nameof(Epsilon), value, RunLimits.AboveZero); } = 1e-8;

    /// <summary>Whether AdamW makes up for moments that start at zero; without (mlx's default) the first steps are larger.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Decoupled weight decay, 0 or more. Biases and magnitudes get none.</summary>
    public double WeightDecay { get; init => field = Given.Number(nameof(WeightDecay), value, RunLimits.NotNegative); }

    /// <summary>Gradients are clipped to this global norm, 0 or more; 0 for not at all.</summary>
    public double MaxGradNorm { get; init => field = Given.Number(nameof(MaxGradNorm), value, RunLimits.NotNegative); } = 1;

    /// <summary>constant, linear or cosine.</summary>
    public string Schedule { get; init => field = Given.Word(nameof(Schedule), value, RunLimits.Schedules); } = "cosine";

    /// <summary>
    /// The share of all optimizer steps in which the rate rises from zero, 0 to 1; not looked at with <see cref="WarmupSteps"/>.
    /// </summary>
    public double WarmupRatio { get; init => field = Given.Number(nameof(WarmupRatio), value, RunLimits.WarmupRatio); }

    /// <summary>The optimizer steps in which the rate rises from zero, 0 or more; or null.</summary>
    public int? WarmupSteps { get; init => field = Given.Number(nameof(WarmupSteps), value, RunLimits.WarmupSteps); }
}
