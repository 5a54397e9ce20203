using System.Text;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;

namespace LoraLint.Tests.Trainer.Data.Reading;

/// <summary>Files that are not what they should be: each gives one error that names the file, the line and what is wrong.</summary>
public sealed class HostileDataTests
{
    private const string Good = """{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}""";

    public static TheoryData<string, DataFormat, string, string> Rows() => new()
    {
        // What is no JSON.
        { "cut short", DataFormat.Chat, Good + "\n" + Good[..40], ":2: not valid JSON at character 41 of the row: " },
        { "cut short, hint", DataFormat.Chat, Good[..40], "a row must end on the line it begins on" },
        { "pretty printed", DataFormat.Chat, "{\n  \"messages\": []\n}\n", ":1: not valid JSON at character 2 of the row" },
        { "two rows on a line", DataFormat.Chat, Good + " " + Good, ":1: not valid JSON" },
        { "Python", DataFormat.Chat, Good + "\n\n{'messages': []}", ":3: not valid JSON at character 2 of the row" },
        { "Python, hint", DataFormat.Chat, "{'messages': []}", "double quotes around texts" },
        { "NaN", DataFormat.Text, """{"text": NaN}""", ":1: not valid JSON at character 10" },
        { "trailing comma", DataFormat.Text, """{"text": "a",}""", ":1: not valid JSON" },
        { "control character", DataFormat.Text, "{\"text\": \"a\u0001\"}", ":1: not valid JSON" },
        { "raw NUL in a text", DataFormat.Text, "{\"text\": \"a\0\"}", ":1: not valid JSON" },
        { "NULs behind the rows", DataFormat.Text, "{\"text\": \"a\"}\n\0\0\0\0", ":2: not valid JSON" },
        { "a mark within", DataFormat.Text, "{\"text\": \"a\"}\n\uFEFF{\"text\": \"b\"}", ":2: not valid JSON at character 1 of the row" },
        { "prose", DataFormat.Text, "Once upon a time\n", ":1: not valid JSON" },
        { "nested too deep", DataFormat.Text, new string('[', 100_000), ":1 (row 1): not valid JSON" },
        { "objects too deep", DataFormat.Text, Repeat("{\"a\":", 1000), ":1: not valid JSON" },
        { "a key twice", DataFormat.Text, """{"text": "a", "text": "b"}""", ":1: not valid JSON" },
        { "half a surrogate in a text", DataFormat.Text, """{"text": "a\ud800"}""", ":1: \"text\" holds half of a surrogate pair" },
        { "half a surrogate in a key", DataFormat.Text, """{"a\ud800": "", "b": 1}""", ":1: a key holds half of a surrogate pair" },
        { "an escaped NUL", DataFormat.Text, """{"text": "ab\u0000"}""", ":1: \"text\" holds a NUL character at 3" },

        // Lists that are none.
        { "a list without end", DataFormat.Text, """[{"text": "a"}""", ":1 (row 1): the file ends within the list" },
        { "a list that ends with a comma", DataFormat.Text, "[{\"text\": \"a\"},\n]", ":2 (row 2): not valid JSON" },
        { "no comma", DataFormat.Text, "[{\"text\": \"a\"}\n{\"text\": \"b\"}]", ":2 (row 1): '{' behind a row of the list" },
        { "a brace too many", DataFormat.Text, "[{\"text\": \"a\"}}]", ":1 (row 1): '}' behind a row of the list" },
        { "more behind the list", DataFormat.Text, "[{\"text\": \"a\"}]\n[1]", ":2 (row 1): there is more behind" },
        { "a row cut short in a list", DataFormat.Text, "[{\"text\": \"a\"},\n\n{\"text\": \"b", ":3 (row 2): not valid JSON" },
        { "an empty list", DataFormat.Text, "[]", ": there are no rows in it" },
        { "nothing but line breaks", DataFormat.Text, "\n\r\n \n", ": there are no rows in it" },
        { "an empty file", DataFormat.Text, "", ": is empty" },
        { "a mark alone", DataFormat.Text, "\uFEFF", ": there are no rows in it" },

        // Rows of another shape.
        { "a row that is a text", DataFormat.Text, "\"a\"\n", ":1: a row must be an object with named columns, and this is a text" },
        { "a row that is a number", DataFormat.Text, "[{\"text\": \"a\"}, 5]", ":1 (row 2): a row must be an object" },
        { "a row that is null", DataFormat.Text, "null", "and this is null" },
        { "another format", DataFormat.Chat, """{"instruction": "a", "input": "", "output": "b"}""",
            ":1: there is no \"messages\", which format chat needs; the row has instruction, input, output; did you mean format alpaca?" },
        { "ShareGPT as chat", DataFormat.Chat, """{"conversations": [], "id": 1}""", "did you mean format sharegpt?" },
        { "chat as ShareGPT", DataFormat.ShareGpt, Good, "did you mean format chat?" },
        { "text as Alpaca", DataFormat.Alpaca, """{"text": "a"}""", "did you mean format text?" },
        { "prompts as text", DataFormat.Text, """{"prompt": "a", "completion": "b"}""", "did you mean format instruction?" },
        { "no known format", DataFormat.PromptCompletion, """{"question": "a", "answer": "b"}""",
            "there is no \"completion\", which format instruction needs; the row has question, answer; name the column that has it" },
        { "an empty row", DataFormat.Alpaca, "{}", "the row has none" },
        { "from and value within messages", DataFormat.Chat, """{"messages": [{"from": "human", "value": "a"}]}""",
            ":1: message 1: format chat needs \"role\" and \"content\", and the keys are from, value; did you mean format sharegpt?" },
        { "no content", DataFormat.Chat, """{"messages": [{"role": "user"}]}""",
            ":1: message 1: format chat needs \"role\" and \"content\"" },

        // Values of another type.
        { "messages in a text", DataFormat.Chat, """{"messages": "[]"}""", ":1: \"messages\" is a text where a list of messages belongs" },
        { "a message that is a text", DataFormat.Chat, """{"messages": ["a"]}""", ":1: message 1 is a text where an object" },
        { "content that is a number", DataFormat.Chat, """{"messages": [{"role": "user", "content": 1}]}""",
            ":1: message 1: \"content\" is a number where a text or a list of text parts belongs" },
        { "content that is null", DataFormat.Chat, """{"messages": [{"role": "user", "content": null}]}""",
            ":1: message 1: \"content\" is null" },
        { "an image", DataFormat.Chat, """{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}""",
            ":1: message 1: \"content\" has a part that is no text" },
        { "a part without text", DataFormat.Chat, """{"messages": [{"role": "user", "content": [{"type": "text"}]}]}""",
            "has a text part without \"text\"" },
        { "a number to learn", DataFormat.PromptCompletion, """{"prompt": "a", "completion": 5}""",
            ":1: \"completion\" is a number where a text belongs" },
        { "a list to learn", DataFormat.Alpaca, """{"instruction": "a", "output": ["b"]}""", "\"output\" is a list where a text belongs" },
        { "text that is an object", DataFormat.Text, """{"text": {}}""", "\"text\" is an object where a text belongs" },
        { "a weight of a half", DataFormat.Chat, """{"messages": [{"role": "assistant", "content": "a", "weight": 0.5}]}""",
            ":1: message 1: \"weight\" is neither 0 nor 1" },

        // What conversations must not hold.
        { "an unknown role", DataFormat.Chat, """{"messages": [{"role": "bot", "content": "a"}]}""",
            ":1: message 1: role 'bot' is not one of system, developer, user, assistant" },
        { "a tool's role", DataFormat.ShareGpt, """{"conversations": [{"from": "observation", "value": "a"}]}""",
            "tool calls are not supported" },
        { "a role that is null", DataFormat.Chat, """{"messages": [{"role": null, "content": "a"}]}""", "role 'null' is not one of" },
        { "a tool call", DataFormat.Chat, """{"messages": [{"role": "assistant", "tool_calls": [{}]}]}""",
            "message 1: tool calls are not supported" },
        { "tools", DataFormat.Chat, """{"messages": [], "tools": [{}]}""", "the row has tools, which are not supported" },
        { "a late system message", DataFormat.Chat,
            """{"messages": [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]}""",
            ":1: message 2: a system message stands behind other messages" },
        { "two system messages", DataFormat.ShareGpt,
            """{"system": "a", "conversations": [{"from": "system", "value": "b"}]}""", "beside the column \"system\"" },
        { "an old system message in the last of many rows", DataFormat.Chat,
            Repeat(Good + "\r\n", 999) + """{"messages": [{"role": "ipython", "content": "a"}]}""", ":1000: message 1: role 'ipython'" },

        // Nothing to learn.
        { "no answers", DataFormat.Chat, """{"messages": [{"role": "user", "content": "a"}]}""",
            ": no sample to train on is left of 1 rows: 1 without an answer or text" },
        { "empty answers", DataFormat.PromptCompletion, """{"prompt": "a", "completion": " "}""", "1 without an answer or text" },
        { "empty texts", DataFormat.Text, "{\"text\": \"\"}\n{\"text\": null}", "left of 2 rows: 2 without an answer or text" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_file_that_is_wrong_is_named_with_the_line_and_the_reason(string name, DataFormat format, string text, string expected)
    {
        using var folder = new ScratchFolder();
        var message = ErrorOf(folder, "data.jsonl", format, Encoding.UTF8.GetBytes(text));
        Assert.True(message.Contains(expected, StringComparison.Ordinal), $"{name}: {message}");
        Assert.DoesNotContain("\n", message);
    }

    [Theory]
    [InlineData("data.jsonl", "FFFE7B00", ": is UTF-16; save it as UTF-8")]
    [InlineData("data.txt", "FEFF007B", ": is UTF-16; save it as UTF-8")]
    [InlineData("data.jsonl", "1F8B0800", ": is compressed with gzip; unpack it")]
    [InlineData("data.json", "28B52FFD", ": is compressed with Zstandard; unpack it")]
    [InlineData("data.json", "504B0304", ": is a zip archive; unpack it")]
    [InlineData("data.json", "50415231", ": is a Parquet file; convert it to JSON Lines")]
    [InlineData("data.jsonl", "7B2274657874223A2261227D0A7B2274657874223A22E9227D",
        ":2: byte 0xE9 at character 10 of the row is not valid UTF-8")]
    [InlineData("data.jsonl", "7B2274657874223A22C3", ":1: byte 0xC3 at character 10 of the row is not valid UTF-8")]
    [InlineData("data.jsonl", "7B2274657874223A22EDA080227D", ":1: byte 0xED at character 10 of the row is not valid UTF-8")]
    [InlineData("data.txt", "610A620A63E962", ":3: byte 0xE9 is not valid UTF-8")]
    [InlineData("data.txt", "610AC3", ":2: byte 0xC3 is not valid UTF-8")]
    [InlineData("data.txt", "610A6200", ":2: a NUL character")]
    [InlineData("data.txt", "", ": is empty")]
    [InlineData("data.txt", "EFBBBF20 0A", ": there is nothing but white space in it")]
    [InlineData("data.csv", "61", ": .csv is not read; data comes as .jsonl, .json or .txt")]
    [InlineData("data", "61", ": a file without extension is not read")]
    public void Bytes_that_are_no_text_are_told(string name, string bytes, string expected)
    {
        using var folder = new ScratchFolder();
        var message = ErrorOf(folder, name, DataFormat.Text, Convert.FromHexString(bytes.Replace(" ", "")));
        Assert.Contains(expected, message);
    }

    [Fact]
    public void A_file_or_folder_that_cannot_be_read_is_named()
    {
        using var folder = new ScratchFolder();
        Assert.EndsWith("data.jsonl: there is no such file", ErrorOf(folder, "data.jsonl", DataFormat.Text, null));
        Assert.EndsWith("data.jsonl: there is no such file", ErrorOf(folder, "a/data.jsonl", DataFormat.Text, null));
        Directory.CreateDirectory(folder.PathTo("b.jsonl"));
        Assert.EndsWith("b.jsonl: is a folder; name the files in it", ErrorOf(folder, "b.jsonl", DataFormat.Text, null));
        Assert.Contains("plain text has no rows for format chat", ErrorOf(folder, "c.txt", DataFormat.Chat, "Hi"u8.ToArray()));
    }

    [Theory]
    [InlineData("data.jsonl", ":2: a row has more than 16 MiB")]
    [InlineData("data.json", ":2 (row 2): a row has more than 16 MiB")]
    public void A_row_without_end_is_given_up_before_it_fills_the_memory(string name, string expected)
    {
        using var folder = new ScratchFolder();
        using (var file = File.Create(folder.PathTo(name)))
        {
            file.Write(name.EndsWith("l", StringComparison.Ordinal)
                ? "{\"text\": \"a\"}\n{\"text\": \""u8
                : "[{\"text\": \"a\"},\n{\"text\": \""u8);
            // 100 MB, of which the disk holds next to nothing.
            file.SetLength(100_000_000);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(expected, ErrorOf(folder, name, DataFormat.Text, null));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 5 * JsonRowReader.LongestRow);
    }

    [Theory]
    [InlineData(DataFormat.Text, "prompt", ": a column is named for 'prompt', which format text does not have; its fields are text")]
    [InlineData(DataFormat.Chat, "mesages", "its fields are messages, role, content, system")]
    public void A_column_for_a_field_that_the_format_lacks_is_an_error(DataFormat format, string field, string expected)
    {
        using var folder = new ScratchFolder().Write("data.jsonl", Good);
        var source = new DataSource
        {
            Path = folder.PathTo("data.jsonl"), Format = format, Columns = new Dictionary<string, string> { [field] = "x" },
        };
        Assert.Contains(expected, Assert.Throws<TrainerException>(() => Load(source)).Message);
    }

    private static string ErrorOf(ScratchFolder folder, string name, DataFormat format, byte[]? content)
    {
        var path = folder.PathTo(name);
        if (content is not null)
            File.WriteAllBytes(path, content);
        var message = Assert.Throws<TrainerException>(() => Load(new DataSource { Path = path, Format = format })).Message;
        Assert.StartsWith(path, message);
        return message;
    }

    private static TrainingData Load(DataSource source) => TrainingData.Load(
        new DataOptions { Train = [source] }, new TrainingOptions(), new WordTokenizer(), ChatTemplate.ByName("chatml"));

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
