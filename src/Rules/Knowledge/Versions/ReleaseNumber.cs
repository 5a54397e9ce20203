using System.Globalization;

namespace LoraLint.Rules.Knowledge.Versions;

/// <summary>
/// A version of a Python package (PEP 440), as far as it orders releases: the numbers, and whether it comes before the release that has
/// them. What stands behind (post releases, local parts) is later than the release and counts as it.
/// </summary>
public sealed class ReleaseNumber : IComparable<ReleaseNumber>
{
    private const int MostParts = 8;

    private readonly int[] _parts;

    private ReleaseNumber(int[] parts, bool isBefore)
    {
        _parts = parts;
        IsPrerelease = isBefore;
    }

    /// <summary>Whether it is a candidate, alpha, beta or development version of the release.</summary>
    public bool IsPrerelease { get; }

    /// <summary>How many numbers it was written with.</summary>
    public int Length => _parts.Length;

    /// <summary>The release that it is, or comes before.</summary>
    public ReleaseNumber Release => IsPrerelease ? new ReleaseNumber(_parts, false) : this;

    /// <summary>The first release behind all those that begin with its first numbers: of 1.4.2 and 2 it is 1.5.</summary>
    /// <param name="count">How many numbers count, at least 1.</param>
    public ReleaseNumber Behind(int count)
    {
        var parts = new int[Math.Min(Math.Max(count, 1), _parts.Length)];
        Array.Copy(_parts, parts, parts.Length);
        parts[parts.Length - 1]++;
        return new ReleaseNumber(parts, false);
    }

    /// <summary>The place of the first number that is not 0, from 0; the last place when all are.</summary>
    public int FirstNonZero
    {
        get
        {
            var at = Array.FindIndex(_parts, p => p != 0);
            return at < 0 ? _parts.Length - 1 : at;
        }
    }

    /// <summary>Reads a version; null when it is none, such as a commit or a branch.</summary>
    public static ReleaseNumber? Parse(string text)
    {
        text = text.Trim();
        var at = text.Length > 0 && text[0] is 'v' or 'V' ? 1 : 0;
        if (at + 1 < text.Length && text[at] == '0' && text[at + 1] == '!')
            at += 2;
        var parts = new List<int>();
        while (at < text.Length && IsDigit(text[at]) && parts.Count < MostParts)
        {
            var end = at;
            while (end < text.Length && IsDigit(text[end]))
                end++;
            if (!int.TryParse(text.Substring(at, end - at), NumberStyles.None, CultureInfo.InvariantCulture, out var part)
                || part == int.MaxValue)
                return null;
            parts.Add(part);
            at = end;
            if (at + 1 >= text.Length || text[at] != '.' || !IsDigit(text[at + 1]))
                break;
            at++;
        }

        var rest = text.Substring(at).TrimStart('.', '-', '_').ToLowerInvariant();
        var isBefore = new[] { "a", "b", "c", "rc", "alpha", "beta", "pre", "preview", "dev" }.Any(w => IsMark(rest, w));
        var isKnown = rest.Length == 0 || isBefore || rest[0] == '+' || IsMark(rest, "post") || IsMark(rest, "rev") || IsMark(rest, "r");
        return parts.Count > 0 && isKnown ? new ReleaseNumber([.. parts], isBefore) : null;
    }

    /// <inheritdoc/>
    public int CompareTo(ReleaseNumber? other)
    {
        if (other is null)
            return 1;
        for (var i = 0; i < Math.Max(_parts.Length, other._parts.Length); i++)
        {
            var order = PartAt(i).CompareTo(other.PartAt(i));
            if (order != 0)
                return order;
        }

        return other.IsPrerelease.CompareTo(IsPrerelease);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Join(".", _parts.Select(p => p.ToString(CultureInfo.InvariantCulture)));

    private int PartAt(int index) => index < _parts.Length ? _parts[index] : 0;

    private static bool IsDigit(char c) => c is >= '0' and <= '9';

    private static bool IsMark(string rest, string mark) =>
        rest.StartsWith(mark, StringComparison.Ordinal) && (rest.Length == mark.Length || !char.IsLetter(rest[mark.Length]));
}
