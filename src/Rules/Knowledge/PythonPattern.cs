using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace LoraLint.Rules.Knowledge;

/// <summary>
/// Python's regular expressions as far as configs use them. What .NET reads differently is translated or refused: an answer is right
/// or null, never a guess.
/// </summary>
public static class PythonPattern
{
    private const string Special = "^$*+?{}[]\\|()";
    private const string KnownEscapes = "AbBdDsSwWZafnrtvxu";

    // A pattern out of a config may be hostile: matching gives up rather than hang, and does not begin again with the next of a model's
    // thousand names. A harmless pattern takes microseconds; so much time passes only where the machine is at its limit.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private const int MostGivenUp = 100;
    private static readonly ConcurrentDictionary<string, bool> s_givenUp = new(StringComparer.Ordinal);

    private static readonly string[] s_sharedGroups = ["(?:", "(?=", "(?!", "(?<=", "(?<!"];

    /// <summary>
    /// Whether a text holds a character that means something in a regular expression and never stands in a module's name. The dot does
    /// not count, as it joins the parts of a name.
    /// </summary>
    public static bool HasSpecialCharacter(string text) => text.IndexOfAny(Special.ToCharArray()) >= 0;

    /// <summary>
    /// Whether Python refuses the text because its first quantifier has nothing to repeat, as in the glob <c>*.q_proj</c>.
    /// </summary>
    public static bool RepeatsNothing(string text) => text.Length > 0 && text[0] is '*' or '+' or '?';

    /// <summary>Python's <c>re.fullmatch(pattern, text)</c>, or null when that cannot be told.</summary>
    public static bool? FullMatch(string pattern, string text) => Match("", pattern, @"\z", text)?.Success;

    /// <summary>
    /// Python's <c>re.match</c> with a pattern of which only the middle comes from the user; null when it cannot be judged.
    /// </summary>
    public static Match? Match(string before, string pattern, string after, string text)
    {
        if (s_givenUp.ContainsKey(pattern) || !TryTranslate(pattern, out var translated))
            return null;
        try
        {
            return Regex.Match(text, @"\A" + before + "(?:" + translated + ")" + after, RegexOptions.CultureInvariant, s_patience);
        }
        catch (RegexMatchTimeoutException)
        {
            if (s_givenUp.Count < MostGivenUp)
                s_givenUp[pattern] = true;
            return null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Writes a pattern so that .NET reads it as Python does; false for what has no certain counterpart.</summary>
    public static bool TryTranslate(string pattern, out string translated)
    {
        var result = new StringBuilder(pattern.Length);
        translated = "";
        for (var i = 0; i < pattern.Length; i++)
        {
            var isTranslated = pattern[i] switch
            {
                '\\' => TryEscape(pattern, ref i, result),
                '[' => TryClass(pattern, ref i, result),
                '(' => TryGroup(pattern, ref i, result),
                // After another quantifier it is possessive (Python 3.11) or an error.
                '+' when i > 0 && pattern[i - 1] is '*' or '+' or '?' or '}' => false,
                '{' when At(pattern, i + 1) == ',' => Append(result, "{0"),
                var c => Append(result, c.ToString()),
            };
            if (!isTranslated)
                return false;
        }

        translated = result.ToString();
        return true;
    }

    private static bool TryEscape(string pattern, ref int i, StringBuilder result)
    {
        var escaped = At(pattern, ++i);
        if (escaped == '\0' || (char.IsLetter(escaped) && KnownEscapes.IndexOf(escaped) < 0))
            return false;
        return Append(result, escaped == 'Z' ? @"\z" : "\\" + escaped);
    }

    private static bool TryClass(string pattern, ref int i, StringBuilder result)
    {
        var start = i++;
        if (At(pattern, i) == '^')
            i++;
        // A bracket that comes first stands for itself, in both.
        if (At(pattern, i) == ']')
            i++;
        for (; i < pattern.Length && pattern[i] != ']'; i++)
        {
            if (pattern[i] == '\\' && !TryEscape(pattern, ref i, new StringBuilder()))
                return false;
            // In .NET `-[` subtracts a class.
            if (pattern[i] == '[' && pattern[i - 1] == '-')
                return false;
        }

        return i < pattern.Length && Append(result, pattern.Substring(start, i - start + 1));
    }

    private static bool TryGroup(string pattern, ref int i, StringBuilder result)
    {
        if (At(pattern, i + 1) != '?')
            return Append(result, "(");
        var at = i;
        var opening = s_sharedGroups.FirstOrDefault(g => string.CompareOrdinal(pattern, at, g, 0, g.Length) == 0);
        var isNamed = string.CompareOrdinal(pattern, i, "(?P<", 0, 4) == 0;
        if (opening is null && !isNamed)
            return false;
        i += (opening ?? "(?P<").Length - 1;
        return Append(result, opening ?? "(?<");
    }

    private static char At(string pattern, int index) => index < pattern.Length ? pattern[index] : '\0';

    private static bool Append(StringBuilder result, string text)
    {
        result.Append(text);
        return true;
    }
}
