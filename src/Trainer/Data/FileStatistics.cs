namespace LoraLint.Trainer.Data;

/// <summary>What came out of one data file.</summary>
public sealed record FileStatistics
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Whether it is for evaluation only.</summary>
    public required bool IsValidation { get; init; }

    /// <summary>Rows read: lines that are not blank, items of a JSON list, 1 for a plain text file.</summary>
    public long Rows { get; init; }

    /// <summary>Samples kept, those that a split holds out included. A long text gives several.</summary>
    public long Samples { get; init; }

    /// <summary>Tokens of these samples.</summary>
    public long Tokens { get; init; }

    /// <summary>Positions of these samples that have a target.</summary>
    public long SupervisedTokens { get; init; }

    /// <summary>Tokens of the longest sample that was kept.</summary>
    public int Longest { get; init; }

    /// <summary>Samples cut at the end to the longest length allowed.</summary>
    public long Truncated { get; init; }

    /// <summary>Tokens that truncation cut off.</summary>
    public long TruncatedTokens { get; init; }

    /// <summary>Samples dropped because truncation cut off all that is learned.</summary>
    public long Dropped { get; init; }

    /// <summary>Rows passed over because there is nothing to learn in them: no answer, or an empty one, or an empty text.</summary>
    public long Empty { get; init; }

    /// <summary>The line of the first row that was passed over as empty; 0 for none.</summary>
    public long FirstEmptyLine { get; init; }

    /// <summary>Samples left out because the same tokens with the same mask came before, in this file or in an earlier one.</summary>
    public long Duplicates { get; init; }
}
