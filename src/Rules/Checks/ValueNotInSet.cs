using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>A word that is none of those a key takes.</summary>
public sealed class ValueNotInSet : Rule
{
    // Keys whose framework takes any text when it reads the file and stops at an unknown word later. Plugins bring words of their own, so
    // only a slip of a known one is told. Schedulers as transformers' SchedulerType and axolotl's core/builders/base.py have them,
    // optimizers as its OptimizerNames (in the table of TRL) and axolotl's CustomSupportedOptimizers.
    private static readonly string[] s_schedulers =
    [
        "linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup", "inverse_sqrt",
        "reduce_lr_on_plateau", "cosine_with_min_lr", "cosine_warmup_with_min_lr", "warmup_stable_decay", "one_cycle", "rex",
    ];

    // SchedulerType's own: axolotl has the other two, and transformers' main branch one more.
    private static readonly string[] s_transformersSchedulers = [.. s_schedulers.Where(s => s is not ("one_cycle" or "rex")), "greedy"];

    private static readonly string[] s_axolotlOptimizers =
    [
        "optimi_adamw", "ao_adamw_4bit", "ao_adamw_8bit", "ao_adamw_fp8", "adopt_adamw", "came_pytorch", "muon", "dion", "sinkgd",
        "flash_adamw", "flash_adam", "flash_sgd", "flash_sgdw", "flash_lion", "q_galore_adamw8bit",
    ];

    private static readonly (string[] Formats, string Key, string[] Words)[] s_open =
    [
        (["axolotl"], "lr_scheduler", s_schedulers),
        (["llama-factory", "trl", "ms-swift"], "lr_scheduler_type", s_schedulers),
        (["axolotl"], "optimizer", [.. TrlKeys.Table.Find("optim")!.Values, .. s_axolotlOptimizers]),
        (["axolotl"], "save_strategy", ["no", "steps", "epoch", "best"]),
        (["axolotl"], "adapter", ["lora", "qlora", "llama-adapter"]),
    ];

    // Other methods' names that look like slips, and names that were words once.
    private static readonly string[] s_noSlips = ["loha", "lokr", "dora", "vera", "adamw_hf"];

    // What bitsandbytes, HQQ and EETQ take (LLaMA-Factory's model/model_utils/quantization.py:177-219).
    private static readonly string[] s_bits = ["1", "2", "3", "4", "5", "6", "8"];

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
            if (key.Entry == config.Bias.Entry || key.Entry == config.Init.Entry || key.Entry.Key == "bnb_4bit_quant_type"
                || key.Path is "task_type")
                continue;
            var text = key.Entry.Value.Text;
            // A number or boolean in quotes is a question of types.
            if (text.Length == 0 || info.Values.Contains(text) || info.Takes(KeyTypes.Float)
                || (info.Takes(KeyTypes.Bool) && IsBoolean(text)))
                continue;
            Report(context, key, info, text);
        }

        CheckOpen(context);
        CheckScheduler(context);
    }

    // TrainingArguments makes a SchedulerType of the word and refuses others; only the type of its field says any text.
    private static void CheckScheduler(CheckContext context)
    {
        const string Key = "lr_scheduler_type";
        foreach (var key in WrittenKey.AllOf(context.Recognised))
        {
            if (key is { Call.Kind: CodeCallKind.Arguments, Path: Key, Entry.Value.IsScalar: true }
                && context.Read.TryText(key.Entry.Value, out var word) && !s_transformersSchedulers.Contains(word))
                Report(context, key.Entry, key.Call.Name, word, s_transformersSchedulers);
        }
    }

    private static void CheckOpen(CheckContext context)
    {
        foreach (var (formats, key, words) in s_open)
        {
            if (!formats.Contains(context.Format.Name) || context.Recognised.Root.Origin is not null
                || context.Recognised.Root.Find(key) is not { Value.IsScalar: true } entry
                || !context.Read.TryText(entry.Value, out var word)
                || words.Contains(word) || s_noSlips.Contains(word) || Spelling.Closest(word, words) is not { } meant)
                continue;
            context.Report(
                entry,
                $"{context.Format.Title} does not take {word} for {key}; did you mean {meant}?",
                new Fix(FixSafety.Unsafe, $"Write {meant}", context.Edit.Replace(entry, context.Edit.Word(meant))));
        }

        if (context.Format.Name == "llama-factory" && context.Read.Find("quantization_bit") is { Value.IsScalar: true } bits
            && context.Read.TryNumber(bits.Value, out var number) && !s_bits.Contains(ConfigEditor.Number(number)))
            context.Report(bits, $"no method quantizes to {ConfigEditor.Number(number)} bits: bitsandbytes takes 4 and 8");
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
