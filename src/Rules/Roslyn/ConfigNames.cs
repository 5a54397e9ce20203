using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// How people name the types that hold LoRA settings in C#, and their members (<see cref="SettingNames"/>).
/// </summary>
internal static class ConfigNames
{
    private static readonly HashSet<string> s_records = new(RunMembers.Records, StringComparer.Ordinal);

    // The members of our records, and of types in their style, for a look at the syntax alone.
    private static readonly HashSet<string> s_members =
    [
        .. SettingNames.All,
        .. s_records.SelectMany(r => RunMembers.OfRecord(r)!.Values).SelectMany(m => m.Key.Split('.')).Select(Fold),
    ];

    /// <summary>Whether a type's simple name is that of a record of ours.</summary>
    public static bool IsRecord(string typeName) => s_records.Contains(typeName);

    /// <summary>Whether a type's simple name says that it holds LoRA settings.</summary>
    public static bool SaysLora(string typeName) =>
        typeName.EndsWith("LoraConfig", StringComparison.OrdinalIgnoreCase)
        || typeName.EndsWith("LoraOptions", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a member of the name may hold a setting.</summary>
    public static bool MayBeMember(string name) => s_members.Contains(Fold(name));

    /// <summary>The setting that a member of a type in our style holds by its name, and the name's place in its list; or null.</summary>
    public static (string Setting, int Order)? SettingOf(string name) => SettingNames.SettingOf(name);

    /// <summary>A name without case and underscores.</summary>
    public static string Fold(string name) => SettingNames.Fold(name);
}
