using LoraLint.Rules.Linting;

namespace LoraLint.Tests.Mutations;

/// <summary>One kind of mistake that people make in configs.</summary>
/// <param name="Name">What is done wrong, in a few words; unique.</param>
/// <param name="Make">Makes it in a config; null where it would be none, or has no place.</param>
public sealed record Mistake(string Name, Func<Subject, Mutant?> Make)
{
    /// <summary>The least severity that counts as caught. Info where the mistake is a matter of quality, not of a broken run.</summary>
    public Severity Least { get; init; } = Severity.Warning;

    /// <summary>Whether the finding may stand anywhere: a broken file is often noticed some lines later.</summary>
    public bool Anywhere { get; init; }

    /// <summary>Whether a finding shows that the mistake was seen.</summary>
    public bool IsCaughtBy(Mutant mutant, Finding finding) =>
        finding.Severity >= Least && (Anywhere || mutant.IsTarget(finding));
}
