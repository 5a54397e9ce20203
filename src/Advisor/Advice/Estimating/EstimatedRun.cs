using LoraLint.Rules.Knowledge.Memory;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>What is estimated: the load on a card, the length of the training, and what was taken for granted.</summary>
/// <param name="Name">The config's path, or the base model's name.</param>
/// <param name="Workload">The load on one card.</param>
/// <param name="Rank">The adapters' rank.</param>
/// <param name="Targets">The target modules, as people read them.</param>
/// <param name="Optimizer">The optimizer's name.</param>
/// <param name="Schedule">How long training goes.</param>
/// <param name="Assumptions">What nobody said, with the value taken for it.</param>
internal sealed record EstimatedRun(
    string Name,
    Workload Workload,
    long Rank,
    string Targets,
    string Optimizer,
    TrainingSchedule Schedule,
    IReadOnlyList<string> Assumptions)
{
    /// <summary>The tokens of the data, counted by the model's tokenizer; null where they were not.</summary>
    public TokenCount? Tokens { get; init; }
}

/// <summary>How long training goes, as far as it is known.</summary>
internal sealed record TrainingSchedule
{
    /// <summary>Rows that are trained on, or null.</summary>
    public long? Rows { get; init; }

    /// <summary>Tokens of a row on the average, or null.</summary>
    public double? TokensPerRow { get; init; }

    /// <summary>Passes over the rows.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Steps after which training ends, or null.</summary>
    public long? MaxSteps { get; init; }

    /// <summary>Sequences of a step on all cards.</summary>
    public long SequencesPerStep { get; init; } = 1;

    /// <summary>Tokens of a sequence at most.</summary>
    public long SequenceLength { get; init; } = 2048;

    /// <summary>Whether several rows share a sequence.</summary>
    public bool Packs { get; init; }

    /// <summary>Tokens a second on all cards, or null.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>
    /// Optimizer steps; null where neither rows nor steps are known, and where rows are packed and their tokens are not known. The last
    /// step of an epoch may have fewer sequences.
    /// </summary>
    public long? Steps
    {
        get
        {
            if (MaxSteps is { } most)
                return most;
            if (Rows is not { } rows || SequencesOf(rows) is not { } sequences)
                return null;
            return (long)Math.Ceiling(Math.Ceiling(sequences / SequencesPerStep) * Epochs);
        }
    }

    /// <summary>Tokens that are trained on, padding left out; null where they are not known.</summary>
    public double? Tokens => Steps is { } steps && TokensPerSequence is { } tokens ? steps * SequencesPerStep * tokens : null;

    /// <summary>Seconds of training, evaluation and saving left out; null where they are not known.</summary>
    public double? Seconds => Tokens / TokensPerSecond;

    // Packed sequences are full but for what does not fit.
    private double? TokensPerSequence => Packs ? SequenceLength : TokensPerRow is { } tokens ? Math.Min(tokens, SequenceLength) : null;

    private double? SequencesOf(long rows) => !Packs ? rows
        : TokensPerRow is { } tokens ? Math.Ceiling(rows * Math.Min(tokens, SequenceLength) / SequenceLength) : null;
}
