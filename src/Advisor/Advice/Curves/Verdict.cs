using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Advice.Curves;

/// <summary>One thing that the curves of a run show.</summary>
/// <param name="Name">Kebab case, such as <c>overfitting</c>; stays the same between versions.</param>
/// <param name="Severity">An error: the adapter is worth nothing. A warning: the next run should change something.</param>
/// <param name="Step">The step where it shows first, or null for the whole run.</param>
/// <param name="Finding">What is seen, with its figures; a sentence without its period.</param>
/// <param name="Advice">What to change; sentences.</param>
/// <param name="Sources">Where the advice comes from.</param>
internal sealed record Verdict(
    string Name, Severity Severity, int? Step, string Finding, string Advice, IReadOnlyList<Source> Sources);
