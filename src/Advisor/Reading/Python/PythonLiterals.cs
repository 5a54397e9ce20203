using System.Globalization;
using System.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>The content of Python's string literals.</summary>
internal static class PythonLiterals
{
    /// <summary>
    /// Decodes a string literal with prefix and quotes. False for bytes, for f-strings with fields, for names of characters
    /// (<c>\N{...}</c>), and for one that is not closed.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> literal, out string text)
    {
        text = "";
        var quoteAt = literal.IndexOfAny('"', '\'');
        if (quoteAt < 0)
            return false;
        var prefix = literal[..quoteAt];
        var body = literal[quoteAt..];
        var quote = body[0];
        var width = body.Length >= 6 && body[1] == quote && body[2] == quote ? 3 : 1;
        if (body.Length < 2 * width || body[^1] != quote || (width == 3 && (body[^2] != quote || body[^3] != quote)))
            return false;
        if (prefix.IndexOfAny("bBtT") >= 0)
            return false;
        body = body[width..^width];
        var isRaw = prefix.IndexOfAny('r', 'R') >= 0;
        var isFormatted = prefix.IndexOfAny('f', 'F') >= 0;
        if (isFormatted && HasField(body))
            return false;
        if (!isFormatted && (isRaw || body.IndexOf('\\') < 0))
        {
            text = body.ToString();
            return true;
        }

        return TryUnescape(body, isRaw, isFormatted, out text);
    }

    private static bool HasField(ReadOnlySpan<char> body)
    {
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] is not ('{' or '}'))
                continue;
            if (i + 1 == body.Length || body[i + 1] != body[i])
                return true;
            i++;
        }

        return false;
    }

    private static bool TryUnescape(ReadOnlySpan<char> body, bool isRaw, bool isFormatted, out string text)
    {
        var result = new StringBuilder(body.Length);
        text = "";
        for (var i = 0; i < body.Length; i++)
        {
            if (isFormatted && body[i] is '{' or '}')
                result.Append(body[i++]);
            else if (body[i] != '\\' || isRaw || i + 1 == body.Length)
                result.Append(body[i]);
            else if (!TryEscape(body, ref i, result))
                return false;
        }

        text = result.ToString();
        return true;
    }

    private static bool TryEscape(ReadOnlySpan<char> body, ref int i, StringBuilder result)
    {
        var c = body[++i];
        switch (c)
        {
            case 'n': result.Append('\n'); return true;
            case 't': result.Append('\t'); return true;
            case 'r': result.Append('\r'); return true;
            case 'a': result.Append('\a'); return true;
            case 'b': result.Append('\b'); return true;
            case 'f': result.Append('\f'); return true;
            case 'v': result.Append('\v'); return true;
            case '\\' or '\'' or '"': result.Append(c); return true;
            case '\n': return true;
            case '\r':
                i += i + 1 < body.Length && body[i + 1] == '\n' ? 1 : 0;
                return true;
            case 'x': return TryCode(body, ref i, 2, result);
            case 'u': return TryCode(body, ref i, 4, result);
            case 'U': return TryCode(body, ref i, 8, result);
            case 'N': return false;
            case >= '0' and <= '7':
                var code = c - '0';
                for (var digits = 1; digits < 3 && i + 1 < body.Length && body[i + 1] is >= '0' and <= '7'; digits++)
                    code = (code * 8) + body[++i] - '0';
                result.Append((char)code);
                return true;
            // An unknown escape stays as it is.
            default: result.Append('\\').Append(c); return true;
        }
    }

    private static bool TryCode(ReadOnlySpan<char> body, ref int i, int digits, StringBuilder result)
    {
        if (i + digits >= body.Length
            || !int.TryParse(body.Slice(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            return false;
        i += digits;
        if (code is < 0 or > 0x10FFFF)
            return false;
        if (code < 0x10000)
            result.Append((char)code);
        else
            result.Append(char.ConvertFromUtf32(code));
        return true;
    }
}
