using LoraLint.Rules.Text;

namespace LoraLint.Rules.Linting;

/// <summary>Something a rule found.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Severity">As stamped by the linter from category, profile and settings.</param>
/// <param name="Message">What is wrong here, why it matters and what to do.</param>
/// <param name="Span">Where.</param>
/// <param name="Fix">What to change, or null.</param>
public sealed record Finding(RuleInfo Rule, Severity Severity, string Message, TextSpan Span, Fix? Fix)
{
    /// <summary>Where else to look: the other setting, the entry of the partner file.</summary>
    public IReadOnlyList<RelatedPlace> Related { get; init; } = [];
}

/// <summary>A place that a finding is about besides its own.</summary>
/// <param name="Source">The text it is in: the finding's own, or a companion file's.</param>
/// <param name="Span">Where.</param>
/// <param name="Message">What is there, such as <c>gradient_clipping is 0.5</c>.</param>
public sealed record RelatedPlace(SourceText Source, TextSpan Span, string Message);
