namespace LoraLint.Rules.Text;

/// <summary>The text of one file with the path to show for it.</summary>
public sealed class SourceText(string path, string text)
{
    private LineMap? _lines;

    /// <summary>The path as the user wrote or would write it, with forward slashes.</summary>
    public string Path { get; } = path;

    /// <summary>The whole text, without a byte-order mark.</summary>
    public string Text { get; } = text;

    /// <summary>Where its lines begin, computed when first asked for.</summary>
    public LineMap Lines => _lines ??= new LineMap(Text);

    /// <summary>For a notebook: where its cells are. Null for other files.</summary>
    public CellMap? Cells { get; init; }

    /// <summary>The text under a span.</summary>
    public string Slice(TextSpan span) => Text.Substring(span.Start, span.Length);
}
