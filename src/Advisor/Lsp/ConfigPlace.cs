using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>What stands at an offset of a text that was read: a key or the value of one.</summary>
/// <param name="Config">The config it belongs to.</param>
/// <param name="Path">The key's path as key tables have it: dots for nesting, <c>[]</c> for list elements.</param>
/// <param name="Entry">The key with its value.</param>
/// <param name="Item">The value or the list item at the offset; null when it is the key.</param>
internal sealed record ConfigPlace(RecognisedConfig Config, string Path, ConfigEntry Entry, ConfigNode? Item)
{
    /// <summary>The text that the place is.</summary>
    public TextSpan Span => Item?.Span ?? Entry.KeySpan;

    /// <summary>The key or value at an offset, or null between them.</summary>
    public static ConfigPlace? Find(Analysis analysis, int offset)
    {
        foreach (var config in Linter.Recognise(analysis.Document, analysis.Options, alsoWithoutLora: true))
        {
            if (Find(config, config.Root, "", offset) is { } place)
                return place;
        }

        return null;
    }

    private static ConfigPlace? Find(RecognisedConfig config, ConfigNode mapping, string parent, int offset)
    {
        foreach (var entry in mapping.Entries)
        {
            // What a merge key brings in stands elsewhere; a dict whose entries are keywords is looked at where it stands.
            if ((entry.IsMerged && config.Root.Origin is null) || !Touches(entry.Span, offset))
                continue;
            var path = parent.Length == 0 ? entry.Key : parent + "." + entry.Key;
            if (Touches(entry.KeySpan, offset))
                return new ConfigPlace(config, path, entry, null);
            return FindIn(config, entry, entry.Value, path, offset);
        }

        return null;
    }

    private static ConfigPlace? FindIn(RecognisedConfig config, ConfigEntry entry, ConfigNode node, string path, int offset)
    {
        if (node.IsMapping && !node.IsAlias)
            return Find(config, node, path, offset);
        if (node.IsSequence && !node.IsAlias)
        {
            foreach (var item in node.Items)
            {
                if (Touches(item.Span, offset))
                    return FindIn(config, entry, item, item.IsScalar ? path : path + "[]", offset);
            }
        }

        return node.Span.Length > 0 && Touches(node.Span, offset) && (node.IsScalar || node.IsAlias)
            ? new ConfigPlace(config, path, entry, node) : null;
    }

    // The end counts too: a cursor stands behind the letter typed last.
    private static bool Touches(TextSpan span, int offset) => span.Start <= offset && offset <= span.End;
}
