using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>A number that a run of ours cannot have, where no other rule has more to say about it.</summary>
public sealed class ValueOutOfRange : Rule
{
    // Our run format by its keys: those of a whole run's members.
    private static readonly IReadOnlyList<(string Key, NumberRange Range)> s_keys =
        [.. RunMembers.All.Where(m => m is { Key: not null, Range: not null }).Select(m => (m.Key!, m.Range!))];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL020",
        Name = "value-out-of-range",
        Category = Category.Correctness,
        Summary = "A number lies outside of what the setting can have.",
        Why = "`loralint train` refuses the run, and in C# the record throws when it is given the value.",
        Sources =
        [
            new("LoraLint", "schemas/loralint.schema.json: minimum and maximum of each key"),
            new("LoraLint", "src/Rules/Runs/RunLimits.cs"),
        ],
        Formats = ["loralint", "csharp"],
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var ranges = context.Format is CSharpFormat code
            ? code.Members.Where(m => m.Range is not null).Select(m => (m.Key, Range: m.Range!)) : s_keys;
        foreach (var (key, range) in ranges)
        {
            if (context.Read.Find(key) is not { Value: { IsScalar: true, IsUnknown: false } value } entry || context.Read.IsNull(value)
                || !TryNumber(context, value, out var number) || range.Contains(number) || range.Say(key, number) is not null)
                continue;
            // A rank that is no integer has a rule of its own.
            if (entry == context.Config.Rank.Entry && number > 0 && number != Math.Floor(number))
                continue;
            context.Report(entry, range.Outside(key, number));
        }
    }

    // What is not a number is none in a config; in C# it is a constant like any other.
    private static bool TryNumber(CheckContext context, ConfigNode value, out double number) =>
        context.Read.TryNumber(value, out number)
        || (context.Format is CSharpFormat && value.Style == ScalarStyle.Plain
            && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number));
}
