using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Knowledge.Versions;

namespace LoraLint.Rules.Linting;

/// <summary>What the user set about rules, resolved for one file.</summary>
public sealed record LintOptions
{
    /// <summary>The defaults.</summary>
    public static LintOptions Default { get; } = new();

    /// <summary>How far documented guidance counts.</summary>
    public Profile Profile { get; init; } = Profile.Recommended;

    /// <summary>Severities set by hand, by rule name.</summary>
    public IReadOnlyDictionary<string, Severity> Severities { get; init; } = new Dictionary<string, Severity>();

    /// <summary>Rule options set by hand, by <c>rule-name.option-name</c>.</summary>
    public IReadOnlyDictionary<string, double> Numbers { get; init; } = new Dictionary<string, double>();

    /// <summary>Only these rules, by code, name or prefix of a code; empty for all.</summary>
    public IReadOnlyList<string> Select { get; init; } = [];

    /// <summary>Not these rules, by code, name or prefix of a code.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>The format by name when the user says so; null to recognise it.</summary>
    public string? Format { get; init; }

    /// <summary>The training rows when the user says so; null to count them.</summary>
    public long? DatasetRows { get; init; }

    /// <summary>The card that configs are to run on; null when it is not known.</summary>
    public Gpu? Gpu { get; init; }

    /// <summary>How many parameters may be trained; null when nobody says.</summary>
    public ParameterAmount? TrainableBudget { get; init; }

    /// <summary>
    /// Releases of packages by their names, when the user says them, as specifiers (<c>0.24.0</c>, <c>&gt;=0.20</c>); they win over files.
    /// </summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();

    /// <summary>What the settings say about a package, or null.</summary>
    /// <param name="package">The package's name in its one spelling.</param>
    public Requirement? RequirementOf(string package) =>
        Versions.TryGetValue(package, out var text) && VersionRange.Parse(text) is { } range
            ? new Requirement(package, range, package + (text.Length > 0 && char.IsDigit(text[0]) ? "==" : "") + text) : null;

    /// <summary>Whether a selector (code, name or prefix of a code of at least three characters) means a rule.</summary>
    public static bool Selects(string selector, RuleInfo rule) =>
        selector == rule.Name
        || selector.Equals(rule.Code, StringComparison.OrdinalIgnoreCase)
        || (selector.Length >= 2 && rule.Code.StartsWith(selector, StringComparison.OrdinalIgnoreCase));

    /// <summary>The severity of a finding: what the user set, else what category and profile give.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="category">The category of this finding: the rule's own or a weaker one.</param>
    public Severity SeverityOf(RuleInfo rule, Category category)
    {
        if (Ignore.Any(s => Selects(s, rule)) || (Select.Count > 0 && !Select.Any(s => Selects(s, rule))))
            return Severity.Off;
        if (Severities.TryGetValue(rule.Name, out var severity))
            return severity;
        severity = RuleInfo.SeverityOf(category);
        var rises = (Profile >= Profile.Documented && rule.Guidance.Count > 0) || Profile == Profile.Strict;
        return rises && severity == Severity.Info ? Severity.Warning : severity;
    }
}
