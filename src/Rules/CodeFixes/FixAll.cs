using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;

namespace LoraLint.CodeFixes;

/// <summary>
/// All safe fixes of a rule in a document as one change. Of two that touch each other the first is made, whole or not at all; the other
/// finding is still there afterwards if the first fix did not settle it.
/// </summary>
internal sealed class FixAll : DocumentBasedFixAllProvider
{
    /// <summary>The only one needed.</summary>
    public static FixAll Instance { get; } = new();

    /// <inheritdoc/>
    protected override async Task<Document?> FixAllAsync(
        FixAllContext fixAllContext, Document document, ImmutableArray<Diagnostic> diagnostics)
    {
        var text = await document.GetTextAsync(fixAllContext.CancellationToken).ConfigureAwait(false);
        var changes = new List<TextChange>();
        foreach (var diagnostic in diagnostics.OrderBy(d => d.Location.SourceSpan.Start))
        {
            if (CarriedFix.Read(diagnostic, text) is { Safety: "Safe" } fix
                && !fix.Changes.Any(c => changes.Any(other => other.Span.IntersectsWith(c.Span))))
                changes.AddRange(fix.Changes);
        }

        return changes.Count == 0 ? document : document.WithText(text.WithChanges(changes.OrderBy(c => c.Span.Start)));
    }
}
