using System.Globalization;
using System.Text;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>
/// Tokens and writing systems of texts without a tokenizer. Byte-pair vocabularies of current models have about four Latin letters a token
/// (OpenAI's rule of thumb) and about one and a half ideographs. A rough figure: what it decides on is rounded up, and options overrule it.
/// </summary>
internal sealed class TokenEstimate
{
    private const double LettersOfToken = 4, OtherLettersOfToken = 2.5, IdeographsOfToken = 1.5, DigitsOfToken = 2, MarksOfToken = 1.5;

    private readonly Dictionary<string, long> _letters = new(StringComparer.Ordinal);

    /// <summary>The shares of the writing systems in all letters seen, most frequent first.</summary>
    public IReadOnlyList<(string Script, double Share)> Scripts
    {
        get
        {
            var all = (double)_letters.Values.Sum();
            var ordered = _letters.OrderByDescending(l => l.Value).ThenBy(l => l.Key, StringComparer.Ordinal);
            return [.. ordered.Select(l => (l.Key, l.Value / all))];
        }
    }

    /// <summary>The tokens of a text.</summary>
    public double Count(string text)
    {
        var tokens = 0.0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetter(rune))
            {
                var script = ScriptOf(rune.Value);
                _letters[script] = _letters.GetValueOrDefault(script) + 1;
                tokens += 1 / script switch
                {
                    "Latin" => LettersOfToken, "Han" or "Kana" or "Hangul" => IdeographsOfToken, _ => OtherLettersOfToken,
                };
            }
            else if (Rune.IsDigit(rune))
            {
                tokens += 1 / DigitsOfToken;
            }
            else if (!Rune.IsWhiteSpace(rune) && Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            {
                tokens += 1 / MarksOfToken;
            }
        }

        return tokens;
    }

    // Unicode's blocks, as far as they tell languages apart.
    private static string ScriptOf(int letter) => letter switch
    {
        < 0x0250 or (>= 0x1E00 and < 0x1F00) or (>= 0xFF21 and < 0xFF5B) => "Latin",
        >= 0x0370 and < 0x0400 or (>= 0x1F00 and < 0x2000) => "Greek",
        >= 0x0400 and < 0x0530 => "Cyrillic",
        >= 0x0590 and < 0x0600 => "Hebrew",
        >= 0x0600 and < 0x0780 => "Arabic",
        >= 0x0900 and < 0x0DC0 => "Indic",
        >= 0x0E00 and < 0x0E80 => "Thai",
        >= 0x1100 and < 0x1200 or (>= 0xAC00 and < 0xD7B0) => "Hangul",
        >= 0x3040 and < 0x3100 => "Kana",
        >= 0x3400 and < 0xA000 or (>= 0xF900 and < 0xFB00) or >= 0x20000 => "Han",
        _ => "other",
    };
}
