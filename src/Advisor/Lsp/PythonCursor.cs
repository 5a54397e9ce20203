using LoraLint.Advisor.Reading.Python;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>What is being typed in the brackets of a call that configures training.</summary>
/// <param name="Call">The call.</param>
/// <param name="Cursor">The keyword that is typed, or whose value is.</param>
internal sealed record PythonCursor(CodeCall Call, CursorContext Cursor)
{
    /// <summary>The call and keyword at an offset, or null where there is none; the text may be half written.</summary>
    public static PythonCursor? Find(SourceText source, int offset)
    {
        var (tokens, comments) = PythonLexer.Read(source.Text);
        if (comments.Any(c => c.Span.Start < offset && offset <= c.Span.End))
            return null;
        // The brackets that are open at the offset, each with the first token of the argument that is typed.
        var open = new Stack<(int Bracket, int Argument)>();
        var end = 0;
        for (; end < tokens.Count && tokens[end].Start < offset; end++)
        {
            if (tokens[end].Kind == PythonTokenKind.Open)
                open.Push((end, end + 1));
            else if (tokens[end].Kind == PythonTokenKind.Close && offset >= tokens[end].EndOffset)
                open.TryPop(out _);
            else if (PythonText.Is(source.Text, tokens[end], ",") && open.TryPop(out var level))
                open.Push((level.Bracket, end + 1));
        }

        var isItem = open.Count > 1 && source.Text[tokens[open.Peek().Bracket].Start] == '[';
        var itemStart = isItem ? open.Pop().Argument : -1;
        if (!open.TryPeek(out var call) || source.Text[tokens[call.Bracket].Start] != '('
            || CallOf(source.Text, tokens, call.Bracket) is not { } made)
            return null;
        var cursor = CursorIn(source, tokens, call, isItem ? itemStart : call.Argument, end, offset, isItem);
        return cursor is null ? null : new PythonCursor(made, cursor);
    }

    // Only what stands before the bracket counts: it may not be closed yet, and would make the lines below a part of the statement.
    private static CodeCall? CallOf(string text, List<PythonToken> tokens, int open)
    {
        var before = text[..tokens[open].Start];
        var script = PythonScript.Read(before, PythonLexer.Read(before).Tokens);
        var first = open;
        while (first > 0 && script.Tokens[first - 1].Kind == PythonTokenKind.Name)
        {
            first--;
            if (first < 2 || !script.Is(first - 1, "."))
                break;
            first--;
        }

        if (first == open || script.Tokens[first].Kind != PythonTokenKind.Name
            || new PythonNames(script).QualifiedName(first, open) is not { } name || PythonCalls.Find(name) is not { } callee)
            return null;
        var close = tokens[open].Match;
        var end = close > open ? tokens[close].EndOffset : text.Length;
        return new CodeCall(callee.Kind, callee.Name, TextSpan.FromBounds(script.Tokens[first].Start, end), IsComplete: true);
    }

    private static CursorContext? CursorIn(
        SourceText source, List<PythonToken> tokens, (int Bracket, int Argument) call, int start, int end, int offset, bool isItem)
    {
        var text = source.Text;
        var hasName = call.Argument + 1 < tokens.Count && tokens[call.Argument].Kind == PythonTokenKind.Name
            && PythonText.Is(text, tokens[call.Argument + 1], "=");
        var isValue = hasName && offset >= tokens[call.Argument + 1].EndOffset;
        // Behind the last token, at its end, or at the start of the next.
        var at = end > start && offset <= tokens[end - 1].EndOffset ? end - 1
            : end < tokens.Count && tokens[end].Start == offset ? end : -1;
        var word = at >= 0 && tokens[at].Kind is PythonTokenKind.Name or PythonTokenKind.Number or PythonTokenKind.String
            ? tokens[at] : new PythonToken(PythonTokenKind.Name, offset, 0);
        if (!isValue)
        {
            // A value without a name is no keyword.
            if (isItem || word.Kind != PythonTokenKind.Name || end - start > 1 || (end - start == 1 && at != start))
                return null;
            return new CursorContext("", null, word.Span, NamesIn(text, tokens, call.Bracket, word.Start)) { HasSeparator = hasName };
        }

        var quote = word.Kind == PythonTokenKind.String ? text.IndexOfAny(['"', '\''], word.Start, word.Length) : -1;
        var isQuoted = quote >= 0 && quote < offset;
        var span = word.Span;
        if (isQuoted)
        {
            var isClosed = word.EndOffset - 1 > quote && text[word.EndOffset - 1] == text[quote];
            span = TextSpan.FromBounds(quote + 1, word.EndOffset - (isClosed ? 1 : 0));
            if (offset > span.End)
                return null;
        }

        return new CursorContext("", text.Substring(tokens[call.Argument].Start, tokens[call.Argument].Length), span, new HashSet<string>())
        {
            IsQuoted = isQuoted, IsItem = isItem, HasSeparator = true,
        };
    }

    // The keywords of a call but the one that is typed; where the bracket is not closed, those before it.
    private static HashSet<string> NamesIn(string text, List<PythonToken> tokens, int open, int typed)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var close = tokens[open].Match > open ? tokens[open].Match : tokens.Count - 1;
        for (var i = open + 1; i < close; i++)
        {
            if (tokens[i].Start >= typed && tokens[open].Match < 0)
                break;
            if (tokens[i].Kind == PythonTokenKind.Open && tokens[i].Match > i)
                i = tokens[i].Match;
            else if (tokens[i].Kind == PythonTokenKind.Name && tokens[i].Start != typed && PythonText.Is(text, tokens[i + 1], "="))
                names.Add(text.Substring(tokens[i].Start, tokens[i].Length));
        }

        return names;
    }
}
