using LoraLint.Advisor.Lsp;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Lsp;

/// <summary>What is being typed, also where the text around it is broken. The bar marks the cursor.</summary>
public sealed class CursorTests
{
    [Theory]
    [InlineData("|", "", null, "")]
    [InlineData("lora|", "", null, "lora")]
    [InlineData("a: 1\nlora_|\nb: 2", "", null, "lora_")]
    [InlineData("a: 1\n|", "", null, "")]
    [InlineData("lora_r: |", "", "lora_r", "")]
    [InlineData("lora_r: 1|6", "", "lora_r", "16")]
    [InlineData("lora_r:|", "", "lora_r", "")]
    [InlineData("lora_r|: 16", "", null, "lora_r")]
    [InlineData("model:\n  lora_|", "model", null, "lora_")]
    [InlineData("model:\n  lora_rank: |", "model", "lora_rank", "")]
    [InlineData("model:\n  |", "model", null, "")]
    [InlineData("model:\n  a: 1\n  |", "model", null, "")]
    [InlineData("model:\n  a: 1\n|", "", null, "")]
    [InlineData("datasets:\n  - |", "", "datasets", "")]
    [InlineData("datasets:\n  - pa|", "", "datasets", "pa")]
    [InlineData("datasets:\n  - path: a\n    ty|", "datasets[]", null, "ty")]
    [InlineData("datasets:\n  - path: a\n    type: |", "datasets[]", "type", "")]
    [InlineData("datasets:\n- path: a\n  type: al|", "datasets[]", "type", "al")]
    [InlineData("datasets:\n  - path: |", "datasets[]", "path", "")]
    [InlineData("a:\n  b:\n    - c: 1\n      d:\n        e|", "a.b[].d", null, "e")]
    [InlineData("x: [q_proj, v|", "", "x", "v")]
    [InlineData("x: [q_proj, |]", "", "x", "")]
    [InlineData("x:\n  - q_proj\n  - v_|", "", "x", "v_")]
    [InlineData("x:\n- q_proj\n- v_|", "", "x", "v_")]
    [InlineData("x: 'q_|'", "", "x", "q_")]
    [InlineData("x: \"q_|", "", "x", "q_")]
    [InlineData("model:\n  # a note\n\n  lora_|", "model", null, "lora_")]
    [InlineData("a: {b: 1\nlora_|", "", null, "lora_")]
    [InlineData("'a b': |", "", "a b", "")]
    [InlineData("--- \nlora|", "", null, "lora")]
    public void In_yaml(string marked, string parent, string? key, string word) => Check(marked, ConfigLanguage.Yaml, parent, key, word);

    [Theory]
    [InlineData("# lora_|")]
    [InlineData("lora_r: 16 # why|")]
    public void In_a_comment_of_yaml_nothing_is_offered(string marked) => Assert.Null(Find(marked, ConfigLanguage.Yaml).Context);

    [Theory]
    [InlineData("{|}", "", null, "")]
    [InlineData("{\"lora|\"}", "", null, "lora")]
    [InlineData("{\"lora|", "", null, "lora")]
    [InlineData("{\"r\": |}", "", "r", "")]
    [InlineData("{\"r\": 1|6}", "", "r", "16")]
    [InlineData("{\"r\": 16, |}", "", null, "")]
    [InlineData("{\"r\": 16, \"bi|\": \"none\"}", "", null, "bi")]
    [InlineData("{\"bias\": \"no|\"}", "", "bias", "no")]
    [InlineData("{\"bias\": \"no|", "", "bias", "no")]
    [InlineData("{\"t\": [\"q\", \"v_|\"]}", "", "t", "v_")]
    [InlineData("{\"t\": [\"q\", |", "", "t", "")]
    [InlineData("{\"a\": {\"b\": {\"c|\"}}}", "a.b", null, "c")]
    [InlineData("{\"a\": [{\"b\": |}]}", "a[]", "b", "")]
    [InlineData("{\"a\": \"x{\\\"\", \"b|\"}", "", null, "b")]
    public void In_json(string marked, string parent, string? key, string word) => Check(marked, ConfigLanguage.Json, parent, key, word);

    [Theory]
    [InlineData("|", "", null, "")]
    [InlineData("network|", "", null, "network")]
    [InlineData("network_dim = |", "", "network_dim", "")]
    [InlineData("network_dim = 3|2", "", "network_dim", "32")]
    [InlineData("x = \"ab|", "", "x", "ab")]
    [InlineData("[a.b]\nc|", "a.b", null, "c")]
    [InlineData("[[a]]\nc = |", "a[]", "c", "")]
    [InlineData("x = [\"a\", \"b|", "", "x", "b")]
    public void In_toml(string marked, string parent, string? key, string word) => Check(marked, ConfigLanguage.Toml, parent, key, word);

    [Fact]
    public void Keys_that_are_there_are_known()
    {
        Assert.Equal(["a", "b"], SiblingsOf("a: 1\n|\nb:\n  c: 2\n", ConfigLanguage.Yaml));
        Assert.Equal(
            ["path", "type"], SiblingsOf("datasets:\n  - other: x\n  - path: a\n    |\n    type: b\n  - ds: c\n", ConfigLanguage.Yaml));
        Assert.Equal(["a", "b"], SiblingsOf("""{"a": {"x": 1}, |"b": 2}""", ConfigLanguage.Json));
        Assert.Equal(["c"], SiblingsOf("a = 1\n[s]\nc = 2\n|\n[t]\nd = 3\n", ConfigLanguage.Toml));
    }

    [Fact]
    public void No_text_and_no_cursor_makes_it_fail()
    {
        var random = new Random(20261121);
        const string letters = "ab:-[]{}\"'#,= \n\t\r";
        for (var i = 0; i < 3000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => letters[random.Next(letters.Length)])]);
            var lines = new LineMap(text);
            for (var at = 0; at <= text.Length; at++)
            {
                // An editor's cursor stands nowhere within a line's end.
                var offset = Math.Min(at, lines.LineSpan(lines.LineAt(at)).End);
                foreach (var language in Enum.GetValues<ConfigLanguage>())
                {
                    if (CursorContext.Find(new SourceText("t", text), language, offset) is not { } context)
                        continue;
                    Assert.InRange(context.Word.Start, 0, text.Length);
                    Assert.InRange(context.Word.End, context.Word.Start, text.Length);
                    Assert.True(context.Word.Start <= offset && offset <= context.Word.End, $"{language} at {offset} of '{text}'");
                }
            }
        }
    }

    private static void Check(string marked, ConfigLanguage language, string parent, string? key, string word)
    {
        var (source, context) = Find(marked, language);
        Assert.NotNull(context);
        Assert.Equal((parent, key, word), (context.Parent, context.Key, source.Slice(context.Word)));
    }

    private static IEnumerable<string> SiblingsOf(string marked, ConfigLanguage language) =>
        Find(marked, language).Context!.Siblings.Order(StringComparer.Ordinal);

    private static (SourceText Source, CursorContext? Context) Find(string marked, ConfigLanguage language)
    {
        var offset = marked.IndexOf('|', StringComparison.Ordinal);
        var source = new SourceText("t", marked.Remove(offset, 1));
        return (source, CursorContext.Find(source, language, offset));
    }
}
