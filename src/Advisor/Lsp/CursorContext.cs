using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>
/// What is being typed at a cursor. It is found from the text alone, not from a tree: while a key or value is typed, the text is broken
/// more often than not.
/// </summary>
/// <param name="Parent">The path of the mapping that the cursor is in, as key tables have it; empty for the root.</param>
/// <param name="Key">The key whose value is typed; null while a key is typed.</param>
/// <param name="Word">What is replaced by a completion: from the start of the word to its end, without quotes.</param>
/// <param name="Siblings">The other keys of the mapping.</param>
internal sealed record CursorContext(string Parent, string? Key, TextSpan Word, IReadOnlySet<string> Siblings)
{
    /// <summary>Whether the word stands in quotes already.</summary>
    public bool IsQuoted { get; init; }

    /// <summary>Whether an item of a list is typed.</summary>
    public bool IsItem { get; init; }

    /// <summary>Whether the colon or equals sign behind the key is there.</summary>
    public bool HasSeparator { get; init; }

    /// <summary>The path of the key whose value is typed.</summary>
    public string Path => Parent.Length == 0 ? Key ?? "" : $"{Parent}.{Key}";

    /// <summary>What is typed at an offset, or null where nothing can be said: in comments, in blocks of text, in code.</summary>
    public static CursorContext? Find(SourceText source, ConfigLanguage language, int offset) => language switch
    {
        ConfigLanguage.Json => JsonCursor.Find(source, offset),
        ConfigLanguage.Toml => TomlCursor.Find(source, offset),
        ConfigLanguage.Yaml => YamlCursor.Find(source, offset),
        _ => null,
    };
}
