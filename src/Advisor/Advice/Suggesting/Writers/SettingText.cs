using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>Settings line by line, each with the reason for its value behind it.</summary>
/// <typeparam name="T">The text itself, so that lines can follow each other.</typeparam>
internal abstract class SettingText<T>
    where T : SettingText<T>
{
    /// <summary>A setting with what is written for it as it is, and perhaps why.</summary>
    public abstract T Raw(string key, string value, string? reason = null);

    /// <summary>A text as the language has it.</summary>
    protected abstract string Spelt(string text);

    /// <summary>A switch as the language has it.</summary>
    protected abstract string Spelt(bool value);

    /// <summary>A text.</summary>
    public T Word(string key, string value, string? reason = null) => Raw(key, Spelt(value), reason);

    /// <summary>A number.</summary>
    public T Number(string key, double value, string? reason = null) => Raw(key, ConfigEditor.Number(value), reason);

    /// <summary>A number with its reason.</summary>
    public T Number(string key, Advised<int> value) => Number(key, value.Value, value.Reason);

    /// <summary>A number with its reason.</summary>
    public T Number(string key, Advised<double> value) => Number(key, value.Value, value.Reason);

    /// <summary>A switch.</summary>
    public T Switch(string key, bool value, string? reason = null) => Raw(key, Spelt(value), reason);

    /// <summary>A list of texts on one line.</summary>
    public T Words(string key, IEnumerable<string> values, string? reason = null) =>
        Raw(key, "[" + string.Join(", ", values.Select(Spelt)) + "]", reason);

    /// <summary>More of it if something holds.</summary>
    public T If(bool holds, Action<T> write)
    {
        if (holds)
            write((T)this);
        return (T)this;
    }
}
