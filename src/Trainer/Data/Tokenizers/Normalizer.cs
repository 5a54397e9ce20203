using System.Globalization;
using System.Text;
using LoraLint.Trainer.Json;
using LoraLint.Trainer.Data.Tokenizers.Patterns;
using LoraLint.Trainer.Data.Tokenizers.Unicode;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>What happens to a text before it is split: the <c>normalizer</c> of a tokenizer.json.</summary>
internal abstract class Normalizer
{
    /// <summary>The normalized text.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    public abstract string Apply(string text);

    /// <summary>Reads a normalizer.</summary>
    public static Normalizer Read(JsonPlace place)
    {
        var type = place.Get("type").Text();
        return type switch
        {
            "NFC" => new UnicodeForm(NormalizationForm.FormC),
            "NFD" => new UnicodeForm(NormalizationForm.FormD),
            "NFKC" => new UnicodeForm(NormalizationForm.FormKC),
            "NFKD" => new UnicodeForm(NormalizationForm.FormKD),
            "Lowercase" => new Lowercase(),
            "Replace" => new Replace(Splitter.Read(place.Get("pattern")), place.Get("content").Text()),
            "Prepend" => new Prepend(place.Get("prepend").Text()),
            "Strip" => new Strip(place.Flag("strip_left"), place.Flag("strip_right")),
            "StripAccents" => new StripAccents(),
            "Precompiled" => PrecompiledNormalizer.Read(place),
            "ByteLevel" => new ByteLevel(),
            "Sequence" => new Sequence([.. place.Get("normalizers").Elements().Select(Read)]),
            _ => throw place.Wrong($"the normalizer '{type}' is not supported"),
        };
    }

    /// <summary>A text with every match replaced.</summary>
    public static string ReplaceAll(string text, Splitter splitter, string content)
    {
        var matches = new List<(int Start, int End)>();
        splitter.FindAll(text, matches);
        if (matches.Count == 0)
            return text;
        var result = new StringBuilder(text.Length);
        var at = 0;
        foreach (var (start, end) in matches)
        {
            result.Append(text, at, start - at).Append(content);
            at = end;
        }
        return result.Append(text, at, text.Length - at).ToString();
    }

    private sealed class UnicodeForm(NormalizationForm form) : Normalizer
    {
        public override string Apply(string text) => UnicodeNormalization.Normalize(text, form);
    }

    private sealed class Lowercase : Normalizer
    {
        /// <summary>
        /// Character by character, as Rust's <c>char::to_lowercase</c>: a final sigma is no exception, and İ is the one letter that becomes
        /// two characters.
        /// </summary>
        public override string Apply(string text) =>
            text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);
    }

    private sealed class Replace(Splitter splitter, string content) : Normalizer
    {
        public override string Apply(string text) => ReplaceAll(text, splitter, content);
    }

    private sealed class Prepend(string prefix) : Normalizer
    {
        public override string Apply(string text) => text.Length == 0 ? text : prefix + text;
    }

    private sealed class Strip(bool left, bool right) : Normalizer
    {
        public override string Apply(string text)
        {
            var (start, end) = (0, text.Length);
            while (left && start < end && CharacterSet.IsSpace(text[start]))
                start++;
            while (right && end > start && CharacterSet.IsSpace(text[end - 1]))
                end--;
            return text[start..end];
        }
    }

    private sealed class StripAccents : Normalizer
    {
        public override string Apply(string text)
        {
            var result = new StringBuilder(text.Length);
            foreach (var rune in text.EnumerateRunes())
                if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                    or UnicodeCategory.EnclosingMark))
                    result.Append(rune);
            return result.ToString();
        }
    }

    private sealed class ByteLevel : Normalizer
    {
        public override string Apply(string text)
        {
            var result = new StringBuilder(text.Length);
            ByteAlphabet.Append(text, result);
            return result.ToString();
        }
    }

    private sealed class Sequence(Normalizer[] normalizers) : Normalizer
    {
        public override string Apply(string text) => normalizers.Aggregate(text, (current, normalizer) => normalizer.Apply(current));
    }
}
