using System.Text.Json.Nodes;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Tests.Support;

/// <summary>A key as a file of schemas/ has it.</summary>
/// <param name="Path">The path as in key tables.</param>
/// <param name="Schema">What the schema says of it, references in place; empty where it says nothing.</param>
public sealed record SchemaKey(string Path, JsonObject Schema)
{
    public string? Description => Text("description");

    public string? Markdown => Text("markdownDescription");

    public KeyTypes Types
    {
        get
        {
            var types = Forms.Aggregate(KeyTypes.None, (all, form) => all | TypesOf(form));
            return types == KeyTypes.None ? KeyTypes.Any : types;
        }
    }

    /// <summary>The closed set of texts or numbers, as they are spelled; empty when any are taken.</summary>
    public IReadOnlyList<string> Values
    {
        get
        {
            // Beside a type, the set closes the kind of its own values only: "auto" or any number.
            IEnumerable<JsonObject> forms = Schema.ContainsKey("type") && Schema["anyOf"] is JsonArray closing
                ? closing.Select(f => f!.AsObject()).Where(f => f.ContainsKey("enum")) : Forms;
            var isOpen = forms.Any(form => ConstantsOf(form).Count == 0 && TypesOf(form) is not (KeyTypes.List or KeyTypes.Map));
            return isOpen ? [] : [.. forms.SelectMany(ConstantsOf).OfType<JsonValue>().Where(v => !v.TryGetValue<bool>(out _))
                .Select(v => v.ToString())];
        }
    }

    private IReadOnlyList<JsonObject> Forms =>
        !Schema.ContainsKey("type") && (Schema["anyOf"] ?? Schema["oneOf"]) is JsonArray forms ? [.. forms.Select(f => f!.AsObject())]
            : [Schema];

    /// <summary>All keys of a format's schema: by name, <c>*</c> for keys of any name, <c>[]</c> for the elements of lists.</summary>
    public static IReadOnlyList<SchemaKey> AllOf(string format)
    {
        var root = Load(format);
        var keys = new List<SchemaKey>();
        Add(root, "");
        return keys;

        void Add(JsonObject schema, string path)
        {
            var prefix = path.Length == 0 ? "" : path + ".";
            var properties = schema["properties"]?.AsObject();
            foreach (var (name, of) in properties ?? [])
                AddKey(prefix + name, of);
            var rest = schema["additionalProperties"];
            foreach (var name in schema["propertyNames"]?["enum"]?.AsArray() ?? [])
                AddKey(prefix + name!.GetValue<string>(), rest);
            var isClosed = rest is JsonValue value && !value.GetValue<bool>() || schema["propertyNames"] is not null;
            if (!isClosed && (rest is JsonObject || path.Length == 0 || properties?.Count > 0))
                AddKey(prefix + "*", rest);
            if (new SchemaKey(path, schema).Forms.Select(f => f["items"]).OfType<JsonObject>().FirstOrDefault() is { } items)
                AddKey(path + "[]", items);
        }

        void AddKey(string path, JsonNode? node)
        {
            var schema = Resolved(node as JsonObject ?? [], root);
            keys.Add(new SchemaKey(path, schema));
            Add(schema, path);
        }
    }

    public static JsonObject Load(string format) =>
        JsonNode.Parse(File.ReadAllText(Repository.PathTo("schemas", format + ".schema.json")))!.AsObject();

    private static JsonObject Resolved(JsonObject schema, JsonObject root)
    {
        if (schema["$ref"]?.GetValue<string>() is not { } reference)
            return schema;
        var merged = root["$defs"]![reference["#/$defs/".Length..]]!.DeepClone().AsObject();
        foreach (var (name, value) in schema.Where(p => p.Key != "$ref"))
            merged[name] = value?.DeepClone();
        return merged;
    }

    private static IReadOnlyList<JsonNode?> ConstantsOf(JsonObject form) =>
        form["enum"] is JsonArray values ? [.. values] : form.ContainsKey("const") ? [form["const"]] : [];

    private static KeyTypes TypesOf(JsonObject form)
    {
        var named = form["type"] switch
        {
            JsonArray names => names.Select(n => n!.GetValue<string>()),
            JsonValue name => [name.GetValue<string>()],
            _ => ConstantsOf(form).Select(c => c is null ? "null" : c.GetValueKind().ToString().ToLowerInvariant()),
        };
        return named.Aggregate(KeyTypes.None, (all, name) => all | name switch
        {
            "null" => KeyTypes.Null,
            "boolean" or "true" or "false" => KeyTypes.Bool,
            "integer" => KeyTypes.Int,
            "number" => form.ContainsKey("type") ? KeyTypes.Float : KeyTypes.Int,
            "string" => KeyTypes.String,
            "array" => KeyTypes.List,
            "object" => KeyTypes.Map,
            _ => throw new InvalidOperationException(name),
        });
    }

    private string? Text(string name) => Schema[name]?.GetValue<string>();
}
