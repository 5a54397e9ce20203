using LoraLint.Advisor.Reading.Python;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>
/// A notebook that is open in the editor. Its cells are documents of their own, and one script: what is found in that is told at the cell.
/// </summary>
/// <param name="uri">Its address.</param>
internal sealed class OpenNotebook(string uri)
{
    private readonly List<OpenDocument> _cells = [];
    private Joined? _joined;

    /// <summary>The absolute path, or null when it is no file (yet).</summary>
    public string? Path { get; } = DocumentUri.PathOf(uri);

    /// <summary>Its cells in order.</summary>
    public IReadOnlyList<OpenDocument> Cells => _cells;

    /// <summary>Puts some cells in place of others. Bounds that are none are taken for the nearest that are.</summary>
    public void Replace(int start, int count, IEnumerable<OpenDocument> cells)
    {
        start = Math.Clamp(start, 0, _cells.Count);
        count = Math.Clamp(count, 0, _cells.Count - start);
        foreach (var cell in _cells.GetRange(start, count))
            cell.Notebook = null;
        _cells.RemoveRange(start, count);
        var added = cells.Where(c => !_cells.Contains(c)).Distinct().ToList();
        _cells.InsertRange(start, added);
        foreach (var cell in added)
            cell.Notebook = this;
        Forget();
    }

    /// <summary>Forgets what was found, in all cells: each may concern the others.</summary>
    public void Forget()
    {
        _joined = null;
        foreach (var cell in _cells)
            cell.Forget();
    }

    /// <summary>What is found in a cell of the whole script.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="source">Its text, or another one that it might have.</param>
    /// <param name="check">Checks the script.</param>
    public IReadOnlyList<Finding> FindingsIn(OpenDocument cell, SourceText source, Func<ConfigDocument, IReadOnlyList<Finding>> check)
    {
        var joined = source == cell.Source ? _joined ??= Join(cell, source, check) : Join(cell, source, check);
        var place = joined.Places[_cells.IndexOf(cell)];
        return [.. joined.Findings.Where(f => IsIn(f.Span, place)).Select(f => joined.At(f, place))];
    }

    private Joined Join(OpenDocument cell, SourceText source, Func<ConfigDocument, IReadOnlyList<Finding>> check)
    {
        var sources = _cells.Select(c => c == cell ? source : c.Source).ToList();
        var places = new List<TextSpan>();
        foreach (var one in sources)
            places.Add(new TextSpan(places.Count == 0 ? 0 : places[^1].End + 1, one.Text.Length));
        var text = new SourceText((Path ?? uri).Replace('\\', '/'), string.Join('\n', sources.Select(s => s.Text)));
        var document = NotebookReader.ReadCells(text, places);
        return new Joined(document.Source, sources, places, check(document));
    }

    // The line break between two cells belongs to the first.
    private static bool IsIn(TextSpan span, TextSpan place) => span.Start >= place.Start && span.Start <= place.End;

    private sealed record Joined(
        SourceText Text, IReadOnlyList<SourceText> Sources, IReadOnlyList<TextSpan> Places, IReadOnlyList<Finding> Findings)
    {
        // An edit of another cell cannot go with those of this one.
        public Finding At(Finding finding, TextSpan place) => finding with
        {
            Span = Within(finding.Span, place),
            Fix = finding.Fix is { } fix && fix.Edits.All(e => e.Span.Start >= place.Start && e.Span.End <= place.End + 1)
                ? fix with { Edits = [.. fix.Edits.Select(e => e with { Span = Within(e.Span, place) })] } : null,
            Related = [.. finding.Related.Select(InCell)],
        };

        private RelatedPlace InCell(RelatedPlace related)
        {
            for (var i = 0; related.Source == Text && i < Places.Count; i++)
            {
                if (IsIn(related.Span, Places[i]))
                    return related with { Source = Sources[i], Span = Within(related.Span, Places[i]) };
            }

            return related;
        }

        private static TextSpan Within(TextSpan span, TextSpan place) => TextSpan.FromBounds(
            Math.Clamp(span.Start, place.Start, place.End) - place.Start, Math.Clamp(span.End, place.Start, place.End) - place.Start);
    }
}
