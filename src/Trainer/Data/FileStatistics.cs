namespace LoraLint.Trainer.Data;

/// <summary>What came out of one data file.</summary>
public sealed record FileStatistics
{
    /// <summary>The file.</summary>
    public required string Path { get; init; }

    /// <summary>Whether it is for evaluation only.</summary>
    public required bool IsValidation { get; init; }

    /// <summary>Rows read: lines that are not blank, items of a JSON list, 1 for a plain text file.</summary>
    public long Rows { get; internal set; }

    /// <summary>Samples kept, those that a split holds out included. A long text gives several.</summary>
    public long Samples { get; internal set; }

    /// <summary>Tokens of these samples.</summary>
    public long Tokens { get; internal set; }

    /// <summary>Positions of these samples that have a target.</summary>
    public long SupervisedTokens { get; internal set; }

    /// <summary>Tokens of the longest sample that was kept.</summary>
    public int Longest { get; internal set; }

    /// <summary>Samples cut at the end to the longest length allowed.</summary>
    public long Truncated { get; internal set; }

    /// <summary>Tokens that truncation cut off.</summary>
    public long TruncatedTokens { get; internal set; }

    /// <summary>
    /// Samples left out for their length: those of which truncation would leave nothing to learn, or all that are too long when they are
    /// not to be cut.
    /// </summary>
    public long Dropped { get; internal set; }

    /// <summary>Rows passed over because there is nothing to learn in them: no answer, or an empty one, or an empty text.</summary>
    public long Empty { get; internal set; }

    /// <summary>Where the first row is that was passed over as empty, as <c>path:line</c>; null for none.</summary>
    public string? FirstEmpty { get; internal set; }

    /// <summary>Samples left out because the same tokens with the same mask came before, in this file or in an earlier one.</summary>
    public long Duplicates { get; internal set; }
}
