using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Lsp;

/// <summary>Shows behind values what they come to: the scaling, the samples of a step, the parameters that are trained.</summary>
internal sealed class InlayHints(Workspace workspace, PositionEncoding encoding)
{
    /// <summary>The hints in a part of a document.</summary>
    public IReadOnlyList<InlayHint> In(OpenDocument document, Protocol.Range range)
    {
        if (!workspace.Settings.ShowsInlayHints)
            return [];
        var analysis = workspace.Analyse(document);
        // In a file that is broken the values are guesses.
        if (analysis.Document.Problems.Any(p => p.Kind == ReadProblemKind.Syntax))
            return [];
        var span = encoding.SpanOf(document.Source, range);
        var hints = new List<InlayHint>();
        foreach (var config in analysis.Result.Configs)
        {
            foreach (var (entry, hint, meaning) in new ConfigFacts(config, analysis.Files).Hints())
            {
                // Behind the first line: of a list below its key that is the key itself.
                var line = document.Source.Lines.LineAt(entry.KeySpan.Start);
                var isOnLine = entry.Value.Span.Length > 0 && document.Source.Lines.LineAt(entry.Value.Span.End) == line;
                var end = isOnLine ? entry.Value.Span.End : document.Source.Lines.LineSpan(line).End;
                if (span.Start <= end && end <= span.End)
                    hints.Add(new InlayHint(encoding.PositionAt(document.Source, end), hint, true, meaning));
            }
        }

        return hints;
    }
}
