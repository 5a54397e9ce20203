using System.Text;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>Calls with keywords, one a line, each with the reason for its value behind it.</summary>
internal sealed class PythonText
{
    private readonly StringBuilder _text = new();

    /// <summary>A line as it is.</summary>
    public PythonText Line(string line = "")
    {
        _text.Append(line).Append('\n');
        return this;
    }

    /// <summary>A keyword with what is written for it as it is.</summary>
    public PythonText Raw(string keyword, string value, string? reason = null)
    {
        _text.Append("    ").Append(keyword).Append('=').Append(value).Append(',');
        if (reason is { Length: > 0 })
            _text.Append("  # ").Append(reason);
        _text.Append('\n');
        return this;
    }

    /// <summary>A text.</summary>
    public PythonText Word(string keyword, string value, string? reason = null) => Raw(keyword, YamlText.Quote(value), reason);

    /// <summary>A number.</summary>
    public PythonText Number(string keyword, double value, string? reason = null) => Raw(keyword, ConfigEditor.Number(value), reason);

    /// <summary>A number with its reason.</summary>
    public PythonText Number(string keyword, Advised<int> value) => Number(keyword, value.Value, value.Reason);

    /// <summary>A number with its reason.</summary>
    public PythonText Number(string keyword, Advised<double> value) => Number(keyword, value.Value, value.Reason);

    /// <summary>A switch.</summary>
    public PythonText Switch(string keyword, bool value, string? reason = null) => Raw(keyword, value ? "True" : "False", reason);

    /// <summary>A list of texts.</summary>
    public PythonText Words(string keyword, IEnumerable<string> values, string? reason = null) =>
        Raw(keyword, "[" + string.Join(", ", values.Select(YamlText.Quote)) + "]", reason);

    /// <summary>The same if something holds.</summary>
    public PythonText If(bool holds, Action<PythonText> write)
    {
        if (holds)
            write(this);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
