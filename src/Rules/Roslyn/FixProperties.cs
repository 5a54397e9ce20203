using System.Collections.Immutable;
using System.Globalization;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// A fix as properties of a diagnostic, which is how it reaches the code fix providers: those live in an assembly of their own that the
/// compiler need not load. Places count from the start of the diagnostic, and each edit says what it replaces, so that a fix which no
/// longer fits its text is seen to.
/// </summary>
internal static class FixProperties
{
    /// <summary>The properties; none without a fix.</summary>
    /// <param name="fix">The fix, or null.</param>
    /// <param name="start">Where the diagnostic begins.</param>
    /// <param name="text">The text that the fix is for.</param>
    public static ImmutableDictionary<string, string?> Of(Fix? fix, int start, string text)
    {
        var properties = ImmutableDictionary<string, string?>.Empty;
        if (fix is null || fix.Edits.Count == 0 || fix.Safety == FixSafety.Display)
            return properties;
        properties = properties
            .Add("LoraLint.FixTitle", fix.Title)
            .Add("LoraLint.FixSafety", fix.Safety.ToString())
            .Add("LoraLint.FixEdits", fix.Edits.Count.ToString(CultureInfo.InvariantCulture));
        for (var i = 0; i < fix.Edits.Count; i++)
        {
            var (span, newText) = (fix.Edits[i].Span, fix.Edits[i].NewText);
            var name = "LoraLint.FixEdit" + i.ToString(CultureInfo.InvariantCulture);
            properties = properties
                .Add(name + ".Start", (span.Start - start).ToString(CultureInfo.InvariantCulture))
                .Add(name + ".Old", text.Substring(span.Start, span.Length))
                .Add(name + ".New", newText);
        }

        return properties;
    }
}
