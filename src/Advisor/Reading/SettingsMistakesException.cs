using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading;

/// <summary>One mistake in a settings file.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="Message">What is wrong and what to do.</param>
internal readonly record struct SettingsMistake(int Offset, string Message);

/// <summary>A settings file that makes no sense; the message has a line for each mistake.</summary>
/// <param name="source">The file.</param>
/// <param name="mistakes">At least one.</param>
internal sealed class SettingsMistakesException(SourceText source, IReadOnlyList<SettingsMistake> mistakes)
    : UserMistakeException(string.Join("\n", mistakes.Select(m => Show(source, m))))
{
    /// <summary>The file.</summary>
    public SourceText File { get; } = source;

    /// <summary>The mistakes in the order they were found.</summary>
    public IReadOnlyList<SettingsMistake> Mistakes { get; } = mistakes;

    private static string Show(SourceText source, SettingsMistake mistake)
    {
        var position = source.Lines.PositionAt(mistake.Offset);
        return string.Create(CultureInfo.InvariantCulture, $"{source.Path}:{position.Line}:{position.Column}: {mistake.Message}");
    }
}
