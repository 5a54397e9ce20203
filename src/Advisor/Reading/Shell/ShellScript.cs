using System.Text;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Shell;

/// <summary>
/// Cuts a shell script into simple commands. Quotes, continued lines, comments, here-documents and variables that are assigned once to a
/// plain text are followed; what a script computes is not known. Linear in the text, and no text makes it fail.
/// </summary>
internal sealed class ShellScript
{
    private const int MaxWordLength = 4096;

    // Each search for an end that is not there goes through the whole text.
    private const int MaxLostEnds = 20;
    private readonly string _text;
    private readonly List<ShellCommand> _commands = [];
    private readonly List<ConfigComment> _comments = [];
    private readonly Dictionary<string, string?> _variables = new(StringComparer.Ordinal);
    private readonly List<ShellWord> _words = [];
    private readonly StringBuilder _word = new();
    private readonly HashSet<string> _assignedTwice;
    private int _position;
    private int _lostEnds;

    private ShellScript(string text)
    {
        _text = text;
        _assignedTwice = FindAssignedTwice(text);
    }

    /// <summary>The commands and comments of a script.</summary>
    public static (IReadOnlyList<ShellCommand> Commands, IReadOnlyList<ConfigComment> Comments) Read(string text)
    {
        var script = new ShellScript(text);
        script.Run();
        return (script._commands, script._comments);
    }

    private void Run()
    {
        while (_position < _text.Length)
        {
            var c = _text[_position];
            if (c is ' ' or '\t')
                _position++;
            else if (IsContinuation(_position))
                _position += _text[_position + 1] == '\r' ? 3 : 2;
            else if (c is '\n' or '\r' or ';' or '|' or '&' or '(' or ')')
            {
                EndCommand();
                _position++;
            }
            else if (c == '#')
                ReadComment();
            else if (c is '<' or '>')
                SkipRedirection();
            else
                ReadWord();
        }

        EndCommand();
    }

    private bool IsContinuation(int at) => _text[at] == '\\' && at + 1 < _text.Length
        && (_text[at + 1] == '\n' || (_text[at + 1] == '\r' && at + 2 < _text.Length && _text[at + 2] == '\n'));

    private void EndCommand()
    {
        // `VAR=value command`: what stands before a command holds for it alone and is no setting of it.
        var first = 0;
        while (first < _words.Count && IsAssignment(_words[first]))
            first++;
        if (first == _words.Count)
        {
            foreach (var word in _words)
                Assign(word);
        }
        else if (_words[0].Text is "export" or "local" or "declare" or "readonly" or "typeset")
        {
            foreach (var word in _words.Where(IsAssignment))
                Assign(word);
        }
        else
        {
            _commands.Add(new ShellCommand([.. _words.Skip(first)]));
        }

        _words.Clear();
    }

    private static bool IsAssignment(ShellWord word)
    {
        var equals = word.Text.IndexOf('=');
        return equals > 0 && word.Text.AsSpan(0, equals).IndexOfAnyExcept(NameCharacters) < 0 && !char.IsAsciiDigit(word.Text[0]);
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    private void Assign(ShellWord word)
    {
        var equals = word.Text.IndexOf('=');
        var name = word.Text[..equals];
        _variables[name] = word.IsKnown && !_assignedTwice.Contains(name) ? word.Text[(equals + 1)..] : null;
    }

    private void ReadComment()
    {
        var start = _position;
        var length = _text.AsSpan(start).IndexOfAny('\n', '\r');
        _position = length < 0 ? _text.Length : start + length;
        _comments.Add(new ConfigComment(_text.Substring(start + 1, _position - start - 1), TextSpan.FromBounds(start, _position)));
    }

    // `2>&1`, `> log`, `<< EOF` with its lines.
    private void SkipRedirection()
    {
        var isHere = _text.AsSpan(_position).StartsWith("<<") && !_text.AsSpan(_position).StartsWith("<<<");
        while (_position < _text.Length && _text[_position] is '<' or '>' or '&' or '-' or '|')
            _position++;
        while (_position < _text.Length && _text[_position] is ' ' or '\t')
            _position++;
        var count = _words.Count;
        if (_position < _text.Length && !IsEnd(_text[_position]))
            ReadWord();
        if (_words.Count == count)
            return;
        var target = _words[^1];
        _words.RemoveAt(count);
        if (!isHere || _lostEnds == MaxLostEnds)
            return;
        var end = _text.IndexOf("\n" + target.Text, _position, StringComparison.Ordinal);
        var rest = _text.IndexOf('\n', _position);
        if (end >= 0 && rest >= 0 && target.Text.Length > 0)
        {
            EndCommand();
            _position = end + 1 + target.Text.Length;
        }
        else
        {
            _lostEnds++;
        }
    }

    private static bool IsEnd(char c) => c is ' ' or '\t' or '\n' or '\r' or ';' or '|' or '&' or '(' or ')' or '<' or '>';

    // What means something within a word, or ends it.
    private static readonly System.Buffers.SearchValues<char> Meaningful =
        System.Buffers.SearchValues.Create(" \t\n\r;|&()<>'\"\\$`*?{");

    private void ReadWord()
    {
        var start = _position;
        var plain = _text.AsSpan(start).IndexOfAny(Meaningful);
        plain = plain < 0 ? _text.Length - start : plain;
        if (plain > 0 && plain <= MaxWordLength
            && (start + plain == _text.Length || (IsEnd(_text[start + plain]) && _text[start + plain] is not ('<' or '>'))))
        {
            _position = start + plain;
            _words.Add(new ShellWord(
                TextSpan.FromBounds(start, _position), _text.Substring(start, plain), IsKnown: true, IsSubstituted: false,
                MaySplit: false));
            return;
        }

        var text = _word.Clear();
        bool isKnown = true, isSubstituted = false, maySplit = false;
        while (_position < _text.Length && !IsEnd(_text[_position]) && !IsContinuation(_position))
        {
            var c = _text[_position];
            if (c == '\'')
                ReadSingleQuoted(text);
            else if (c == '"')
                ReadDoubleQuoted(text, ref isKnown, ref isSubstituted);
            else if (c == '\\' && _position + 1 < _text.Length)
            {
                text.Append(_text[_position + 1]);
                _position += 2;
            }
            else if (c is '$' or '`')
            {
                isSubstituted = true;
                var value = Substitute();
                isKnown &= value is not null && !value.Contains(' ');
                maySplit |= value is null || value.Contains(' ');
                text.Append(value);
            }
            else
            {
                // A pattern or alternatives that the shell expands.
                isKnown &= c is not ('*' or '?' or '{');
                text.Append(c);
                _position++;
            }
        }

        // `2>&1`: the number of a file before its redirection.
        if (_position < _text.Length && _text[_position] is '<' or '>' && text.Length == 1 && char.IsAsciiDigit(text[0]))
            return;
        var isTooLong = text.Length > MaxWordLength;
        _words.Add(new ShellWord(
            TextSpan.FromBounds(start, _position), isTooLong ? "" : text.ToString(), isKnown && !isTooLong, isSubstituted, maySplit));
    }

    private void ReadSingleQuoted(StringBuilder text)
    {
        var end = _text.IndexOf('\'', _position + 1);
        end = end < 0 ? _text.Length : end;
        text.Append(_text, _position + 1, end - _position - 1);
        _position = Math.Min(end + 1, _text.Length);
    }

    private void ReadDoubleQuoted(StringBuilder text, ref bool isKnown, ref bool isSubstituted)
    {
        _position++;
        while (_position < _text.Length && _text[_position] != '"')
        {
            var c = _text[_position];
            if (IsContinuation(_position))
            {
                _position += _text[_position + 1] == '\r' ? 3 : 2;
            }
            else if (c == '\\' && _position + 1 < _text.Length)
            {
                if (_text[_position + 1] is not ('"' or '\\' or '$' or '`'))
                    text.Append(c);
                text.Append(_text[_position + 1]);
                _position += 2;
            }
            else if (c is '$' or '`')
            {
                isSubstituted = true;
                var value = Substitute();
                isKnown &= value is not null;
                text.Append(value);
            }
            else
            {
                text.Append(c);
                _position++;
            }
        }

        _position = Math.Min(_position + 1, _text.Length);
    }

    // The value of `$NAME` or `${NAME}`; null for all else, which is passed over.
    private string? Substitute()
    {
        var start = _position++;
        if (_text[start] == '`')
        {
            SkipUntil('`');
            return null;
        }

        if (_position >= _text.Length)
            return "$";
        var c = _text[_position];
        if (c is '(' or '{')
        {
            var inner = _position + 1;
            SkipBrackets(c, c == '(' ? ')' : '}');
            return c == '{' ? ValueOf(_text[inner..Math.Max(inner, Math.Min(_position - 1, inner + MaxWordLength))]) : null;
        }

        var length = _text.AsSpan(_position).IndexOfAnyExcept(NameCharacters);
        length = length < 0 ? _text.Length - _position : length;
        // `$1`, `$@` and their kin.
        var name = _text.Substring(_position, length == 0 || char.IsAsciiDigit(c) ? 1 : length);
        _position += name.Length;
        return ValueOf(name);
    }

    private string? ValueOf(string name) => _variables.GetValueOrDefault(name);

    private void SkipUntil(char end)
    {
        var at = _text.IndexOf(end, _position);
        _position = at < 0 ? _text.Length : at + 1;
    }

    private void SkipBrackets(char open, char close)
    {
        var depth = 0;
        for (; _position < _text.Length; _position++)
        {
            if (_text[_position] == open)
                depth++;
            else if (_text[_position] == close && --depth == 0)
                break;
        }

        _position = Math.Min(_position + 1, _text.Length);
    }

    // Names with more than one `NAME=` in the script, wherever it stands, and those that loops and read fill.
    private static HashSet<string> FindAssignedTwice(string text)
    {
        var once = new HashSet<string>(StringComparer.Ordinal);
        var twice = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsAsciiLetter(text[i]) && text[i] != '_')
                continue;
            var start = i;
            while (i < text.Length && NameCharacters.Contains(text[i]))
                i++;
            var isWord = start == 0 || text[start - 1] is ' ' or '\t' or '\n' or '\r' or ';' or '(';
            var isAssignment = isWord && i < text.Length
                && (text[i] == '=' || (text[i] == '+' && i + 1 < text.Length && text[i + 1] == '='));
            if (!isAssignment && !IsFilled(text, start))
                continue;
            var name = text[start..Math.Min(i, start + MaxWordLength)];
            if (!isAssignment || text[i] == '+' || IsInBranch(text, start) || !once.Add(name))
                twice.Add(name);
        }

        return twice;
    }

    // `for NAME in`, `read NAME`.
    private static bool IsFilled(string text, int start) =>
        (start >= 4 && string.CompareOrdinal(text, start - 4, "for ", 0, 4) == 0)
        || (start >= 5 && string.CompareOrdinal(text, start - 5, "read ", 0, 5) == 0);

    // What is assigned in a branch, a loop or a function stands behind blanks or behind a word such as `then`.
    private static bool IsInBranch(string text, int start)
    {
        var i = start - 1;
        while (i >= 0 && text[i] is ' ' or '\t')
            i--;
        if (i >= 0 && text[i] is not ('\n' or '\r' or ';'))
        {
            return !EndsWith(text, i, "export") && !EndsWith(text, i, "readonly") && !EndsWith(text, i, "declare")
                && i + 1 < start && text[i] != '\\';
        }

        return i + 1 < start && (i < 0 || text[i] != ';');
    }

    private static bool EndsWith(string text, int end, string word) =>
        end + 1 >= word.Length && string.CompareOrdinal(text, end + 1 - word.Length, word, 0, word.Length) == 0;
}
