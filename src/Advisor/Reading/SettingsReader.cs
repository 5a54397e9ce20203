using LoraLint.Advisor.Commands;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading;

/// <summary>Reads a settings file. Every mistake in it is told with its place; a file with mistakes is not used at all.</summary>
internal sealed class SettingsReader
{
    /// <summary>The keys of a settings file, in the order that the documentation has them.</summary>
    public static IReadOnlyList<string> Keys { get; } =
        ["profile", "rules", "select", "ignore", "exclude", "formats", "dataset-rows", "gpu", "budget", "versions", "overrides"];

    /// <summary>The keys of an override.</summary>
    public static IReadOnlyList<string> OverrideKeys { get; } =
        ["paths", "profile", "rules", "select", "ignore", "format", "dataset-rows", "gpu", "budget", "versions"];

    /// <summary>The keys of a budget.</summary>
    public static IReadOnlyList<string> BudgetKeys { get; } = ["trainable-parameters"];

    /// <summary>The words for <see cref="Profile"/>.</summary>
    public static IReadOnlyList<string> Profiles { get; } = ["recommended", "documented", "strict"];

    /// <summary>The words for <see cref="Severity"/> in their order.</summary>
    public static IReadOnlyList<string> Severities { get; } = ["off", "info", "warning", "error"];

    private readonly SourceText _source;
    private readonly List<SettingsMistake> _mistakes = [];

    private SettingsReader(SourceText source) => _source = source;

    /// <summary>Reads a settings file.</summary>
    /// <param name="fullPath">The file, absolute.</param>
    /// <param name="shownPath">The path to show.</param>
    /// <param name="folder">The folder that its patterns are relative to, absolute.</param>
    /// <exception cref="UserMistakeException">It cannot be read, or makes no sense: <see cref="SettingsMistakesException"/>.</exception>
    public static SettingsFile Read(string fullPath, string shownPath, string folder)
    {
        var read = FileReader.Read(fullPath);
        return read.IsRead
            ? Parse(ConfigReader.Read(read.Decoded, FileDiscovery.Shown(shownPath), ConfigLanguage.Yaml), folder)
            : throw new UserMistakeException($"cannot read the settings file {shownPath}: {read.Failure}");
    }

    /// <summary>Reads the text of a settings file.</summary>
    public static SettingsFile Parse(SourceText source, string folder) => Parse(ConfigReader.Read(source, ConfigLanguage.Yaml), folder);

    private static SettingsFile Parse(ConfigDocument document, string folder)
    {
        var reader = new SettingsReader(document.Source);
        foreach (var problem in document.Problems)
            reader.Mistake(problem.Span.Start, problem.Message);
        var settings = new SettingsFile { Folder = folder };
        if (document.Roots.Count > 1)
            reader.Mistake(document.Roots[1].Span.Start, "a settings file holds one document");
        else if (reader._mistakes.Count == 0 && document.Roots is [{ IsBlank: false } root] && reader.IsMapping(root, "the settings file"))
            settings = reader.ReadFile(root, folder);
        return reader._mistakes.Count == 0 ? settings
            : throw new SettingsMistakesException(document.Source, reader._mistakes);
    }

    private SettingsFile ReadFile(ConfigNode root, string folder)
    {
        if (Path.DirectorySeparatorChar != '/')
            folder = folder.Replace(Path.DirectorySeparatorChar, '/');
        CheckKeys(root, Keys);
        return new SettingsFile
        {
            Folder = folder.TrimEnd('/'),
            Everywhere = ReadBlock(root),
            Exclude = new GitIgnore(Texts(root, "exclude") ?? []),
            Formats = ReadFormats(root),
            Overrides = ReadOverrides(root),
        };
    }

    private SettingsBlock ReadBlock(ConfigNode root)
    {
        var severities = new Dictionary<string, Severity>();
        var numbers = new Dictionary<string, double>();
        if (Value(root, "rules") is { } rules && IsMapping(rules, "'rules'"))
        {
            foreach (var entry in rules.Entries)
                ReadRule(entry, severities, numbers);
        }

        return new SettingsBlock
        {
            Profile = Value(root, "profile") is { } profile && OneOf(profile, "'profile'", Profiles) is >= 0 and var p ? (Profile)p : null,
            Select = ReadSelectors(root, "select"),
            Ignore = ReadSelectors(root, "ignore") ?? [],
            Severities = severities,
            Numbers = numbers,
            Format = Value(root, "format") is { } format ? ReadFormat(format) : null,
            DatasetRows = Value(root, "dataset-rows") is { } rows ? ReadRows(rows) : null,
            Gpu = Value(root, "gpu") is { } gpu ? ReadGpu(gpu) : null,
            TrainableBudget = Value(root, "budget") is { } budget ? ReadBudget(budget) : null,
            Versions = Value(root, "versions") is { } versions ? ReadVersions(versions) : new Dictionary<string, string>(),
        };
    }

    private void ReadRule(ConfigEntry entry, Dictionary<string, Severity> severities, Dictionary<string, double> numbers)
    {
        if (RuleCatalog.Find(entry.Key) is not { } rule)
        {
            Mistake(entry.KeySpan.Start, UnknownRule(entry.Key));
            return;
        }

        if (!entry.Value.IsMapping)
        {
            if (OneOf(entry.Value, $"'{entry.Key}'", Severities) is >= 0 and var severity)
                severities[rule.Name] = (Severity)severity;
            return;
        }

        foreach (var option in entry.Value.Entries)
        {
            if (option.Key == "severity")
            {
                if (OneOf(option.Value, "'severity'", Severities) is >= 0 and var severity)
                    severities[rule.Name] = (Severity)severity;
            }
            else if (!rule.Options.Any(o => o.Name == option.Key))
            {
                var names = rule.Options.Select(o => o.Name).Prepend("severity").ToList();
                Mistake(option.KeySpan.Start, $"'{rule.Name}' has no option '{option.Key}'{Suggestion.For(option.Key, names)}"
                    + (rule.Options.Count == 0 ? " (it has none)" : ""));
            }
            else if (Number(option.Value) is { } number)
            {
                numbers[$"{rule.Name}.{option.Key}"] = number;
            }
            else
            {
                Mistake(PlaceOf(option), $"'{option.Key}' must be a number");
            }
        }
    }

    private List<(GitIgnore Paths, string Format)> ReadFormats(ConfigNode root)
    {
        var formats = new List<(GitIgnore, string)>();
        if (Value(root, "formats") is not { } node || !IsMapping(node, "'formats'"))
            return formats;
        foreach (var entry in node.Entries)
        {
            if (ReadFormat(entry.Value) is { } format)
                formats.Add((new GitIgnore([entry.Key]), format));
        }

        return formats;
    }

    private List<(GitIgnore Paths, SettingsBlock Block)> ReadOverrides(ConfigNode root)
    {
        var overrides = new List<(GitIgnore, SettingsBlock)>();
        if (Value(root, "overrides") is not { } list)
            return overrides;
        if (!list.IsSequence)
        {
            Mistake(list.Span.Start, "'overrides' must be a list of mappings, each with 'paths'");
            return overrides;
        }

        foreach (var item in list.Items)
        {
            if (!IsMapping(item, "an override"))
                continue;
            CheckKeys(item, OverrideKeys);
            if (Texts(item, "paths") is { Count: > 0 } paths)
                overrides.Add((new GitIgnore(paths), ReadBlock(item)));
            else
                Mistake(item.Span.Start, "an override needs 'paths', a list of patterns");
        }

        return overrides;
    }

    private List<string>? ReadSelectors(ConfigNode root, string key)
    {
        if (Texts(root, key) is not { } selectors)
            return null;
        var node = Value(root, key)!;
        for (var i = 0; i < selectors.Count; i++)
        {
            if (!IsSelector(selectors[i]))
                Mistake((node.IsSequence ? node.Items[i] : node).Span.Start, UnknownRule(selectors[i]));
        }

        return selectors;
    }

    /// <summary>Whether a code, name or prefix of a code means at least one rule.</summary>
    public static bool IsSelector(string selector)
    {
        foreach (var rule in RuleCatalog.Infos)
        {
            if (LintOptions.Selects(selector, rule))
                return true;
        }

        return false;
    }

    /// <summary>What to say of a name that is no rule's.</summary>
    public static string UnknownRule(string name) =>
        $"no rule is called '{name}'{Suggestion.For(name, RuleCatalog.Infos.SelectMany(r => new[] { r.Name, r.Code }))}";

    private string? ReadFormat(ConfigNode node)
    {
        var names = FormatCatalog.All.Select(f => f.Name).ToList();
        return OneOf(node, "a format", names) is >= 0 and var index ? names[index] : null;
    }

    private long? ReadRows(ConfigNode node)
    {
        if (Number(node) is { } rows and >= 0 and < 1e15 && rows == Math.Floor(rows))
            return (long)rows;
        Mistake(node.Span.Start, "'dataset-rows' must be a whole number of rows");
        return null;
    }

    private Gpu? ReadGpu(ConfigNode node)
    {
        if (node.IsScalar && GpuCatalog.Find(node.Text) is { } gpu)
            return gpu;
        var hint = node.IsScalar ? Suggestion.For(node.Text, GpuCatalog.All.Select(g => g.Name)) : "";
        Mistake(node.Span.Start, $"'gpu' must be a card, such as rtx-4090, or its memory, such as 24GB or 81559MiB{hint}");
        return null;
    }

    private ParameterAmount? ReadBudget(ConfigNode node)
    {
        if (!IsMapping(node, "'budget'"))
            return null;
        CheckKeys(node, BudgetKeys);
        if (Value(node, BudgetKeys[0]) is not { } number)
            return null;
        if (number.IsScalar && ParameterAmount.TryParse(number.Text, out var amount) && (amount.IsShare || amount.Number >= 1))
            return amount;
        Mistake(number.Span.Start, $"'{BudgetKeys[0]}' must be a number of parameters, such as 10M or 1.5B, or a share, such as 0.5%");
        return null;
    }

    private Dictionary<string, string> ReadVersions(ConfigNode node)
    {
        var versions = new Dictionary<string, string>();
        if (!IsMapping(node, "'versions'"))
            return versions;
        foreach (var entry in node.Entries)
        {
            if (entry.Value is { IsScalar: true, Text.Length: > 0 } && VersionRange.Parse(entry.Value.Text) is { IsAny: false })
                versions[PackageNames.Normalize(entry.Key)] = entry.Value.Text;
            else
                Mistake(PlaceOf(entry), $"the version of '{entry.Key}' must be a release or a range, such as 0.24.0 or '>=0.20,<0.25'");
        }

        return versions;
    }

    private void CheckKeys(ConfigNode node, IReadOnlyList<string> known)
    {
        foreach (var entry in node.Entries)
        {
            if (!known.Contains(entry.Key))
                Mistake(entry.KeySpan.Start, $"unknown key '{entry.Key}'{Suggestion.For(entry.Key, known)}");
            else if (entry.IsOverridden)
                Mistake(entry.KeySpan.Start, $"'{entry.Key}' is there twice");
        }
    }

    // The place of a word in a list of them, or -1 with a mistake.
    private int OneOf(ConfigNode node, string what, IReadOnlyList<string> words)
    {
        for (var i = 0; i < words.Count; i++)
        {
            if (node.IsScalar && node.Text == words[i])
                return i;
        }

        var hint = node.IsScalar ? Suggestion.For(node.Text, words) : "";
        Mistake(node.Span.Start, $"{what} must be one of {string.Join(", ", words)}{hint}");
        return -1;
    }

    private List<string>? Texts(ConfigNode root, string key)
    {
        if (Value(root, key) is not { } node)
            return null;
        var texts = new List<string>();
        foreach (var item in node.IsSequence ? node.Items : [node])
        {
            if (item is { IsScalar: true, Text.Length: > 0 })
                texts.Add(item.Text);
            else
                Mistake(item.Span.Start, $"'{key}' must be a list of words");
        }

        return texts.Count == (node.IsSequence ? node.Items.Count : 1) ? texts : null;
    }

    private bool IsMapping(ConfigNode node, string what)
    {
        if (!node.IsMapping)
            Mistake(node.Span.Start, $"{what} must be a mapping of keys to values");
        return node.IsMapping;
    }

    // A key without a value counts as left out.
    private static ConfigNode? Value(ConfigNode root, string key) => root.Find(key) is { Value.IsBlank: false } entry ? entry.Value : null;

    private static double? Number(ConfigNode node) =>
        ScalarDialect.Yaml12.Read(node) is { IsNumber: true } value && double.IsFinite(value.Number) ? value.Number : null;

    private static int PlaceOf(ConfigEntry entry) => entry.Value.Span.Length > 0 ? entry.Value.Span.Start : entry.KeySpan.Start;

    private void Mistake(int offset, string message) => _mistakes.Add(new SettingsMistake(offset, message));
}
