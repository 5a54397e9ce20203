using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>A word that is none of those a key takes.</summary>
public sealed class ValueNotInSet : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL014",
        Name = "value-not-in-set",
        Category = Category.Correctness,
        Summary = "The value is none of those that the key takes.",
        Why = "The framework refuses the value when it starts, or falls back to another behaviour without a word.",
        Sources =
        [
            new("The key tables", "schemas/*.schema.json: enumerations and literals of each framework's source"),
            new("huggingface/transformers@00349ae8", "src/transformers/training_args.py, OptimizerNames; trainer_utils.py, "
                + "SchedulerType, IntervalStrategy"),
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override bool LooksAtKeysAlone => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Format is CSharpFormat code)
            CheckMembers(context, code);
        foreach (var key in WrittenKey.AllOf(context.Recognised))
        {
            if (key.Info is not { Values.Count: > 0, Removed: false } info || !key.Entry.Value.IsScalar)
                continue;
            if (context.Format is LoraLintFormat)
            {
                if (!IsAmong(context, info, key.Entry.Value))
                    Report(context, key, info, key.Entry.Value.Text);
                continue;
            }

            if (ValueTypes.Of(context.Read, key.Entry.Value) != KeyTypes.String)
                continue;
            // Rules about the adapter and its base say more about these.
            var config = context.Config;
            if (key.Entry == config.Bias.Entry || key.Entry == config.Init.Entry || key.Entry == config.QuantizationType.Entry
                || key.Path is "task_type")
                continue;
            var text = key.Entry.Value.Text;
            // A number or boolean in quotes is a question of types.
            if (text.Length == 0 || info.Values.Contains(text) || info.Takes(KeyTypes.Float)
                || (info.Takes(KeyTypes.Bool) && IsBoolean(text)))
                continue;
            Report(context, key, info, text);
        }
    }

    // The members of our records that take words.
    private static void CheckMembers(CheckContext context, CSharpFormat code)
    {
        foreach (var member in code.Members.Where(m => m.Words.Count > 0))
        {
            if (context.Read.Find(member.Key) is { } entry && context.Read.TryText(entry.Value, out var text)
                && !member.Words.Contains(text))
                Report(context, entry, Given.Taker, text, member.Words);
        }
    }

    /// <summary>Whether a value of our own format is one of a closed set as it is spelled, or null; its type is another question.</summary>
    internal static bool IsAmong(CheckContext context, KeyInfo info, ConfigNode value) =>
        ValueTypes.Of(context.Read, value) is KeyTypes.Null or KeyTypes.Any || info.Values.Contains(value.Text)
        || (context.Read.TryNumber(value, out var number)
            && info.Values.Any(v => ScalarDialect.TryParseNumber(v, out var known) && known == number));

    private static bool IsBoolean(string text) => text.ToLowerInvariant() is "true" or "false" or "yes" or "no" or "on" or "off";

    private static void Report(CheckContext context, WrittenKey key, KeyInfo info, string text) =>
        Report(context, key.Entry, key.TakerIn(context.Format), text, info.Values, info.Takes(KeyTypes.List));

    private static void Report(
        CheckContext context, ConfigEntry entry, string taker, string text, IReadOnlyList<string> words, bool orList = false)
    {
        var message = RunLimits.SayWord(taker, entry.Key, text, words, out var suggestion, orList);
        var isSpelling = suggestion is not null && suggestion.Equals(text, StringComparison.OrdinalIgnoreCase);
        // A newer version may have a value that the table does not; our own format is fixed by its number, our records by their types.
        var isFixed = context.Format is LoraLintFormat or CSharpFormat;
        context.Report(
            entry,
            message,
            suggestion is null ? null : new Fix(
                isSpelling ? FixSafety.Safe : FixSafety.Unsafe,
                $"Write {suggestion}",
                context.Edit.Replace(entry, context.Edit.Word(suggestion))),
            weaker: suggestion is null && !isFixed ? Category.Suspicious : null);
    }
}
