using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>The outline of a config: its keys, with their values where these are short.</summary>
internal sealed class DocumentSymbols(PositionEncoding encoding)
{
    private const int PropertyKind = 7;
    private const int ObjectKind = 19;
    private const int ArrayKind = 18;

    // An outline is for orientation: beyond this it serves nobody, and a large data file would only burden the editor.
    private const int Most = 2000;
    private const int Deepest = 8;
    private const int LongestDetail = 60;
    private int _left = Most;

    /// <summary>The symbols of a document.</summary>
    public IReadOnlyList<DocumentSymbol> Of(ConfigDocument document) =>
        [.. document.Roots.SelectMany(r => Below(document.Source, r, 0))];

    private IEnumerable<DocumentSymbol> Below(SourceText source, ConfigNode node, int depth)
    {
        if (depth == Deepest || node.IsAlias)
            yield break;
        foreach (var entry in node.Entries)
        {
            if (entry.IsMerged || _left-- <= 0)
                continue;
            var name = entry.Key.Length > 0 ? entry.Key : "\"\"";
            var symbol = Symbol(source, name, entry.Span, entry.KeySpan, entry.Value, depth);
            // Outlines are shown in places where nobody expects a token.
            yield return Secrets.Describe(entry.Key, entry.Value.Text) is null ? symbol : symbol with { Detail = null };
        }

        for (var i = 0; i < node.Items.Count; i++)
        {
            var item = node.Items[i];
            if (!item.IsScalar && _left-- > 0)
                yield return Symbol(source, $"[{i}]", item.Span, new TextSpan(item.Span.Start, 0), item, depth);
        }
    }

    private DocumentSymbol Symbol(SourceText source, string name, TextSpan span, TextSpan selection, ConfigNode value, int depth)
    {
        var text = value.IsScalar ? value.Text : "";
        var isShort = text.Length is > 0 and <= LongestDetail && !text.AsSpan().ContainsAny('\n', '\r');
        var kind = value.IsMapping ? ObjectKind : value.IsSequence ? ArrayKind : PropertyKind;
        return new DocumentSymbol(
            name, isShort ? text : null, kind, encoding.RangeOf(source, span), encoding.RangeOf(source, selection))
        {
            Children = value.IsScalar ? null : [.. Below(source, value, depth + 1)],
        };
    }
}
