using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>What is being typed in TOML: the section is the last one above.</summary>
internal static class TomlCursor
{
    /// <summary>See <see cref="CursorContext.Find"/>.</summary>
    public static CursorContext? Find(SourceText source, int offset)
    {
        var number = source.Lines.LineAt(offset);
        var span = source.Lines.LineSpan(number);
        var text = source.Slice(span);
        var cursor = Math.Min(offset, span.End) - span.Start;
        var trimmed = text.TrimStart();
        if (trimmed.StartsWith('[') && !text.Contains('=', StringComparison.Ordinal))
            return null;
        if (text.AsSpan(0, cursor).Contains('#'))
            return null;
        var (parent, keys) = Section(source, number);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var from = equals >= 0 && cursor > equals ? equals + 1 : 0;
        var before = text.AsSpan(from, cursor - from);
        var isInBrackets = from > 0 && before.Contains('[');
        if (isInBrackets)
            from += before.LastIndexOfAny('[', ',') + 1;
        while (from < cursor && text[from] is ' ' or '\t')
            from++;
        var isQuoted = from < cursor && text[from] is '"' or '\'';
        if (isQuoted)
            from++;
        var end = cursor;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not ('=' or ',' or ']' or '"' or '\'' or '#'))
            end++;
        var key = equals >= 0 && cursor > equals ? text[..equals].Trim().Trim('"', '\'') : null;
        return new CursorContext(parent, key, TextSpan.FromBounds(span.Start + from, span.Start + end), keys)
        {
            IsQuoted = isQuoted, IsItem = isInBrackets, HasSeparator = equals >= 0,
        };
    }

    private static (string Path, HashSet<string> Keys) Section(SourceText source, int number)
    {
        var path = "";
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var at = 0; at < source.Lines.Count; at++)
        {
            var line = source.Slice(source.Lines.LineSpan(at)).Trim();
            if (line.StartsWith('[') && !line.Contains('=', StringComparison.Ordinal))
            {
                if (at > number)
                    break;
                var isList = line.StartsWith("[[", StringComparison.Ordinal);
                var close = line.IndexOf(']', StringComparison.Ordinal);
                path = line[(isList ? 2 : 1)..(close < 0 ? line.Length : close)].Trim() + (isList ? "[]" : "");
                keys.Clear();
            }
            else if (at != number && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && line[0] != '#')
            {
                keys.Add(line[..equals].Trim().Trim('"', '\''));
            }
        }

        return (path, keys);
    }
}
