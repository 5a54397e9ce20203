using System.Globalization;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Support;

/// <summary>An entry of schemas/descriptions, which scripts/describe-schemas.py puts into the schemas, for one of its keys.</summary>
/// <param name="Place">The file and its first words, for messages.</param>
/// <param name="Format">The format of the key.</param>
/// <param name="Path">The path of the key in the format's table.</param>
/// <param name="Entry">What is written about it.</param>
public sealed record KeyDescription(string Place, string Format, string Path, ConfigNode Entry)
{
    private static readonly Lazy<IReadOnlyList<KeyDescription>> s_all = new(ReadAll);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KeyDescription> All => s_all.Value;

    /// <summary>What the key does; the whole entry where that is all.</summary>
    public string Text => Entry.IsScalar ? Entry.Text : TextOf("text")!;

    public string? Guidance => TextOf("guidance");

    public string? Note => Entry.Find("notes")?.Value.Find(Format)?.Value.Text;

    public IReadOnlyList<string> Statements => [.. Entry.Find("statements")?.Value.Items.Select(i => i.Text) ?? []];

    public IReadOnlyList<string> Rules => (TextOf("rules") ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    public JsonArray? Start => Entry.Find("start") is { } start ? JsonOf(start.Value)!.AsArray() : null;

    public double? Bound(string name) =>
        TextOf(name) is { } number ? double.Parse(number, CultureInfo.InvariantCulture) : null;

    private static IReadOnlyList<KeyDescription> ReadAll()
    {
        var all = new List<KeyDescription>();
        foreach (var file in Directory.GetFiles(Repository.PathTo("schemas", "descriptions"), "*.toml").Order(StringComparer.Ordinal))
        {
            var document = ConfigReader.Read(new SourceText(file, File.ReadAllText(file)), ConfigLanguage.Toml);
            Assert.Empty(document.Problems);
            var name = System.IO.Path.GetFileName(file);
            foreach (var entry in document.Roots[0].Find("setting")?.Value.Items ?? [])
            {
                foreach (var key in entry.Find("keys")!.Value.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
                {
                    var colon = key.IndexOf(':', StringComparison.Ordinal);
                    all.Add(new KeyDescription($"{name}: {key}", key[..colon], key[(colon + 1)..], entry));
                }
            }

            foreach (var format in document.Roots[0].Find("keys")?.Value.Entries ?? [])
            {
                foreach (var key in format.Value.Entries)
                    all.Add(new KeyDescription($"{name}: {format.Key}:{key.Key}", format.Key, key.Key, key.Value));
            }
        }

        return all;
    }

    private static JsonNode? JsonOf(ConfigNode node) => node switch
    {
        { IsSequence: true } => new JsonArray([.. node.Items.Select(JsonOf)]),
        { Style: ScalarStyle.Plain } => JsonNode.Parse(node.Text),
        _ => JsonValue.Create(node.Text),
    };

    private string? TextOf(string name) => Entry.Find(name)?.Value.Text;
}
