using System.Text.Json.Nodes;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Knowledge;

/// <summary>The key tables say what the schemas say, key by key and in both directions: neither is edited or refreshed alone.</summary>
public sealed class KeyTableTests
{
    public static TheoryData<string> Formats => [.. FormatCatalog.WithKeys.Select(f => f.Name)];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_table_has_the_keys_of_its_schema(string format)
    {
        var inSchema = SchemaKey.AllOf(format).Select(k => k.Path).ToHashSet(StringComparer.Ordinal);
        var inTable = KeysOf(format).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(inSchema);
        Assert.Empty(inSchema.Except(inTable));
        Assert.Empty(inTable.Except(inSchema));
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_table_has_the_types_values_and_defaults_of_its_schema(string format)
    {
        var table = TableOf(format);
        foreach (var (path, schema) in SchemaKey.AllOf(format).Select(k => (k.Path, k)))
        {
            var key = table.Find(path)!;
            Assert.Equal((path, schema.Types), (path, key.Types));
            // A value that the table's spelling cannot hold leaves the set open there.
            var values = schema.Values.Any(v => v.IndexOfAny([',', '{', '}']) >= 0) ? [] : schema.Values;
            Assert.Equal((path, string.Join(' ', values)), (path, string.Join(' ', key.Values)));
            Assert.Equal((path, schema.Schema.ContainsKey("default")), (path, key.Default is not null));
            var isSame = key.Default is null || JsonNode.DeepEquals(schema.Schema["default"], JsonNode.Parse(key.Default));
            Assert.True(isSame, $"{path}: {key.Default}");
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_table_has_the_marks_of_its_schema(string format)
    {
        var table = TableOf(format);
        foreach (var schema in SchemaKey.AllOf(format))
        {
            var key = table.Find(schema.Path)!;
            Assert.Equal(
                (schema.Path, Mark(schema, "x-since"), Mark(schema, "x-renamed-to"), Mark(schema, "x-replaced-by")),
                (schema.Path, key.Since, key.RenamedTo, key.ReplacedBy));
            Assert.Equal(
                (schema.Path, Mark(schema, "x-removed"), Mark(schema, "x-deprecated")),
                (schema.Path, key.Removed ? key.RemovedSince ?? "" : null, key.Deprecated ? key.DeprecatedSince ?? "" : null));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_table_has_the_source_of_its_schema_and_what_becomes_of_unknown_keys(string format)
    {
        var schema = SchemaKey.Load(format);
        var table = TableOf(format);
        Assert.Equal(string.Join("; ", schema["x-source"]!.AsArray().Select(s => s!.GetValue<string>())), table.Source);
        Assert.Equal(schema["x-unknown-keys"]!.GetValue<string>(), table.UnknownKeys.ToString().ToLowerInvariant());
    }

    private static KeyTable TableOf(string format) => FormatCatalog.Find(format)!.Keys!;

    private static string? Mark(SchemaKey key, string name) =>
        key.Schema[name] is not JsonValue value ? null : value.TryGetValue<string>(out var version) ? version : "";

    private static IEnumerable<string> KeysOf(string format)
    {
        var table = TableOf(format);
        var open = new Stack<string>([""]);
        while (open.Count > 0)
        {
            var path = open.Pop();
            var below = table.ChildrenOf(path).Select(k => k.Path).ToList();
            foreach (var unnamed in new[] { path.Length == 0 ? "*" : path + ".*", path + "[]" })
            {
                // What has any key by name may have others too, told by the same line.
                if (table.Find(unnamed) is { } key && key.Path == unnamed)
                    below.Add(unnamed);
            }

            foreach (var key in below)
            {
                yield return key;
                open.Push(key);
            }
        }
    }
}
