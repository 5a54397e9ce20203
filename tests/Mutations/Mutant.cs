using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Mutations;

/// <summary>A config with one mistake made in it.</summary>
public sealed class Mutant
{
    private readonly TextSpan _changed;
    private readonly IReadOnlyList<string> _keys;

    /// <param name="before">The text without the mistake.</param>
    /// <param name="text">The text with it.</param>
    /// <param name="keys">The keys that the mistake is about, which a finding may stand at or name instead of the changed place.</param>
    public Mutant(string before, string text, params IReadOnlyList<string> keys)
    {
        Text = text;
        _keys = [.. keys.Where(k => k.Length > 0).Distinct()];
        var start = 0;
        while (start < Math.Min(before.Length, text.Length) && before[start] == text[start])
            start++;
        var behind = 0;
        while (behind < Math.Min(before.Length, text.Length) - start && before[^(behind + 1)] == text[^(behind + 1)])
            behind++;
        _changed = WholeLines(TextSpan.FromBounds(start, text.Length - behind));
    }

    /// <summary>The text with the mistake.</summary>
    public string Text { get; }

    /// <summary>The line that the mistake begins on.</summary>
    public string ChangedLine => Text.Substring(_changed.Start, _changed.Length).Split('\n')[0].Trim();

    /// <summary>Whether a finding is about the mistake: it stands on its lines, points there, or names its key.</summary>
    public bool IsTarget(Finding finding) =>
        Touches(finding.Span) || finding.Related.Any(r => Touches(r.Span))
        || _keys.Any(k => finding.Message.Contains(k, StringComparison.Ordinal)
            || Text.Substring(finding.Span.Start, finding.Span.Length).Contains(k, StringComparison.Ordinal));

    private bool Touches(TextSpan span) => span.Start <= _changed.End && _changed.Start <= span.End;

    private TextSpan WholeLines(TextSpan span)
    {
        var start = Text.LastIndexOf('\n', Math.Max(span.Start - 1, 0)) + 1;
        var end = Text.IndexOf('\n', Math.Min(span.End, Text.Length));
        return TextSpan.FromBounds(Math.Min(start, span.Start), end < 0 ? Text.Length : end);
    }
}
