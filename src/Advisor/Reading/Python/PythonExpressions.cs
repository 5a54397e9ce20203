using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// Reads expressions into config nodes: literals, lists, tuples, sets and dicts of them, <c>dict(r=8)</c> too, arithmetic on them, and
/// names that surely stand for one. Everything else is unknown. Each token is read at most once for each argument it stands in, and
/// nesting is bounded.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="tokens">Its tokens.</param>
/// <param name="names">What its names stand for.</param>
internal sealed class PythonExpressions(string text, List<PythonToken> tokens, PythonNames names)
{
    private const int MaxDepth = 60;
    private const int MaxChain = 20;
    private const int MaxItems = 4096;
    private const int MaxOperations = 256;
    private const int MaxTextLength = 65536;
    private const int MaxShownLength = 200;
    private const int MaxTaken = 10_000;
    private const double LargestExact = 9007199254740992;

    private static readonly HashSet<string> s_dtypes = new(StringComparer.Ordinal)
    {
        "float16", "half", "bfloat16", "float32", "float", "float64", "double", "int8", "uint8", "float8_e4m3fn", "float8_e5m2",
    };

    private readonly Dictionary<int, ConfigNode?> _followed = [];
    private int _position;
    private int _end;
    private int _chain;
    private int _operations;
    private int _taken;

    /// <summary>The value of the tokens from one index up to, and without, another; unknown when it cannot be told.</summary>
    public ConfigNode Read(int start, int end)
    {
        var span = start < end ? TextSpan.FromBounds(tokens[start].Start, tokens[end - 1].EndOffset)
            : new TextSpan(start < tokens.Count ? tokens[start].Start : text.Length, 0);
        var value = Parse(start, end, 0);
        return value ?? Unknown(span);
    }

    private ConfigNode Unknown(TextSpan span) => ConfigNode.Scalar(
        span, text.Substring(span.Start, Math.Min(span.Length, MaxShownLength)), ScalarStyle.Plain, isUnknown: true);

    private ConfigNode? Parse(int start, int end, int depth)
    {
        var (outerPosition, outerEnd, outerOperations) = (_position, _end, _operations);
        (_position, _end, _operations) = (start, end, 0);
        var value = Sum(depth);
        value = _position == _end ? value : null;
        (_position, _end, _operations) = (outerPosition, outerEnd, outerOperations);
        return value;
    }

    private bool Is(string symbol) => _position < _end && PythonText.Is(text, tokens[_position], symbol);

    private ConfigNode? Sum(int depth)
    {
        var left = Product(depth);
        while (left is not null && (Is("+") || Is("-")))
        {
            if (++_operations > MaxOperations)
                return null;
            var isPlus = Is("+");
            _position++;
            left = Product(depth) is { } right ? isPlus ? Add(left, right) : Compute(left, right, "-") : null;
        }

        return left;
    }

    private ConfigNode? Product(int depth)
    {
        var left = Unary(depth);
        while (left is not null && (Is("*") || Is("/") || Is("//") || Is("%")))
        {
            if (++_operations > MaxOperations)
                return null;
            var symbol = text.Substring(tokens[_position].Start, tokens[_position].Length);
            _position++;
            left = Unary(depth) is { } right ? Compute(left, right, symbol) : null;
        }

        return left;
    }

    private ConfigNode? Unary(int depth)
    {
        if (depth > MaxDepth)
            return null;
        if (!Is("-") && !Is("+"))
            return Power(depth);
        var sign = tokens[_position++];
        if (Unary(depth + 1) is not { } operand)
            return null;
        var value = ScalarDialect.Python.Read(operand);
        if (!value.IsNumber || operand.Style != ScalarStyle.Plain)
            return null;
        var span = TextSpan.FromBounds(sign.Start, operand.Span.End);
        if (text[sign.Start] == '+')
            return Number(span, value.Kind, value.Number, operand.IsAlias);
        // A literal keeps its spelling: -1e-3.
        var isLiteral = !operand.IsAlias && operand.Text.Length == operand.Span.Length && operand.Text[0] is not ('-' or '+');
        return isLiteral ? ConfigNode.Scalar(span, "-" + operand.Text, ScalarStyle.Plain)
            : Number(span, value.Kind, -value.Number, operand.IsAlias);
    }

    private ConfigNode? Power(int depth)
    {
        if (Atom(depth) is not { } left)
            return null;
        if (!Is("**"))
            return left;
        _position++;
        return Unary(depth + 1) is { } right ? Compute(left, right, "**") : null;
    }

    private ConfigNode? Atom(int depth)
    {
        if (_position >= _end)
            return null;
        var token = tokens[_position];
        switch (token.Kind)
        {
            case PythonTokenKind.Number:
                _position++;
                var spelling = text.Substring(token.Start, token.Length);
                return PlainNumber(spelling) ? ConfigNode.Scalar(token.Span, spelling, ScalarStyle.Plain) : null;
            case PythonTokenKind.String: return Strings();
            case PythonTokenKind.Name: return Name(depth);
            case PythonTokenKind.Open when token.Match > _position && token.Match < _end: return Brackets(depth + 1);
            default: return null;
        }
    }

    private static bool PlainNumber(string spelling) =>
        ScalarDialect.Python.Read(ConfigNode.Scalar(default, spelling, ScalarStyle.Plain)).IsNumber;

    // "a" "b" is one string.
    private ConfigNode? Strings()
    {
        var first = tokens[_position];
        var last = first;
        var parts = new List<string>();
        var length = 0;
        for (; _position < _end && tokens[_position].Kind == PythonTokenKind.String; _position++)
        {
            last = tokens[_position];
            if (!PythonLiterals.TryDecode(text.AsSpan(last.Start, last.Length), out var part))
                return null;
            parts.Add(part);
            length += part.Length;
        }

        if (length > MaxTextLength)
            return null;
        var quote = text.AsSpan(first.Start, first.Length).IndexOfAny('"', '\'');
        return ConfigNode.Scalar(
            TextSpan.FromBounds(first.Start, last.EndOffset), string.Concat(parts),
            text[first.Start + quote] == '"' ? ScalarStyle.DoubleQuoted : ScalarStyle.SingleQuoted);
    }

    private ConfigNode? Name(int depth)
    {
        var first = _position;
        var word = Word(first);
        var end = first + 1;
        while (end + 1 < _end && tokens[end] is { Kind: PythonTokenKind.Operator, Length: 1 } dot && text[dot.Start] == '.'
            && tokens[end + 1].Kind == PythonTokenKind.Name)
            end += 2;
        _position = end;
        var span = TextSpan.FromBounds(tokens[first].Start, tokens[end - 1].EndOffset);
        if (end == first + 1 && word is "True" or "False" or "None")
            return ConfigNode.Scalar(span, word, ScalarStyle.Plain);
        if (end == first + 1 && word == "dict" && IsCall(end) && names.QualifiedName(first, end) == "dict")
            return KeywordDict(span.Start, end, depth + 1);
        // A call, a subscript: what it gives is not known.
        if (end < _end && tokens[end].Kind == PythonTokenKind.Open)
            return null;
        return Constant(first, end) is { } constant ? ConfigNode.Scalar(span, constant, ScalarStyle.Plain)
            : end == first + 1 ? Follow(first, span) : null;
    }

    // torch.bfloat16 and TaskType.CAUSAL_LM are known by their names.
    private string? Constant(int first, int end)
    {
        if (names.QualifiedName(first, end) is not { } name)
            return null;
        var dot = name.LastIndexOf('.');
        var last = name[(dot + 1)..];
        if (name.StartsWith("torch.", StringComparison.Ordinal) && dot == 5 && s_dtypes.Contains(last))
            return last switch { "half" => "float16", "float" => "float32", "double" => "float64", _ => last };
        return name.StartsWith("peft.", StringComparison.Ordinal) && name[..dot].EndsWith(".TaskType", StringComparison.Ordinal)
            && last.All(c => char.IsAsciiLetterUpper(c) || c == '_') ? last : null;
    }

    private ConfigNode? Follow(int use, TextSpan span)
    {
        if (names.ValueOf(use) is not { } value || _chain >= MaxChain)
            return null;
        if (!_followed.TryGetValue(value.Start, out var node))
        {
            _chain++;
            node = Parse(value.Start, value.End, 0);
            _chain--;
            // At the end of its chain a name may be unknown only because the chain is long: that is the same for all uses.
            _followed[value.Start] = node;
        }

        if (node is null || (!node.IsScalar && names.MayChange(use)))
            return null;
        return node.ReferredFrom(span);
    }

    private ConfigNode? Brackets(int depth)
    {
        var open = _position;
        var close = tokens[open].Match;
        _position = close + 1;
        // What is called, indexed or has a member taken is another value.
        if (depth > MaxDepth || (_position < _end && (tokens[_position].Kind == PythonTokenKind.Open || Is("."))))
            return null;
        var span = TextSpan.FromBounds(tokens[open].Start, tokens[close].EndOffset);
        var bracket = text[tokens[open].Start];
        if (bracket == '{' && (close == open + 1 || IsDict(open + 1, close)))
            return Dict(open + 1, close, depth, span);
        return List(open + 1, close, depth, span, isGroup: bracket == '(');
    }

    // The first element tells: a colon in it, or `**` before it.
    private bool IsDict(int start, int close)
    {
        var end = PythonText.Find(text, tokens, start, close, ",");
        return PythonText.Find(text, tokens, start, end, ":") < end || PythonText.Is(text, tokens[start], "**");
    }

    private ConfigNode? List(int start, int close, int depth, TextSpan span, bool isGroup)
    {
        var items = new List<ConfigNode>();
        while (start < close)
        {
            var end = PythonText.Find(text, tokens, start, close, ",");
            if (end == start || items.Count >= MaxItems || PythonText.Is(text, tokens[start], "*"))
                return null;
            var item = Element(start, end, depth);
            // A comprehension: how many items there are is not known.
            if (item.IsUnknown && PythonText.Find(text, tokens, start, end, "for") < end)
                return null;
            if (isGroup && end == close && items.Count == 0)
                return item.IsUnknown ? null : item.At(span);
            items.Add(item);
            start = end + 1;
        }

        return ConfigNode.Sequence(span, items, isFlow: true);
    }

    private ConfigNode? Dict(int start, int close, int depth, TextSpan span)
    {
        var entries = new List<ConfigEntry>();
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        while (start < close)
        {
            var end = PythonText.Find(text, tokens, start, close, ",");
            var colon = PythonText.Find(text, tokens, start, end, ":");
            if (colon >= end - 1 || entries.Count >= MaxItems || Parse(start, colon, depth) is not { IsScalar: true, IsAlias: false } key)
                return null;
            if (last.TryGetValue(key.Text, out var earlier))
                entries[earlier] = entries[earlier] with { IsOverridden = true };
            last[key.Text] = entries.Count;
            entries.Add(new ConfigEntry(key.Text, key.Span, Element(colon + 1, end, depth)));
            start = end + 1;
        }

        return ConfigNode.Mapping(span, entries, isFlow: true);
    }

    private bool IsCall(int open) => open < _end && tokens[open] is { Kind: PythonTokenKind.Open } token && text[token.Start] == '('
        && token.Match > open && token.Match < _end;

    // dict(r=8, lora_alpha=16), whose keys are words.
    private ConfigNode? KeywordDict(int textStart, int open, int depth)
    {
        var close = tokens[open].Match;
        _position = close + 1;
        if (depth > MaxDepth || (_position < _end && (tokens[_position].Kind == PythonTokenKind.Open || Is("."))))
            return null;
        var entries = new List<ConfigEntry>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var start = open + 1; start < close;)
        {
            var end = PythonText.Find(text, tokens, start, close, ",");
            // What is no keyword, or a second one of a name, which Python refuses, makes another dict than is written here.
            if (end < start + 3 || entries.Count >= MaxItems || tokens[start].Kind != PythonTokenKind.Name
                || !PythonText.Is(text, tokens[start + 1], "=") || !keys.Add(Word(start)))
                return null;
            entries.Add(new ConfigEntry(Word(start), tokens[start].Span, Element(start + 2, end, depth)));
            start = end + 1;
        }

        return ConfigNode.Mapping(TextSpan.FromBounds(textStart, tokens[close].EndOffset), entries, isFlow: true);
    }

    // What a name stands for is copied where it is used, so lists of lists of names would grow without bound: only short ones, of plain
    // values, are taken into another list or dict.
    private ConfigNode Element(int start, int end, int depth) =>
        Parse(start, end, depth) is { } value && (value.IsScalar || !value.IsAlias || MayBeTaken(value)) ? value
            : Unknown(TextSpan.FromBounds(tokens[start].Start, tokens[end - 1].EndOffset));

    private bool MayBeTaken(ConfigNode list) =>
        list.IsSequence && list.Items.All(i => i.IsScalar) && (_taken += list.Items.Count + 1) <= MaxTaken;

    private ConfigNode? Add(ConfigNode left, ConfigNode right)
    {
        var span = TextSpan.FromBounds(left.Span.Start, right.Span.End);
        var isAlias = left.IsAlias || right.IsAlias;
        if (left.IsSequence && right.IsSequence)
        {
            if (left.Items.Count + right.Items.Count > MaxItems)
                return null;
            var list = ConfigNode.Sequence(span, [.. left.Items, .. right.Items], isFlow: true);
            return isAlias ? list.ReferredFrom(span) : list;
        }

        var (l, r) = (ScalarDialect.Python.Read(left), ScalarDialect.Python.Read(right));
        if (l.Kind != ConfigValueKind.String || r.Kind != ConfigValueKind.String)
            return Compute(left, right, "+");
        if (left.Style == ScalarStyle.Plain || right.Style == ScalarStyle.Plain || l.Text.Length + r.Text.Length > MaxTextLength)
            return null;
        var sum = ConfigNode.Scalar(span, l.Text + r.Text, left.Style);
        return isAlias ? sum.ReferredFrom(span) : sum;
    }

    private static ConfigNode? Compute(ConfigNode left, ConfigNode right, string symbol)
    {
        var (l, r) = (ScalarDialect.Python.Read(left), ScalarDialect.Python.Read(right));
        if (!l.IsNumber || !r.IsNumber)
            return null;
        var areInts = l.Kind == ConfigValueKind.Int && r.Kind == ConfigValueKind.Int;
        double? result = symbol switch
        {
            "+" => l.Number + r.Number,
            "-" => l.Number - r.Number,
            "*" => l.Number * r.Number,
            "/" when r.Number != 0 => l.Number / r.Number,
            "//" when r.Number != 0 => Math.Floor(l.Number / r.Number),
            // Python's remainder has the sign of the divisor.
            "%" when r.Number != 0 => l.Number - (r.Number * Math.Floor(l.Number / r.Number)),
            "**" => Math.Pow(l.Number, r.Number),
            _ => null,
        };
        var isInt = areInts && symbol != "/" && !(symbol == "**" && r.Number < 0);
        if (result is not { } value || !double.IsFinite(value) || (areInts && Math.Abs(value) > LargestExact))
            return null;
        return Number(
            TextSpan.FromBounds(left.Span.Start, right.Span.End), isInt ? ConfigValueKind.Int : ConfigValueKind.Float, value,
            left.IsAlias || right.IsAlias);
    }

    private static ConfigNode Number(TextSpan span, ConfigValueKind kind, double value, bool isAlias)
    {
        var spelling = value.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
        if (kind == ConfigValueKind.Int)
            spelling = value.ToString("0", CultureInfo.InvariantCulture);
        else if (spelling.IndexOfAny(['.', 'e']) < 0)
            spelling += ".0";
        var node = ConfigNode.Scalar(span, spelling, ScalarStyle.Plain);
        return isAlias ? node.ReferredFrom(span) : node;
    }

    private string Word(int index) => text.Substring(tokens[index].Start, tokens[index].Length);
}
