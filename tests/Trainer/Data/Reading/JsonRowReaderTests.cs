using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Data.Reading;

namespace LoraLint.Tests.Trainer.Data.Reading;

/// <summary>Where rows begin and end.</summary>
public sealed class JsonRowReaderTests
{
    [Theory]
    [InlineData("{\"a\":1}\n{\"a\":2}", "1 {\"a\":1}", "2 {\"a\":2}")]
    [InlineData("\uFEFF\r\n{\"a\":1}\r\n\r\n  {\"a\":2}\t\r\n", "2 {\"a\":1}", "4 {\"a\":2}")]
    [InlineData("[{\"a\":1},{\"a\":2}]", "1#1 {\"a\":1}", "1#2 {\"a\":2}")]
    [InlineData(" [\n{\"a\":\n[1,{}]}\n,\n {\"a\":2}\n]\n\n", "2#1 {\"a\":\n[1,{}]}", "5#2 {\"a\":2}")]
    [InlineData("[{\"a\":\"]},\\\"}\"} , {\"b\":\"\\\\\"}]", "1#1 {\"a\":\"]},\\\"}\"}", "1#2 {\"b\":\"\\\\\"}")]
    [InlineData("[1, \"x,y\" ,null]", "1#1 1", "1#2 \"x,y\" ", "1#3 null")]
    [InlineData("[]")]
    public void Rows_are_lines_or_the_items_of_a_list(string text, params string[] expected) => Assert.Equal(expected, RowsOf(text));

    [Fact]
    public void Rows_are_the_same_wherever_a_buffer_ends()
    {
        var values = Gen.OneOf(
            Gen.Constant("{}"),
            Gen.Choose(0, 40_000).Select(length => $"{{\"t\":\"{new string('x', length)}\"}}"),
            Gen.Elements("é\\\"", "\\\\", "]", "}", "{[", ",").ListOf().Select(parts => $"{{\"t\":[\"{string.Concat(parts)}\"]}}"));
        Prop.ForAll(
            values.ListOf().Select(rows => rows.ToArray()).ToArbitrary(),
            rows =>
            {
                Assert.Equal(rows.Select((row, i) => $"{i + 1} {row}"), RowsOf(string.Join("\n", rows.DefaultIfEmpty("\n"))));
                Assert.Equal(rows.Select((row, i) => $"{i + 2}#{i + 1} {row}"), RowsOf("[\n" + string.Join(",\n", rows) + "]"));
            }).Check(Properties.Runs(100));
    }

    [Fact]
    public void A_file_of_fifty_megabytes_passes_through_a_small_buffer()
    {
        using var folder = new ScratchFolder();
        var path = folder.PathTo("data.jsonl");
        var line = Encoding.UTF8.GetBytes($"{{\"text\": \"{new string('x', 1000)}\"}}\n");
        using (var file = File.Create(path))
        {
            for (var i = 0; i < 50_000; i++)
                file.Write(line);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var rows = 0;
        using (var reader = new JsonRowReader(path))
        {
            while (reader.Next(out var row, out var place))
            {
                using var document = JsonRow.Parse(row, place, reader.HasLines);
                rows++;
            }
        }

        Assert.Equal(50_000, rows);
        // A few small objects a row; the text itself would be 50 MB, or 100 as strings.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 12_000_000);
    }

    private static List<string> RowsOf(string text)
    {
        using var folder = new ScratchFolder().Write("data.json", text);
        using var reader = new JsonRowReader(folder.PathTo("data.json"));
        var rows = new List<string>();
        while (reader.Next(out var row, out var place))
            rows.Add($"{place.Line}{(place.Row > 0 ? $"#{place.Row}" : "")} {Encoding.UTF8.GetString(row.Span).TrimEnd('\r', '\t')}");
        return rows;
    }
}
