using System.Globalization;

namespace LoraLint.Trainer.Data.Tokenizers.Patterns;

/// <summary>A set of Unicode code points: what one place of a pattern matches.</summary>
internal sealed class CharacterSet
{
    private const int Plane = 0x10000;
    private static readonly Lazy<int[]> Folds = new(() => [.. Enumerable.Range(0, Plane).Select(Fold)]);
    private readonly Func<int, bool> _contains;

    /// <summary>One bit per code point of the first plane, which is where nearly all text is.</summary>
    private readonly ulong[] _plane = new ulong[Plane / 64];

    public CharacterSet(Func<int, bool> contains)
    {
        _contains = contains;
        for (var point = 0; point < Plane; point++)
            if (contains(point))
                _plane[point >> 6] |= 1UL << point;
    }

    /// <summary>Whether a code point belongs to it.</summary>
    public bool Contains(int point) =>
        point < Plane ? (_plane[point >> 6] >> point & 1) != 0 : _contains(point);

    /// <summary>The same regardless of case: what folds to a member's fold belongs to it.</summary>
    public CharacterSet IgnoringCase()
    {
        var folds = Folds.Value;
        var members = new bool[Plane];
        for (var point = 0; point < Plane; point++)
            if (Contains(point))
                members[folds[point]] = true;
        return new CharacterSet(point => point < Plane
            ? members[folds[point]]
            : Contains(point) || Contains(Lower(point)) || Contains(Upper(point)));
    }

    /// <summary>A set of one code point.</summary>
    public static Func<int, bool> Single(int point) => other => other == point;

    /// <summary>A range, both ends included.</summary>
    public static Func<int, bool> Range(int first, int last) => point => point >= first && point <= last;

    /// <summary>The White_Space property.</summary>
    public static bool IsSpace(int point) => point switch
    {
        >= 9 and <= 13 or 0x20 or 0x85 or 0xA0 => true,
        < 0x1680 => false,
        0x1680 or >= 0x2000 and <= 0x200A or 0x2028 or 0x2029 or 0x202F or 0x205F or 0x3000 => true,
        _ => false,
    };

    /// <summary>Letters, marks, decimal digits, connectors, and the symbols with the Alphabetic property.</summary>
    public static bool IsWord(int point) => CharUnicodeInfo.GetUnicodeCategory(point) switch
    {
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
            or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
            or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber
            or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => point is >= 0x24B6 and <= 0x24E9 or >= 0x1F130 and <= 0x1F149
            or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189,
        _ => false,
    };

    /// <summary>The general category of a code point's one or two letters, such as L or Lu; null when there is none of the name.</summary>
    public static Func<int, bool>? Category(string name)
    {
        var mask = 0;
        foreach (var category in Enum.GetValues<UnicodeCategory>())
            if (Abbreviation(category).StartsWith(name, StringComparison.Ordinal))
                mask |= 1 << (int)category;
        return name.Length is 1 or 2 && mask != 0 ? point => (mask >> (int)CharUnicodeInfo.GetUnicodeCategory(point) & 1) != 0 : null;
    }

    private static string Abbreviation(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => "Lu",
        UnicodeCategory.LowercaseLetter => "Ll",
        UnicodeCategory.TitlecaseLetter => "Lt",
        UnicodeCategory.ModifierLetter => "Lm",
        UnicodeCategory.OtherLetter => "Lo",
        UnicodeCategory.NonSpacingMark => "Mn",
        UnicodeCategory.SpacingCombiningMark => "Mc",
        UnicodeCategory.EnclosingMark => "Me",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        UnicodeCategory.LetterNumber => "Nl",
        UnicodeCategory.OtherNumber => "No",
        UnicodeCategory.SpaceSeparator => "Zs",
        UnicodeCategory.LineSeparator => "Zl",
        UnicodeCategory.ParagraphSeparator => "Zp",
        UnicodeCategory.Control => "Cc",
        UnicodeCategory.Format => "Cf",
        UnicodeCategory.Surrogate => "Cs",
        UnicodeCategory.PrivateUse => "Co",
        UnicodeCategory.ConnectorPunctuation => "Pc",
        UnicodeCategory.DashPunctuation => "Pd",
        UnicodeCategory.OpenPunctuation => "Ps",
        UnicodeCategory.ClosePunctuation => "Pe",
        UnicodeCategory.InitialQuotePunctuation => "Pi",
        UnicodeCategory.FinalQuotePunctuation => "Pf",
        UnicodeCategory.OtherPunctuation => "Po",
        UnicodeCategory.MathSymbol => "Sm",
        UnicodeCategory.CurrencySymbol => "Sc",
        UnicodeCategory.ModifierSymbol => "Sk",
        UnicodeCategory.OtherSymbol => "So",
        _ => "Cn",
    };

    /// <summary>Simple case folding. The two signs that fold to ASCII letters are ones that .NET leaves alone.</summary>
    private static int Fold(int point) => point switch
    {
        0x17F => 's',
        0x212A => 'k',
        _ => Lower(Upper(point)),
    };

    private static int Lower(int point) =>
        System.Text.Rune.TryCreate(point, out var rune) ? System.Text.Rune.ToLowerInvariant(rune).Value : point;

    private static int Upper(int point) =>
        System.Text.Rune.TryCreate(point, out var rune) ? System.Text.Rune.ToUpperInvariant(rune).Value : point;
}
