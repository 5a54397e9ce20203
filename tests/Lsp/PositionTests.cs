using System.Text;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>Places and changes, in both encodings, whatever the characters.</summary>
public sealed class PositionTests
{
    private static readonly string[] s_pieces = ["a", "ü", "学", "😀", "\n", "\r\n", "\r", "\ud83d", "\t", ": ", "\u2028"];

    [Fact]
    public void Every_offset_comes_back_from_its_position()
    {
        var random = new Random(5);
        for (var i = 0; i < 500; i++)
        {
            var source = new SourceText("t", Text(random, 30));
            foreach (var encoding in new[] { PositionEncoding.Utf16, PositionEncoding.Utf8 })
            {
                foreach (var offset in OffsetsBetweenCharacters(source.Text))
                {
                    if (offset > source.Lines.LineSpan(source.Lines.LineAt(offset)).End)
                        continue;
                    Assert.Equal(offset, encoding.OffsetAt(source, encoding.PositionAt(source, offset)));
                }
            }
        }
    }

    [Fact]
    public void Characters_of_utf8_are_bytes()
    {
        var source = new SourceText("t", "x\naü学😀b");
        Assert.Equal(new Position(1, 10), PositionEncoding.Utf8.PositionAt(source, source.Text.IndexOf('b', StringComparison.Ordinal)));
        Assert.Equal(
            Encoding.UTF8.GetByteCount("aü学😀b"), PositionEncoding.Utf8.PositionAt(source, source.Text.Length).Character);
        // Within a character stands for its start.
        Assert.Equal(source.Text.IndexOf('学', StringComparison.Ordinal), PositionEncoding.Utf8.OffsetAt(source, new Position(1, 4)));
    }

    [Theory]
    [InlineData(-1, 5, 0)]
    [InlineData(0, 99, 2)]
    [InlineData(0, -3, 0)]
    [InlineData(1, int.MaxValue, 5)]
    [InlineData(7, 0, 5)]
    [InlineData(int.MaxValue, int.MaxValue, 5)]
    public void A_place_outside_of_the_text_is_its_nearest(int line, int character, int offset)
    {
        var source = new SourceText("t", "ab\ncd");
        Assert.Equal(offset, PositionEncoding.Utf16.OffsetAt(source, new Position(line, character)));
        Assert.Equal(offset, PositionEncoding.Utf8.OffsetAt(source, new Position(line, character)));
    }

    [Fact]
    public void Changes_one_behind_the_other_give_the_editors_text()
    {
        var random = new Random(11);
        foreach (var encoding in new[] { PositionEncoding.Utf16, PositionEncoding.Utf8 })
        {
            for (var i = 0; i < 200; i++)
            {
                var text = Text(random, 20);
                var document = new OpenDocument(new TextDocumentItem("file:///t.yml", "yaml", 1, text));
                for (var version = 2; version < 8; version++)
                {
                    var source = new SourceText("t", text);
                    var places = OffsetsBetweenCharacters(text).Where(o => o <= source.Lines.LineSpan(source.Lines.LineAt(o)).End).ToList();
                    var span = Span(places[random.Next(places.Count)], places[random.Next(places.Count)]);
                    var piece = s_pieces[random.Next(s_pieces.Length)];
                    document.Change([new ContentChange(piece, encoding.RangeOf(source, span))], version, encoding);
                    text = text[..span.Start] + piece + text[span.End..];
                    Assert.Equal(text, document.Source.Text);
                    Assert.Equal(version, document.Version);
                }
            }
        }
    }

    [Fact]
    public void Several_changes_of_one_message_are_made_in_their_order()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, ScratchFolder.Config);
        client.Diagnostics(uri, 1);
        client.Tell("textDocument/didChange", (JsonObject)JsonNode.Parse($$"""
            { "textDocument": { "uri": "{{uri}}", "version": 2 }, "contentChanges": [
              { "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 0, "character": 0 } }, "text": "# one\n# two\n" },
              { "range": { "start": { "line": 5, "character": 12 }, "end": { "line": 5, "character": 13 } }, "text": "9" } ] }
            """)!);
        var finding = client.Diagnostics(uri, 2).Single(d => (string?)d!["code"] == "alpha-below-rank")!;
        Assert.Contains("lora_alpha 9 ", (string?)finding["message"], StringComparison.Ordinal);
        Assert.Equal(5, (int)finding["range"]!["start"]!["line"]!);
    }

    [Theory]
    [InlineData("/home/a b/c#d.yml", "file:///home/a%20b/c%23d.yml")]
    [InlineData("/größe/学.yml", "file:///gr%C3%B6%C3%9Fe/%E5%AD%A6.yml")]
    public void Paths_and_addresses_are_each_others(string path, string uri)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "paths of another kind");
        Assert.Equal(uri, DocumentUri.Of(path));
        Assert.Equal(path, DocumentUri.PathOf(uri));
        Assert.Null(DocumentUri.PathOf("untitled:Untitled-1"));
        Assert.Null(DocumentUri.PathOf("file://server/share/t.yml"));
        Assert.Null(DocumentUri.PathOf("https://example.com/t.yml"));
        Assert.Null(DocumentUri.PathOf("file:///a%00b"));
    }

    private static TextSpan Span(int a, int b) => TextSpan.FromBounds(Math.Min(a, b), Math.Max(a, b));

    // Not within a pair of units, nor within a line's end.
    private static IEnumerable<int> OffsetsBetweenCharacters(string text)
    {
        for (var i = 0; i <= text.Length; i++)
        {
            var isWithin = i > 0 && i < text.Length
                && (char.IsSurrogatePair(text[i - 1], text[i]) || (text[i - 1] == '\r' && text[i] == '\n'));
            if (!isWithin)
                yield return i;
        }
    }

    private static string Text(Random random, int pieces) =>
        string.Concat(Enumerable.Range(0, random.Next(1, pieces)).Select(_ => s_pieces[random.Next(s_pieces.Length)]));
}
