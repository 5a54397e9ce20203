using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>What is being typed in YAML, by the indents of the lines above.</summary>
internal static class YamlCursor
{
    private static readonly HashSet<string> s_none = [];

    /// <summary>See <see cref="CursorContext.Find"/>.</summary>
    public static CursorContext? Find(SourceText source, int offset)
    {
        var number = source.Lines.LineAt(offset);
        var span = source.Lines.LineSpan(number);
        var line = Line.Read(source, number);
        var cursor = Math.Min(offset, span.End) - span.Start;
        if (IsInComment(line.Text, cursor))
            return null;
        if (line.Colon >= 0 && cursor > line.Colon)
        {
            var parent = ParentOf(source, number, line);
            return Value(source, span.Start, line.Text, cursor, line.Colon + 1, parent, line.Key!, isItem: false);
        }

        // An item of a list: the list's key is the nearest one above that does not stand to the right of the dash.
        if (line is { Colon: < 0, LastDash: >= 0 } && cursor > line.LastDash
            && KeyAbove(source, number, line.LastDash, orSame: true) is { } list)
        {
            var (above, key) = list;
            var parent = ParentOf(source, above, key);
            var asValue = Value(source, span.Start, line.Text, cursor, line.LastDash + 1, parent, key.Key!, isItem: true);
            return asValue with { Siblings = KeysOf(source, number, line.Start) };
        }

        var word = WordAt(line.Text, cursor, line.Start, isKey: true);
        var column = line.Text.Trim().Length == 0 ? cursor : line.Start;
        var blank = line with { Start = column };
        return new CursorContext(
            ParentOf(source, number, blank), null, new TextSpan(span.Start + word.Start, word.Length), KeysOf(source, number, column))
        {
            HasSeparator = line.Colon >= 0,
        };
    }

    private static CursorContext Value(
        SourceText source, int lineStart, string text, int cursor, int from, string parent, string key, bool isItem)
    {
        // In brackets the word begins behind the last bracket or comma.
        var before = text.AsSpan(from, cursor - from);
        var open = before.LastIndexOf('[');
        var isInBrackets = open >= 0 && before.LastIndexOf(']') < open;
        if (isInBrackets)
            from += before.LastIndexOfAny('[', ',') + 1;
        while (from < cursor && text[from] == ' ')
            from++;
        var word = WordAt(text, cursor, from, isKey: false);
        var isQuoted = word.Start > 0 && text[word.Start - 1] is '"' or '\'';
        return new CursorContext(parent, key, new TextSpan(lineStart + word.Start, word.Length), s_none)
        {
            IsItem = isItem || isInBrackets, IsQuoted = isQuoted,
        };
    }

    // From the start given (behind an opening quote) to the end of the word that the cursor is in.
    private static TextSpan WordAt(string text, int cursor, int from, bool isKey)
    {
        if (from < cursor && text[from] is '"' or '\'')
            from++;
        from = Math.Min(from, cursor);
        var end = cursor;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && !",[]{}\"'#".Contains(text[end], StringComparison.Ordinal)
            && !(isKey && text[end] == ':'))
            end++;
        return TextSpan.FromBounds(from, end);
    }

    // The path of the mapping that a line's key belongs to.
    private static string ParentOf(SourceText source, int number, Line line)
    {
        var parts = new List<string>();
        while (true)
        {
            var dash = line.LastDash;
            if (dash < 0 && ItemAbove(source, number, line.Start) is { } item)
            {
                // The mapping began behind a dash further up.
                (number, var first) = item;
                dash = first.LastDash;
            }

            if (dash >= 0)
                parts.Add("[]");
            var column = dash >= 0 ? dash : line.Start;
            if (KeyAbove(source, number, column, orSame: dash >= 0) is not { } above)
                break;
            (number, line) = above;
            parts.Add(line.Key!);
        }

        parts.Reverse();
        return string.Join('.', parts).Replace(".[]", "[]", StringComparison.Ordinal);
    }

    // The line above that opens the list item whose keys stand in a column.
    private static (int Number, Line Line)? ItemAbove(SourceText source, int number, int column)
    {
        for (var at = number - 1; at >= 0; at--)
        {
            var line = Line.Read(source, at);
            if (line.IsBlank || line.FirstColumn > column)
                continue;
            if (line.LastDash >= 0 && line.Start == column)
                return (at, line);
            if (line.FirstColumn < column)
                return null;
        }

        return null;
    }

    // The nearest line above whose key stands left of a column (or in it, above the dashes of a list) and holds what is below it.
    private static (int Number, Line Line)? KeyAbove(SourceText source, int number, int column, bool orSame)
    {
        for (var at = number - 1; at >= 0; at--)
        {
            var line = Line.Read(source, at);
            if (line.IsBlank || line.Colon < 0)
                continue;
            if (line.Start < column || (orSame && line.Start == column && line.LastDash < 0))
                return (at, line);
        }

        return null;
    }

    // The keys of the mapping in a column around a line, that line's own left out.
    private static HashSet<string> KeysOf(SourceText source, int number, int column)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var step in new[] { -1, 1 })
        {
            for (var at = number + step; at >= 0 && at < source.Lines.Count; at += step)
            {
                var line = Line.Read(source, at);
                if (line.IsBlank)
                    continue;
                if (line.Text.StartsWith("---", StringComparison.Ordinal))
                    break;
                // Downward a dash opens the next item; upward it is where this one began.
                if (step > 0 && line.LastDash >= 0 && line.FirstColumn < column)
                    break;
                if (line.Start == column && line.Key is { } key)
                    keys.Add(key);
                if (line.FirstColumn < column)
                    break;
            }
        }

        return keys;
    }

    private static bool IsInComment(string text, int cursor)
    {
        for (var i = 0; i < cursor; i++)
        {
            if (text[i] == '#' && (i == 0 || char.IsWhiteSpace(text[i - 1])))
                return true;
        }

        return false;
    }

    /// <summary>One line: dashes, then perhaps a key with its colon.</summary>
    /// <param name="Text">The line.</param>
    /// <param name="FirstColumn">Of the first character that is no blank.</param>
    /// <param name="LastDash">The column of the last dash before the content, or -1.</param>
    /// <param name="Start">Where the content behind the dashes begins.</param>
    /// <param name="Colon">The colon behind the key, or -1.</param>
    private sealed record Line(string Text, int FirstColumn, int LastDash, int Start, int Colon)
    {
        public bool IsBlank => FirstColumn == Text.Length || Text[FirstColumn] == '#';

        public string? Key => Colon < 0 ? null : Text[Start..Colon].Trim().Trim('"', '\'');

        public static Line Read(SourceText source, int number)
        {
            var text = source.Slice(source.Lines.LineSpan(number));
            var at = 0;
            while (at < text.Length && text[at] is ' ' or '\t')
                at++;
            var first = at;
            var dash = -1;
            while (at < text.Length && text[at] == '-' && (at + 1 == text.Length || text[at + 1] is ' ' or '\t'))
            {
                dash = at++;
                while (at < text.Length && text[at] is ' ' or '\t')
                    at++;
            }

            return new Line(text, first, dash, at, ColonOf(text, at));
        }

        // The colon of a key is followed by a blank or ends the line, and stands in no quotes or brackets.
        private static int ColonOf(string text, int from)
        {
            if (from == text.Length || text[from] is '#' or '[' or '{')
                return -1;
            var at = from;
            if (text[at] is '"' or '\'')
            {
                at = text.IndexOf(text[at], at + 1);
                if (at < 0)
                    return -1;
            }

            for (; at < text.Length; at++)
            {
                if (text[at] == ':' && (at + 1 == text.Length || text[at + 1] is ' ' or '\t'))
                    return at;
                if (text[at] == '#' && at > from && text[at - 1] is ' ' or '\t')
                    return -1;
            }

            return -1;
        }
    }
}
