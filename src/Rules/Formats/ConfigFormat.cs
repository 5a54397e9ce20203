using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Formats;

/// <summary>
/// One framework's config format: how it is recognised, what it means and how its loader reads it. Formats hold no state.
/// </summary>
public abstract class ConfigFormat
{
    /// <summary>The name that users write in settings, such as <c>axolotl</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The framework's name for people, such as Axolotl.</summary>
    public abstract string Title { get; }

    /// <summary>The upstream version that keys and defaults were read from: repository, commit and date.</summary>
    public abstract string Upstream { get; }

    /// <summary>How the framework's loader types plain YAML scalars.</summary>
    public virtual ScalarDialect YamlDialect => ScalarDialect.PyYaml;

    /// <summary>The keys that the framework's config has, read out of its source; null when they are not known.</summary>
    public virtual KeyTable? Keys => null;

    /// <summary>
    /// How surely a tree is of this format, 0 (not at all) to 100 (certain). Above 50 wins over nothing; the highest wins.
    /// </summary>
    /// <param name="root">The root mapping.</param>
    /// <param name="path">The file's path with forward slashes; names such as adapter_config.json tell much.</param>
    public abstract int Recognise(ConfigNode root, string path);

    /// <summary>
    /// The configs that a file of this format holds, each to be checked by itself: the root, or its jobs where a file keeps several.
    /// </summary>
    /// <param name="root">A root of this format.</param>
    public virtual IReadOnlyList<ConfigNode> Split(ConfigNode root) => [root];

    /// <summary>What the framework will do with the config.</summary>
    public abstract TrainingConfig Map(SettingReader read);

    /// <summary>The dialect for a document: JSON, TOML and Python tell types themselves.</summary>
    public ScalarDialect DialectFor(ConfigLanguage language) => language switch
    {
        ConfigLanguage.Yaml => YamlDialect,
        ConfigLanguage.Python or ConfigLanguage.Notebook => ScalarDialect.Python,
        ConfigLanguage.Shell => ScalarDialect.CommandLine,
        _ => ScalarDialect.Strict,
    };
}
