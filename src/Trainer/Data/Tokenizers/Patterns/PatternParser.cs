using System.Globalization;
using System.Text;

namespace LoraLint.Trainer.Data.Tokenizers.Patterns;

/// <summary>
/// Parses the regular expressions of tokenizer files. They are Oniguruma's in Ruby's syntax, which the tokenizers library uses: ^ and $
/// are about lines, ?+ *+ ++ are possessive, {n,m}+ repeats the repetition. What could mean another thing here is refused.
/// </summary>
internal sealed class PatternParser
{
    private const int DeepestGroup = 50;
    private const int MostRepeats = 1000;
    private readonly string _pattern;
    private int _at;
    private int _depth;

    private PatternParser(string pattern) => _pattern = pattern;

    /// <summary>Parses a pattern.</summary>
    /// <exception cref="FormatException">Something is malformed or not supported; the message says what and where.</exception>
    public static PatternNode Parse(string pattern)
    {
        var parser = new PatternParser(pattern);
        var node = parser.ParseChoices(ignoreCase: false, dotAll: false);
        return parser._at == pattern.Length ? node : throw parser.Wrong("a ) that opens nowhere");
    }

    private PatternNode ParseChoices(bool ignoreCase, bool dotAll)
    {
        if (++_depth > DeepestGroup)
            throw Wrong($"groups nested deeper than {DeepestGroup}");
        var choices = new List<PatternNode> { ParseSequence(ignoreCase, dotAll) };
        while (Take('|'))
            choices.Add(ParseSequence(ignoreCase, dotAll));
        _depth--;
        return choices.Count == 1 ? choices[0] : new ChoiceNode(choices);
    }

    private SequenceNode ParseSequence(bool ignoreCase, bool dotAll)
    {
        var parts = new List<PatternNode>();
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
        {
            var atom = ParseAtom(ignoreCase, dotAll);
            parts.Add(atom is PlaceNode ? atom : ParseQuantifiers(atom));
        }
        return new SequenceNode(parts);
    }

    private PatternNode ParseAtom(bool ignoreCase, bool dotAll)
    {
        var point = NextPoint();
        switch (point)
        {
            case '(':
                return ParseGroup(ignoreCase, dotAll);
            case '[':
                return new SetNode(Fold(ParseClass(), ignoreCase));
            case '.':
                return new SetNode(new CharacterSet(dotAll ? _ => true : other => other != '\n'));
            case '^':
                return new PlaceNode(PatternPlace.LineStart);
            case '$':
                return new PlaceNode(PatternPlace.LineEnd);
            case '?' or '*' or '+':
                throw Wrong($"a {(char)point} behind nothing");
            case '\\':
                return PlaceEscape() is { } place
                    ? new PlaceNode(place)
                    : new SetNode(Fold(ClassEscape() ?? CharacterSet.Single(PointEscape()), ignoreCase));
            default:
                return new SetNode(Fold(CharacterSet.Single(point), ignoreCase));
        }
    }

    private static CharacterSet Fold(Func<int, bool> contains, bool ignoreCase)
    {
        var set = new CharacterSet(contains);
        return ignoreCase ? set.IgnoringCase() : set;
    }

    private PatternNode ParseQuantifiers(PatternNode node)
    {
        while (_at < _pattern.Length)
        {
            var (min, max, isInterval) = (0, int.MaxValue, false);
            if (Take('?'))
                max = 1;
            else if (Take('+'))
                min = 1;
            else if (!Take('*'))
            {
                if (_pattern[_at] != '{' || ParseInterval() is not { } interval)
                    break;
                (min, max, isInterval) = (interval.Min, interval.Max, true);
            }
            if (isInterval && min == max && Take('?'))
            {
                // Ruby reads x{n}? as an optional x{n}.
                node = new RepeatNode(new RepeatNode(node, min, max, PatternGreed.Greedy), 0, 1, PatternGreed.Greedy);
                continue;
            }
            var greed = Take('?') ? PatternGreed.Lazy : !isInterval && Take('+') ? PatternGreed.Possessive : PatternGreed.Greedy;
            node = new RepeatNode(node, min, max, greed);
        }
        return node;
    }

    /// <summary>{n}, {n,}, {,m} or {n,m}; anything else in braces is literal text.</summary>
    private (int Min, int Max)? ParseInterval()
    {
        var end = _pattern.IndexOf('}', _at);
        if (end < 0)
            return null;
        var parts = _pattern[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || parts.All(part => part.Length == 0) || parts.Any(part => !part.All(char.IsAsciiDigit)))
            return null;
        var numbers = parts.Select(part => part.Length == 0 ? (int?)null
            : int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MostRepeats ? number
            : throw Wrong($"a repetition of more than {MostRepeats}")).ToArray();
        var min = numbers[0] ?? 0;
        var max = numbers.Length == 1 ? min : numbers[1] ?? int.MaxValue;
        if (min > max)
            throw Wrong("a repetition whose bounds are the wrong way round");
        _at = end + 1;
        return (min, max);
    }

    private PatternNode ParseGroup(bool ignoreCase, bool dotAll)
    {
        if (!Take('?'))
            return CloseGroup(ParseChoices(ignoreCase, dotAll));
        if (Take(':'))
            return CloseGroup(ParseChoices(ignoreCase, dotAll));
        if (Take('>'))
            return new AtomicNode(CloseGroup(ParseChoices(ignoreCase, dotAll)));
        if (Take('='))
            return new LookNode(CloseGroup(ParseChoices(ignoreCase, dotAll)), Behind: false, Negative: false);
        if (Take('!'))
            return new LookNode(CloseGroup(ParseChoices(ignoreCase, dotAll)), Behind: false, Negative: true);
        if (Take('<'))
        {
            var negative = !Take('=') && Take('!');
            if (!negative && _pattern[_at - 1] != '=')
                return ParseNamedGroup(ignoreCase, dotAll);
            var body = CloseGroup(ParseChoices(ignoreCase, dotAll));
            var choices = body is ChoiceNode choice ? choice.Choices : [body];
            if (choices.Any(part => part.FixedLength is null))
                throw Wrong("a look behind whose length varies");
            return new LookNode(body, Behind: true, negative);
        }
        return ParseOptions(ignoreCase, dotAll);
    }

    private PatternNode ParseNamedGroup(bool ignoreCase, bool dotAll)
    {
        var end = _pattern.IndexOf('>', _at);
        if (end <= _at || !_pattern[_at..end].All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            throw Wrong("a group of an unknown kind");
        _at = end + 1;
        return CloseGroup(ParseChoices(ignoreCase, dotAll));
    }

    /// <summary>(?i:...) and (?i)...; the latter holds to the end of the group around it, alternatives included.</summary>
    private PatternNode ParseOptions(bool ignoreCase, bool dotAll)
    {
        var on = true;
        while (_at < _pattern.Length)
        {
            switch (_pattern[_at++])
            {
                case '-':
                    on = false;
                    break;
                case 'i':
                    ignoreCase = on;
                    break;
                case 'm':
                    dotAll = on;
                    break;
                case ':':
                    return CloseGroup(ParseChoices(ignoreCase, dotAll));
                case ')':
                    return ParseChoices(ignoreCase, dotAll);
                default:
                    _at--;
                    throw Wrong("a group of an unknown kind");
            }
        }
        throw Wrong("a group that does not end");
    }

    private PatternNode CloseGroup(PatternNode body) => Take(')') ? body : throw Wrong("a group that does not end");

    /// <summary>The inside of [...], nested sets and &amp;&amp; included.</summary>
    private Func<int, bool> ParseClass()
    {
        if (++_depth > DeepestGroup)
            throw Wrong($"sets nested deeper than {DeepestGroup}");
        var negative = Take('^');
        var members = new List<Func<int, bool>>();
        Func<int, bool>? left = null;
        var first = true;
        while (true)
        {
            if (_at >= _pattern.Length)
                throw Wrong("a set that does not end");
            if (!first && Take(']'))
                break;
            first = false;
            if (_pattern.AsSpan(_at).StartsWith("[:"))
                throw Wrong("a POSIX set, which is not supported; a property such as \\p{L} is");
            if (_pattern.AsSpan(_at).StartsWith("&&"))
            {
                _at += 2;
                left = Both(left, Any(members));
                members = [];
                continue;
            }
            if (Take('['))
                members.Add(ParseClass());
            else
                members.Add(ParseMember());
        }
        _depth--;
        var all = Both(left, Any(members));
        return negative ? point => !all(point) : all;
    }

    private Func<int, bool> ParseMember()
    {
        var start = MemberPoint(out var set);
        if (set is not null)
            return set;
        if (_at + 1 >= _pattern.Length || _pattern[_at] != '-' || _pattern[_at + 1] == ']')
            return CharacterSet.Single(start);
        _at++;
        var end = MemberPoint(out set);
        if (set is not null)
            throw Wrong("a range that ends with a set");
        return start <= end ? CharacterSet.Range(start, end) : throw Wrong("a range whose ends are the wrong way round");
    }

    private int MemberPoint(out Func<int, bool>? set)
    {
        set = null;
        var point = NextPoint();
        if (point != '\\')
            return point;
        set = ClassEscape();
        return set is null ? PointEscape() : 0;
    }

    private static Func<int, bool> Any(List<Func<int, bool>> members)
    {
        var all = members.ToArray();
        return point =>
        {
            foreach (var contains in all)
                if (contains(point))
                    return true;
            return false;
        };
    }

    private static Func<int, bool> Both(Func<int, bool>? left, Func<int, bool> right) =>
        left is null ? right : point => left(point) && right(point);

    private PatternPlace? PlaceEscape()
    {
        PatternPlace? place = _at >= _pattern.Length ? null : _pattern[_at] switch
        {
            'A' => PatternPlace.TextStart,
            'z' => PatternPlace.TextEnd,
            'Z' => PatternPlace.TextEndOrLastNewline,
            'b' => PatternPlace.WordBoundary,
            'B' => PatternPlace.NoWordBoundary,
            _ => null,
        };
        if (place is not null)
            _at++;
        return place;
    }

    /// <summary>What a backslash and a letter stand for when that is a set; null, and nothing read, when not.</summary>
    private Func<int, bool>? ClassEscape()
    {
        if (_at >= _pattern.Length)
            throw Wrong("a backslash at the end");
        Func<int, bool>? set = _pattern[_at] switch
        {
            's' => CharacterSet.IsSpace,
            'S' => point => !CharacterSet.IsSpace(point),
            'w' => CharacterSet.IsWord,
            'W' => point => !CharacterSet.IsWord(point),
            'd' => CharacterSet.Category("Nd"),
            'D' => Not(CharacterSet.Category("Nd")!),
            'h' => IsHexDigit,
            'H' => point => !IsHexDigit(point),
            'p' or 'P' => ParseProperty(),
            _ => null,
        };
        if (set is not null)
            _at++;
        return set;
    }

    private static bool IsHexDigit(int point) => point < 128 && char.IsAsciiHexDigit((char)point);

    private static Func<int, bool> Not(Func<int, bool> set) => point => !set(point);

    /// <summary>Stops at the closing brace, which the caller steps over.</summary>
    private Func<int, bool> ParseProperty()
    {
        var negative = _pattern[_at++] == 'P';
        var end = _pattern.IndexOf('}', _at);
        if (end < 0 || !Take('{'))
            throw Wrong("a property without braces");
        if (Take('^'))
            negative = !negative;
        var name = _pattern[_at..end];
        var set = name switch
        {
            "Letter" => CharacterSet.Category("L"),
            "Number" => CharacterSet.Category("N"),
            "Punctuation" => CharacterSet.Category("P"),
            "Symbol" => CharacterSet.Category("S"),
            "Mark" => CharacterSet.Category("M"),
            "White_Space" or "Space" => CharacterSet.IsSpace,
            _ => CharacterSet.Category(name),
        } ?? throw Wrong($"the property '{name}', which is not supported; general categories such as L or Lu are");
        _at = end;
        return negative ? Not(set) : set;
    }

    private int PointEscape()
    {
        if (_at >= _pattern.Length)
            throw Wrong("a backslash at the end");
        var point = NextPoint();
        switch (point)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case 'a':
                return '\a';
            case 'e':
                return 27;
            case 'u':
                return Hex(4);
            case 'x' when Take('{'):
                var end = _pattern.IndexOf('}', _at);
                var hex = Hex(end - _at);
                _at++;
                return hex;
            case 'x':
                return Hex(2);
            default:
                return point < 128 && char.IsAsciiLetterOrDigit((char)point)
                    ? throw Wrong($"the escape \\{(char)point}, which is not supported")
                    : point;
        }
    }

    private int Hex(int digits)
    {
        if (digits is < 1 or > 6 || _at + digits > _pattern.Length
            || !int.TryParse(_pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            || value > 0x10FFFF)
            throw Wrong("a code point that is none");
        _at += digits;
        return value;
    }

    private int NextPoint()
    {
        Rune.DecodeFromUtf16(_pattern.AsSpan(_at), out var rune, out var length);
        _at += length;
        return rune.Value;
    }

    private bool Take(char expected)
    {
        if (_at >= _pattern.Length || _pattern[_at] != expected)
            return false;
        _at++;
        return true;
    }

    private FormatException Wrong(string what) => new($"{what}, at character {_at + 1} of the pattern");
}
