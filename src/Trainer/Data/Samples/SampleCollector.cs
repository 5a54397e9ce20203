using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;

namespace LoraLint.Trainer.Data.Samples;

/// <summary>Reads files into a store: rows to text, text to tokens, cut to length, each sample once.</summary>
/// <param name="store">Where samples go.</param>
/// <param name="data">How files are read.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="template">How conversations are written, if any are.</param>
/// <param name="isValidation">Whether the files are for evaluation only.</param>
internal sealed class SampleCollector(
    SampleStore store, DataOptions data, ITokenizer tokenizer, ChatTemplate? template, bool isValidation)
{
    private readonly SampleEncoder _encoder = new(tokenizer, data.MaskPrompt);
    private readonly HashSet<UInt128> _seen = [];
    private readonly List<int> _samples = [];
    private readonly List<FileStatistics> _files = [];

    /// <summary>The samples, in the order of the files.</summary>
    public IReadOnlyList<int> Samples => _samples;

    /// <summary>What came of each file.</summary>
    public IReadOnlyList<FileStatistics> Files => _files;

    /// <summary>Whether there is a sample with this hash.</summary>
    public bool Holds(UInt128 hash) => _seen.Contains(hash);

    /// <summary>Reads a file.</summary>
    public void Read(DataSource source)
    {
        var file = new FileStatistics { Path = source.Path, IsValidation = isValidation };
        _files.Add(file);
        // Also for plain text: it says what is wrong with the source's columns.
        var format = RowFormat.Of(source, template);
        if (!DataFile.IsPlainText(source.Path))
            ReadRows(source, format, file);
        else if (source.Format == DataFormat.Text)
            ReadPlainText(source, file);
        else
            throw new TrainerException(
                $"{source.Path}: plain text has no rows for {RowFormat.NameOf(source.Format)}; choose the text format");
    }

    private void ReadRows(DataSource source, RowFormat format, FileStatistics file)
    {
        using var reader = new JsonRowReader(source.Path);
        while (reader.Next(out var row, out var place))
        {
            file.Rows++;
            using var document = JsonRow.Parse(row, place, reader.HasLines);
            if (format.Render(document.RootElement, place) is not { } rendered)
            {
                PassOver(file, place);
                continue;
            }

            var marked = _encoder.Encode(rendered, place);
            if (rendered.IsDocument)
                AddDocument(marked, file, place);
            else
                AddCut(marked, file, place);
        }

        if (file.Rows == 0)
            throw new TrainerException($"{source.Path}: there are no rows in it");
    }

    private void ReadPlainText(DataSource source, FileStatistics file)
    {
        using var reader = new PlainTextReader(source.Path);
        file.Rows = 1;
        var cutter = new DocumentCutter(data.MaxSequenceLength, marked => Keep(marked, file));
        // What a post-processor puts before a text, it puts before none too.
        if (tokenizer.BeginOfSequence is { } begin && tokenizer.Encode("", addSpecialTokens: true).AsSpan().StartsWith([begin]))
            cutter.Add([begin]);
        var isEmpty = true;
        while (reader.Next() is { } piece)
        {
            isEmpty &= string.IsNullOrWhiteSpace(piece);
            cutter.Add(tokenizer.Encode(piece, addSpecialTokens: false));
        }

        if (isEmpty)
            throw new TrainerException($"{source.Path}: there is nothing but white space in it");
        if (tokenizer.EndOfSequence is { } end)
            cutter.Add([end]);
        cutter.Finish();
    }

    private void AddDocument(ReadOnlySpan<int> marked, FileStatistics file, DataPlace place)
    {
        if (SampleStore.CountSupervised(marked) == 0)
            PassOver(file, place);
        var cutter = new DocumentCutter(data.MaxSequenceLength, part => Keep(part, file));
        cutter.Add(marked);
        cutter.Finish();
    }

    private void AddCut(ReadOnlySpan<int> marked, FileStatistics file, DataPlace place)
    {
        marked = WithoutTail(marked);
        if (SampleStore.CountSupervised(marked) == 0)
        {
            PassOver(file, place);
            return;
        }

        var over = marked.Length - data.MaxSequenceLength;
        if (over > 0)
        {
            marked = WithoutTail(marked[..data.MaxSequenceLength]);
            if (data.DropLongSamples || SampleStore.CountSupervised(marked) == 0)
            {
                file.Dropped++;
                return;
            }

            file.Truncated++;
            file.TruncatedTokens += over;
        }

        Keep(marked, file);
    }

    private void Keep(ReadOnlySpan<int> marked, FileStatistics file)
    {
        var hash = SampleStore.Hash(marked);
        if (!_seen.Add(hash))
        {
            file.Duplicates++;
            return;
        }

        _samples.Add(store.Count);
        store.Add(marked, hash);
        file.Samples++;
        file.Tokens += marked.Length;
        file.SupervisedTokens += store.Supervised(store.Count - 1);
        file.Longest = Math.Max(file.Longest, marked.Length);
    }

    private static void PassOver(FileStatistics file, DataPlace place)
    {
        file.Empty++;
        file.FirstEmpty ??= place.ToString();
    }

    /// <summary>Without what stands behind the last supervised token, which teaches nothing: no loss depends on it.</summary>
    internal static ReadOnlySpan<int> WithoutTail(ReadOnlySpan<int> marked) =>
        marked[..(marked.LastIndexOfAnyInRange(0, int.MaxValue) + 1)];
}
