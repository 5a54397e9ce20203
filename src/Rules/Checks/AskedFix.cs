using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>
/// Fixes that the user is asked about, where one edit says all: null where there is nothing written to edit, in C#, or where a comment
/// would be lost.
/// </summary>
internal static class AskedFix
{
    /// <summary>Writes another value for a setting that is written.</summary>
    public static Fix? Set(CheckContext context, ISetting setting, string value) =>
        setting is { Origin: SettingOrigin.Written, Entry: { } entry } ? Set(context, entry, value) : null;

    /// <summary>Writes another number for a setting that is written.</summary>
    public static Fix? Set(CheckContext context, ISetting setting, double value) => Set(context, setting, ConfigEditor.Number(value));

    /// <summary>Writes another value for an entry.</summary>
    public static Fix? Set(CheckContext context, ConfigEntry entry, string value) => IsEditable(context, entry)
        ? new Fix(FixSafety.Unsafe, $"Set {entry.Key} to {value}", context.Edit.Replace(entry, value)) : null;

    /// <summary>Writes a key behind another one of the same mapping.</summary>
    public static Fix? Insert(CheckContext context, ConfigEntry? behind, string key, string value) =>
        behind is not null && IsEditable(context, behind) && context.Read.Find(key) is null
            ? new Fix(FixSafety.Unsafe, $"Set {key} to {value}", context.Edit.InsertAfter(behind, key, value)) : null;

    /// <summary>Takes an entry out.</summary>
    public static Fix? Remove(CheckContext context, ConfigEntry? entry) => entry is not null && IsEditable(context, entry)
        ? new Fix(FixSafety.Unsafe, $"Remove {entry.Key}", context.Edit.Remove(entry)) : null;

    /// <summary>Takes one entry out of a mapping, and the mapping itself with its last one.</summary>
    public static Fix? Remove(CheckContext context, ConfigEntry mapping, ConfigEntry entry) =>
        mapping.Value.Entries.Count(e => !e.IsMerged) > 1 ? Remove(context, entry) : Remove(context, mapping);

    /// <summary>Takes items out of a list, and the list itself when none is left.</summary>
    public static Fix? Keep(CheckContext context, ConfigEntry list, IReadOnlyList<ConfigNode> kept)
    {
        if (!list.Value.IsSequence || kept.Count == 0)
            return list.Value.IsUnknown ? null : Remove(context, list);
        if (list.Value.Items.Any(i => i.IsAlias || !i.IsScalar) || !IsEditable(context, list))
            return null;
        var gone = list.Value.Items.Except(kept).ToList();
        if (gone.Count == 1)
            return new Fix(FixSafety.Unsafe, $"Remove {gone[0].Text}", context.Edit.RemoveItem(list.Value, gone[0]));
        var value = kept.All(k => k.Style == ScalarStyle.Plain)
            ? "[" + string.Join(", ", kept.Select(k => k.Text)) + "]" : context.Edit.Words(kept.Select(k => k.Text));
        return context.Document.Language == ConfigLanguage.Shell ? null
            : new Fix(
                FixSafety.Unsafe,
                $"Remove {string.Join(", ", gone.Select(g => g.Text))} from {list.Key}",
                context.Edit.Replace(list, value));
    }

    // A keyword of a call may be there by its place alone, and what comes in from elsewhere is not this file's.
    private static bool IsEditable(CheckContext context, ConfigEntry entry) =>
        context.Format is not CSharpFormat && !entry.IsMerged && entry.KeySpan.Length > 0 && !entry.Value.IsAlias
        && !context.Edit.HoldsComment(entry.Span);
}
