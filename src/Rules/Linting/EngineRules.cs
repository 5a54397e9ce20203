namespace LoraLint.Rules.Linting;

/// <summary>What the linter itself reports: about reading a file, about suppressions, about its own failures.</summary>
public static class EngineRules
{
    private static readonly Source s_ours = new("LoraLint", "docs/settings.md");

    /// <summary>The text does not follow its language's grammar.</summary>
    public static RuleInfo SyntaxError { get; } = new()
    {
        Code = "LL001", Name = "syntax-error", Category = Category.Correctness,
        Summary = "The file does not follow the grammar of its language.",
        Why = "No framework can load the file; what stands behind the error is checked as far as it can be read.",
        Sources = [new("YAML 1.2.2", "yaml.org/spec/1.2.2"), new("RFC 8259 (JSON)"), new("TOML 1.0.0", "toml.io/en/v1.0.0")],
    };

    /// <summary>JSON that strict parsers refuse.</summary>
    public static RuleInfo NotStrictJson { get; } = new()
    {
        Code = "LL002", Name = "not-strict-json", Category = Category.Correctness,
        Summary = "The JSON file has comments, trailing commas or NaN.",
        Why = "Python's json module, which every framework here loads JSON with, refuses comments and trailing commas.",
        Sources = [new("RFC 8259 (JSON)"), new("CPython", "Lib/json/decoder.py")],
    };

    /// <summary>A limit against hostile input was passed.</summary>
    public static RuleInfo InputLimit { get; } = new()
    {
        Code = "LL003", Name = "input-limit", Category = Category.Correctness,
        Summary = "The file passes a limit that protects the reader: size, depth, expanded aliases or runs.",
        Why = "A config of this size or depth is an accident or an attack; reading it further could exhaust memory.",
        Sources = [s_ours],
    };

    /// <summary>The file is not text that can be read.</summary>
    public static RuleInfo UnreadableText { get; } = new()
    {
        Code = "LL004", Name = "unreadable-text", Category = Category.Correctness,
        Summary = "The file is not UTF-8 text.",
        Why = "Frameworks open configs as UTF-8; another encoding or binary data fails there or turns into wrong characters.",
        Sources = [new("RFC 3629 (UTF-8)")],
    };

    /// <summary>An ignore comment that silences nothing.</summary>
    public static RuleInfo UnusedSuppression { get; } = new()
    {
        Code = "LL005", Name = "unused-suppression", Category = Category.Suspicious, Tag = FindingTag.Unnecessary,
        Summary = "An ignore comment silences nothing.",
        Why = "A stale ignore comment would hide the next real finding on its line.",
        Sources = [s_ours],
        Fix = FixSafety.Safe,
    };

    /// <summary>An ignore comment or setting that names no rule.</summary>
    public static RuleInfo UnknownRuleName { get; } = new()
    {
        Code = "LL006", Name = "unknown-rule-name", Category = Category.Suspicious,
        Summary = "An ignore comment names a rule that does not exist.",
        Why = "A misspelt name silences nothing, so the finding it was meant for still shows.",
        Sources = [s_ours],
    };

    /// <summary>A rule threw.</summary>
    public static RuleInfo RuleFailed { get; } = new()
    {
        Code = "LL007", Name = "rule-failed", Category = Category.Correctness,
        Summary = "A rule of LoraLint failed on this file.",
        Why = "This is a defect of LoraLint, not of the file; the other rules were run.",
        Sources = [s_ours],
    };

    /// <summary>A comment that names a format which does not exist.</summary>
    public static RuleInfo UnknownFormatName { get; } = new()
    {
        Code = "LL019", Name = "unknown-format-name", Category = Category.Suspicious,
        Summary = "A loralint-format comment names a format that does not exist.",
        Why = "The comment is ignored, so the file may be checked as another format or not at all.",
        Sources = [s_ours],
        Fix = FixSafety.Safe,
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RuleInfo> All { get; } =
        [SyntaxError, NotStrictJson, InputLimit, UnreadableText, UnusedSuppression, UnknownRuleName, RuleFailed, UnknownFormatName];
}
