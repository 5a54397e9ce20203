using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Linting;

/// <summary>A key that the framework does not have, with the key that was most likely meant.</summary>
/// <param name="Key">The key as written.</param>
/// <param name="Suggestion">A known key of the same mapping, or null.</param>
/// <param name="Rival">Another known key that is as close as the suggestion, or null.</param>
/// <param name="IsClose">Whether the suggestion differs by a slip of the pen only, and no other key is as close.</param>
public sealed record KeyGuess(WrittenKey Key, string? Suggestion, string? Rival, bool IsClose);

/// <summary>Finds the keys of a config that its framework does not have.</summary>
public static class UnknownKeyFinder
{
    // From so many keys of no likeness to known ones, a file is of another program that shares some keys with the framework.
    private const int ManyOwnKeys = 3;

    /// <summary>The unknown keys, in places whose keys are known by name.</summary>
    public static IReadOnlyList<KeyGuess> Find(RecognisedConfig config)
    {
        return [.. WrittenKey.AllOf(config)
            .Where(k => !k.IsNamed && AreNamesKnown(k.Table, k.Parent)
                && (config.Format is LoraLintFormat || k.Call is not null || !IsHelper(k)))
            .Select(WithSuggestion)];
    }

    /// <summary>
    /// Whether keys at the root show that another program reads the file: a script with settings of its own, a fork. TRL's parser serves
    /// such scripts, so there one key is enough.
    /// </summary>
    public static bool IsOfAnotherProgram(RecognisedConfig config, IReadOnlyList<KeyGuess> unknown) =>
        config.Format is not LoraLintFormat && config.Root.Origin?.Calls[0].Kind is null or CodeCallKind.Command
        && unknown.Count(u => IsOfNone(config.Format.Name, u)) >= (config.Format.Name == "trl" ? 1 : ManyOwnKeys);

    private static bool IsOfNone(string format, KeyGuess unknown) =>
        unknown.Key.Parent.Length == 0 && !unknown.IsClose && KeyConcepts.CounterpartOf(format, unknown.Key.Entry.Key) is null;

    /// <summary>
    /// Whether the keys at a place are known by name: all of them, or, where a framework checks none, at least those that it reads itself.
    /// </summary>
    public static bool AreNamesKnown(KeyTable table, string parent) =>
        !table.IsOpenAt(parent) || (table.UnknownKeys == UnknownKeys.Unchecked && table.ChildrenOf(parent).Count > 0);

    // Anchors and notes are kept under names that no framework has.
    private static bool IsHelper(WrittenKey key) =>
        key.Entry.Key[0] == '_' || key.Entry.Key.StartsWith("x-", StringComparison.Ordinal) || key.Entry.Value.IsAlias;

    private static KeyGuess WithSuggestion(WrittenKey key)
    {
        var name = key.Entry.Key;
        var suggestions = key.Table.Suggest(key.Parent, name, 2).ToList();
        if (suggestions.Count == 0)
            return new KeyGuess(key, null, null, false);
        var edits = NameDistance.Edits(name, suggestions[0]);
        var rival = suggestions.Count > 1 && NameDistance.Edits(name, suggestions[1]) <= edits ? suggestions[1] : null;
        var isClose = (edits <= (name.Length <= 5 ? 1 : 2) || HasSameWords(name, suggestions[0])) && rival is null;
        return new KeyGuess(key, suggestions[0], rival, isClose);
    }

    private static bool HasSameWords(string a, string b) =>
        a.Replace('-', '_').Split('_').OrderBy(w => w, StringComparer.Ordinal)
            .SequenceEqual(b.Replace('-', '_').Split('_').OrderBy(w => w, StringComparer.Ordinal));
}
