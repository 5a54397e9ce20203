using System.Globalization;
using System.Text.RegularExpressions;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>
/// The memory of a card as people write it. A card of 24 GB has 24 times 2^30 bytes, less what error correction takes, so GB and GiB are
/// the same here.
/// </summary>
public static class CardMemory
{
    /// <summary>What can be written, as a regular expression.</summary>
    public const string Pattern = @"^\s*[0-9]+(\.[0-9]+)?\s*([Mm][Ii]?[Bb]|[Gg][Ii]?[Bb])?\s*$";

    // A terabyte and more is a slip of the unit.
    private const double Most = 1L << 40;

    private static readonly Regex s_pattern = new(Pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    /// <summary>Reads it; a bare number is GB.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        if (text.Length > 32 || !s_pattern.IsMatch(text))
            return false;
        var trimmed = text.Trim();
        var digits = trimmed.TrimEnd("MmGgIiBb ".ToCharArray());
        var unit = trimmed.Substring(digits.Length).TrimStart().StartsWith("m", StringComparison.OrdinalIgnoreCase) ? 1L << 20 : 1L << 30;
        var size = double.Parse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * unit;
        if (size is not (> 0 and < Most))
            return false;
        bytes = (long)size;
        return true;
    }

    /// <summary>A card's memory beside estimates, whose GB are 1e9 bytes: <c>25.8 GB (24 GiB)</c>.</summary>
    public static string InFull(long bytes) => string.Format(
        CultureInfo.InvariantCulture, "{0} ({1:0.#} GiB)", MemoryEstimate.Shown(bytes), bytes / (double)(1L << 30));

    /// <summary>A card's memory in words: <c>24 GB</c>.</summary>
    public static string Shown(long bytes) =>
        string.Format(CultureInfo.InvariantCulture, "{0:0.#} GB", bytes / (double)(1L << 30));
}
