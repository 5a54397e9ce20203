using System.Text;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>What is being typed in JSON, by the brackets that are open at the cursor.</summary>
internal static class JsonCursor
{
    /// <summary>See <see cref="CursorContext.Find"/>.</summary>
    public static CursorContext? Find(SourceText source, int offset)
    {
        var text = source.Text;
        var open = new Stack<Frame>();
        Frame? own = null;
        CursorContext? found = null;
        for (var at = 0; at < text.Length; at++)
        {
            if (found is null && at >= offset)
            {
                (own, found) = Here(open, new TextSpan(offset, 0), false);
                if (own is null)
                    return null;
            }

            switch (text[at])
            {
                case '"':
                    var end = EndOfText(text, at);
                    if (found is null && offset <= end)
                    {
                        (own, found) = Here(open, TextSpan.FromBounds(at + 1, end), true);
                        if (own is null)
                            return null;
                        found = found! with { HasSeparator = IsColon(text, end + 1) };
                    }
                    else if (open.TryPeek(out var frame) && frame is { IsObject: true, HasColon: false })
                    {
                        frame.Key = text[(at + 1)..end];
                        frame.Keys.Add(frame.Key);
                    }

                    at = end;
                    break;
                case '{' or '[':
                    open.Push(new Frame(text[at] == '{', PathOf(open)));
                    break;
                case '}' or ']':
                    if (open.TryPop(out var closed) && closed == own)
                        return found;
                    break;
                case ':' when open.TryPeek(out var colonOf):
                    colonOf.HasColon = true;
                    break;
                case ',' when open.TryPeek(out var commaOf):
                    commaOf.HasColon = false;
                    break;
                case '/' when at + 1 < text.Length && text[at + 1] == '/':
                    at = source.Lines.LineSpan(source.Lines.LineAt(at)).End - 1;
                    if (found is null && offset <= at + 1)
                        return null;
                    break;
                // A number or a word without quotes is replaced whole.
                case var c when char.IsLetterOrDigit(c) || c is '-' or '+' or '.' or '_':
                    var last = at;
                    while (last + 1 < text.Length && (char.IsLetterOrDigit(text[last + 1]) || text[last + 1] is '-' or '+' or '.' or '_'))
                        last++;
                    if (offset > at - 1 && offset <= last + 1 && (found is null || found.Word.Length == 0))
                    {
                        (own, found) = Here(open, TextSpan.FromBounds(at, last + 1), false);
                        if (own is null)
                            return null;
                    }

                    at = last;
                    break;
            }
        }

        if (found is null)
            (_, found) = Here(open, new TextSpan(offset, 0), false);
        return found;
    }

    private static (Frame? Own, CursorContext? Context) Here(Stack<Frame> open, TextSpan word, bool isQuoted)
    {
        if (!open.TryPeek(out var frame))
            return (null, null);
        if (frame.IsObject)
        {
            var context = new CursorContext(frame.Path, frame.HasColon ? frame.Key ?? "" : null, word, frame.Keys) { IsQuoted = isQuoted };
            return (frame, context);
        }

        // Items of a list belong to the key that holds the list.
        var path = frame.Path.EndsWith("[]", StringComparison.Ordinal) ? frame.Path[..^2] : frame.Path;
        var dot = path.LastIndexOf('.');
        return (frame, new CursorContext(dot < 0 ? "" : path[..dot], path[(dot + 1)..], word, frame.Keys)
        {
            IsQuoted = isQuoted, IsItem = true,
        });
    }

    // Of what is opened inside of the innermost bracket.
    private static string PathOf(Stack<Frame> open)
    {
        if (!open.TryPeek(out var frame))
            return "";
        var path = new StringBuilder(frame.Path);
        if (frame.IsObject)
            path.Append(path.Length == 0 ? "" : ".").Append(frame.Key);
        return frame.IsObject ? path.ToString() : path.Append("[]").ToString();
    }

    private static int EndOfText(string text, int start)
    {
        for (var at = start + 1; at < text.Length; at++)
        {
            if (text[at] == '\\')
                at++;
            else if (text[at] is '"' or '\n')
                return at;
        }

        return text.Length;
    }

    private static bool IsColon(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        return at < text.Length && text[at] == ':';
    }

    private sealed class Frame(bool isObject, string path)
    {
        public bool IsObject { get; } = isObject;

        public string Path { get; } = path;

        public string? Key { get; set; }

        public bool HasColon { get; set; }

        public HashSet<string> Keys { get; } = new(StringComparer.Ordinal);
    }
}
