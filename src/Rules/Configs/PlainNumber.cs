using System.Globalization;

namespace LoraLint.Rules.Configs;

/// <summary>Which words without quotes are numbers, by each loader's own grammar.</summary>
internal static class PlainNumber
{
    private const string Decimal = "0123456789";
    private const string Hexadecimal = "0123456789abcdefABCDEF";
    private static readonly string[] s_yamlInfinities = [".inf", ".Inf", ".INF"];
    private static readonly string[] s_yamlNans = [".nan", ".NaN", ".NAN"];
    private static readonly string[] s_infinities = ["inf", "Infinity"];
    private static readonly string[] s_nans = ["nan", "NaN"];

    /// <summary>
    /// YAML 1.1 as PyYAML's resolver has it: <c>010</c> is eight, <c>1:30</c> is ninety, a float needs a dot, an exponent its sign, and
    /// <c>-.5</c> is text.
    /// </summary>
    /// <param name="text">The word.</param>
    /// <param name="withFloats">With the rule that OmegaConf, jsonargparse and mlx-lm add: <c>2e-4</c> is a float too.</param>
    /// <param name="value">The number.</param>
    public static bool TryReadYaml11(string text, bool withFloats, out ConfigValue value)
    {
        var start = SignLength(text);
        if (TryReadPrefixed(text, start, "b", "01", 2, out value) || TryReadPrefixed(text, start, "x", Hexadecimal, 16, out value)
            || TryReadPrefixed(text, start, "", "01234567", 8, out value))
            return true;
        if (TryReadWord(text, start, s_yamlInfinities, s_yamlNans, signedNan: false, out value))
            return true;
        var whole = Skip(text, start, Decimal, mayStartWithUnderscore: false);
        if (whole == text.Length && whole > start && (text[start] != '0' || whole == start + 1))
            return Int(text, out value);
        if (whole > start && whole < text.Length && text[whole] == ':')
            return TryReadSexagesimal(text, start, whole, out value);

        var hasDot = whole < text.Length && text[whole] == '.';
        // Without a digit before the dot, one must follow it at once, and no sign stands before it.
        if (whole == start && (!hasDot || start > 0 || whole + 1 == text.Length || (text[whole + 1] == '_' && !withFloats)))
            return None(out value);
        var end = hasDot ? Skip(text, whole + 1, Decimal, mayStartWithUnderscore: true) : whole;
        if (end == text.Length)
            return hasDot && Float(text, out value) || (!hasDot && None(out value));
        var mayLackSign = withFloats && whole > start;
        return (hasDot || withFloats) && IsExponent(text, end, mayLackSign) ? Float(text, out value) : None(out value);
    }

    /// <summary>YAML 1.2's core schema.</summary>
    public static bool TryReadYaml12(string text, out ConfigValue value)
    {
        var start = SignLength(text);
        if (start == 0 && text.IndexOf('_') < 0
            && (TryReadPrefixed(text, 0, "o", "01234567", 8, out value) || TryReadPrefixed(text, 0, "x", Hexadecimal, 16, out value)))
            return true;
        if (TryReadWord(text, start, s_yamlInfinities, s_yamlNans, signedNan: false, out value))
            return true;
        return text.IndexOf('_') < 0 ? TryReadDecimal(text, start, out value) : None(out value);
    }

    /// <summary>JSON, with what JSON5 adds, and TOML. The reader has said already what does not belong there.</summary>
    public static bool TryReadStrict(string text, out ConfigValue value)
    {
        var start = SignLength(text);
        if (TryReadPrefixed(text, start, "o", "01234567", 8, out value) || TryReadPrefixed(text, start, "x", Hexadecimal, 16, out value)
            || TryReadPrefixed(text, start, "b", "01", 2, out value))
            return true;
        if (TryReadWord(text, start, s_infinities, s_nans, signedNan: true, out value))
            return true;
        // TOML allows underscores between digits, in an exponent too.
        if (!TryReadDecimal(text.Replace("_", ""), start, out value))
            return false;
        value = value with { Text = text };
        return true;
    }

    /// <summary>
    /// Python's own literals with a sign before them. A zero before other digits is an error there, and a complex number no setting.
    /// </summary>
    public static bool TryReadPython(string text, out ConfigValue value)
    {
        var start = SignLength(text);
        for (var i = start; i < text.Length; i++)
        {
            if (text[i] == '_' && (i == start || i + 1 == text.Length || !IsDigit(text[i + 1]) || !IsDigit(text[i - 1])))
                return None(out value);
        }

        var plain = text.Replace("_", "");
        var lower = plain.ToLowerInvariant();
        if (!TryReadPrefixed(lower, start, "o", "01234567", 8, out value) && !TryReadPrefixed(lower, start, "x", Hexadecimal, 16, out value)
            && !TryReadPrefixed(lower, start, "b", "01", 2, out value) && !TryReadDecimal(plain, start, out value))
            return false;
        var hasZeroBefore = value.Kind == ConfigValueKind.Int && plain.Length > start + 1 && plain[start] == '0'
            && char.IsDigit(plain[start + 1]);
        value = value with { Text = text };
        return !hasZeroBefore || plain.Trim('0', '+', '-').Length == 0;
    }

    private static bool IsDigit(char c) => Hexadecimal.IndexOf(c) >= 0 || c is 'x' or 'X' or 'o' or 'O';

    private static bool TryReadDecimal(string text, int start, out ConfigValue value)
    {
        var whole = Skip(text, start, Decimal, mayStartWithUnderscore: false);
        if (whole == text.Length && whole > start)
            return Int(text, out value);
        var hasDot = whole < text.Length && text[whole] == '.';
        var end = hasDot ? Skip(text, whole + 1, Decimal, mayStartWithUnderscore: false) : whole;
        var hasDigits = whole > start || end > whole + 1;
        return hasDigits && (end == text.Length || IsExponent(text, end, mayLackSign: true)) ? Float(text, out value) : None(out value);
    }

    // 0b101, 0x1F, 0o17, 017: a zero, a letter or none, and digits of the base.
    private static bool TryReadPrefixed(string text, int start, string letter, string digits, int radix, out ConfigValue value)
    {
        var i = start + 1 + letter.Length;
        if (i >= text.Length || text[start] != '0' || string.CompareOrdinal(text, start + 1, letter, 0, letter.Length) != 0
            || Skip(text, i, digits, mayStartWithUnderscore: true) != text.Length)
            return None(out value);
        var number = 0.0;
        for (; i < text.Length; i++)
        {
            if (text[i] != '_')
                number = (number * radix) + Hexadecimal.IndexOf(char.ToLowerInvariant(text[i]));
        }

        value = new ConfigValue(ConfigValueKind.Int, text, text[0] == '-' ? -number : number);
        return true;
    }

    // 12:30:45 and, a float, 12:30.5: YAML 1.1 counts by sixties.
    private static bool TryReadSexagesimal(string text, int start, int colon, out ConfigValue value)
    {
        var sum = Parse(text.Substring(start, colon - start));
        var i = colon;
        while (i < text.Length && text[i] == ':')
        {
            var end = Skip(text, i + 1, Decimal, mayStartWithUnderscore: false);
            var length = end - i - 1;
            if (length is 0 or > 2 || text.IndexOf('_', i, end - i) >= 0 || (length == 2 && text[i + 1] > '5'))
                return None(out value);
            sum = (sum * 60) + Parse(text.Substring(i + 1, length));
            i = end;
        }

        var isFloat = i < text.Length && text[i] == '.' && Skip(text, i + 1, Decimal, mayStartWithUnderscore: true) == text.Length;
        if (i < text.Length ? !isFloat : text[start] == '0')
            return None(out value);
        if (isFloat)
            sum += Parse("0" + text.Substring(i));
        value = new ConfigValue(isFloat ? ConfigValueKind.Float : ConfigValueKind.Int, text, text[0] == '-' ? -sum : sum);
        return true;
    }

    private static bool TryReadWord(string text, int start, string[] infinities, string[] nans, bool signedNan, out ConfigValue value)
    {
        var word = start == 0 ? text : text.Substring(start);
        if (Array.IndexOf(infinities, word) >= 0)
        {
            value = new ConfigValue(ConfigValueKind.Float, text, text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity);
            return true;
        }

        value = new ConfigValue(ConfigValueKind.Float, text, double.NaN);
        return (start == 0 || signedNan) && Array.IndexOf(nans, word) >= 0;
    }

    private static bool IsExponent(string text, int i, bool mayLackSign)
    {
        if (text[i] is not ('e' or 'E') || ++i == text.Length)
            return false;
        if (text[i] is '+' or '-')
            i++;
        else if (!mayLackSign)
            return false;
        if (i == text.Length)
            return false;
        for (; i < text.Length; i++)
        {
            if (text[i] is < '0' or > '9')
                return false;
        }

        return true;
    }

    private static int SignLength(string text) => text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;

    private static int Skip(string text, int i, string digits, bool mayStartWithUnderscore)
    {
        var first = i;
        while (i < text.Length && (digits.IndexOf(text[i]) >= 0 || (text[i] == '_' && (mayStartWithUnderscore || i > first))))
            i++;
        return i;
    }

    private static bool Int(string text, out ConfigValue value)
    {
        value = new ConfigValue(ConfigValueKind.Int, text, Parse(text));
        return true;
    }

    private static bool Float(string text, out ConfigValue value)
    {
        value = new ConfigValue(ConfigValueKind.Float, text, Parse(text));
        return true;
    }

    private static bool None(out ConfigValue value)
    {
        value = default;
        return false;
    }

    // What a double cannot hold is infinite, as it is in Python; the old .NET that hosts analyzers says so by refusing.
    private static double Parse(string text) =>
        double.TryParse(text.Replace("_", ""), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
}
