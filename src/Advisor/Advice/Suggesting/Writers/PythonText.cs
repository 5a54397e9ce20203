using System.Text;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>Calls with keywords, one a line, each with the reason for its value behind it.</summary>
internal sealed class PythonText : SettingText<PythonText>
{
    private readonly StringBuilder _text = new();

    /// <summary>A line as it is.</summary>
    public PythonText Line(string line = "")
    {
        _text.Append(line).Append('\n');
        return this;
    }

    /// <inheritdoc/>
    public override PythonText Raw(string key, string value, string? reason = null)
    {
        _text.Append("    ").Append(key).Append('=').Append(value).Append(',');
        if (reason is { Length: > 0 })
            _text.Append("  # ").Append(reason);
        _text.Append('\n');
        return this;
    }

    /// <inheritdoc/>
    protected override string Spelt(string text) => YamlText.Quote(text);

    /// <inheritdoc/>
    protected override string Spelt(bool value) => value ? "True" : "False";

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
