using System.Collections.Immutable;
using LoraLint.Rules.Linting;
using Microsoft.CodeAnalysis;

namespace LoraLint.Rules.Roslyn;

/// <summary>The rules as the compiler knows them. Severities are those of the categories; <c>.editorconfig</c> overrides them.</summary>
internal static class RuleDescriptors
{
    private static readonly Dictionary<string, DiagnosticDescriptor> s_byCode =
        RuleCatalog.Infos.ToDictionary(i => i.Code, Of, StringComparer.Ordinal);

    /// <summary>All of them.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } = ImmutableArray.CreateRange(s_byCode.Values);

    /// <summary>That of a rule.</summary>
    public static DiagnosticDescriptor Find(RuleInfo rule) => s_byCode[rule.Code];

    /// <summary>A severity as the compiler calls it.</summary>
    public static DiagnosticSeverity SeverityOf(Severity severity) => severity switch
    {
        Severity.Error => DiagnosticSeverity.Error,
        Severity.Warning => DiagnosticSeverity.Warning,
        _ => DiagnosticSeverity.Info,
    };

    private static DiagnosticDescriptor Of(RuleInfo rule)
    {
        var severity = RuleInfo.SeverityOf(rule.Category);
        return new DiagnosticDescriptor(
            rule.Code,
            rule.Summary.TrimEnd('.'),
            "{0}",
            "LoRA." + rule.Category,
            SeverityOf(severity),
            isEnabledByDefault: severity != Severity.Off,
            rule.Why,
            rule.HelpLink,
            rule.Tag == FindingTag.Unnecessary ? [WellKnownDiagnosticTags.Unnecessary] : []);
    }
}
