using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace LoraLint.CodeFixes;

/// <summary>The fix of a rule as its diagnostic carries it, written by <c>FixProperties</c> in LoraLint.Rules.</summary>
/// <param name="Title">What it does, as an instruction.</param>
/// <param name="Safety">How freely it may be applied: <c>Safe</c> or <c>Unsafe</c>.</param>
/// <param name="Changes">The edits, which do not overlap.</param>
internal sealed record CarriedFix(string Title, string Safety, IReadOnlyList<TextChange> Changes)
{
    /// <summary>Reads it; null when there is none or when the text is no longer the one it was made for.</summary>
    public static CarriedFix? Read(Diagnostic diagnostic, SourceText text)
    {
        var properties = diagnostic.Properties;
        if (Get(properties, "Title") is not { } title || Get(properties, "Safety") is not { } safety
            || Number(properties, "Edits") is not { } count)
            return null;
        var changes = new List<TextChange>();
        for (var i = 0; i < count; i++)
        {
            var name = "Edit" + i.ToString(CultureInfo.InvariantCulture);
            if (Number(properties, name + ".Start") is not { } offset || Get(properties, name + ".Old") is not { } before
                || Get(properties, name + ".New") is not { } after)
                return null;
            var start = diagnostic.Location.SourceSpan.Start + offset;
            if (start < 0 || start + before.Length > text.Length)
                return null;
            var span = new TextSpan(start, before.Length);
            if (text.ToString(span) != before)
                return null;
            changes.Add(new TextChange(span, after));
        }

        return new CarriedFix(title, safety, changes);
    }

    private static string? Get(ImmutableDictionary<string, string?> properties, string name) =>
        properties.TryGetValue("LoraLint.Fix" + name, out var value) ? value : null;

    private static int? Number(ImmutableDictionary<string, string?> properties, string name) =>
        int.TryParse(Get(properties, name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
