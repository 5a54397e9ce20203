using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Shell;

/// <summary>A word of a command: what the program gets.</summary>
/// <param name="Span">Its place, quotes included.</param>
/// <param name="Text">Its text; meaningless when it is not known.</param>
/// <param name="IsKnown">Whether it is the same in every run: no substitution in it but of variables that are assigned once.</param>
/// <param name="IsSubstituted">Whether a variable's value stands in it, so that it is written elsewhere.</param>
/// <param name="MaySplit">Whether it may become several words or none: something without quotes that is not known.</param>
internal sealed record ShellWord(TextSpan Span, string Text, bool IsKnown, bool IsSubstituted, bool MaySplit);

/// <summary>A simple command: its words, without assignments before it and redirections.</summary>
internal sealed record ShellCommand(IReadOnlyList<ShellWord> Words);
