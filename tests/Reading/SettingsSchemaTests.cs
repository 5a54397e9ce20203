using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>
/// schemas/settings.schema.json, with which editors check and complete loralint.yaml, is made here from the rules and formats that there
/// are. LORALINT_UPDATE=1 rewrites it.
/// </summary>
public sealed class SettingsSchemaTests
{
    private static readonly JsonSerializerOptions s_layout =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string s_path = Repository.PathTo("schemas", "settings.schema.json");

    [Fact]
    public void The_schema_is_up_to_date()
    {
        var expected = Build().ToJsonString(s_layout) + "\n";
        if (Repository.Updates)
            File.WriteAllText(s_path, expected);
        else
            Assert.Equal(expected, File.ReadAllText(s_path));
    }

    [Fact]
    public void The_schema_has_the_keys_that_are_read()
    {
        var schema = Build();
        Assert.Equal(SettingsReader.Keys, schema["properties"]!.AsObject().Select(p => p.Key));
        Assert.Equal(
            SettingsReader.OverrideKeys, schema["properties"]!["overrides"]!["items"]!["properties"]!.AsObject().Select(p => p.Key));
    }

    private static JsonObject Build() => new()
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["$id"] = "https://loralint.dev/schemas/settings.schema.json",
        ["title"] = "LoraLint settings",
        ["description"] = "loralint.yaml: what LoraLint checks, and how severe it is. https://loralint.dev/settings",
        ["type"] = new JsonArray("object", "null"),
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject
        {
            ["profile"] = Ref("profile"),
            ["rules"] = Ref("rules"),
            ["select"] = Described(Ref("selectors"), "Only these rules."),
            ["ignore"] = Described(Ref("selectors"), "Not these rules."),
            ["exclude"] = Described(Ref("paths"), "Paths that are not looked for configs in, as in .gitignore."),
            ["formats"] = new JsonObject
            {
                ["description"] = "The format of files by pattern, where it is not recognised or wrongly so.",
                ["type"] = new JsonArray("object", "null"),
                ["additionalProperties"] = Ref("format"),
            },
            ["dataset-rows"] = Ref("dataset-rows"),
            ["gpu"] = Ref("gpu"),
            ["budget"] = Ref("budget"),
            ["versions"] = Ref("versions"),
            ["overrides"] = new JsonObject
            {
                ["description"] = "Settings for some paths; the last one that matches wins.",
                ["type"] = new JsonArray("array", "null"),
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("paths"),
                    ["additionalProperties"] = false,
                    ["properties"] = new JsonObject
                    {
                        ["paths"] = Described(Ref("paths"), "Patterns as in .gitignore, relative to the settings file."),
                        ["profile"] = Ref("profile"),
                        ["rules"] = Ref("rules"),
                        ["select"] = Ref("selectors"),
                        ["ignore"] = Ref("selectors"),
                        ["format"] = Ref("format"),
                        ["dataset-rows"] = Ref("dataset-rows"),
                        ["gpu"] = Ref("gpu"),
            ["budget"] = Ref("budget"),
                        ["versions"] = Ref("versions"),
                    },
                },
            },
        },
        ["$defs"] = new JsonObject
        {
            ["profile"] = OneOf("How far documented guidance counts.", SettingsReader.Profiles),
            ["severity"] = OneOf("How severe a rule's findings are.", SettingsReader.Severities),
            ["format"] = OneOf("A config format.", FormatCatalog.All.Select(f => f.Name)),
            ["dataset-rows"] = new JsonObject
            {
                ["description"] = "The training rows, where they cannot be counted.",
                ["type"] = new JsonArray("integer", "null"),
                ["minimum"] = 0,
            },
            // Cards are found by other spellings too.
            ["gpu"] = new JsonObject
            {
                ["description"] = "The card that configs are to run on, such as rtx-4090, or its memory, such as 24GB or 81559MiB; a bare "
                    + "number below 1000 is GB.",
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["enum"] = Array(GpuCatalog.All.Select(g => g.Name)) },
                    new JsonObject { ["type"] = "string", ["pattern"] = CardMemory.Pattern },
                    new JsonObject { ["type"] = "string", ["pattern"] = "[A-Za-z]" },
                    new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0 },
                    new JsonObject { ["type"] = "null" }),
            },
            ["budget"] = new JsonObject
            {
                ["description"] = "What a run may have.",
                ["type"] = new JsonArray("object", "null"),
                ["additionalProperties"] = false,
                ["properties"] = new JsonObject
                {
                    ["trainable-parameters"] = new JsonObject
                    {
                        ["description"] = "The parameters that may be trained, such as 10M or 1.5B, or a share of the base model's, "
                            + "such as 0.5%.",
                        ["type"] = new JsonArray("string", "number", "null"),
                    },
                },
            },
            ["versions"] = new JsonObject
            {
                ["description"] = "The releases of Python packages that configs run on, such as trl: 0.24.0; "
                    + "they win over requirement files.",
                ["type"] = new JsonArray("object", "null"),
                ["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "number") },
            },
            ["paths"] = Words(new JsonObject { ["type"] = "string", ["minLength"] = 1 }),
            ["selectors"] = Words(Ref("selector")),
            ["selector"] = new JsonObject
            {
                ["description"] = "A rule's name or code, or the start of a code.",
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["enum"] = Array(RuleCatalog.Infos.Select(r => r.Name)) },
                    new JsonObject { ["type"] = "string", ["pattern"] = "^[Ll][Ll][0-9]{0,3}$" }),
            },
            ["rules"] = Rules(),
        },
    };

    private static JsonObject Rules()
    {
        var properties = new JsonObject();
        foreach (var rule in RuleCatalog.Infos)
        {
            var options = new JsonObject { ["severity"] = Ref("severity") };
            foreach (var option in rule.Options)
            {
                options[option.Name] = new JsonObject
                {
                    ["description"] = option.Meaning, ["type"] = "number", ["default"] = option.Default,
                };
            }

            properties[rule.Name] = new JsonObject
            {
                ["description"] = $"{rule.Code}: {rule.Summary}",
                ["anyOf"] = new JsonArray(
                    Ref("severity"),
                    new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = options }),
            };
        }

        foreach (var rule in RuleCatalog.Infos)
            properties[rule.Code] = new JsonObject { ["$ref"] = $"#/$defs/rules/properties/{rule.Name}" };
        return new JsonObject
        {
            ["description"] = "Severities and options by rule name or code.",
            ["type"] = new JsonArray("object", "null"),
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
    }

    private static JsonObject Words(JsonObject word) => new()
    {
        ["anyOf"] = new JsonArray(
            new JsonObject { ["type"] = "array", ["items"] = word.DeepClone() }, word, new JsonObject { ["type"] = "null" }),
    };

    private static JsonObject OneOf(string description, IEnumerable<string> words) =>
        new() { ["description"] = description, ["enum"] = Array(words) };

    private static JsonObject Described(JsonObject schema, string description)
    {
        schema["description"] = description;
        return schema;
    }

    private static JsonObject Ref(string name) => new() { ["$ref"] = "#/$defs/" + name };

    private static JsonArray Array(IEnumerable<string> words) => new([.. words.Select(w => JsonValue.Create(w))]);
}
