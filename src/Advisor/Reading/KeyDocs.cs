using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Reading;

/// <summary>The end of a range.</summary>
/// <param name="Value">The number.</param>
/// <param name="IsExclusive">Whether the number itself is outside.</param>
internal readonly record struct KeyBound(double Value, bool IsExclusive);

/// <summary>What a format's schema tells people about a key.</summary>
/// <param name="Description">What the key does, in plain text; facts such as type and default where nobody described it.</param>
/// <param name="Markdown">The same with default, range, guidance and links to the rules that look at the key.</param>
/// <param name="Examples">Values to start with, spelled as JSON, the documented guidance's first.</param>
/// <param name="Minimum">The smallest number that the framework takes, where there is one.</param>
/// <param name="Maximum">The largest number that the framework takes, where there is one.</param>
/// <param name="Default">The framework's default, spelled as JSON; null when its source gives none or computes it.</param>
internal sealed record KeyDoc(
    string Description, string Markdown, IReadOnlyList<string> Examples, KeyBound? Minimum, KeyBound? Maximum, string? Default);

/// <summary>
/// Descriptions of keys by format and path, out of the schemas in the program. A format's schema is parsed when one of its keys is first
/// asked for and kept; a key's description is read anew each time.
/// </summary>
internal static class KeyDocs
{
    private static readonly ConcurrentDictionary<string, Lazy<JsonElement?>> s_roots = new(StringComparer.Ordinal);

    /// <summary>What is told about a key.</summary>
    /// <param name="format">The name of the format, such as <c>llama-factory</c>.</param>
    /// <param name="path">The path as in the format's key table: <c>datasets[].type</c>.</param>
    /// <returns>Null when the format has no schema or the schema does not tell of the key.</returns>
    public static KeyDoc? Find(string format, string path)
    {
        if (path.Length == 0 || s_roots.GetOrAdd(format, name => new(() => Parse(name))).Value is not { } root)
            return null;
        var at = root;
        foreach (var part in Parts(path))
        {
            if (Below(at, part, root) is not { } next)
                return null;
            at = next;
        }

        return Read(at);
    }

    /// <summary>What is told about a keyword of a call: its meaning is that of the key in the files of the same library.</summary>
    public static KeyDoc? Find(CodeCall call, string path) => Find(FormatOf(call), path);

    /// <summary>The format whose keys mean what the keywords of a call do.</summary>
    public static string FormatOf(CodeCall call) => call.Kind == CodeCallKind.Adapter ? "peft" : "trl";

    private static JsonElement? Parse(string format) =>
        FormatSchemas.Read(format) is { } bytes ? JsonDocument.Parse(bytes).RootElement : null;

    // "datasets[].type" is datasets, [], type.
    private static IEnumerable<string> Parts(string path) =>
        path.Replace("[]", ".[]", StringComparison.Ordinal).TrimStart('.').Split('.');

    private static JsonElement? Below(JsonElement schema, string part, JsonElement root)
    {
        schema = Target(schema, root);
        foreach (var form in FormsOf(schema))
        {
            if (part == "[]")
            {
                if (form.TryGetProperty("items", out var items))
                    return items;
            }
            else if (form.TryGetProperty("properties", out var properties) && properties.TryGetProperty(part, out var property))
            {
                return property;
            }
            else if (form.TryGetProperty("additionalProperties", out var rest) && rest.ValueKind == JsonValueKind.Object)
            {
                return rest;
            }
        }

        return null;
    }

    private static JsonElement Target(JsonElement schema, JsonElement root)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("$ref", out var reference))
            return schema;
        var target = root;
        foreach (var part in reference.GetString()!["#/".Length..].Split('/'))
            target = target.GetProperty(part);
        return target;
    }

    private static IEnumerable<JsonElement> FormsOf(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
            yield break;
        yield return schema;
        foreach (var word in new[] { "anyOf", "oneOf" })
        {
            if (!schema.TryGetProperty(word, out var forms))
                continue;
            foreach (var form in forms.EnumerateArray())
                yield return form;
        }
    }

    private static KeyDoc? Read(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("description", out var description))
            return null;
        var text = description.GetString()!;
        return new KeyDoc(
            text,
            schema.TryGetProperty("markdownDescription", out var markdown) ? markdown.GetString()! : text,
            schema.TryGetProperty("examples", out var examples) ? [.. examples.EnumerateArray().Select(Spell)] : [],
            BoundOf(schema, "minimum", "exclusiveMinimum"),
            BoundOf(schema, "maximum", "exclusiveMaximum"),
            schema.TryGetProperty("default", out var value) ? Spell(value) : null);
    }

    private static string Spell(JsonElement value)
    {
        // On one line: the schemas are indented.
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            value.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static KeyBound? BoundOf(JsonElement schema, string inclusive, string exclusive) =>
        schema.TryGetProperty(inclusive, out var bound) ? new KeyBound(bound.GetDouble(), false)
        : schema.TryGetProperty(exclusive, out bound) ? new KeyBound(bound.GetDouble(), true)
        : null;
}
