using System.Text.Json.Nodes;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Formats;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

public sealed class KeyDocsTests
{
    public static TheoryData<string> Formats => [.. FormatCatalog.WithKeys.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_key_that_has_a_name_is_told_as_its_schema_tells_it(string format)
    {
        var keys = SchemaKey.AllOf(format).Where(k => !k.Path.EndsWith('*') && !k.Path.EndsWith(']')).ToList();
        Assert.NotEmpty(keys);
        foreach (var key in keys.Where(k => k.Description is not null))
        {
            var doc = KeyDocs.Find(format, key.Path)!;
            Assert.Equal((key.Path, key.Description, key.Markdown ?? key.Description), (key.Path, doc.Description, doc.Markdown));
            Assert.True(JsonNode.DeepEquals(key.Schema["default"], doc.Default is { } value ? JsonNode.Parse(value) : null), key.Path);
            Assert.Equal(key.Schema["examples"]?.AsArray().Select(e => e!.ToJsonString()) ?? [], doc.Examples);
            Assert.Equal(Bound(key, "minimum") ?? Bound(key, "exclusiveMinimum"), doc.Minimum?.Value);
            Assert.Equal(Bound(key, "maximum") ?? Bound(key, "exclusiveMaximum"), doc.Maximum?.Value);
            Assert.Equal(key.Schema.ContainsKey("exclusiveMinimum"), doc.Minimum is { IsExclusive: true });
        }
    }

    [Fact]
    public void A_key_is_told_with_range_default_and_values_to_start_with()
    {
        var rank = KeyDocs.Find("trl", "lora_r")!;
        Assert.Contains("rank", rank.Description, StringComparison.Ordinal);
        Assert.Contains("https://loralint.dev/rules/rank-not-positive", rank.Markdown, StringComparison.Ordinal);
        Assert.Equal(("16", new KeyBound(1, false), null), (rank.Default, rank.Minimum, rank.Maximum));
        Assert.Equal("16", rank.Examples[0]);
        Assert.Equal(new KeyBound(0, true), KeyDocs.Find("peft", "lora_alpha")!.Minimum);
    }

    [Theory]
    [InlineData("axolotl", "no_such_key")]
    [InlineData("axolotl", "lora_r.below")]
    [InlineData("axolotl", "")]
    [InlineData("axolotl", ".")]
    [InlineData("axolotl", "[]")]
    [InlineData("settings.schema.json", "profile")]
    [InlineData("", "lora_r")]
    public void What_no_schema_tells_of_is_nothing(string format, string path) => Assert.Null(KeyDocs.Find(format, path));

    private static double? Bound(SchemaKey key, string name) => key.Schema[name]?.GetValue<double>();
}
