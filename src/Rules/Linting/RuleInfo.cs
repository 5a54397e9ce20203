namespace LoraLint.Rules.Linting;

/// <summary>Where a rule's reason can be read.</summary>
/// <param name="What">The work or repository with its version: <c>huggingface/peft@5d602fdb (2026-08-21)</c>.</param>
/// <param name="Where">The file and line, section or number in it; empty when the whole is meant.</param>
public sealed record Source(string What, string Where = "")
{
    /// <summary>Both parts as people read them.</summary>
    public override string ToString() => Where.Length == 0 ? What : $"{What} {Where}";
}

/// <summary>A number of a rule that users may set, with its default and the reason for it.</summary>
/// <param name="Name">Kebab case, such as <c>max-scaling</c>.</param>
/// <param name="Default">The value without settings.</param>
/// <param name="Meaning">What the number is, its unit, and where the default comes from.</param>
public sealed record RuleOption(string Name, double Default, string Meaning);

/// <summary>What is fixed about a rule. Everything said here is shown on its page and checked by tests.</summary>
public sealed class RuleInfo
{
    /// <summary>Such as <c>LL104</c>; never reused.</summary>
    public required string Code { get; init; }

    /// <summary>Such as <c>alpha-below-rank</c>: names the mistake.</summary>
    public required string Name { get; init; }

    /// <summary>What kind of mistake.</summary>
    public required Category Category { get; init; }

    /// <summary>The mistake in one sentence, starting with a capital and ending with a period.</summary>
    public required string Summary { get; init; }

    /// <summary>Why it matters, in one sentence; shown with each finding.</summary>
    public required string Why { get; init; }

    /// <summary>Where that can be read, the strongest first.</summary>
    public required IReadOnlyList<Source> Sources { get; init; }

    /// <summary>The formats it applies to by name; empty for all.</summary>
    public IReadOnlyList<string> Formats { get; init; } = [];

    /// <summary>The best safety of the fixes it can offer, or null when it never offers one.</summary>
    public FixSafety? Fix { get; init; }

    /// <summary>
    /// The statements of the documented guidance it enforces (docs/guidance.md), such as 2.54; they rise with the profile.
    /// </summary>
    public IReadOnlyList<string> Guidance { get; init; } = [];

    /// <summary>The numbers that users may set.</summary>
    public IReadOnlyList<RuleOption> Options { get; init; } = [];

    /// <summary>The value behind a finding is a secret: whoever shows the line must not show what stands behind the span.</summary>
    public bool HidesValue { get; init; }

    /// <summary>How editors show what the rule finds, besides underlining it.</summary>
    public FindingTag Tag { get; init; }

    /// <summary>The rule's page.</summary>
    public string HelpLink => "https://loralint.dev/rules/" + Name;

    /// <summary>The severity a category has by default.</summary>
    public static Severity SeverityOf(Category category) => category switch
    {
        Category.Correctness => Severity.Error,
        Category.Suspicious or Category.Memory => Severity.Warning,
        Category.Reproducibility or Category.Advice => Severity.Info,
        _ => Severity.Off,
    };
}
