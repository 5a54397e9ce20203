using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A key under the name that another framework has for the setting.</summary>
public sealed class CrossFrameworkKey : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL011",
        Name = "cross-framework-key",
        Category = Category.Correctness,
        Summary = "A setting is written under the name that another framework has for it.",
        Why = "The name means nothing here, so the setting keeps its default or the run stops.",
        Sources =
        [
            new("The key tables", "schemas/*.schema.json, read out of each framework's source at the commit named there"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "run: lora_rank and lora_target_module vanish without a word"),
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
        // A script on TRL's parser or a fork of sd-scripts may well read a key of this name.
        if (isForeign && context.Format.Name is "trl" or "kohya")
            return;
        foreach (var key in WrittenKey.AllOf(context.Recognised))
        {
            if (Explains(context.Format, key) && (key.IsNamed || UnknownKeyFinder.AreNamesKnown(key.Table, key.Parent)))
                Report(context, key, isForeign);
        }
    }

    /// <summary>
    /// Whether a key is another framework's name for a setting that the format has: unknown to the format, or gone so long ago that no
    /// version is known that had it.
    /// </summary>
    internal static bool Explains(ConfigFormat format, WrittenKey key) =>
        (!key.IsNamed || key.Info is { Removed: true, RemovedSince: null })
        && KeyConcepts.CounterpartOf(key.VocabularyIn(format), key.Entry.Key) is { } counterpart
        && (key.Parent.Length == 0 || key.Parent == ParentOf(counterpart.Path))
        // One class of a script takes only some of what its library's command line does.
        && (key.Call is null || key.Table.Find(counterpart.Path) is { Removed: false });

    private static void Report(CheckContext context, WrittenKey key, bool isForeign)
    {
        var table = key.Table;
        var counterpart = KeyConcepts.CounterpartOf(key.VocabularyIn(context.Format), key.Entry.Key)!;
        var users = counterpart.UsedBy.Select(f => FormatCatalog.Find(f)?.Title).Where(t => t is not null).Take(2).ToList();
        var outcome = key.TakerIn(context.Format) + (table.UnknownKeys == UnknownKeys.Rejected ? " stops at " : " does not read ");
        var message = users.Count == 0 ? $"{outcome}{key.Entry.Key}; the setting is {counterpart.Path} here"
            : $"{key.Entry.Key} is the name in {string.Join(" and ", users)} for {counterpart.Path}; {outcome}it";
        var isSibling = ParentOf(counterpart.Path) == key.Parent;
        var isThere = context.Read.Find(counterpart.Path) is not null;
        var target = table.Find(counterpart.Path);
        var fits = counterpart.TakesSameValue && (target is null || target.Takes(ValueTypes.Of(context.Read, key.Entry.Value)));
        var isSure = !isForeign && table.UnknownKeys != UnknownKeys.Unchecked;
        var name = counterpart.Path.Substring(counterpart.Path.LastIndexOf('.') + 1);
        var fix = isSibling && !isThere && fits
            ? new Fix(isSure ? FixSafety.Safe : FixSafety.Unsafe, $"Rename to {name}", context.Edit.Rename(key.Entry, name)) : null;
        context.Report(
            key.Entry.KeySpan,
            message + (isThere ? $" ({counterpart.Path} is in the file too)" : fits ? "" : " (and takes other values)"),
            fix,
            weaker: isSure ? null : Category.Suspicious);
    }

    private static string ParentOf(string path) => path.LastIndexOf('.') is var dot and >= 0 ? path.Substring(0, dot) : "";
}
