using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace LoraLint.CodeFixes;

/// <summary>
/// Fixes that change what is trained, which their user should agree to: one by one only, so that neither Fix All nor
/// <c>dotnet format analyzers</c> applies them unseen.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UnsafeFixProvider))]
public sealed class UnsafeFixProvider() : RuleFixProvider("Unsafe")
{
    /// <inheritdoc/>
    public override FixAllProvider? GetFixAllProvider() => null;
}
