using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A key that came with a later version than the project runs on.</summary>
public sealed class KeyNewerThanVersion : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL021",
        Name = "key-newer-than-version",
        Category = Category.Correctness,
        Summary = "The key came with a later version than the one that the project runs on.",
        Why = "The version that is installed does not know the key: it stops at it, or drops it without a word and trains otherwise.",
        Sources =
        [
            new("The key tables", "schemas/*.schema.json: x-since, out of the tags of each framework's repository"),
            new("huggingface/peft#2208", "adapter_config.json with keys of a later version"),
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        foreach (var key in WrittenKey.AllOf(context.Recognised))
        {
            if (key.Info is { Since: { } since, Removed: false } && key.IsNamed
                && VersionMark.Of(context, key, since) is { IsNotReached: true } mark)
                Report(context, key, since, mark);
        }
    }

    private static void Report(CheckContext context, WrittenKey key, string since, VersionMark mark)
    {
        var name = key.Entry.Key;
        var requirement = mark.Requirement!;
        var before = OldName(context, key);
        var rejects = key.Table.UnknownKeys == UnknownKeys.Rejected;
        // Saved files list every key of the version that wrote them; PEFT warns of those it does not know and drops them.
        var isDefault = IsDefault(context, key);
        if (isDefault && !rejects && context.Format.Name != "peft")
            return;
        var fix = before is not null ? new Fix(FixSafety.Safe, $"Write {before}", context.Edit.Rename(key.Entry, before))
            : isDefault && context.Format.Name == "peft" && key.Mapping.Entries.Count > 1
            ? new Fix(FixSafety.Safe, $"Remove {name}", context.Edit.Remove(key.Entry)) : null;
        context.Report(
            key.Entry.KeySpan,
            $"{name} came with {mark.Name}, and {requirement.Text} ({requirement.Place}) "
            + (rejects ? "stops at it; " : "drops it without a word; ")
            + (before is not null ? $"it is called {before} there"
                : $"it needs {mark.Package}>={since}"),
            fix,
            context.Format.Name != "peft" ? null : isDefault ? Category.Advice : Category.Suspicious,
            requirement.Related);
    }

    // The key that this one replaced, where the project's version has it.
    private static string? OldName(CheckContext context, WrittenKey key)
    {
        var old = key.Table.ChildrenOf(key.Parent).FirstOrDefault(k => k.RenamedTo == key.Entry.Key);
        return old is not null && key.Mapping.Find(old.Name) is null
            && (!old.Removed || VersionMark.Of(context, key, old.RemovedSince) is { IsNotReached: true })
            && VersionMark.Of(context, key, old.Since) is not { IsNotReached: true } ? old.Name : null;
    }

    private static bool IsDefault(CheckContext context, WrittenKey key)
    {
        if (context.Read.IsNull(key.Entry.Value))
            return true;
        return key.Entry.Value is { IsScalar: true, Style: ScalarStyle.Plain } value && key.Info!.Default is { } spelled
            && string.Equals(value.Text, spelled, StringComparison.OrdinalIgnoreCase);
    }
}
