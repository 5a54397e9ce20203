using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace LoraLint.CodeFixes;

/// <summary>Fixes with one right answer: one by one, or all of a document, project or solution at once.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SafeFixProvider))]
public sealed class SafeFixProvider() : RuleFixProvider("Safe")
{
    /// <inheritdoc/>
    public override FixAllProvider? GetFixAllProvider() => FixAll.Instance;
}
