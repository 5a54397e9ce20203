using LoraLint.Rules.Formats;
using Microsoft.CodeAnalysis;

namespace LoraLint.Rules.Roslyn;

/// <summary>A C# type that holds LoRA settings.</summary>
/// <param name="Members">Its members by the setting that they hold.</param>
/// <param name="Record">The name of the record of <c>LoraLint.Rules.Runs</c> that it is; null for a type of the program's own.</param>
/// <param name="Types">The type of each member that is a single value, by the member's name.</param>
internal sealed record ConfigType(
    IReadOnlyDictionary<string, CodeMember> Members, string? Record, IReadOnlyDictionary<string, SpecialType> Types)
{
    /// <summary>The format that reads objects of the type.</summary>
    public CSharpFormat Format { get; } = new(Members, Record);

    /// <summary>The member that a constructor's parameter is named after: <c>loraAlpha</c> is LoraAlpha, or Alpha.</summary>
    public string MemberOf(string parameter) =>
        Members.Values.FirstOrDefault(m => ConfigNames.Fold(m.Key) == ConfigNames.Fold(parameter))?.Key
        ?? (ConfigNames.SettingOf(parameter) is { } known && Members.TryGetValue(known.Setting, out var member) ? member.Key : parameter);
}
