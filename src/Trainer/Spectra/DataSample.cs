using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Trainer.Spectra;

/// <summary>
/// Some rows of a run's training files, each row as likely to be among them as any other (Vitter's reservoir, algorithm R), in the order of
/// the files. The same files, number and seed give the same rows. All rows are read, the chosen ones alone are kept and looked at.
/// </summary>
internal sealed class DataSample
{
    // The purpose of random numbers, beside those of BatchPlan.
    private const ulong DrawRows = 11;

    private DataSample(long rows, IReadOnlyList<(RenderedRow Row, DataPlace Place)> chosen) => (Rows, Chosen) = (rows, chosen);

    /// <summary>Rows of all files: lines, items of lists, paragraphs of plain texts.</summary>
    public long Rows { get; }

    /// <summary>The chosen rows that hold something to learn.</summary>
    public IReadOnlyList<(RenderedRow Row, DataPlace Place)> Chosen { get; }

    /// <summary>The chosen rows' texts, markers of the chat template among them.</summary>
    public IReadOnlyList<string> Texts => [.. Chosen.Select(c => string.Concat(c.Row.Segments.Select(s => s.Text)))];

    /// <summary>Draws rows.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="template">How conversations are written; null when no file holds any.</param>
    /// <param name="most">Rows to draw at most, 1 or more.</param>
    /// <param name="seed">Decides which.</param>
    /// <exception cref="TrainerException">A file cannot be read, or a row that was drawn is not what its format says.</exception>
    public static DataSample Draw(IReadOnlyList<DataSource> sources, ChatTemplate? template, int most, long seed)
    {
        var random = new SeededRandom(seed, DrawRows, 0);
        var kept = new List<(long Number, Func<RenderedRow?> Render, DataPlace Place)>();
        var rows = 0L;
        foreach (var source in sources)
        {
            var format = RowFormat.Of(source, template);
            if (DataFile.IsPlainText(source.Path))
                ReadParagraphs(source);
            else
                ReadRows(source, format);
        }

        var chosen = new List<(RenderedRow, DataPlace)>();
        foreach (var (_, render, place) in kept.OrderBy(k => k.Number))
        {
            if (render() is { } rendered)
                chosen.Add((rendered, place));
        }

        return new DataSample(rows, chosen);

        void ReadRows(DataSource source, RowFormat format)
        {
            using var reader = new JsonRowReader(source.Path);
            while (reader.Next(out var row, out var place))
            {
                if (PlaceOf() is not { } slot)
                    continue;
                var (bytes, at, isLine) = (row.ToArray(), place, reader.HasLines);
                Keep(slot, () =>
                {
                    using var document = JsonRow.Parse(bytes, at, isLine);
                    return format.Render(document.RootElement, at);
                }, place);
            }
        }

        void ReadParagraphs(DataSource source)
        {
            using var reader = new PlainTextReader(source.Path);
            while (reader.Next() is { } piece)
            {
                foreach (var paragraph in piece.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    if (PlaceOf() is { } slot)
                    {
                        var row = new RenderedRow([new ChatSegment(paragraph, true)], HasSpecialTokens: false, IsDocument: true);
                        Keep(slot, () => row, new DataPlace(source.Path, 1));
                    }
                }
            }
        }

        // Where the next row goes; null when it is passed over.
        int? PlaceOf()
        {
            var number = rows++;
            if (kept.Count < most)
                return kept.Count;
            var slot = random.Below((int)Math.Min(number + 1, int.MaxValue));
            return slot < most ? slot : null;
        }

        void Keep(int slot, Func<RenderedRow?> render, DataPlace place)
        {
            var entry = (rows, render, place);
            if (slot == kept.Count)
                kept.Add(entry);
            else
                kept[slot] = entry;
        }
    }
}
