using System.Text.Json;
using LoraLint.Rules.Formats;

namespace LoraLint.Advisor.Reading;

/// <summary>One schema of the program, as its catalog has it.</summary>
/// <param name="Name">The format's name, or <c>settings</c> for loralint.yaml.</param>
/// <param name="Title">What it is the schema of.</param>
/// <param name="Description">The same in a sentence.</param>
/// <param name="Files">Patterns of the files that nothing else is called like, as in SchemaStore's catalog.</param>
/// <param name="Address">The schema's $id, under which it is published.</param>
internal sealed record FormatSchema(string Name, string Title, string Description, IReadOnlyList<string> Files, string Address);

/// <summary>The JSON Schemas of schemas/, which are part of the program.</summary>
internal static class FormatSchemas
{
    /// <summary>The name of the schema of our own settings file, which is no format.</summary>
    public const string Settings = "settings";

    private const string Suffix = ".schema.json";

    private static readonly Lazy<IReadOnlyList<FormatSchema>> s_all = new(ReadCatalog);

    /// <summary>All of them: formats in the catalog's order, settings last.</summary>
    public static IReadOnlyList<FormatSchema> All => s_all.Value;

    /// <summary>The bytes of a format's schema, UTF-8; null when there is none.</summary>
    public static byte[]? Read(string name)
    {
        using var stream = Open(name + Suffix);
        if (stream is null)
            return null;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static Stream? Open(string file) => typeof(FormatSchemas).Assembly.GetManifestResourceStream("schemas/" + file);

    private static IReadOnlyList<FormatSchema> ReadCatalog()
    {
        using var stream = Open("catalog.json") ?? throw new InvalidOperationException("the catalog of schemas is not in the program");
        using var catalog = JsonDocument.Parse(stream);
        var byName = new Dictionary<string, FormatSchema>(StringComparer.Ordinal);
        foreach (var entry in catalog.RootElement.GetProperty("schemas").EnumerateArray())
        {
            var address = entry.GetProperty("url").GetString()!;
            var name = address[(address.LastIndexOf('/') + 1)..^Suffix.Length];
            byName[name] = new FormatSchema(
                name,
                entry.GetProperty("name").GetString()!,
                entry.GetProperty("description").GetString()!,
                [.. entry.GetProperty("fileMatch").EnumerateArray().Select(f => f.GetString()!)],
                address);
        }

        // Frameworks that read their keys out of free mappings declare none, and such a format has no schema.
        return [.. FormatCatalog.WithKeys.Select(f => byName[f.Name]), byName[Settings]];
    }
}
