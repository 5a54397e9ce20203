using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A key that the framework does not have: dropped without a word, or the end of the run.</summary>
public sealed class UnknownKey : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL010",
        Name = "unknown-key",
        Category = Category.Correctness,
        Summary = "The framework has no such key.",
        Why = "A misspelt key is dropped without a word by some frameworks, so that the default trains instead, and stops the run in "
            + "others.",
        Sources =
        [
            new("The key tables", "schemas/*.schema.json, read out of each framework's source at the commit named there"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/config.py:212 (unknown keys are ignored); "
                + "run"),
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/parser.py:150-165 (refused)"),
            new("huggingface/trl@f2cd5771 (2026-07-24)", "trl/scripts/utils.py:350-355 (refused)"),
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
        var unknown = UnknownKeyFinder.Find(context.Recognised);
        var isForeign = UnknownKeyFinder.IsOfAnotherProgram(context.Recognised, unknown);
        foreach (var key in unknown)
        {
            if (IsSaidElsewhere(context, key.Key))
                continue;
            if (context.Format is LoraLintFormat && key.Key.Table.ParentsOf(key.Key.Entry.Key).ToList() is { Count: > 0 } parents)
                ReportMisplaced(context, key.Key, parents);
            else if (key is { IsClose: true, Suggestion: { } suggestion })
                ReportSlip(context, key.Key, suggestion, isForeign);
            else if (!isForeign)
                ReportStranger(context, key);
        }

        // Scripts of one's own, and code, may read keys of their own.
        if (context.Format.Name is "trl" or "kohya" or "loralint" || context.Recognised.Root.Origin is not null
            || context.Format is CSharpFormat)
            return;
        var known = WrittenKey.AllOf(context.Recognised).Where(k => k.IsNamed || Explained(context, k, unknown))
            .Select(k => k.Entry.KeySpan).ToList();
        foreach (var (entry, name, isSlip) in MissedSettings.Find(context, e => known.Contains(e.KeySpan)))
        {
            context.Report(
                entry.KeySpan,
                $"{entry.Key} is nothing that {context.Format.Title} is known to read here, where {name} is missing; "
                + (isSlip ? $"did you mean {name}?" : $"it is another framework's name for {name}"),
                new Fix(FixSafety.Unsafe, $"Rename to {name}", context.Edit.Rename(entry, name)),
                weaker: Category.Suspicious);
        }
    }

    private static bool Explained(CheckContext context, WrittenKey key, IReadOnlyList<KeyGuess> unknown) =>
        CrossFrameworkKey.Explains(context.Format, key)
        || unknown.Any(u => u.Key.Entry == key.Entry && (u.IsClose || key.Table.UnknownKeys != UnknownKeys.Unchecked));

    // Keys that a rule of their own explains better.
    private static bool IsSaidElsewhere(CheckContext context, WrittenKey key) =>
        CrossFrameworkKey.Explains(context.Format, key)
        || (context.Format.Name == "mlx-lm" && key.Parent.Length == 0 && MlxTopLevelLoraKeys.Explains(key.Entry.Key))
        || (context.Format.Name == "axolotl" && key.Entry.Key == "lora_exclude_modules");

    private static void ReportSlip(CheckContext context, WrittenKey key, string suggestion, bool isForeign)
    {
        // A script of one's own on TRL's parser may well have a key that looks like one of TRL's.
        if (isForeign && context.Format.Name is "trl" or "kohya")
            return;
        var isThere = key.Mapping.Find(suggestion) is not null;
        var fits = key.Table.Find(Join(key.Parent, suggestion)) is { } target && target.Takes(ValueTypes.Of(context.Read, key.Entry.Value));
        var isSure = !isForeign && key.Table.UnknownKeys != UnknownKeys.Unchecked;
        var fix = isThere ? null : new Fix(
            isSure && fits ? FixSafety.Safe : FixSafety.Unsafe, $"Rename to {suggestion}", context.Edit.Rename(key.Entry, suggestion));
        context.Report(
            key.Entry.KeySpan,
            $"{Outcome(context, key)}; did you mean {suggestion}?" + (isThere ? $" ({suggestion} is in the file too)" : ""),
            fix,
            weaker: isSure ? null : Category.Suspicious);
    }

    // In our own format, whose keys have few names and many mappings to stand in.
    private static void ReportMisplaced(CheckContext context, WrittenKey key, List<string> parents)
    {
        var places = parents.Select(p => p.Length == 0 ? "at the top of the file" : "under " + p);
        context.Report(key.Entry.KeySpan, $"{Outcome(context, key)}; it belongs {string.Join(" or ", places)}");
    }

    private static void ReportStranger(CheckContext context, KeyGuess key)
    {
        // Plugins bring keys of their own; so do recipes and scripts where nothing is checked.
        if (key.Key.Table.UnknownKeys == UnknownKeys.Unchecked || context.Format.Name == "trl"
            || (context.Format.Name == "axolotl" && context.Read.Has("plugins")))
            return;
        var hint = key.Suggestion is { } suggestion
            ? key.Rival is { } rival ? $"; the nearest known keys are {suggestion} and {rival}" : $"; the nearest known key is {suggestion}"
            : context.Format is LoraLintFormat ? "; remove it, for schemas/loralint.schema.json has all keys"
            : "; remove it, or look up what replaced it";
        // Files that a program saved may come from another version of it; PEFT says so itself and goes on. The table of our own format is
        // never older than what reads it.
        context.Report(
            key.Key.Entry.KeySpan,
            Outcome(context, key.Key) + hint,
            weaker: context.Format.Name is "peft" or "kohya-gui" ? Category.Advice
                : context.Format is LoraLintFormat ? null : Category.Suspicious);
    }

    private static string Outcome(CheckContext context, WrittenKey key)
    {
        var where = key.Parent.Length == 0 ? "" : $" in {key.Parent.Replace("[]", "")}";
        var subject = $"{key.TakerIn(context.Format)} has no {(key.Call is null ? "key" : "keyword")} {key.Entry.Key}{where}";
        return key.Table.UnknownKeys switch
        {
            UnknownKeys.Ignored when key.Call is not null => $"{subject} and makes nothing of it",
            UnknownKeys.Ignored => $"{subject} and drops it without a word",
            UnknownKeys.Rejected => $"{subject} and stops at it",
            _ when key.Call is not null => $"{subject} that is known",
            _ => $"{subject}, and none of its recipes reads it",
        };
    }

    private static string Join(string parent, string key) => parent.Length == 0 ? key : parent + "." + key;
}
