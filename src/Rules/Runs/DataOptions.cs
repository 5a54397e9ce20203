namespace LoraLint.Rules.Runs;

/// <summary>What is trained and evaluated on.</summary>
public sealed record DataOptions
{
    /// <summary>Training files, joined in order.</summary>
    public IReadOnlyList<DataSource> Train { get; init => field = Given.NotNull(nameof(Train), value); } = [];

    /// <summary>Files for evaluation only; empty when <see cref="ValidationSplit"/> says what is held out, or when nothing is.</summary>
    public IReadOnlyList<DataSource> Validation { get; init => field = Given.NotNull(nameof(Validation), value); } = [];

    /// <summary>What is held out for evaluation: below 1 a share of the training samples, from 1 on a number of them; 0 for none.</summary>
    public double ValidationSplit { get; init => field = Given.Number(nameof(ValidationSplit), value, RunLimits.NotNegative); }

    /// <summary>Compute the loss on answers alone. Of no effect for plain text.</summary>
    public bool MaskPrompt { get; init; } = true;

    /// <summary>
    /// Tokens of a sequence at most, 1 or more; longer samples are cut at the end, or left out with <see cref="DropLongSamples"/>.
    /// </summary>
    public int MaxSequenceLength { get; init => field = Given.Number(nameof(MaxSequenceLength), value, RunLimits.Count); } = 2048;

    /// <summary>Leave samples over <see cref="MaxSequenceLength"/> out in place of cutting them, as Axolotl does.</summary>
    public bool DropLongSamples { get; init; }

    /// <summary>Put several samples into one sequence, each attending to itself alone.</summary>
    public bool Packing { get; init; }

    /// <summary>The chat template by name (<c>chatml</c>, <c>llama-3</c> ...); null for the one that the model's tokenizer names.</summary>
    public string? ChatTemplate { get; init; }
}

/// <summary>One data file and how its rows are read.</summary>
public sealed record DataSource
{
    /// <summary>The absolute path of a .jsonl, .json or .txt file.</summary>
    public string Path { get; init => field = Given.NotNull(nameof(Path), value); } = "";

    /// <summary>What a row holds.</summary>
    public DataFormat Format { get; init => field = Given.Named(nameof(Format), value); }

    /// <summary>
    /// Columns under other names, by the field they stand for: <c>messages</c>, <c>role</c>, <c>content</c>, <c>prompt</c>,
    /// <c>completion</c>, <c>instruction</c>, <c>input</c>, <c>output</c>, <c>system</c>, <c>text</c>. An empty name for <c>input</c> or
    /// <c>system</c> has that column passed over.
    /// </summary>
    public IReadOnlyDictionary<string, string> Columns
    {
        get;
        init => field = Given.NotNull(nameof(Columns), value);
    } = new Dictionary<string, string>();
}

/// <summary>What a row of a data file holds.</summary>
public enum DataFormat
{
    /// <summary>OpenAI style: <c>messages</c>, a list of <c>{role, content}</c>.</summary>
    Chat,

    /// <summary>ShareGPT: <c>conversations</c>, a list of <c>{from, value}</c>.</summary>
    ShareGpt,

    /// <summary><c>prompt</c> and <c>completion</c>, joined as they are.</summary>
    PromptCompletion,

    /// <summary><c>instruction</c>, <c>input</c>, <c>output</c> in the Alpaca prompt.</summary>
    Alpaca,

    /// <summary>
    /// <c>prompt</c>, an optional <c>input</c> behind it and a line break, and <c>completion</c>: one exchange of user and assistant in the
    /// chat template, after an optional <c>system</c> message.
    /// </summary>
    ChatExchange,

    /// <summary>
    /// <c>text</c>, or the whole of a plain text file; every token is trained on, and what is too long for a sequence goes on in the next.
    /// </summary>
    Text,
}
