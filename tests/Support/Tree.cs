using System.Text;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Support;

/// <summary>Config trees as short texts, so that a table of cases shows what was read.</summary>
public static class Tree
{
    public static ConfigDocument Read(string text, ConfigLanguage language) => ConfigReader.Read(new SourceText("config", text), language);

    /// <summary>
    /// Scalars by their content in their quotes; behind one <c>?</c> when it is unknown, before one its tag, <c>*</c> when it is an alias.
    /// Before a key <c>-</c> when it is overridden, <c>&lt;</c> when it is merged. Several roots are joined by <c>---</c>.
    /// </summary>
    public static string Show(ConfigDocument document) => string.Join(" --- ", document.Roots.Select(Show));

    public static string Show(ConfigNode node)
    {
        var text = new StringBuilder();
        Show(node, text);
        return text.ToString();
    }

    /// <summary>Each problem as <c>kind line:column «text»</c>.</summary>
    public static string Problems(ConfigDocument document) => string.Join("; ", document.Problems.Select(p =>
    {
        var at = document.Source.Lines.PositionAt(p.Span.Start);
        return $"{p.Kind} {at.Line}:{at.Column} «{document.Source.Slice(p.Span)}»";
    }));

    /// <summary>Every node of all trees, aliases and merged entries left out: what was written where.</summary>
    public static IEnumerable<ConfigNode> Written(ConfigDocument document)
    {
        var open = new Stack<ConfigNode>(document.Roots);
        while (open.TryPop(out var node))
        {
            yield return node;
            if (node.IsAlias)
                continue;
            foreach (var entry in node.Entries.Where(e => !e.IsMerged))
                open.Push(entry.Value);
            foreach (var item in node.Items)
                open.Push(item);
        }
    }

    private static void Show(ConfigNode node, StringBuilder text)
    {
        if (node.Tag is { } tag)
            text.Append(tag).Append(' ');
        if (node.IsAlias)
            text.Append('*');
        switch (node.Kind)
        {
            case ConfigNodeKind.Sequence:
                text.Append('[');
                foreach (var item in node.Items)
                {
                    text.Append(text[^1] == '[' && ReferenceEquals(item, node.Items[0]) ? "" : ", ");
                    Show(item, text);
                }

                text.Append(']');
                break;
            case ConfigNodeKind.Mapping:
                text.Append('{');
                foreach (var entry in node.Entries)
                {
                    text.Append(ReferenceEquals(entry, node.Entries[0]) ? "" : ", ")
                        .Append(entry.IsOverridden ? "-" : "").Append(entry.IsMerged ? "<" : "");
                    text.Append(entry.Key).Append(": ");
                    Show(entry.Value, text);
                }

                text.Append('}');
                break;
            default:
                var quote = node.Style switch
                {
                    ScalarStyle.SingleQuoted => "'",
                    ScalarStyle.DoubleQuoted => "\"",
                    ScalarStyle.Block => "|",
                    _ => "",
                };
                text.Append(quote).Append(node.Text).Append(quote).Append(node.IsUnknown ? "?" : "");
                break;
        }
    }
}
