using System.Globalization;
using System.Runtime.InteropServices;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// Reads a Jupyter notebook: the code of its cells in order is one script, and what is found in it is placed in the notebook's JSON text,
/// so that a finding has its place in the file and a fix changes the string that holds the code.
/// </summary>
internal sealed class NotebookReader
{
    // Magics of a whole cell whose rest is Python of the same session.
    private static readonly string[] s_transparent = ["%%time", "%%timeit", "%%capture", "%%prun"];

    private readonly string _text;
    // No StringBuilder: it is slow to look into.
    private readonly List<char> _script = [];
    private readonly List<TextSpan> _places = [];
    private readonly List<(int Offset, CellPosition Position)> _lines = [];

    private NotebookReader(string text) => _text = text;

    /// <summary>Reads a notebook; one that makes no adapter, or is no notebook, has no roots.</summary>
    public static ConfigDocument Read(SourceText source)
    {
        var nothing = new ConfigDocument { Source = source, Language = ConfigLanguage.Notebook, Roots = [] };
        if (!PythonCalls.MayBeIn(source.Text))
            return nothing;
        var json = JsonReader.Read(source);
        if (json.Roots is not [{ IsMapping: true } root] || root.Find("cells")?.Value is not { IsSequence: true } cells)
            return nothing;
        var reader = new NotebookReader(source.Text);
        for (var i = 0; i < cells.Items.Count; i++)
            reader.AddCell(cells.Items[i], i + 1);
        var (roots, comments, problems) = PythonReader.Read(new string(CollectionsMarshal.AsSpan(reader._script)));
        return new ConfigDocument
        {
            Source = new SourceText(source.Path, source.Text) { Cells = new CellMap(reader._lines) },
            Language = ConfigLanguage.Notebook,
            Roots = [.. roots.Select(r => r.Moved(reader.PlaceOf).WithCard(CardOf(root)))],
            Comments = [.. comments.Select(c => c with { Span = reader.PlaceOf(c.Span) })],
            // Of what is wrong with its JSON Jupyter tells; that cells are not read for a limit of ours, only we can.
            Problems =
            [
                .. json.Problems.Where(p => p.Kind == ReadProblemKind.Limit),
                .. problems.Select(p => p with { Span = reader.PlaceOf(p.Span) }),
            ],
        };
    }

    /// <summary>Reads the cells that an editor holds, one behind the other in a text with a line break between them.</summary>
    /// <param name="source">The text.</param>
    /// <param name="cells">Where its cells are.</param>
    public static ConfigDocument ReadCells(SourceText source, IReadOnlyList<TextSpan> cells)
    {
        var script = source.Text.ToCharArray();
        var lines = new List<(int Offset, CellPosition Position)>();
        for (var i = 0; i < cells.Count; i++)
        {
            BlankMagics(script.AsSpan(cells[i].Start, cells[i].Length));
            var line = 1;
            for (var at = cells[i].Start; at <= cells[i].End; at++)
            {
                if (at == cells[i].Start || source.Text[at - 1] == '\n')
                    lines.Add((at, new CellPosition(i + 1, line++)));
            }
        }

        var text = new string(script);
        if (text.Length > ReadLimits.MaxBytes || !PythonCalls.MayBeIn(text))
            return new ConfigDocument { Source = source, Language = ConfigLanguage.Python, Roots = [] };
        var (roots, comments, problems) = PythonReader.Read(text);
        return new ConfigDocument
        {
            Source = new SourceText(source.Path, source.Text) { Cells = new CellMap(lines) }, Language = ConfigLanguage.Python,
            Roots = roots, Comments = comments, Problems = problems,
        };
    }

    // Colab and Kaggle keep the kind of machine with the notebook.
    private static ConfigNode? CardOf(ConfigNode notebook) =>
        notebook.FindPath("metadata.colab.gpuType")?.Value ?? notebook.FindPath("metadata.kaggle.accelerator")?.Value;

    // A span of several lines begins in one JSON string and ends in another: without what is between them, they are one.
    private TextSpan PlaceOf(TextSpan span)
    {
        var start = span.Start < _places.Count ? _places[span.Start].Start : _places.Count > 0 ? _places[^1].End : 0;
        return span.Length == 0 ? new TextSpan(start, 0) : TextSpan.FromBounds(start, _places[span.End - 1].End);
    }

    private void AddCell(ConfigNode cell, int number)
    {
        if (cell.Find("cell_type")?.Value.Text != "code" || cell.Find("source")?.Value is not { } source)
            return;
        var start = _script.Count;
        foreach (var part in source.IsSequence ? source.Items : [source])
        {
            if (part is { IsScalar: true, Style: ScalarStyle.DoubleQuoted, Span.Length: >= 2 })
                AddString(part.Span);
        }

        // The break between two cells belongs to the end of the first.
        if (_script.Count > start)
            Add('\n', new TextSpan(_places[^1].End, 0));
        NoteLines(start, number);
        BlankMagics(CollectionsMarshal.AsSpan(_script)[start..]);
    }

    private void AddString(TextSpan span)
    {
        for (var i = span.Start + 1; i < span.End - 1;)
        {
            var (c, length) = Character(i, span.End - 1);
            Add(c, new TextSpan(i, length));
            i += length;
        }
    }

    private (char Character, int Length) Character(int at, int end)
    {
        if (_text[at] != '\\' || at + 1 >= end)
            return (_text[at], 1);
        var c = _text[at + 1];
        if (c == 'u' && at + 6 <= end
            && int.TryParse(_text.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            return ((char)code, 6);
        return (c switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => c }, 2);
    }

    private void Add(char c, TextSpan place)
    {
        _script.Add(c);
        _places.Add(place);
    }

    private void NoteLines(int start, int number)
    {
        var line = 1;
        for (var i = start; i < _script.Count; i++)
        {
            if (i == start || _script[i - 1] == '\n')
                _lines.Add((_places[i].Start, new CellPosition(number, line++)));
        }
    }

    // `%magic`, `!command` and `?help` are IPython's; `%%bash` makes the whole cell something else.
    private static void BlankMagics(Span<char> script)
    {
        var cell = script.ToString();
        var first = cell.AsSpan().TrimStart();
        var skipsCell = first.StartsWith("%%") && !s_transparent.Any(m => cell.AsSpan().TrimStart().StartsWith(m));
        var isMagic = false;
        for (var line = 0; line < cell.Length;)
        {
            var end = cell.IndexOf('\n', line);
            end = end < 0 ? cell.Length : end;
            var text = cell.AsSpan(line, end - line).Trim();
            isMagic = skipsCell || (isMagic && line > 0 && cell[line - 1] == '\n' && EndsWithBackslash(cell, line - 1))
                || (text.Length > 0 && text[0] is '%' or '!' or '?');
            for (var i = line; isMagic && i < end; i++)
                script[i] = ' ';
            line = end + 1;
        }
    }

    private static bool EndsWithBackslash(string text, int end)
    {
        var i = end - 1;
        while (i >= 0 && text[i] is ' ' or '\r')
            i--;
        return i >= 0 && text[i] == '\\';
    }
}
