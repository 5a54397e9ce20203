using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Reads settings out of a config's tree by the format's own keys. Reading is lenient: a number written as text is still that number,
/// because whether the framework minds is a question for a rule. A value of another type is written but not known.
/// </summary>
/// <param name="root">The mapping that holds the keys.</param>
/// <param name="dialect">How the format's loader types scalars.</param>
/// <param name="path">The file's path, or empty: where a framework has no key for the kind of training, its recipes' names tell.</param>
public sealed class SettingReader(ConfigNode root, ScalarDialect dialect, string path = "")
{
    private static readonly IReadOnlyDictionary<string, double> s_noPattern = new Dictionary<string, double>();

    /// <summary>The mapping that is read.</summary>
    public ConfigNode Root { get; } = root;

    /// <summary>How scalars are typed.</summary>
    public ScalarDialect Dialect { get; } = dialect;

    /// <summary>The file's path with forward slashes; empty when there is none.</summary>
    public string Path { get; } = path.Replace('\\', '/');

    /// <summary>The entry at a key or dotted path, or null.</summary>
    public ConfigEntry? Find(string key) => Root.FindPath(key);

    /// <summary>Whether the key is written with something other than null.</summary>
    public bool Has(string key) => Find(key) is { } entry && !IsNull(entry.Value);

    /// <summary>Whether one of the keys is written with something other than null.</summary>
    public bool HasAny(params string[] keys) => keys.Any(Has);

    /// <summary>Whether the key is known to be on: written as true, not merely left to a default.</summary>
    public bool IsOn(string key) => Bool(key).Or(false);

    /// <summary>Whether a node is null or blank for this loader.</summary>
    public bool IsNull(ConfigNode node) => node.IsScalar && Dialect.Read(node).Kind == ConfigValueKind.Null;

    /// <summary>A number; null stands for the framework's default in <paramref name="whenAbsent"/>.</summary>
    public Setting<double> Number(string key, double? whenAbsent = null) =>
        Read<double>(key, whenAbsent is { } d ? Setting<double>.Default(d, key, Find(key)) : null, TryNumber);

    /// <summary>A boolean.</summary>
    public Setting<bool> Bool(string key, bool? whenAbsent = null) =>
        Read<bool>(key, whenAbsent is { } d ? Setting<bool>.Default(d, key, Find(key)) : null, TryBool);

    /// <summary>A text. Numbers and booleans are taken by their spelling.</summary>
    public Setting<string> Text(string key, string? whenAbsent = null) =>
        Read<string>(key, whenAbsent is { } d ? Setting<string>.Default(d, key, Find(key)) : null, TryText);

    /// <summary>A list of texts; a single text is a list of one.</summary>
    public Setting<IReadOnlyList<string>> Texts(string key, IReadOnlyList<string>? whenAbsent = null) =>
        Read<IReadOnlyList<string>>(key, whenAbsent is { } d ? Setting<IReadOnlyList<string>>.Default(d, key, Find(key)) : null, TryTexts);

    /// <summary>A list of texts that may also be written as one text with commas between.</summary>
    public Setting<IReadOnlyList<string>> Names(string key, IReadOnlyList<string>? whenAbsent = null) =>
        Read<IReadOnlyList<string>>(key, whenAbsent is { } d ? Setting<IReadOnlyList<string>>.Default(d, key, Find(key)) : null, TryNames);

    /// <summary>The texts under one key of each mapping in a list, such as the paths of datasets.</summary>
    public Setting<IReadOnlyList<string>> TextsUnder(string key, string itemKey) =>
        Read<IReadOnlyList<string>>(key, null, (ConfigNode node, out IReadOnlyList<string> texts) =>
        {
            var values = node.Items.Select(i => i.Find(itemKey)?.Value).ToList();
            texts = [.. values.Select(v => v?.Text ?? "")];
            return node.IsSequence && values.All(v => v is not null && TryText(v, out _));
        });

    /// <summary>Layer indices, one or a list; without them all layers.</summary>
    public Setting<LayerSelection> Layers(string key) =>
        Read(key, Setting<LayerSelection>.Default(LayerSelection.All, key, Find(key)), TryLayers);

    /// <summary>A number for each of some patterns of module names, as rank_pattern has them; empty without the key.</summary>
    public Setting<IReadOnlyDictionary<string, double>> Pattern(string key) =>
        Read(key, Setting<IReadOnlyDictionary<string, double>>.Default(s_noPattern, key, Find(key)), TryPattern);

    /// <summary>
    /// Target modules as PEFT takes them: a list of suffixes, the word all-linear alone, or a regular expression for full names.
    /// </summary>
    public Setting<ModuleSelection> Modules(string key) => Read<ModuleSelection>(key, null, TryModules);

    /// <summary>
    /// Reads a key by a parser of one's own; <paramref name="whenAbsent"/> is the setting when nothing or null is written.
    /// </summary>
    public Setting<T> Read<T>(string key, Setting<T>? whenAbsent, TryParse<T> parse)
    {
        if (Find(key) is not { } entry || IsNull(entry.Value))
            return (Root.Origin?.KnowsDefaultOf(key) == false ? null : whenAbsent) ?? Setting<T>.Absent(key, Find(key));
        return parse(entry.Value, out var value) ? Setting<T>.Written(value, key, entry) : Setting<T>.WrittenUnknown(key, entry);
    }

    /// <summary>The first of several keys that is written; else the setting of the first key.</summary>
    public Setting<T> FirstOf<T>(Func<string, Setting<T>> read, params string[] keys)
    {
        foreach (var key in keys)
        {
            if (Has(key))
                return read(key);
        }

        return read(keys[0]);
    }

    /// <summary>A node as a number, also when its loader would read it as text.</summary>
    public bool TryNumber(ConfigNode node, out double number)
    {
        var value = Dialect.Read(node);
        number = value.Number;
        return (value.IsNumber && !double.IsNaN(number))
            || (value.Kind == ConfigValueKind.String && ScalarDialect.TryParseNumber(value.Text, out number));
    }

    /// <summary>A node as a boolean, also when its loader would read it as text.</summary>
    public bool TryBool(ConfigNode node, out bool flag)
    {
        var value = Dialect.Read(node);
        flag = value.IsTrue || (value.Kind == ConfigValueKind.String && value.Text is "true" or "True");
        return value.Kind == ConfigValueKind.Bool
            || (value.Kind == ConfigValueKind.String && value.Text is "true" or "True" or "false" or "False");
    }

    /// <summary>A node as text.</summary>
    public bool TryText(ConfigNode node, out string text)
    {
        text = node.Text;
        return Dialect.Read(node).Kind is not (ConfigValueKind.Unknown or ConfigValueKind.Null);
    }

    /// <summary>A node as a list of texts; unknown as soon as one item is.</summary>
    public bool TryTexts(ConfigNode node, out IReadOnlyList<string> texts)
    {
        if (node.IsScalar)
        {
            texts = [node.Text];
            return TryText(node, out _);
        }

        texts = [.. node.Items.Select(i => i.Text)];
        return node.IsSequence && node.Items.All(i => TryText(i, out _));
    }

    /// <summary>A node as a list of texts, a text being split at its commas.</summary>
    public bool TryNames(ConfigNode node, out IReadOnlyList<string> names)
    {
        if (!TryTexts(node, out names))
            return false;
        if (node.IsScalar)
            names = [.. node.Text.Split(',').Select(n => n.Trim())];
        return true;
    }

    private bool TryLayers(ConfigNode node, out LayerSelection layers)
    {
        layers = LayerSelection.All;
        var indices = new List<long>();
        foreach (var item in node.IsSequence ? node.Items : [node])
        {
            if (!TryNumber(item, out var index))
                return false;
            indices.Add((long)index);
        }

        // An empty list switches the filter off (PEFT's check_target_module_exists tests its truth).
        if (indices.Count > 0)
            layers = new LayerSelection(indices);
        return true;
    }

    private bool TryPattern(ConfigNode node, out IReadOnlyDictionary<string, double> pattern)
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        pattern = numbers;
        foreach (var entry in node.Entries)
        {
            if (!entry.IsOverridden && !TryNumber(entry.Value, out _))
                return false;
            if (!entry.IsOverridden && TryNumber(entry.Value, out var number))
                numbers[entry.Key] = number;
        }

        return node.IsMapping;
    }

    /// <summary>A node as a selection of modules, as <see cref="Modules"/> reads it.</summary>
    public bool TryModules(ConfigNode node, out ModuleSelection modules)
    {
        modules = ModuleSelection.AllLinear();
        if (node.IsScalar)
        {
            if (!TryText(node, out var text))
                return false;
            // PEFT expands the word only as a string, whatever its case: tuners/tuners_utils.py:2391 (0.20.1.dev0).
            if (!text.Equals("all-linear", StringComparison.OrdinalIgnoreCase))
                modules = ModuleSelection.OfPattern(text);
            return true;
        }

        if (!TryTexts(node, out var names))
            return false;
        modules = ModuleSelection.OfNames(names);
        return true;
    }
}

/// <summary>Parses a node; false when its content is not known or of another type.</summary>
public delegate bool TryParse<T>(ConfigNode node, out T value);
