using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace LoraLint.CodeFixes;

/// <summary>Offers the fixes that rules have made for their findings.</summary>
/// <param name="safety">Which fixes: <c>Safe</c> or <c>Unsafe</c>.</param>
public abstract class RuleFixProvider(string safety) : CodeFixProvider
{
    // Every code there may be: the diagnostics themselves say whether there is a fix, so the rules need not be known here.
    private static readonly ImmutableArray<string> s_codes = ImmutableArray.CreateRange(
        Enumerable.Range(1, 999).Select(n => "LL" + n.ToString("000", CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public sealed override ImmutableArray<string> FixableDiagnosticIds => s_codes;

    /// <inheritdoc/>
    public abstract override FixAllProvider? GetFixAllProvider();

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var text = await context.Document.GetTextAsync(context.CancellationToken).ConfigureAwait(false);
        foreach (var diagnostic in context.Diagnostics)
        {
            if (CarriedFix.Read(diagnostic, text) is not { } fix || fix.Safety != safety)
                continue;
            context.RegisterCodeFix(
                CodeAction.Create(
                    fix.Title,
                    _ => Task.FromResult(context.Document.WithText(text.WithChanges(fix.Changes))),
                    equivalenceKey: diagnostic.Id),
                diagnostic);
        }
    }
}
