namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>What rows hold, by their columns.</summary>
internal enum RowShape
{
    /// <summary>Not known.</summary>
    Unknown,

    /// <summary><c>messages</c> with <c>role</c> and <c>content</c>.</summary>
    Messages,

    /// <summary><c>conversations</c> with <c>from</c> and <c>value</c>.</summary>
    ShareGpt,

    /// <summary><c>instruction</c>, <c>input</c>, <c>output</c>.</summary>
    Alpaca,

    /// <summary><c>prompt</c> and <c>completion</c>.</summary>
    PromptCompletion,

    /// <summary><c>text</c>.</summary>
    Text,

    /// <summary><c>chosen</c> and <c>rejected</c>, perhaps with a <c>prompt</c>.</summary>
    Preference,

    /// <summary><c>prompt</c> alone: answers are sampled.</summary>
    Prompt,
}

/// <summary>What is known of the training data.</summary>
/// <param name="Path">The file as the user named it, or null.</param>
/// <param name="Rows">Rows with text.</param>
/// <param name="Shape">What a row holds.</param>
internal sealed record DataFacts(string? Path, long Rows, RowShape Shape)
{
    /// <summary>Lengths of rows in tokens, estimated or counted; null where no file was read.</summary>
    public LengthFacts? Lengths { get; init; }

    /// <summary>The count of the model's tokenizer, which <see cref="Lengths"/> are then; null where they are estimated.</summary>
    public TokenCount? Counted { get; init; }

    /// <summary>Why they are estimated; empty where they are not.</summary>
    public string NotCounted { get; init; } = "";

    /// <summary>
    /// About how many tokens of all rows are learnt, those of answers or all of a plain text; null where that cannot be told.
    /// </summary>
    public double? LearntTokens { get; init; }

    /// <summary>Rows whose text another row has too.</summary>
    public long Duplicates { get; init; }

    /// <summary>Rows that are no JSON objects or have no text.</summary>
    public long Unreadable { get; init; }

    /// <summary>The writing systems of the letters, most frequent first, with their shares (0 to 1).</summary>
    public IReadOnlyList<(string Script, double Share)> Scripts { get; init; } = [];

    /// <summary>Whether only the start of the file was read, because it is very large.</summary>
    public bool IsSample { get; init; }
}

/// <summary>Lengths of rows in tokens.</summary>
/// <param name="Mean">On the average.</param>
/// <param name="Median">Half the rows are at most so long.</param>
/// <param name="NinetyNine">99 of 100 rows are at most so long.</param>
/// <param name="Longest">The longest row.</param>
internal sealed record LengthFacts(double Mean, long Median, long NinetyNine, long Longest);
