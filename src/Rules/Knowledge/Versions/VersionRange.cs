namespace LoraLint.Rules.Knowledge.Versions;

/// <summary>
/// The releases of a package that some requirements allow, by their ends. Holes between (<c>!=</c>) are not kept, so a range is never
/// narrower than what was written.
/// </summary>
public sealed class VersionRange
{
    private readonly ReleaseNumber? _least;
    private readonly ReleaseNumber? _most;
    private readonly bool _hasMost;

    private VersionRange(ReleaseNumber? least, ReleaseNumber? most, bool hasMost)
    {
        _least = least;
        _most = most;
        _hasMost = hasMost;
    }

    /// <summary>Any release.</summary>
    public static VersionRange Any { get; } = new(null, null, false);

    /// <summary>Whether nothing is said.</summary>
    public bool IsAny => _least is null && _most is null;

    /// <summary>Whether every release in the range is the one given or a later one.</summary>
    public bool IsSurelyFrom(ReleaseNumber release) => _least is not null && _least.CompareTo(release) >= 0;

    /// <summary>
    /// Whether every release in the range comes before the one given. The latter's candidates may well be like it, and do not count.
    /// </summary>
    public bool IsSurelyBefore(ReleaseNumber release)
    {
        if (_most is null)
            return false;
        var order = _most.Release.CompareTo(release);
        return _hasMost ? order < 0 : order <= 0;
    }

    /// <summary>What both allow.</summary>
    public VersionRange And(VersionRange other)
    {
        var least = _least is null || (other._least is not null && other._least.CompareTo(_least) > 0) ? other._least : _least;
        if (_most is null || other._most is null)
            return new VersionRange(least, _most ?? other._most, _most is null ? other._hasMost : _hasMost);
        var order = _most.CompareTo(other._most);
        return order < 0 || (order == 0 && !_hasMost) ? new VersionRange(least, _most, _hasMost)
            : new VersionRange(least, other._most, other._hasMost);
    }

    /// <summary>What one of both allows, and what lies between.</summary>
    public VersionRange Or(VersionRange other)
    {
        var least = _least is null || other._least is null ? null : _least.CompareTo(other._least) <= 0 ? _least : other._least;
        if (_most is null || other._most is null)
            return new VersionRange(least, null, false);
        var order = _most.CompareTo(other._most);
        return order > 0 || (order == 0 && _hasMost) ? new VersionRange(least, _most, _hasMost)
            : new VersionRange(least, other._most, other._hasMost);
    }

    /// <summary>
    /// Reads a version specifier: PEP 440's (<c>==0.24.0</c>, <c>~=1.4</c>, <c>&gt;=0.12,&lt;0.20</c>), Poetry's (<c>^0.24</c>,
    /// <c>~0.24</c>) and conda's (<c>=0.24</c>, a prefix). A bare version is exact. Null for what is none of them.
    /// </summary>
    public static VersionRange? Parse(string text)
    {
        // Alternatives, as Poetry and conda write them.
        var alternatives = text.Split('|').Where(a => a.Trim().Length > 0).ToList();
        VersionRange? all = null;
        foreach (var alternative in alternatives)
        {
            if (ParseAll(alternative) is not { } range)
                return null;
            all = all is null ? range : all.Or(range);
        }

        return all ?? Any;
    }

    private static VersionRange? ParseAll(string text)
    {
        var range = Any;
        foreach (var clause in text.Split(','))
        {
            var trimmed = clause.Trim().Trim('(', ')').Trim();
            if (trimmed.Length == 0 || trimmed == "*")
                continue;
            if (ParseOne(trimmed) is not { } one)
                return null;
            range = range.And(one);
        }

        return range;
    }

    private static VersionRange? ParseOne(string clause)
    {
        var sign = new[] { "===", "==", "~=", "!=", ">=", "<=", ">", "<", "^", "~", "=" }
            .FirstOrDefault(s => clause.StartsWith(s, StringComparison.Ordinal)) ?? "";
        var text = clause.Substring(sign.Length).Trim();
        if (sign == "!=")
            return Any;
        var isPrefix = text.EndsWith(".*", StringComparison.Ordinal) || sign == "=";
        if (text.EndsWith(".*", StringComparison.Ordinal))
            text = text.Substring(0, text.Length - 2);
        // Conda adds a build behind a second equals sign.
        var build = text.IndexOf('=');
        if (build > 0)
            (text, isPrefix) = (text.Substring(0, build), false);
        if (ReleaseNumber.Parse(text) is not { } version)
            return null;
        return sign switch
        {
            ">=" or ">" => new VersionRange(version, null, false),
            "<=" => new VersionRange(null, version, true),
            "<" => new VersionRange(null, version, false),
            "~=" => new VersionRange(version, version.Behind(version.Length - 1), false),
            "~" => new VersionRange(version, version.Behind(2), false),
            "^" => new VersionRange(version, version.Behind(version.FirstNonZero + 1), false),
            _ when isPrefix => new VersionRange(version, version.Behind(version.Length), false),
            _ => new VersionRange(version, version, true),
        };
    }
}
