using LoraLint.Rules.Knowledge.Memory;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>What the command line says for an estimate. What is null comes from the config, else from the usual values.</summary>
internal sealed record EstimateRequest
{
    /// <summary>The config, or null.</summary>
    public string? Config { get; init; }

    /// <summary>The settings file, or null for the nearest.</summary>
    public string? Settings { get; init; }

    /// <summary>The base model: a folder, or a name on the hub.</summary>
    public string? Model { get; init; }

    /// <summary>The framework, one of <see cref="EstimatedFramework.Names"/>.</summary>
    public string? Framework { get; init; }

    /// <summary>The rank, 1 or more.</summary>
    public int? Rank { get; init; }

    /// <summary>Names of target modules, or <c>all-linear</c> alone.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Bits of the base: 4, 8 or 16.</summary>
    public int? Bits { get; init; }

    /// <summary>Whether it is DoRA.</summary>
    public bool UseDora { get; init; }

    /// <summary>The optimizer by a framework's name.</summary>
    public string? Optimizer { get; init; }

    /// <summary>Sequences in a micro batch.</summary>
    public int? MicroBatchSize { get; init; }

    /// <summary>Micro batches of a step.</summary>
    public int? GradientAccumulationSteps { get; init; }

    /// <summary>Tokens of a sequence at most.</summary>
    public int? MaxSequenceLength { get; init; }

    /// <summary>Whether activations are computed again.</summary>
    public bool? GradientCheckpointing { get; init; }

    /// <summary>The card, by name or memory.</summary>
    public string? Gpu { get; init; }

    /// <summary>Cards that train side by side, each with the whole model.</summary>
    public int? Gpus { get; init; }

    /// <summary>Rows of the training data.</summary>
    public long? Rows { get; init; }

    /// <summary>Tokens of a row on the average.</summary>
    public double? TokensPerRow { get; init; }

    /// <summary>Passes over the data.</summary>
    public double? Epochs { get; init; }

    /// <summary>Tokens that all cards together train in a second.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>The folder of a run whose metrics tell the tokens a second.</summary>
    public string? Measured { get; init; }
}
