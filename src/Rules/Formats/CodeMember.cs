using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Formats;

/// <summary>Where a C# config has one of the settings of <see cref="Configs.TrainingConfig"/>.</summary>
/// <param name="Key">The member's name; dots for members of members, such as <c>Lora.Rank</c>.</param>
/// <param name="Default">
/// The value where nothing is assigned: a double, bool, string or list of strings; null when it is not known.
/// </param>
public sealed record CodeMember(string Key, object? Default = null)
{
    /// <summary>The words that it takes; empty for any, and where it takes none.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The key that our run format has for it; null where it has none.</summary>
    internal string? RunKey { get; init; }

    /// <summary>The numbers that it can have; null for any, and where it takes none.</summary>
    internal NumberRange? Range { get; init; }
}
