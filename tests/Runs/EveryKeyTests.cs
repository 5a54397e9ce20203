using System.Text;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Runs;

/// <summary>
/// No key of any framework is passed over in silence: each one, written with a value that asks for something, changes the run, is told
/// of, is refused, or is in the format's list of keys without influence. The lists are kept in golden files, to be read by people.
/// </summary>
public sealed class EveryKeyTests
{
    // Keys whose meaning is in the run already, or that have none beside the keys of the small config; each with its reason.
    private static readonly Dictionary<string, string> s_sameAsBefore = new(StringComparer.Ordinal)
    {
        ["axolotl excess_length_strategy: \"drop\""] = "the default, which the table does not have",
        ["axolotl peft_init_lora_weights: true"] = "the default, which the table does not have",
        ["axolotl datasets[].train_on_eos: \"turn\""] = "the default, which the table does not have",
        ["llama-factory eval_steps"] = "evaluation is off by eval_strategy",
        ["llama-factory evaluation_strategy: \"no\""] = "the default, which the table does not have",
        ["llama-factory optim"] = "another implementation of the same AdamW",
        ["llama-factory pissa_iter"] = "pissa_init is off",
        ["llama-factory quantization_method: \"bitsandbytes\""] = "another word for bnb",
        ["llama-factory quantization_type"] = "nothing is quantized",
        ["trl bnb_4bit_quant_type"] = "nothing is quantized",
        ["trl use_bnb_nested_quant"] = "nothing is quantized",
        ["trl dataset_text_field"] = "the rows hold messages",
        ["trl eval_steps"] = "evaluation is off by eval_strategy",
        ["trl evaluation_strategy: \"no\""] = "the default, which the table does not have",
        ["trl optim"] = "another implementation of the same AdamW",
        ["mlx-lm prompt_feature"] = "the rows hold messages",
        ["mlx-lm completion_feature"] = "the rows hold messages",
        ["mlx-lm text_feature"] = "the rows hold messages",
    };

    public static TheoryData<string> Formats => [.. RunResolver.Formats.Where(f => f != "loralint")];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_key_of_a_framework_is_honoured_told_of_refused_or_listed_as_without_influence(string format)
    {
        var before = TextOf(Resolved(format, SmallConfigs.All[format]));
        var harmless = RunResolver.KeysWithoutInfluence(format).ToHashSet();
        var honoured = new SortedSet<string>(StringComparer.Ordinal);
        var refused = new SortedSet<string>(StringComparer.Ordinal);
        var silent = new List<string>();
        foreach (var key in KeysOf(FormatCatalog.Find(format)!.Keys!))
        {
            foreach (var value in SamplesOf(key))
            {
                if (Written(format, key.Path, value) is not { } text)
                    continue;
                var resolution = SmallConfigs.Resolve(format, text);
                if (resolution.Problems.Count > 0)
                    refused.Add(key.Path);
                else if (TextOf(resolution) != before)
                    honoured.Add(key.Path);
                else if (!IsListed(key.Path, harmless) && !SaysTheSame(format, key.Path, value)
                    && !IsKnownToBeTheSame(format, key.Path, value))
                    silent.Add($"{key.Path}: {value.ToJsonString()}");
            }
        }

        Assert.True(silent.Count == 0, $"{format} passes over in silence:\n{string.Join("\n", silent)}");
        Assert.True(honoured.Count >= 8 && refused.Count >= 8, $"{honoured.Count} honoured, {refused.Count} refused");
        refused.ExceptWith(honoured);
        var report = new StringBuilder();
        Append(report, "honoured", honoured);
        Append(report, "refused", refused);
        Append(report, "without influence", harmless.Order(StringComparer.Ordinal));
        Golden.Compare($"run-keys/{format}.txt", report.ToString());
    }

    [Fact]
    public void A_key_that_is_not_known_is_refused_in_every_format()
    {
        foreach (var (format, text) in SmallConfigs.All)
        {
            var config = JsonNode.Parse(text)!.AsObject();
            config["no_such_key_at_all"] = 3;
            var problem = Assert.Single(SmallConfigs.Resolve(format, config.ToJsonString()).Problems);
            Assert.Equal("no_such_key_at_all", problem.Key);
        }
    }

    [Fact]
    public void Our_own_format_refuses_unknown_keys_whatever_their_value()
    {
        foreach (var value in new[] { "null", "false", "0", "\"\"", "[]" })
        {
            var text = "{\"loralint\": 1, \"base_model\": \"m\", \"data\": {\"train\": \"train.jsonl\", \"shuffel\": " + value + "}}";
            Assert.Equal("data.shuffel", Assert.Single(SmallConfigs.Resolve("loralint", text).Problems).Key);
        }
    }

    [Fact]
    public void Every_key_of_our_own_schema_has_a_place_in_the_run()
    {
        using var schema = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Repository.PathTo("schemas", "loralint.schema.json")));
        var before = TextOf(Resolved("loralint", SmallConfigs.All["loralint"]));
        foreach (var (path, leaf) in Leaves(schema.RootElement, ""))
        {
            var effects = SamplesOfSchema(leaf).Select(v => Written("loralint", path, v)).OfType<string>()
                .Select(t => SmallConfigs.Resolve("loralint", t)).ToList();
            Assert.True(
                effects.Any(e => e.Problems.Count > 0 || TextOf(e) != before) || path is "quantization.type" or "quantization.double",
                path);
        }
    }

    private static IEnumerable<(string, System.Text.Json.JsonElement)> Leaves(System.Text.Json.JsonElement schema, string prefix)
    {
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            if (!property.Value.TryGetProperty("properties", out _))
                yield return (prefix + property.Name, property.Value);
            else
            {
                foreach (var leaf in Leaves(property.Value, prefix + property.Name + "."))
                    yield return leaf;
            }
        }
    }

    private static IEnumerable<JsonNode> SamplesOfSchema(System.Text.Json.JsonElement leaf)
    {
        if (leaf.TryGetProperty("enum", out var values))
            return values.EnumerateArray().Select(v => JsonNode.Parse(v.GetRawText())!);
        return [JsonValue.Create(true), JsonValue.Create(false), JsonValue.Create(7), JsonValue.Create(0.7), JsonValue.Create("x"),
            new JsonArray("x"), new JsonArray(1), new JsonObject { ["text"] = "x" }, new JsonObject { ["x"] = 2 }];
    }

    private static RunResolution Resolved(string format, string text)
    {
        var resolution = SmallConfigs.Resolve(format, text);
        Assert.True(resolution.Problems.Count == 0, string.Join("\n", resolution.Problems));
        return resolution;
    }

    // Paths to be written: list elements stand in the first one; keys of any name and elements themselves are no keys.
    private static IEnumerable<KeyInfo> KeysOf(KeyTable table)
    {
        var open = new Stack<string>([""]);
        while (open.Count > 0)
        {
            var parent = open.Pop();
            foreach (var key in table.ChildrenOf(parent))
            {
                yield return key;
                open.Push(key.Path);
                open.Push(key.Path + "[]");
            }
        }
    }

    private static IEnumerable<JsonNode> SamplesOf(KeyInfo key)
    {
        foreach (var value in key.Values)
            yield return JsonValue.Create(value)!;
        if (key.Takes(KeyTypes.Bool))
            yield return JsonValue.Create(true);
        if (key.Takes(KeyTypes.Int))
            yield return JsonValue.Create(7);
        if (key.Takes(KeyTypes.Float))
            yield return JsonValue.Create(0.7);
        if (key.Takes(KeyTypes.String) && key.Values.Count == 0)
            yield return JsonValue.Create("some_word")!;
        if (key.Takes(KeyTypes.List))
            yield return new JsonArray("some_word");
        if (key.Takes(KeyTypes.Map))
            yield return new JsonObject { ["some_key"] = 7 };
    }

    // The small config with a key set to a value; null where the way to it leads through something else than mappings.
    private static string? Written(string format, string path, JsonNode value)
    {
        var root = JsonNode.Parse(SmallConfigs.All[format])!.AsObject();
        var at = root;
        var parts = path.Split('.');
        for (var i = 0; i < parts.Length - 1; i++)
        {
            var isList = parts[i].EndsWith("[]", StringComparison.Ordinal);
            var name = parts[i].TrimEnd('[', ']');
            if (isList && at[name] is null)
                at[name] = new JsonArray(new JsonObject());
            else if (at[name] is null)
                at[name] = new JsonObject();
            if ((isList ? (at[name] as JsonArray)?[0] : at[name]) is not JsonObject below)
                return null;
            at = below;
        }

        at[parts[^1]] = value.DeepClone();
        return root.ToJsonString();
    }

    // The sample may be just what the small config says, or the default.
    private static bool SaysTheSame(string format, string path, JsonNode value)
    {
        var key = FormatCatalog.Find(format)!.Keys!.Find(path);
        var small = JsonNode.Parse(SmallConfigs.All[format])!.AsObject();
        return key?.Default == value.ToJsonString() || key?.Default?.Trim('"') == value.ToString()
            || JsonNode.DeepEquals(Find(small, path), value);
    }

    private static JsonNode? Find(JsonNode? at, string path)
    {
        foreach (var part in path.Split('.'))
        {
            var name = part.TrimEnd('[', ']');
            at = (at as JsonObject)?[name];
            if (part != name)
                at = (at as JsonArray)?[0];
        }

        return at;
    }

    private static bool IsListed(string path, HashSet<string> harmless)
    {
        for (var at = path; ; at = at[..at.LastIndexOf('.')])
        {
            if (harmless.Contains(at))
                return true;
            if (!at.Contains('.'))
                return false;
        }
    }

    private static string TextOf(RunResolution resolution) => string.Join("\n", resolution.Notes) + (resolution.Run is not { } run ? "" :
        Encoding.UTF8.GetString(RunJson.Write(new RunRecord
        {
            Run = run, Config = new ConfigRecord("", "", ""), Findings = [], Notes = [], Forced = false, LoraLintVersion = "",
        })));

    private static bool IsKnownToBeTheSame(string format, string path, JsonNode value) =>
        s_sameAsBefore.ContainsKey($"{format} {path}") || s_sameAsBefore.ContainsKey($"{format} {path}: {value.ToJsonString()}");

    private static void Append(StringBuilder report, string title, IEnumerable<string> keys)
    {
        report.Append(title).Append(":\n");
        foreach (var key in keys)
            report.Append("  ").Append(key).Append('\n');
    }
}
