using LoraLint.Rules.Text;

namespace LoraLint.Rules.Runs;

/// <summary>Something in a config that the embedded engine cannot do as written. Any of these stops the run.</summary>
/// <param name="Key">The key, dots for nesting.</param>
/// <param name="Message">What is not supported, and what to do; no final period.</param>
/// <param name="Span">Where; empty at the start of the file when nothing is written.</param>
public sealed record RunProblem(string Key, string Message, TextSpan Span);

/// <summary>What a config means as a run, or why it cannot be one.</summary>
/// <param name="Run">The run; null when there are problems.</param>
/// <param name="Problems">What stops the run, by place.</param>
/// <param name="Notes">What differs in ways that settings have no part in, such as the precision that is computed in.</param>
public sealed record RunResolution(TrainingRun? Run, IReadOnlyList<RunProblem> Problems, IReadOnlyList<string> Notes);

/// <summary>What the command line says over the config.</summary>
public sealed record RunOverrides
{
    /// <summary>Optimizer steps after which training ends, or null.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>The seed, or null.</summary>
    public long? Seed { get; init; }

    /// <summary>The output folder, counted from the working folder; or null.</summary>
    public string? Output { get; init; }

    /// <summary>The base model, for an adapter's own config; or null.</summary>
    public string? Model { get; init; }

    /// <summary>The training file, for an adapter's own config; or null.</summary>
    public string? Data { get; init; }

    /// <summary>The peak learning rate, for an adapter's own config; or null.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The passes over the data, for an adapter's own config; or null.</summary>
    public double? Epochs { get; init; }

    /// <summary>The most tokens of a sequence, for an adapter's own config; or null.</summary>
    public int? MaxSequenceLength { get; init; }
}
