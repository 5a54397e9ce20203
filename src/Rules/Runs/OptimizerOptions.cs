namespace LoraLint.Rules.Runs;

/// <summary>The optimizer and its schedule.</summary>
public sealed record OptimizerOptions
{
    /// <summary>adamw (decoupled weight decay, arXiv 1711.05101) or sgd (without momentum).</summary>
    public string Name { get; init; } = "adamw";

    /// <summary>The peak learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 2e-4;

    /// <summary>The factor on the learning rate of B against that of A (LoRA+, arXiv 2402.12354); 1 for none.</summary>
    public double LoraPlusRatio { get; init; } = 1;

    /// <summary>AdamW's decay of the first moment, 0 to below 1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the second moment, 0 to below 1.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>What AdamW adds to the root of the second moment, above 0.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Whether AdamW makes up for moments that start at zero; without (mlx's default) the first steps are larger.</summary>
    public bool BiasCorrection { get; init; } = true;

    /// <summary>Decoupled weight decay, 0 or more. Biases and magnitudes get none.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Gradients are clipped to this global norm; 0 for not at all.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>constant, linear or cosine.</summary>
    public string Schedule { get; init; } = "cosine";

    /// <summary>
    /// The share of all optimizer steps in which the rate rises from zero, 0 to 1; not looked at with <see cref="WarmupSteps"/>.
    /// </summary>
    public double WarmupRatio { get; init; }

    /// <summary>The optimizer steps in which the rate rises from zero, or null.</summary>
    public int? WarmupSteps { get; init; }
}
