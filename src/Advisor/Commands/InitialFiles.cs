using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Commands;

/// <summary>What <c>loralint init</c> would do to one file.</summary>
/// <param name="Path">Relative to the working folder.</param>
/// <param name="OldText">What is there; null when nothing is.</param>
/// <param name="NewText">What would be there; null when nothing is to do or can be done.</param>
/// <param name="Says">What was done, or why nothing is.</param>
/// <param name="Replaces">Whether the old text would be gone rather than added to.</param>
internal sealed record InitialChange(string Path, string? OldText, string? NewText, string Says, bool Replaces = false);

/// <summary>One of the files that <c>loralint init</c> writes.</summary>
/// <param name="path">Relative to the working folder.</param>
/// <param name="text">What a new file says.</param>
/// <param name="addTo">
/// Adds what is needed to a text that is there; the same text when it has it already, null when there is no safe way. Null for a file
/// that can only be replaced.
/// </param>
/// <param name="byHand">What to add by hand where there is no safe way.</param>
internal sealed class InitialFile(string path, string text, Func<string, string?>? addTo, string byHand)
{
    /// <summary>What to do in a folder.</summary>
    public InitialChange For(string folder)
    {
        var fullPath = Path.Join(folder, path);
        if (Directory.Exists(fullPath))
            throw new UserMistakeException($"{path} is a folder");
        if (!File.Exists(fullPath))
            return new InitialChange(path, null, text, "written");
        var old = Read(fullPath);
        var next = addTo is null ? text : addTo(old);
        if (next == old)
            return new InitialChange(path, old, null, "has it already");
        return next is null
            ? new InitialChange(path, old, null, $"cannot be added to safely; add by hand:\n{byHand}")
            : new InitialChange(path, old, next, addTo is null ? "replaced" : "added to", Replaces: addTo is null);
    }

    private string Read(string fullPath)
    {
        var read = FileReader.Read(fullPath);
        if (!read.IsRead)
            throw new UserMistakeException($"cannot read {path}: {read.Failure}");
        // What cannot be decoded cannot be written back either.
        return read.Decoded.Problem is null ? read.Decoded.Text : throw new UserMistakeException($"{path}: {read.Decoded.Problem.Message}");
    }
}

/// <summary>The files that <c>loralint init</c> writes.</summary>
internal static class InitialFiles
{
    private const string SchemaAddress = "https://loralint.dev/schemas/settings.schema.json";
    private const string SchemasKey = "yaml.schemas";

    private const string Settings = $$"""
        # yaml-language-server: $schema={{SchemaAddress}}
        # Settings of LoraLint: docs/settings.md, or https://loralint.dev/settings

        # recommended, documented (documented guidance counts as warnings) or strict (all advice does)
        profile: recommended

        # Severities and options by rule: `loralint rules` lists them, `loralint explain NAME` tells about one.
        rules: {}
        #  alpha-below-rank: warning

        # Paths that are not looked for configs in, as in .gitignore.
        exclude: []

        # Settings for some paths.
        overrides: []
        #  - paths: [experiments/]
        #    profile: strict

        """;

    // The hook calls the installed tool, so that editor, terminal and commit say the same.
    private static readonly string[] s_hook =
    [
        "- repo: local",
        "  hooks:",
        "    - id: loralint",
        "      name: loralint",
        "      entry: loralint check --force-exclude",
        "      language: system",
        "      types_or: [yaml, json, toml]",
    ];

    // Files that programs write (adapter_config.json) are left to the editor's own catalog.
    private static readonly (string Address, string Files)[] s_schemas =
    [
        (SchemaAddress, $"\"{SettingsFile.FileName}\""),
        .. FormatSchemas.All.Where(s => s.Name != FormatSchemas.Settings).Select(s => (s.Address, Files: YamlFilesOf(s)))
            .Where(s => s.Files.Length > 2),
    ];

    private static readonly string s_editorSettings = $"{{\n  \"{SchemasKey}\": {Schemas("  ")}\n}}\n";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<InitialFile> All { get; } =
    [
        new(SettingsFile.FileName, Settings, addTo: null, byHand: ""),
        new(".pre-commit-config.yaml", "repos:\n" + Hook("  "), AddHook, Hook("  ")),
        new(".vscode/settings.json", s_editorSettings, AddSchemas, s_editorSettings),
    ];

    private static string Hook(string indent) => string.Concat(s_hook.Select(line => indent + line + "\n"));

    /// <summary>Adds the hook behind the last repository of a pre-commit configuration.</summary>
    internal static string? AddHook(string text)
    {
        var document = ConfigReader.Read(new SourceText(".pre-commit-config.yaml", text), ConfigLanguage.Yaml);
        if (document.Problems.Count > 0 || document.Roots.Count > 1)
            return null;
        if (document.Roots is [] or [{ IsBlank: true }])
            return WithBreakAtEnd(text) + "repos:\n" + Hook("  ");
        if (document.Roots[0] is not { IsMapping: true, IsFlow: false } root)
            return null;
        if (root.Find("repos") is not { } repos)
            return Checked(WithBreakAtEnd(text) + "repos:\n" + Hook("  "), 1);
        if (repos.Value.Items.Any(HasHook))
            return text;
        var count = repos.Value.Items.Count;
        if (repos.Value is { IsSequence: true, IsFlow: false, IsAlias: false } && count > 0)
            return InsertBehind(document, repos.Value.Items[^1], count);
        // `repos:` or `repos: []`, alone on its line.
        var isEmpty = repos.Value.IsBlank || (repos.Value.IsSequence && count == 0 && !repos.Value.IsAlias);
        var lineEnd = document.Source.Lines.LineSpan(document.Source.Lines.LineAt(repos.KeySpan.Start)).End;
        return isEmpty && text[repos.Span.End..lineEnd].Trim() is "" or ":"
            ? Checked(text[..repos.KeySpan.End] + ":\n" + Hook("  ") + text[lineEnd..].TrimStart('\r', '\n'), 1)
            : null;
    }

    /// <summary>Adds the schemas of our settings file and of the formats in YAML to an editor's settings.</summary>
    internal static string? AddSchemas(string text)
    {
        var document = ConfigReader.Read(new SourceText("settings.json", text), ConfigLanguage.Json);
        if (text.Trim().Length == 0)
            return s_editorSettings;
        if (document.Problems.Any(p => p.Kind != ReadProblemKind.NotStrictJson) || document.Roots is not [{ IsMapping: true } root])
            return null;
        var editor = new ConfigEditor(document, ScalarDialect.Strict);
        if (root.Find(SchemasKey) is { } schemas)
        {
            if (!schemas.Value.IsMapping)
                return null;
            if (schemas.Value.Entries.Count == 0)
                return TextEdit.Apply(text, [new TextEdit(schemas.Value.Span, Schemas("  "))]);
            var (address, files) = s_schemas.FirstOrDefault(s => schemas.Value.Find(s.Address) is null);
            return address is null ? text
                : AddSchemas(TextEdit.Apply(text, [editor.InsertAfter(schemas.Value.Entries[^1], address, files)]));
        }

        if (root.Entries.Count == 0)
            return document.Comments.Count == 0 ? s_editorSettings : null;
        return TextEdit.Apply(text, [editor.InsertAfter(root.Entries[^1], SchemasKey, Schemas("  "))]);
    }

    private static string Schemas(string indent) =>
        "{\n" + string.Join(",\n", s_schemas.Select(s => $"{indent}  \"{s.Address}\": {s.Files}")) + $"\n{indent}}}";

    private static string YamlFilesOf(FormatSchema schema) =>
        "[" + string.Join(", ", schema.Files.Where(f => ConfigReader.LanguageOf(f) == ConfigLanguage.Yaml).Select(f => $"\"{f}\"")) + "]";

    private static string? InsertBehind(ConfigDocument document, ConfigNode last, int count)
    {
        var text = document.Source.Text;
        var lines = document.Source.Lines;
        var lineStart = lines.LineStart(lines.LineAt(last.Span.Start));
        var before = text[lineStart..last.Span.Start];
        var indent = before[..(before.Length - before.TrimStart().Length)];
        if (!before.TrimStart().StartsWith('-'))
            return null;
        var end = lines.LineSpan(lines.LineAt(Math.Max(last.Span.End - 1, last.Span.Start))).End;
        return Checked(text[..end] + "\n" + Hook(indent).TrimEnd('\n') + (end == text.Length ? "\n" : text[end..]), count + 1);
    }

    // Only what reads back as the list of before with our hook behind it.
    private static string? Checked(string text, int count)
    {
        var document = ConfigReader.Read(new SourceText(".pre-commit-config.yaml", text), ConfigLanguage.Yaml);
        return document.Problems.Count == 0 && document.Roots is [{ } root] && root.Find("repos") is { } repos
            && repos.Value.Items.Count == count && HasHook(repos.Value.Items[^1]) ? text : null;
    }

    private static bool HasHook(ConfigNode repo) =>
        repo.Find("hooks") is { } hooks
        && hooks.Value.Items.Any(h => h.Find("id")?.Value.Text.StartsWith("loralint", StringComparison.Ordinal) == true);

    private static string WithBreakAtEnd(string text) => text.Length == 0 || text.EndsWith('\n') ? text : text + "\n";
}
