using System.Globalization;

namespace LoraLint.Rules.Configs;

/// <summary>
/// How a loader types plain scalars. YAML loaders differ in ways that cost users whole runs: PyYAML follows YAML 1.1, reads <c>2e-4</c>
/// as text and <c>no</c> as false; OmegaConf adds a float rule of its own.
/// </summary>
public sealed class ScalarDialect
{
    private readonly bool _isYaml;
    private readonly bool _floatNeedsDot;
    private readonly bool _isYaml11;
    private readonly Func<string, ConfigValue>? _readPlain;

    private ScalarDialect(string name, Func<string, ConfigValue> readPlain)
    {
        Name = name;
        _readPlain = readPlain;
    }

    private ScalarDialect(string name, bool isYaml, bool isYaml11, bool floatNeedsDot)
    {
        Name = name;
        _isYaml = isYaml;
        _isYaml11 = isYaml11;
        _floatNeedsDot = floatNeedsDot;
    }

    /// <summary>PyYAML's safe_load (6.0): YAML 1.1 booleans; a float needs a dot, and its exponent a sign.</summary>
    public static ScalarDialect PyYaml { get; } = new("PyYAML", isYaml: true, isYaml11: true, floatNeedsDot: true);

    /// <summary>PyYAML with an added float rule that takes <c>2e-4</c>, as OmegaConf, jsonargparse and mlx-lm install it.</summary>
    public static ScalarDialect PyYamlWithFloats { get; } = new("PyYAML with floats", isYaml: true, isYaml11: true, floatNeedsDot: false);

    /// <summary>
    /// The same, and then Python's word for no value, which NeMo Automodel puts in the place of the text (components/config/loader.py).
    /// </summary>
    public static ScalarDialect PyYamlWithNone { get; } = new(
        "PyYAML with None",
        text => text is "None" or "none" ? new ConfigValue(ConfigValueKind.Null, text) : PyYamlWithFloats.ReadYaml(text));

    /// <summary>YAML 1.2's core schema, which our own run format uses.</summary>
    public static ScalarDialect Yaml12 { get; } = new("YAML 1.2", isYaml: true, isYaml11: false, floatNeedsDot: false);

    /// <summary>JSON and TOML: the grammar itself tells the types.</summary>
    public static ScalarDialect Strict { get; } = new("JSON or TOML", isYaml: false, isYaml11: false, floatNeedsDot: false);

    /// <summary>Python's own literals. Other words are names whose text is known, such as a data type's.</summary>
    public static ScalarDialect Python { get; } = new("Python", ReadPython);

    /// <summary>
    /// The words of a command line as transformers' HfArgumentParser takes them: text, which becomes a number or a switch where the
    /// argument is one.
    /// </summary>
    public static ScalarDialect CommandLine { get; } = new("command line", ReadWord);

    /// <summary>The loader's name, for messages.</summary>
    public string Name { get; }

    /// <summary>Types a scalar. Mappings and lists are <see cref="ConfigValueKind.Unknown"/> here.</summary>
    public ConfigValue Read(ConfigNode node)
    {
        if (!node.IsScalar || node.IsUnknown)
            return new ConfigValue(ConfigValueKind.Unknown, node.Text);
        if (node.Tag is { } tag)
            return ReadTagged(node.Text, tag);
        if (node.Style != ScalarStyle.Plain)
            return new ConfigValue(ConfigValueKind.String, node.Text);
        if (_readPlain is not null)
            return _readPlain(node.Text);
        return _isYaml ? ReadYaml(node.Text) : ReadStrict(node.Text);
    }

    /// <summary>Parses what Python's <c>float()</c> and <c>int()</c> take, whatever the loader made of it first.</summary>
    public static bool TryParseNumber(string text, out double number)
    {
        var digits = text.Trim().Replace("_", "");
        return double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && digits.Length > 0
            && !double.IsNaN(number) && !double.IsInfinity(number);
    }

    private ConfigValue ReadTagged(string text, string tag) => tag switch
    {
        "!!str" or "tag:yaml.org,2002:str" or "!" => new ConfigValue(ConfigValueKind.String, text),
        "!!float" or "tag:yaml.org,2002:float" when TryParseNumber(text, out var f) => new ConfigValue(ConfigValueKind.Float, text, f),
        "!!int" or "tag:yaml.org,2002:int" when TryParseNumber(text, out var i) => new ConfigValue(ConfigValueKind.Int, text, i),
        "!!bool" or "tag:yaml.org,2002:bool" => ReadYaml(text),
        "!!null" or "tag:yaml.org,2002:null" => new ConfigValue(ConfigValueKind.Null, text),
        _ => new ConfigValue(ConfigValueKind.Unknown, text),
    };

    private static ConfigValue ReadStrict(string text) => text switch
    {
        "" or "null" => new ConfigValue(ConfigValueKind.Null, text),
        "true" => new ConfigValue(ConfigValueKind.Bool, text, 1),
        "false" => new ConfigValue(ConfigValueKind.Bool, text),
        _ => PlainNumber.TryReadStrict(text, out var number) ? number : new ConfigValue(ConfigValueKind.String, text),
    };

    private static ConfigValue ReadPython(string text) => text switch
    {
        "None" => new ConfigValue(ConfigValueKind.Null, text),
        "True" => new ConfigValue(ConfigValueKind.Bool, text, 1),
        "False" => new ConfigValue(ConfigValueKind.Bool, text),
        _ => PlainNumber.TryReadPython(text, out var number) ? number : new ConfigValue(ConfigValueKind.String, text),
    };

    private static ConfigValue ReadWord(string text) => text.ToLowerInvariant() switch
    {
        "true" or "yes" => new ConfigValue(ConfigValueKind.Bool, text, 1),
        "false" or "no" => new ConfigValue(ConfigValueKind.Bool, text),
        _ => PlainNumber.TryReadPython(text, out var number) ? number : new ConfigValue(ConfigValueKind.String, text),
    };

    private ConfigValue ReadYaml(string text)
    {
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return new ConfigValue(ConfigValueKind.Null, text);
            case "true" or "True" or "TRUE":
            case "yes" or "Yes" or "YES" or "on" or "On" or "ON" when _isYaml11:
                return new ConfigValue(ConfigValueKind.Bool, text, 1);
            case "false" or "False" or "FALSE":
            case "no" or "No" or "NO" or "off" or "Off" or "OFF" when _isYaml11:
                return new ConfigValue(ConfigValueKind.Bool, text);
        }

        var isNumber = _isYaml11
            ? PlainNumber.TryReadYaml11(text, !_floatNeedsDot, out var number)
            : PlainNumber.TryReadYaml12(text, out number);
        return isNumber ? number : new ConfigValue(ConfigValueKind.String, text);
    }
}
