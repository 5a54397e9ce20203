using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A value of a type that the key does not take, as the framework's loader reads it.</summary>
public sealed class ValueTypeMismatch : Rule
{
    // pydantic and jsonargparse check what they are given.
    private static readonly string[] s_checked = ["axolotl", "litgpt"];

    // Here nothing turns the text "16" into a number; argparse and pydantic do elsewhere.
    private static readonly string[] s_asWritten = ["llama-factory", "peft", "mlx-lm", "torchtune", "kohya", "python", "unsloth"];

    // Other rules look at these with more to say.
    private static readonly string[] s_saidElsewhere =
    [
        "eval_strategy", "evaluation_strategy", "save_strategy", "logging_strategy", "layers_to_transform", "peft_layers_to_transform",
        "target_parameters", "lora_target_parameters",
    ];

    private static readonly string[] s_booleanWords = ["true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "1", "0"];

    // What stands for a number in one framework or another.
    private static readonly string[] s_noNumbers =
        ["auto", "none", "null", "default", "max", "inf", "infinity", "nan", "-1", "false", "true"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL013",
        Name = "value-type-mismatch",
        Category = Category.Correctness,
        Summary = "The value has a type that the key does not take.",
        Why = "The framework refuses the value, or works with something else than was meant, as with the text \"false\", which counts "
            + "as true.",
        Sources =
        [
            new("The key tables", "schemas/*.schema.json, read out of each framework's source at the commit named there"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "pydantic, run: 16.5 for an integer and a number for text are refused"),
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/parser.py:150-154 (dataclasses are filled "
                + "without conversion)"),
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override bool LooksAtKeysAlone => true;

    /// <summary>Whether nothing turns a text of a format's config into a number.</summary>
    internal static bool TakesAsWritten(ConfigFormat format) => s_asWritten.Contains(format.Name);

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        foreach (var key in WrittenKey.AllOf(context.Recognised))
        {
            if (key.Info is not { Removed: false } info || info.Types is KeyTypes.Any or KeyTypes.None || s_saidElsewhere.Contains(key.Path)
                || key.Parent.EndsWith("_pattern", StringComparison.Ordinal))
                continue;
            var value = key.Entry.Value;
            var type = value.Tag is null ? ValueTypes.Of(context.Read, value) : KeyTypes.Any;
            var config = context.Config;
            if (key.Entry == config.Rank.Entry && !(context.Format is LoraLintFormat && config.Rank.IsKnown && type == KeyTypes.String))
                continue;
            if (type == KeyTypes.List && context.Format is LoraLintFormat)
                CheckElements(context, key);
            if (type is KeyTypes.Any or KeyTypes.Null || info.Takes(type))
                continue;
            if (context.Format is LoraLintFormat)
                CheckOwn(context, key, info, type);
            else
                CheckValue(context, key, info, type);
        }

        if (context.Format is not (LoraLintFormat or CSharpFormat))
            CheckNumbers(context);
    }

    // Settings that are numbers in every framework, where the table has no type for the key or lets text pass.
    private static void CheckNumbers(CheckContext context)
    {
        var config = context.Config;
        var typed = WrittenKey.AllOf(context.Recognised).Where(k => k.Info is { Types: var types } && types != KeyTypes.Any
            && (types & KeyTypes.String) == 0).Select(k => k.Entry.KeySpan).ToList();
        Setting<double>[] settings =
        [
            config.Alpha, config.Dropout, config.LearningRate, config.WeightDecay, config.Epochs, config.MicroBatchSize,
            config.GradientAccumulationSteps, config.MaxSequenceLength, config.Seed,
        ];
        foreach (var setting in settings)
        {
            if (setting is not { IsWritten: true, Entry: { } entry } || entry.Value is not { IsUnknown: false, Tag: null } value
                || typed.Contains(entry.KeySpan))
                continue;
            if (value.IsSequence && !setting.IsKnown)
                context.Report(entry, $"{entry.Key} is a list, but {context.Format.Title} takes a number");
            if (!value.IsScalar || ValueTypes.Of(context.Read, value) != KeyTypes.String)
                continue;
            var text = value.Text.Trim();
            if (!setting.IsKnown && text.Length > 0 && !s_noNumbers.Contains(text.ToLowerInvariant()))
                context.Report(entry, $"{entry.Key} is the text \"{text}\", but {context.Format.Title} takes a number");
            else if (setting.IsKnown && context.Format.Name == "torchtune" && value.Style != ScalarStyle.Plain)
            {
                context.Report(
                    entry, $"{entry.Key} is a number in quotes, which stays text, but {context.Format.Title} takes a number",
                    new Fix(FixSafety.Safe, $"Write {text} without quotes", context.Edit.Replace(entry, text)));
            }
        }
    }

    private static void CheckValue(CheckContext context, WrittenKey key, KeyInfo info, KeyTypes type)
    {
        var entry = key.Entry;
        var isNumeric = (info.Types & (KeyTypes.Int | KeyTypes.Float)) != 0;
        var isChecked = s_checked.Contains(context.Format.Name);
        var isStructured = (info.Types & (KeyTypes.List | KeyTypes.Map)) != 0;
        switch (type)
        {
            case KeyTypes.Map or KeyTypes.List when isChecked || ((info.Types & KeyTypes.String) == 0 && !isStructured):
                Report(context, key, info, type == KeyTypes.Map ? "a mapping" : "a list");
                break;
            case KeyTypes.String when isNumeric || (info.Types & KeyTypes.Bool) != 0:
                CheckText(context, key, info, isNumeric);
                break;
            case KeyTypes.String when isStructured && isChecked && (info.Types & KeyTypes.List) == 0:
                Report(context, key, info, "text");
                break;
            case KeyTypes.Bool when isNumeric && context.Read.Dialect.Read(entry.Value).IsTrue:
                Report(context, key, info, "true", weaker: Category.Suspicious);
                break;
            case KeyTypes.Float when (info.Types & KeyTypes.Int) != 0 && isChecked && IsFraction(context, entry):
                Report(context, key, info, "a fraction");
                break;
            case KeyTypes.Bool or KeyTypes.Int or KeyTypes.Float
                when (info.Types & ~KeyTypes.Null) == KeyTypes.String && context.Format.Name == "axolotl":
                var quoted = "\"" + entry.Value.Text + "\"";
                Report(context, key, info, type == KeyTypes.Bool ? "a boolean" : "a number",
                    new Fix(FixSafety.Safe, $"Write {quoted}", context.Edit.Replace(entry, quoted)));
                break;
        }
    }

    private static void CheckElements(CheckContext context, WrittenKey key)
    {
        if (key.Table.Find(key.Path + "[]") is not { } info)
            return;
        foreach (var item in key.Entry.Value.Items)
        {
            var type = ValueTypes.Of(context.Read, item);
            if (type == KeyTypes.Any || info.Takes(type))
                continue;
            var shown = item.IsScalar ? item.Text : item.IsMapping ? "a mapping" : "a list";
            var wanted = info.Takes(KeyTypes.Int) ? "numbers" : "texts";
            context.Report(key.Entry, $"{key.Entry.Key} holds {shown}, but {context.Format.Title} takes a list of {wanted}");
            return;
        }
    }

    // Our own format takes what its schema says.
    private static void CheckOwn(CheckContext context, WrittenKey key, KeyInfo info, KeyTypes type)
    {
        var entry = key.Entry;
        var value = entry.Value;
        var text = value.Text;
        if (value.IsScalar && info.Values.Count > 0 && !ValueNotInSet.IsAmong(context, info, value))
            return;
        if (type == KeyTypes.Float && info.Takes(KeyTypes.Int) && !IsFraction(context, entry))
            return;
        var isNumber = info.Takes(KeyTypes.Int) && ScalarDialect.TryParseNumber(text, out _);
        var word = text.ToLowerInvariant();
        var fix = type switch
        {
            KeyTypes.String when isNumber && value.Style != ScalarStyle.Plain =>
                new Fix(FixSafety.Safe, $"Write {text.Trim()} without quotes", context.Edit.Replace(entry, text.Trim())),
            KeyTypes.String when info.Takes(KeyTypes.Bool) && word is "true" or "yes" or "on" =>
                new Fix(FixSafety.Safe, "Write true", context.Edit.Replace(entry, ConfigEditor.Bool(true))),
            KeyTypes.String when info.Takes(KeyTypes.Bool) && word is "false" or "no" or "off" =>
                new Fix(FixSafety.Safe, "Write false", context.Edit.Replace(entry, ConfigEditor.Bool(false))),
            KeyTypes.Bool or KeyTypes.Int or KeyTypes.Float when info.Types == KeyTypes.String =>
                new Fix(FixSafety.Safe, $"Write \"{text}\"", context.Edit.Replace(entry, "\"" + text + "\"")),
            _ => null,
        };
        Report(context, key, info, type switch
        {
            KeyTypes.String => isNumber && value.Style != ScalarStyle.Plain ? "a number in quotes, which is text" : $"the text \"{text}\"",
            KeyTypes.Bool => "true or false",
            KeyTypes.Int => "a number",
            KeyTypes.Float => info.Takes(KeyTypes.Int) ? "a fraction" : "a number",
            KeyTypes.List => "a list",
            _ => "a mapping",
        }, fix);
    }

    private static bool IsFraction(CheckContext context, ConfigEntry entry) =>
        context.Read.Dialect.Read(entry.Value).Number is var number && number != Math.Floor(number);

    private static void CheckText(CheckContext context, WrittenKey key, KeyInfo info, bool isNumeric)
    {
        var entry = key.Entry;
        var text = entry.Value.Text;
        var isAsWritten = TakesAsWritten(context.Format);
        if (isNumeric && ScalarDialect.TryParseNumber(text, out _))
        {
            // A number in quotes; a bare one that the loader takes for text is written with a dot instead.
            if (isAsWritten && entry.Value.Style != ScalarStyle.Plain)
            {
                Report(context, key, info, "a number in quotes, which stays text",
                    new Fix(FixSafety.Safe, $"Write {text} without quotes", context.Edit.Replace(entry, text.Trim())));
            }

            return;
        }

        if ((info.Types & KeyTypes.Bool) == 0)
        {
            Report(context, key, info, $"the text \"{text}\"");
            return;
        }

        // Booleans: parsers take many words; where none is at work, any text counts as true.
        var word = text.ToLowerInvariant();
        if (isAsWritten && word is "false" or "no" or "off")
        {
            Report(context, key, info, $"the text \"{text}\", which counts as true",
                new Fix(FixSafety.Safe, "Write false", context.Edit.Replace(entry, ConfigEditor.Bool(false))));
        }
        else if (!isAsWritten && !isNumeric && !s_booleanWords.Contains(word))
            Report(context, key, info, $"the text \"{text}\"");
    }

    private static void Report(
        CheckContext context, WrittenKey key, KeyInfo info, string what, Fix? fix = null, Category? weaker = null) =>
        context.Report(
            key.Entry, $"{key.Entry.Key} is {what}, but {key.TakerIn(context.Format)} takes {ValueTypes.Name(info.Types)}", fix, weaker);
}
