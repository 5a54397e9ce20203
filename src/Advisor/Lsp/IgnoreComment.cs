using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>Where an ignore comment for a finding can stand.</summary>
internal static class IgnoreComment
{
    // What people write over; a comment without a reason tells the next reader nothing.
    private const string Reason = "TODO say why";

    /// <summary>The ways to write one, the best first; whether one works shows when the text is read again.</summary>
    public static IEnumerable<TextEdit> Candidates(ConfigDocument document, Finding finding)
    {
        // JSON has no comments: the framework's loader would refuse the file. In a command that goes on over lines one would end it.
        if (document.Language is ConfigLanguage.Json or ConfigLanguage.Notebook or ConfigLanguage.Shell)
            yield break;
        var source = document.Source;
        var line = source.Lines.LineAt(finding.Span.Start);
        var span = source.Lines.LineSpan(line);
        foreach (var comment in document.Comments)
        {
            if (comment.Span.Start < span.Start || comment.Span.Start > span.End)
                continue;
            if (comment.Text.TrimStart().StartsWith("loralint-ignore ", StringComparison.Ordinal))
            {
                var colon = source.Text.IndexOf(':', comment.Span.Start, comment.Span.Length);
                yield return new TextEdit(new TextSpan(colon < 0 ? comment.Span.End : colon, 0), ", " + finding.Rule.Name);
            }
        }

        yield return new TextEdit(new TextSpan(span.End, 0), $"  # loralint-ignore {finding.Rule.Name}: {Reason}");
        var text = source.Slice(span);
        var indent = text[..^text.AsSpan().TrimStart().Length];
        var lineBreak = source.Text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        yield return new TextEdit(new TextSpan(span.Start, 0), $"{indent}# loralint-ignore {finding.Rule.Name}: {Reason}{lineBreak}");
    }
}
