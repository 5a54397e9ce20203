using LoraLint.Advisor.Reading;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>The columns of dataset files are those of their first rows; of what is no table nothing is said.</summary>
public sealed class DatasetColumnsTests
{
    [Theory]
    [InlineData("a.jsonl", "{\"q\": 1, \"a\": {\"deep\": [1, {\"x\": 2}]}}\n{\"q\": 2, \"more\": null}\n", "q,a,more")]
    [InlineData("a.json", "[{\"q\": 1}, {\"a\": [\"x\"]}]", "q,a")]
    [InlineData("a.json", "{\"q\": 1}", "q")]
    [InlineData("a.csv", "q,a\n1,2\n", "q,a")]
    [InlineData("a.tsv", "q\ta\r\n1\t2\r\n", "q,a")]
    public void Columns_are_read_from_the_first_rows(string name, string text, string columns) =>
        Assert.Equal(columns.Split(','), Read(name, text));

    [Theory]
    [InlineData("a.jsonl", "")]
    [InlineData("a.jsonl", "1\n2\n")]
    [InlineData("a.jsonl", "not json\n")]
    [InlineData("a.json", "[1, 2]")]
    [InlineData("a.json", "[]")]
    [InlineData("a.csv", "\"quoted, name\",b\n")]
    [InlineData("a.parquet", "PAR1")]
    public void What_is_no_table_has_no_columns(string name, string text) => Assert.Null(Read(name, text));

    [Fact]
    public void Of_a_large_file_the_beginning_is_enough_and_of_a_row_that_does_not_end_nothing_is_claimed()
    {
        var row = "{\"q\": \"" + new string('x', 1000) + "\"}\n";
        Assert.Equal(["q"], Read("a.jsonl", string.Concat(Enumerable.Repeat(row, 1000)))!);
        Assert.Null(Read("a.jsonl", "{\"q\": \"" + new string('x', 400_000) + "\", \"a\": 1}\n"));
        Assert.Null(Read("a.jsonl", string.Concat(Enumerable.Repeat("[", 100_000))));
    }

    [Fact]
    public void Only_the_first_rows_count()
    {
        var text = string.Concat(Enumerable.Repeat("{\"q\": 1}\n", 20)) + "{\"late\": 1}\n";
        Assert.Equal(["q"], Read("a.jsonl", text)!);
    }

    private static IReadOnlyList<string>? Read(string name, string text)
    {
        using var scratch = new ScratchFolder();
        return DatasetColumns.Read(scratch.Write(name, text).PathTo(name));
    }
}
