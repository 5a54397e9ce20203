using System.Text;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Rules.Text;
using Range = LoraLint.Advisor.Lsp.Protocol.Range;

namespace LoraLint.Advisor.Lsp;

/// <summary>How characters are counted within a line; inside, offsets are UTF-16 units of the whole text.</summary>
internal sealed class PositionEncoding
{
    private readonly bool _countsBytes;

    private PositionEncoding(string name, bool countsBytes)
    {
        Name = name;
        _countsBytes = countsBytes;
    }

    /// <summary>The protocol's name.</summary>
    public string Name { get; }

    /// <summary>UTF-16 units: what every client must offer.</summary>
    public static PositionEncoding Utf16 { get; } = new("utf-16", false);

    /// <summary>Bytes of UTF-8.</summary>
    public static PositionEncoding Utf8 { get; } = new("utf-8", true);

    /// <summary>UTF-8 where the client offers it, else UTF-16.</summary>
    public static PositionEncoding Choose(IReadOnlyList<string>? offered) => offered?.Contains(Utf8.Name) == true ? Utf8 : Utf16;

    /// <summary>Where an offset is.</summary>
    public Position PositionAt(SourceText source, int offset)
    {
        var line = source.Lines.LineAt(offset);
        var start = source.Lines.LineStart(line);
        var character = _countsBytes ? Encoding.UTF8.GetByteCount(source.Text.AsSpan(start, offset - start)) : offset - start;
        return new Position(line, character);
    }

    /// <summary>Where a span is.</summary>
    public Range RangeOf(SourceText source, TextSpan span) => new(PositionAt(source, span.Start), PositionAt(source, span.End));

    /// <summary>The offset of a place. Behind the end of a line stands for its end, behind the last line for the end of the text.</summary>
    public int OffsetAt(SourceText source, Position position)
    {
        if (position.Line < 0)
            return 0;
        if (position.Line >= source.Lines.Count)
            return source.Text.Length;
        var line = source.Lines.LineSpan(position.Line);
        if (!_countsBytes)
            return line.Start + Math.Clamp(position.Character, 0, line.Length);
        var bytes = 0;
        var offset = line.Start;
        foreach (var rune in source.Text.AsSpan(line.Start, line.Length).EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > position.Character)
                break;
            offset += rune.Utf16SequenceLength;
        }

        return offset;
    }

    /// <summary>The span of a range; a range that runs backwards is empty.</summary>
    public TextSpan SpanOf(SourceText source, Range range)
    {
        var start = OffsetAt(source, range.Start);
        return TextSpan.FromBounds(start, Math.Max(start, OffsetAt(source, range.End)));
    }
}
