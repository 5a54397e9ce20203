namespace LoraLint.Rules.Configs;

/// <summary>The language a config is written in.</summary>
public enum ConfigLanguage
{
    /// <summary>YAML 1.1 or 1.2: how a scalar is typed depends on the loader.</summary>
    Yaml,

    /// <summary>JSON; comments and trailing commas are read and reported.</summary>
    Json,

    /// <summary>TOML 1.0.</summary>
    Toml,

    /// <summary>Python: the keywords of calls are keys.</summary>
    Python,

    /// <summary>A Jupyter notebook: Python inside of JSON.</summary>
    Notebook,

    /// <summary>A shell script: the flags of commands are keys.</summary>
    Shell,

    /// <summary>C#: an object creation or <c>with</c> expression, read through the compiler's semantic model.</summary>
    CSharp,
}
