using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A key that newer versions renamed, replaced or removed.</summary>
public sealed class RenamedKey : Rule
{
    // Axolotl raises at these when they hold something (schemas/deprecated.py); its other deprecated keys still work.
    private static readonly string[] s_raisedByAxolotl =
    [
        "max_packed_sequence_len", "rope_scaling", "s2_attention", "flash_attn_rms_norm", "dpo_use_logits_to_keep",
        "dpo_generate_during_eval", "dpo_norm_loss", "rpo_alpha",
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL012",
        Name = "renamed-key",
        Category = Category.Correctness,
        Tag = FindingTag.Deprecated,
        Summary = "The key was renamed, replaced or removed in newer versions.",
        Why = "A newer version refuses the key or drops it without a word, and the setting falls back to its default.",
        Sources =
        [
            new("The key tables", "schemas/*.schema.json, with each framework's history"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/deprecated.py:29-140"),
            new("huggingface/transformers", "MIGRATION_GUIDE_V5.md"),
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
        // A script of one's own on TRL's parser may have a key of that name itself, as many have max_seq_length; so has alignment-handbook
        // up to July 2025, told by its key dataset_mixer.
        var isOwnScript = context.Format.Name == "trl" && (context.Read.Has("dataset_mixer")
            || UnknownKeyFinder.IsOfAnotherProgram(context.Recognised, UnknownKeyFinder.Find(context.Recognised)));
        foreach (var key in WrittenKey.AllOf(context.Recognised))
        {
            if (key.Info is { } info && (info.Removed || info.Deprecated)
                // A call takes no keyword that it does not have, whatever its value.
                && (key.Call is not null || !IsEmpty(context, key.Entry.Value))
                && !IsSaidElsewhere(context, key))
                Report(context, key, info, isOwnScript && key.Call is null);
        }
    }

    private static bool IsEmpty(CheckContext context, ConfigNode value) =>
        context.Read.IsNull(value)
        || (!value.IsUnknown && (value.IsScalar ? value.Text.Length == 0 : value.Items.Count + value.Entries.Count == 0));

    private static bool IsSaidElsewhere(CheckContext context, WrittenKey key) =>
        CrossFrameworkKey.Explains(context.Format, key)
        || (context.Format.Name == "axolotl" && key.Parent == "fsdp_config" && key.Entry.Key.StartsWith("fsdp_", StringComparison.Ordinal))
        || (context.Format.Name == "mlx-lm" && (MlxTopLevelLoraKeys.Explains(key.Entry.Key) || key.Path == "lora_parameters.alpha"));

    private static void Report(CheckContext context, WrittenKey key, KeyInfo info, bool isOwnScript)
    {
        var name = key.Entry.Key;
        var table = key.Table;
        var successor = info.RenamedTo ?? info.ReplacedBy;
        var fits = info.RenamedTo is not null
            && table.Find(Sibling(key, info.RenamedTo)) is { } target && target.Takes(ValueTypes.Of(context.Read, key.Entry.Value));
        var isOff = key.Call is null && context.Read.Dialect.Read(key.Entry.Value) is { Kind: ConfigValueKind.Bool, IsTrue: false };
        var raises = context.Format.Name == "axolotl" && key.Parent.Length == 0 && s_raisedByAxolotl.Contains(name) && !isOff;
        // Files that a program saved are read by another version of it, which passes over what it does not know.
        var isSaved = context.Format.Name is "peft" or "kohya-gui";
        var category = raises ? Category.Correctness : info.Removed && !isOff && !isSaved ? Category.Suspicious : Category.Advice;
        var mark = VersionMark.Of(context, key, info.Removed ? info.RemovedSince : info.DeprecatedSince);
        // What still works and has no new name needs no advice; warmup_ratio's successor takes steps alone before transformers 5.
        if (!raises && successor is null
            && (!info.Removed || isOff || (context.Format.Name == "trl" && mark is not { IsReached: true })))
            return;
        if (!info.Removed && name == "warmup_ratio")
            return;
        // What the project's version does not do yet is no mistake there.
        if (mark is { IsNotReached: true })
        {
            if (!info.Removed || info.Deprecated || raises)
                return;
            context.Report(
                key.Entry.KeySpan,
                $"{mark.Name} removes {name}, which {mark.Requirement!.Text} ({mark.Requirement.Place}) still has; from then on "
                + (successor is null ? "nothing takes its place" : $"it is {successor}"),
                weaker: Category.Advice,
                related: mark.Requirement.Related);
            return;
        }

        if (mark is { IsReached: true } && info.Removed && !isOff && !isSaved)
            category = Category.Correctness;
        if (isOwnScript)
            category = Category.Advice;
        var since = mark is null ? "" : $" since {mark.Name}" + mark.Reason;
        var state = raises ? $"{context.Format.Title} no longer takes {name} and stops at it"
            : info.Removed ? $"{key.TakerIn(context.Format)} no longer has {name}{since} and {Outcome(table)}"
            : $"{name} is deprecated{since}";
        var advice = fits ? $"it is called {successor} now"
            : successor is not null ? $"{successor} does its work now, with values of its own" : "remove it";
        // The new name may come with a version that the project does not run on.
        var canRename = fits && key.Mapping.Find(info.RenamedTo!) is null
            && VersionMark.Of(context, key, table.Find(Sibling(key, info.RenamedTo!))!.Since) is not { IsNotReached: true };
        context.Report(
            key.Entry.KeySpan,
            $"{state}{(isOwnScript ? ", unless the script that reads this file has it itself" : "")}; {advice}",
            !canRename ? null : new Fix(
                isOwnScript ? FixSafety.Unsafe : FixSafety.Safe, $"Rename to {info.RenamedTo}",
                context.Edit.Rename(key.Entry, info.RenamedTo!)),
            weaker: category == Category.Correctness ? null : category,
            related: mark is { IsReached: true } ? mark.Requirement!.Related : null);
    }

    private static string Sibling(WrittenKey key, string name) => key.Parent.Length == 0 ? name : key.Parent + "." + name;

    private static string Outcome(KeyTable table) => table.UnknownKeys switch
    {
        UnknownKeys.Rejected => "stops at it",
        UnknownKeys.Ignored => "drops it without a word",
        _ => "does not read it",
    };
}
