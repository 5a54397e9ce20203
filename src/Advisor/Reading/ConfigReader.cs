using LoraLint.Advisor.Reading.Python;
using LoraLint.Advisor.Reading.Shell;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading;

/// <summary>Reads a text into a config tree. Never throws for what is in the text: problems are collected in the document.</summary>
public static class ConfigReader
{
    /// <summary>Reads a text in the language given.</summary>
    public static ConfigDocument Read(SourceText source, ConfigLanguage language) => language switch
    {
        _ when source.Text.Length > ReadLimits.MaxBytes => TooLarge(source, language),
        ConfigLanguage.Json => JsonReader.Read(source),
        ConfigLanguage.Toml => TomlReader.Read(source),
        ConfigLanguage.Python => PythonReader.Read(source),
        ConfigLanguage.Notebook => NotebookReader.Read(source),
        ConfigLanguage.Shell => ShellReader.Read(source),
        _ => YamlReader.Read(source),
    };

    /// <summary>Reads a file's text; what is wrong with its bytes is among the problems.</summary>
    /// <param name="decoded">The text.</param>
    /// <param name="shownPath">The path to show for it.</param>
    /// <param name="language">The language to read it as.</param>
    internal static ConfigDocument Read(DecodedText decoded, string shownPath, ConfigLanguage language)
    {
        var source = new SourceText(shownPath, decoded.Text);
        // Python reads a script in the encoding that its first lines name; we pass over one that is not in UTF-8.
        if (decoded.Problem is { Kind: ReadProblemKind.Unreadable } && language == ConfigLanguage.Python && NamesEncoding(decoded.Text))
            return new ConfigDocument { Source = source, Language = language, Roots = [] };
        if (decoded.Problem is { } problem)
            return new ConfigDocument { Source = source, Language = language, Roots = [], Problems = [problem] };
        var document = Read(source, language);
        // Python's json module refuses the mark; its YAML skips it.
        if (!decoded.HasByteOrderMark || language != ConfigLanguage.Json)
            return document;
        var mark = new ReadProblem(ReadProblemKind.NotStrictJson,
            "the file begins with a byte-order mark, which Python's json module refuses; save it as UTF-8 without one", default);
        return new ConfigDocument
        {
            Source = source, Language = language, Roots = document.Roots, Comments = document.Comments,
            Problems = [mark, .. document.Problems],
        };
    }

    /// <summary>The language a path's extension stands for, or null when it is none that configs are written in.</summary>
    public static ConfigLanguage? LanguageOf(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".yaml" or ".yml" => ConfigLanguage.Yaml,
        ".json" => ConfigLanguage.Json,
        ".toml" => ConfigLanguage.Toml,
        ".py" => ConfigLanguage.Python,
        ".ipynb" => ConfigLanguage.Notebook,
        ".sh" or ".bash" => ConfigLanguage.Shell,
        _ => null,
    };

    /// <summary>
    /// Whether a text may hold a config at all: of code that is found in a folder most is about something else, which a cheap look tells.
    /// </summary>
    public static bool MayHoldConfig(string text, ConfigLanguage language) => language switch
    {
        ConfigLanguage.Python or ConfigLanguage.Notebook => PythonCalls.MayBeIn(text),
        ConfigLanguage.Shell => ShellReader.MayHoldConfig(text),
        _ => true,
    };

    // PEP 263: a comment with `coding:` or `coding=` in one of the first two lines.
    private static bool NamesEncoding(string text)
    {
        foreach (var line in text.Split('\n', 3).Take(2))
        {
            var at = line.IndexOf("coding", StringComparison.Ordinal);
            if (line.TrimStart().StartsWith('#') && at >= 0 && at + 6 < line.Length && line[at + 6] is ':' or '=')
                return true;
        }

        return false;
    }

    /// <summary>The same of a file's bytes, before they are decoded; what is not in UTF-8 may hold anything.</summary>
    internal static bool MayHoldConfig(ReadOnlySpan<byte> bytes, ConfigLanguage language) =>
        language is not (ConfigLanguage.Python or ConfigLanguage.Notebook) || bytes.Contains((byte)0) || PythonCalls.MayBeIn(bytes);

    // An editor may hold what is never read from a file.
    private static ConfigDocument TooLarge(SourceText source, ConfigLanguage language) => new()
    {
        Source = source, Language = language, Roots = [],
        Problems =
        [
            new ReadProblem(ReadProblemKind.Limit,
                $"texts over {ReadLimits.MaxBytes / 1048576} MiB are not read: that is data, not a config", default),
        ],
    };
}
