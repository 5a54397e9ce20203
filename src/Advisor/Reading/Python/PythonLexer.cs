using System.Globalization;
using System.Runtime.InteropServices;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// Cuts Python into tokens: all strings and numbers of Python 3, comments, continued lines, brackets with their partners. Time and memory
/// are linear in the text, and no text makes it fail: what is not Python becomes tokens that mean nothing.
/// </summary>
internal sealed class PythonLexer
{
    // Longest first.
    private static readonly string[] s_operators =
    [
        "**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "==", "!=", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/=", "%=", "&=",
        "|=", "^=", "@=",
    ];

    private const string OperatorEnds = "*/><=.";

    // Statements that begin with these cannot stand inside of brackets: whoever types has not closed them yet.
    private static readonly HashSet<string> s_statements = new(StringComparer.Ordinal)
    {
        "import", "def", "class", "return", "with", "while", "try", "del", "raise",
    };

    private readonly string _text;
    private readonly List<PythonToken> _tokens = [];
    private readonly List<ConfigComment> _comments = [];
    private readonly List<int> _open = [];
    private readonly int[] _openOfKind = new int[3];
    private int _position;

    private PythonLexer(string text) => _text = text;

    /// <summary>The tokens of a text, with a last <see cref="PythonTokenKind.End"/>, and its comments.</summary>
    public static (List<PythonToken> Tokens, IReadOnlyList<ConfigComment> Comments) Read(string text)
    {
        var lexer = new PythonLexer(text);
        lexer.Run();
        return (lexer._tokens, lexer._comments);
    }

    private void Run()
    {
        while (_position < _text.Length)
            ReadOne();
        CloseAll();
        EndStatement(_text.Length, 0);
    }

    private void ReadOne()
    {
        var c = _text[_position];
        if (c is '\n' or '\r')
            ReadLineBreak();
        else if (c is ' ' or '\t' or '\f' or '\uFEFF')
            _position++;
        else if (c == '#')
            ReadComment();
        else if (c == '\\' && _position + 1 < _text.Length && _text[_position + 1] is '\n' or '\r')
            _position += IsCrLf(_position + 1) ? 3 : 2;
        else if (c is '"' or '\'')
            ReadString(_position, _position, isFormatted: false);
        else if (IsNameStart(c))
            ReadName();
        else if (char.IsAsciiDigit(c) || (c == '.' && _position + 1 < _text.Length && char.IsAsciiDigit(_text[_position + 1])))
            ReadNumber();
        else
            ReadPunctuation(c);
    }

    private bool IsCrLf(int at) => _text[at] == '\r' && at + 1 < _text.Length && _text[at + 1] == '\n';

    private void ReadLineBreak()
    {
        var length = IsCrLf(_position) ? 2 : 1;
        if (_open.Count == 0)
            EndStatement(_position, length);
        _position += length;
        if (_open.Count > 0 && BeginsStatement())
        {
            CloseAll();
            EndStatement(_position, 0);
        }
    }

    private bool BeginsStatement()
    {
        var end = _position;
        while (end < _text.Length && char.IsAsciiLetterLower(_text[end]) && end - _position <= 6)
            end++;
        return end > _position && (end == _text.Length || !IsNamePart(_text[end]))
            && s_statements.GetAlternateLookup<ReadOnlySpan<char>>().Contains(_text.AsSpan(_position, end - _position));
    }

    private void EndStatement(int at, int length)
    {
        if (_tokens.Count > 0 && _tokens[^1].Kind != PythonTokenKind.End)
            _tokens.Add(new PythonToken(PythonTokenKind.End, at, length));
    }

    private void ReadComment()
    {
        var start = _position;
        var length = _text.AsSpan(start).IndexOfAny('\n', '\r');
        _position = length < 0 ? _text.Length : start + length;
        _comments.Add(new ConfigComment(_text.Substring(start + 1, _position - start - 1), TextSpan.FromBounds(start, _position)));
    }

    private void ReadName()
    {
        var start = _position;
        while (_position < _text.Length && IsNamePart(_text[_position]))
            _position++;
        var length = _position - start;
        if (length <= 2 && _position < _text.Length && _text[_position] is '"' or '\'' && IsPrefix(_text.AsSpan(start, length)))
            ReadString(start, _position, _text.AsSpan(start, length).IndexOfAny("fFtT") >= 0);
        else
            Add(PythonTokenKind.Name, start);
    }

    // t-strings are Python 3.14's.
    private static bool IsPrefix(ReadOnlySpan<char> word) => word.Length == 1
        ? word[0] is 'r' or 'R' or 'b' or 'B' or 'u' or 'U' or 'f' or 'F' or 't' or 'T'
        : word.IndexOfAny('r', 'R') >= 0 && word.IndexOfAny("bBfFtT") >= 0;

    private void ReadString(int start, int quoteAt, bool isFormatted)
    {
        var quote = _text[quoteAt];
        var isTriple = quoteAt + 2 < _text.Length && _text[quoteAt + 1] == quote && _text[quoteAt + 2] == quote;
        _position = quoteAt + (isTriple ? 3 : 1);
        var braces = 0;
        while (_position < _text.Length)
        {
            var c = _text[_position];
            if (c == '\\')
            {
                // A continued line inside of a string takes both characters of its line break.
                _position = Math.Min(_text.Length, _position + (_position + 1 < _text.Length && IsCrLf(_position + 1) ? 3 : 2));
                continue;
            }

            if (c is '\n' or '\r' && !isTriple)
                break;
            if (isFormatted && c == '{')
                braces++;
            else if (isFormatted && c == '}' && braces > 0)
                braces--;
            else if (c is '"' or '\'' && braces > 0 && braces % 2 == 1 && !isTriple && NestedEnd(c) is { } end)
                _position = end;
            else if (c == quote && !isTriple)
            {
                _position++;
                break;
            }
            else if (c == quote && _position + 2 < _text.Length && _text[_position + 1] == quote && _text[_position + 2] == quote)
            {
                _position += 3;
                break;
            }

            _position++;
        }

        Add(PythonTokenKind.String, start);
    }

    // Python 3.12 lets a string stand inside of a field of an f-string, in the same quotes too. The offset of its closing quote.
    private int? NestedEnd(char quote)
    {
        var at = _text.AsSpan(_position + 1).IndexOfAny(quote, '\n', '\r');
        return at >= 0 && _text[_position + 1 + at] == quote ? _position + 1 + at : null;
    }

    private void ReadNumber()
    {
        var start = _position;
        var isHexadecimal = _text.AsSpan(start).StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        while (_position < _text.Length)
        {
            var c = _text[_position];
            var isSign = c is '+' or '-' && !isHexadecimal && _text[_position - 1] is 'e' or 'E' && _position > start
                && _position + 1 < _text.Length && char.IsAsciiDigit(_text[_position + 1]);
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.') && !isSign)
                break;
            _position++;
        }

        Add(PythonTokenKind.Number, start);
    }

    private void ReadPunctuation(char c)
    {
        if (c is '(' or '[' or '{')
            Open(c);
        else if (c is ')' or ']' or '}')
            Close(c);
        else if (c == ';' && _open.Count == 0)
            EndStatement(_position++, 1);
        else
            ReadOperator();
    }

    private void ReadOperator()
    {
        var start = _position;
        var isLong = start + 1 < _text.Length && OperatorEnds.Contains(_text[start + 1]);
        foreach (var name in isLong ? s_operators : [])
        {
            if (string.CompareOrdinal(_text, start, name, 0, name.Length) != 0)
                continue;
            _position += name.Length;
            Add(PythonTokenKind.Operator, start);
            return;
        }

        _position++;
        Add(PythonTokenKind.Operator, start);
    }

    private void Open(char c)
    {
        _openOfKind[KindOf(c)]++;
        _open.Add(_tokens.Count);
        _position++;
        Add(PythonTokenKind.Open, _position - 1);
    }

    // A bracket that closes an outer one leaves those between them without partner; one that closes nothing has none itself.
    private void Close(char c)
    {
        var kind = KindOf(c);
        _position++;
        Add(PythonTokenKind.Close, _position - 1);
        if (_openOfKind[kind] == 0)
            return;
        while (true)
        {
            var open = _open[^1];
            _open.RemoveAt(_open.Count - 1);
            var openKind = KindOf(_text[_tokens[open].Start]);
            _openOfKind[openKind]--;
            if (openKind != kind)
                continue;
            var tokens = CollectionsMarshal.AsSpan(_tokens);
            tokens[open] = tokens[open] with { Match = tokens.Length - 1 };
            tokens[^1] = tokens[^1] with { Match = open };
            return;
        }
    }

    private void CloseAll()
    {
        _open.Clear();
        Array.Clear(_openOfKind);
    }

    private static int KindOf(char c) => c switch { '(' or ')' => 0, '[' or ']' => 1, _ => 2 };

    private void Add(PythonTokenKind kind, int start) => _tokens.Add(new PythonToken(kind, start, _position - start));

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || (c >= 0x80 && char.IsLetter(c)) || char.IsSurrogate(c);

    private static bool IsNamePart(char c) => IsNameStart(c) || char.IsAsciiDigit(c) || (c >= 0x80
        && (char.IsLetterOrDigit(c) || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.LetterNumber));
}
