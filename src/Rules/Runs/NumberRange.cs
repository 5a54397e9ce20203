using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs;

/// <summary>The numbers that a setting can have.</summary>
/// <param name="Least">The smallest, or with <see cref="ExcludesLeast"/> the limit below all.</param>
/// <param name="Most">The greatest, or with <see cref="ExcludesMost"/> the limit above all.</param>
internal sealed record NumberRange(double Least, double Most = double.MaxValue)
{
    /// <summary>Whether <see cref="Least"/> itself is none of them.</summary>
    public bool ExcludesLeast { get; init; }

    /// <summary>Whether <see cref="Most"/> itself is none of them.</summary>
    public bool ExcludesMost { get; init; }

    /// <summary>Whether fractions are none of them.</summary>
    public bool IsWhole { get; init; }

    /// <summary>
    /// What is said, by a rule of its own, of a key with a value outside; null where there is nothing to say but the range.
    /// </summary>
    public Func<string, double, string?> Say { get; init; } = (_, _) => null;

    /// <summary>Whether a number is one of them; what is not a number or infinite never is.</summary>
    public bool Contains(double number) =>
        (ExcludesLeast ? number > Least : number >= Least) && (ExcludesMost ? number < Most : number <= Most)
        && (!IsWhole || number == Math.Floor(number));

    /// <summary>What is wrong with a key's value, in the words of the rule that finds it; null when nothing is.</summary>
    public string? Problem(string key, double number) => Contains(number) ? null : Say(key, number) ?? Outside(key, number);

    /// <summary>That a key's value lies outside.</summary>
    public string Outside(string key, double number) => $"{key} {ConfigEditor.Number(number)} is out of range: it has to be {this}";

    /// <summary>The range in words.</summary>
    public override string ToString()
    {
        var what = IsWhole ? "a whole number" : "a number";
        var (least, most) = (ConfigEditor.Number(Least), ConfigEditor.Number(Most));
        // More than that no machine counts to.
        if (Most >= int.MaxValue)
            return ExcludesLeast ? $"{what} above {least}" : $"{what} of at least {least}";
        return ExcludesLeast || ExcludesMost
            ? $"{what} {(ExcludesLeast ? "above" : "of at least")} {least} and {(ExcludesMost ? "below" : "at most")} {most}"
            : $"{what} from {least} to {most}";
    }
}
