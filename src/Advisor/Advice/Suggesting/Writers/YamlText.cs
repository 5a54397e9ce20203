using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>YAML line by line, each with the reason for its value behind it.</summary>
internal sealed class YamlText : SettingText<YamlText>
{
    private readonly StringBuilder _text = new();
    private string _indent = "";

    /// <summary>A comment on a line of its own.</summary>
    public YamlText Comment(string comment)
    {
        _text.Append(_indent).Append("# ").Append(comment).Append('\n');
        return this;
    }

    /// <summary>An empty line.</summary>
    public YamlText Gap()
    {
        _text.Append('\n');
        return this;
    }

    /// <inheritdoc/>
    public override YamlText Raw(string key, string value, string? reason = null)
    {
        _text.Append(_indent).Append(key).Append(": ").Append(value);
        if (reason is { Length: > 0 })
            _text.Append("  # ").Append(reason);
        _text.Append('\n');
        return this;
    }

    /// <inheritdoc/>
    protected override string Spelt(string text) => Spell(text);

    /// <inheritdoc/>
    protected override string Spelt(bool value) => ConfigEditor.Bool(value);

    /// <summary>Keys below a key.</summary>
    public YamlText Section(string key, Action<YamlText> write)
    {
        _text.Append(_indent).Append(key).Append(":\n");
        return Below("  ", write);
    }

    /// <summary>A list of one mapping below a key.</summary>
    public YamlText ListOfOne(string key, Action<YamlText> write)
    {
        _text.Append(_indent).Append(key).Append(":\n");
        var start = _text.Length;
        Below("    ", write);
        _text[start + _indent.Length + 2] = '-';
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>A text plain where every loader takes it for that text, else in double quotes.</summary>
    public static string Spell(string text)
    {
        var isPlain = text.Length > 0 && char.IsAsciiLetter(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/')
            && ScalarDialect.PyYaml.Read(ConfigNode.Scalar(default, text, ScalarStyle.Plain)).Kind == ConfigValueKind.String
            && text.ToLowerInvariant() is not ("y" or "n" or "yes" or "no" or "on" or "off" or "none" or "null" or "nan" or "inf");
        return isPlain ? text : Quote(text);
    }

    /// <summary>A text in double quotes, as JSON and YAML read it.</summary>
    public static string Quote(string text) => "\"" + JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"";

    private YamlText Below(string indent, Action<YamlText> write)
    {
        var before = _indent;
        _indent += indent;
        write(this);
        _indent = before;
        return this;
    }
}
