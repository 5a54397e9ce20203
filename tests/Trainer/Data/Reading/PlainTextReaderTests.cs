using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Data.Reading;

namespace LoraLint.Tests.Trainer.Data.Reading;

/// <summary>Plain text in pieces.</summary>
public sealed class PlainTextReaderTests
{
    [Theory]
    [InlineData("a\r\nb\rc\nd", "a\nb\nc\nd")]
    [InlineData("\uFEFFa\r\n\r\n\r", "a\n\n\n")]
    [InlineData("é\U0001F600", "é\U0001F600")]
    public void A_small_file_is_one_piece_with_one_kind_of_line_break(string text, string expected) =>
        Assert.Equal([expected], PiecesOf(text));

    [Fact]
    public void Pieces_make_up_the_text_wherever_a_buffer_ends()
    {
        var parts = Gen.OneOf(
            Gen.Elements("\r", "\n", "\r\n", "\r\r\n\n", "é", "\U0001F600", " "),
            Gen.Choose(1, 70_000).Select(length => new string('x', length)));
        Prop.ForAll(
            parts.ListOf().Select(list => string.Concat(list)).ToArbitrary(),
            text =>
            {
                var expected = text.Replace("\r\n", "\n").Replace('\r', '\n');
                Assert.Equal(expected, string.Concat(text.Length == 0 ? [] : PiecesOf(text)));
            }).Check(Properties.Runs(200));
    }

    [Theory]
    [InlineData("word line\n\n", "\n\n")]
    [InlineData("word line\n", "\n")]
    [InlineData("word ", " ")]
    public void A_large_file_is_cut_where_tokens_end(string part, string end)
    {
        var text = string.Concat(Enumerable.Repeat(part, 5 * PlainTextReader.LongestPiece / 2 / part.Length));
        var pieces = PiecesOf(text);
        Assert.Equal(3, pieces.Count);
        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, piece => Assert.EndsWith(end, piece));
        Assert.All(pieces, piece => Assert.InRange(piece.Length, 1, PlainTextReader.LongestPiece));
    }

    [Fact]
    public void A_cut_splits_no_character()
    {
        var text = "a" + string.Concat(Enumerable.Repeat("\U0001F600", PlainTextReader.LongestPiece));
        var pieces = PiecesOf(text);
        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, piece => Assert.False(char.IsHighSurrogate(piece[^1])));
    }

    private static List<string> PiecesOf(string text)
    {
        using var folder = new ScratchFolder().Write("data.txt", text);
        using var reader = new PlainTextReader(folder.PathTo("data.txt"));
        var pieces = new List<string>();
        while (reader.Next() is { } piece)
            pieces.Add(piece);
        return pieces;
    }
}
