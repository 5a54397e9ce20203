using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Json;

namespace LoraLint.Tests.Trainer.Json;

public sealed class JsonPlaceTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string File => _folder.PathTo("config.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Values_are_read_as_what_they_are()
    {
        var root = Read("""
            {"n": 4096.0, "e": 1e3, "x": -0.5, "list": [1, 2.5], "texts": ["a", "\ud83d\ude00"], "yes": true, "null": null,
             "of": {"b": 1, "a b": null}}
            """);
        Assert.Equal(4096, root.Get("n").Whole(1, 4096));
        Assert.Equal(1000, root.Get("e").Whole(int.MinValue, int.MaxValue));
        Assert.Equal(-0.5, root.Get("x").Number(-0.5, 1));
        Assert.Equal([1, 2.5], root.Get("list").Numbers(0, 3));
        Assert.Equal(["a", "\U0001F600"], root.Get("texts").Texts());
        Assert.True(root.Flag("yes"));
        Assert.True(root.Flag("absent", true));
        Assert.Equal(["b", "a b"], root.Get("of").Members().Select(m => m.Name));
        Assert.Equal(["of.b", "of['a b']"], root.Get("of").Members().Select(m => m.Place.Path));
        Assert.Equal("texts[1]", root.Get("texts").Elements().Last().Path);
    }

    [Fact]
    public void Null_is_absent_for_all_but_who_asks_whether_it_is_written()
    {
        var root = Read("""{"null": null}""");
        Assert.Null(root.Find("null"));
        Assert.Equal("x", root.Text("null", "x"));
        Assert.True(root.Has("null"));
        Assert.False(root.Has("absent"));
        Assert.Equal($"{File}: 'null' is missing", Refusal(() => root.Get("null")));
    }

    [Theory]
    [InlineData("2147483648", "2147483648 where a whole number of 0 or more belongs")]
    [InlineData("-1", "-1 where a whole number of 0 or more belongs")]
    [InlineData("0.5", "0.5 where")]
    [InlineData("1e400", "1e400 where")]
    [InlineData("\"7\"", "\"7\" where")]
    [InlineData("[7]", "a list where")]
    [InlineData("{}", "an object where")]
    [InlineData("true", "true where")]
    [InlineData("\"\\u001b[31m\"", "\"\\u001b[31m\" where")]
    [InlineData("\"\u009b31m\"", "\"?31m\" where")]
    public void A_wrong_value_is_told_with_file_place_value_and_what_belongs_there(string value, string expected) =>
        Assert.StartsWith(
            $"{File}: a.b[1]: {expected}",
            Refusal(() => Read($$$"""{"a": {"b": [0, {{{value}}}]}}""").Get("a").Get("b").Elements().Last().Whole(0, int.MaxValue)),
            StringComparison.Ordinal);

    [Fact]
    public void Long_values_and_keys_are_shortened()
    {
        var root = Read($$$"""{"{{{new string('k', 1000)}}}": "{{{new string('v', 1000)}}}"}""");
        var message = Refusal(() => root.Members().Single().Place.Whole(0, 1));
        Assert.Equal($"{File}: {new string('k', 57)}...: \"{new string('v', 56)}... where a whole number from 0 to 1 belongs", message);
    }

    [Theory]
    [InlineData("""{"a": 1, "a": 2}""", "the key 'a' is there twice")]
    [InlineData("""{"a": 1, "\u0061": 2}""", "the key 'a' is there twice")]
    [InlineData("""{"list": [{"of": {"b": 1, "b": null}}]}""", "list[0].of: the key 'b' is there twice")]
    [InlineData("""{"\ud800": 1}""", "a key holds half of a surrogate pair")]
    [InlineData("[]", "a list where an object belongs")]
    public void A_config_is_an_object_without_a_key_twice(string json, string expected) =>
        Assert.Contains(expected, Refusal(() => Read(json)), StringComparison.Ordinal);

    [Theory]
    [InlineData("", ":1:1: not valid JSON: The input does not contain any JSON tokens")]
    [InlineData("{\"a\":\n 0x1}", ":2:3: not valid JSON: 'x' is an invalid end of a number")]
    [InlineData("{} {}", ":1:4: not valid JSON: '{' is invalid after a single JSON value")]
    public void What_is_no_JSON_is_told_by_line_and_position(string json, string expected) =>
        Assert.StartsWith(File + expected, Refusal(() => Read(json)), StringComparison.Ordinal);

    [Fact]
    public void Half_of_a_surrogate_pair_in_a_key_or_a_text_is_told()
    {
        System.IO.File.WriteAllText(File, """{"of": {"\udc00": 1}, "text": "\ud800"}""");
        var root = JsonFile.Read(File, 100);
        Assert.Contains("of: a key holds half", Refusal(() => root.Get("of").Find("key")), StringComparison.Ordinal);
        Assert.Contains("text: the text holds half", Refusal(() => root.Text("text")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_absent_or_too_large_is_not_read()
    {
        Assert.Equal($"{File}: there is no such file", Refusal(() => JsonFile.ReadConfig(File)));
        System.IO.File.WriteAllText(File, """{"a": 1}""");
        Assert.Equal($"{File}: the file has 8 bytes; at most 7 are read", Refusal(() => JsonFile.Read(File, 7)));
        Assert.Equal(1, JsonFile.Read(File, 8).Get("a").Whole(1, 1));
    }

    private JsonPlace Read(string json)
    {
        System.IO.File.WriteAllText(File, json);
        return JsonFile.ReadConfig(File);
    }

    private static string Refusal(Func<object?> read) => Assert.Throws<TrainerException>(() => read()).Message;
}
