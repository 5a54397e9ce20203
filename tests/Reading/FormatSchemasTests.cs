using LoraLint.Advisor.Reading;
using LoraLint.Rules.Formats;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>schemas/catalog.json in SchemaStore's form, and what the program has of it.</summary>
public sealed class FormatSchemasTests
{
    [Fact]
    public void The_catalog_has_every_schema_with_its_title_and_address()
    {
        var files = Directory.GetFiles(Repository.PathTo("schemas"), "*.schema.json").Select(f => Path.GetFileName(f));
        Assert.Equal(
            files.Order(StringComparer.Ordinal), FormatSchemas.All.Select(s => s.Name + ".schema.json").Order(StringComparer.Ordinal));
        Assert.Equal([.. FormatCatalog.WithKeys.Select(f => f.Name), "settings"], FormatSchemas.All.Select(s => s.Name));
        foreach (var listed in FormatSchemas.All)
        {
            var schema = SchemaKey.Load(listed.Name);
            Assert.Equal(
                (schema["title"]!.GetValue<string>(), schema["$id"]!.GetValue<string>()), (listed.Title, listed.Address));
            Assert.NotEqual("", schema["description"]!.GetValue<string>());
        }
    }

    [Fact]
    public void A_pattern_of_files_belongs_to_one_schema()
    {
        var patterns = FormatSchemas.All.SelectMany(s => s.Files).ToList();
        Assert.Equal(patterns.Distinct(StringComparer.Ordinal), patterns);
        Assert.All(FormatSchemas.All, s => Assert.NotEmpty(s.Files));
        // SchemaStore's form: no leading slash, forward slashes, a description without a period.
        Assert.DoesNotContain(patterns, p => p.StartsWith('/') || p.Contains('\\'));
        Assert.All(FormatSchemas.All, s => Assert.False(s.Description.EndsWith('.')));
    }

    [Fact]
    public void A_schema_that_there_is_not_is_null() => Assert.Null(FormatSchemas.Read("nope"));
}
