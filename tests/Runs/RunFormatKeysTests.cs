using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Runs;

/// <summary>
/// Our own run format is told three times, and the same: by its schema, by the key table of the check, by what reads it for a run.
/// </summary>
public sealed class RunFormatKeysTests
{
    private static readonly KeyTable s_table = FormatCatalog.Find("loralint")!.Keys!;

    // Keys that need others beside them.
    private static readonly Dictionary<string, string> s_with = new(StringComparer.Ordinal)
    {
        ["quantization.bits"] = """{"adapter": {"method": "dora"}}""",
        ["training.early_stopping_patience"] = """{"data": {"train": "train.jsonl", "validation_split": 0.1}}""",
        ["training.restore_best"] = """{"data": {"train": "train.jsonl", "validation_split": 0.1}}""",
    };

    // What the schema takes and the embedded engine does not have, and names that no file has.
    private static readonly string[] s_notHere = ["the embedded engine stores the base in 4 bits", "is no local data file"];

    public static TheoryData<string> Paths => [.. Leaves().Select(l => l.Path)];

    [Fact]
    public void The_key_table_has_the_keys_types_values_and_defaults_of_the_schema()
    {
        var inSchema = Keys().ToDictionary(k => k.Path, k => k.Schema, StringComparer.Ordinal);
        Assert.Equal(inSchema.Keys.Order(StringComparer.Ordinal), InTable("").Select(k => k.Path).Order(StringComparer.Ordinal));
        foreach (var (path, schema) in inSchema)
        {
            var key = s_table.Find(path)!;
            Assert.Equal((path, TypesOf(schema)), (path, key.Types));
            Assert.Equal(ValuesOf(schema).Order(StringComparer.Ordinal), key.Values.Order(StringComparer.Ordinal));
            Assert.True(JsonNode.DeepEquals(schema["default"], key.Default is { } text ? JsonNode.Parse(text) : null), path);
        }
    }

    [Fact]
    public void What_reads_a_run_asks_for_keys_of_the_schema_and_for_all_of_them()
    {
        // The readers name keys by their whole paths.
        var sources = new[] { "Formats/LoraLintFormat.cs", "Runs/Resolving/LoraLintRun.cs" }
            .Select(f => File.ReadAllText(Repository.PathTo("src", "Rules", f)));
        var mappings = string.Join("|", Keys().Where(k => k.Schema["properties"] is not null).Select(k => Regex.Escape(k.Path)));
        var literal = new Regex($"\"((?:{mappings})\\.[a-z0-9_]+|loralint|base_model|output_dir)\"");
        var asked = sources.SelectMany(s => literal.Matches(s).Select(m => m.Groups[1].Value));
        Assert.Equal(Leaves().Select(l => l.Path).Order(StringComparer.Ordinal), asked.Distinct().Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_value_is_taken_by_the_schema_or_else_refused_by_the_check_or_by_train(string path)
    {
        var schema = Leaves().First(l => l.Path == path).Schema;
        var wrong = new List<string>();
        foreach (var value in SamplesOf(schema))
        {
            var text = With(path, value);
            var findings = Findings(text).Where(f => f.Severity == Severity.Error).Select(f => f.Rule.Name + ": " + f.Message);
            var problems = SmallConfigs.Resolve("loralint", text).Problems.Where(p => !s_notHere.Any(p.Message.Contains))
                .Select(p => p.Key + ": " + p.Message);
            var refused = findings.Concat(problems).ToList();
            var sample = $"{path}: {value.ToJsonString()}";
            if (Takes(schema, value) != (refused.Count == 0))
                wrong.Add($"{sample} ({string.Join("; ", refused)})");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_slip_of_a_key_is_flagged_with_the_key_and_refused_by_train(string path)
    {
        var text = With(path + "z", JsonValue.Create(1));
        var finding = Assert.Single(Findings(text), f => f.Rule.Name is "unknown-key");
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Contains($"did you mean {path[(path.LastIndexOf('.') + 1)..]}?", finding.Message, StringComparison.Ordinal);
        Assert.Contains(SmallConfigs.Resolve("loralint", text).Problems, p => p.Key == path + "z");
    }

    [Theory]
    [InlineData("learning_rate", "it belongs under training")]
    [InlineData("training.base_model", "it belongs at the top of the file")]
    [InlineData("adapter.bits", "it belongs under quantization")]
    [InlineData("adapter.wandb_project", "remove it")]
    [InlineData("2nd", "remove it")]
    [InlineData("_note", "remove it")]
    [InlineData("data.columns.answer", "remove it")]
    public void A_key_that_is_no_slip_is_flagged_with_its_place(string path, string hint)
    {
        var text = With(path, JsonValue.Create(1));
        var finding = Assert.Single(Findings(text), f => f.Rule.Name is "unknown-key");
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Contains(hint, finding.Message, StringComparison.Ordinal);
        Assert.Contains(SmallConfigs.Resolve("loralint", text).Problems, p => path.StartsWith(p.Key, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("lora_r", "lora_r is the name in Axolotl and TRL for adapter.rank")]
    [InlineData("adapter.lora_alpha", "lora_alpha is the name in Axolotl and TRL for adapter.alpha")]
    [InlineData("num_train_epochs", "for training.epochs")]
    public void A_name_of_another_framework_is_flagged_with_ours(string path, string message)
    {
        var finding = Assert.Single(Findings(With(path, JsonValue.Create(8))), f => f.Rule.Name is "cross-framework-key");
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Contains(message, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_run_file_that_is_shown_or_written_has_a_finding_about_keys()
    {
        string[] rules = ["unknown-key", "cross-framework-key", "value-type-mismatch", "value-not-in-set"];
        var documents = RunFiles().ToList();
        Assert.True(documents.Count >= 5, $"{documents.Count} documents");
        foreach (var (name, text) in documents)
        {
            var findings = Lint.Check(text).Findings.Where(f => rules.Contains(f.Rule.Name));
            Assert.True(!findings.Any(), $"{name}\n{string.Join("\n", findings.Select(f => f.Message))}");
        }
    }

    // Those of the examples and the documentation, and what --dry-run makes of every format.
    private static IEnumerable<(string Name, string Text)> RunFiles()
    {
        var shown = new[] { "docs", "examples" }
            .SelectMany(f => Directory.EnumerateFiles(Repository.PathTo(f), "*", SearchOption.AllDirectories))
            .Append(Repository.PathTo("README.md"))
            .SelectMany(path => BlocksOf(path).Where(b => b.Contains("loralint: 1", StringComparison.Ordinal)).Select(b => (path, b)));
        var written = SmallConfigs.All.Select(c => (c.Key, RunYaml.Write(SmallConfigs.Resolve(c.Key, c.Value).Run!)!));
        return shown.Concat(written);
    }

    private static IEnumerable<string> BlocksOf(string path) => Path.GetExtension(path) switch
    {
        ".yaml" => [File.ReadAllText(path)],
        ".md" => Regex.Matches(File.ReadAllText(path), "```yaml(?! bad)[^\n]*\n(.*?)```", RegexOptions.Singleline)
            .Select(m => m.Groups[1].Value),
        _ => [],
    };

    private static IReadOnlyList<Finding> Findings(string text) =>
        Lint.Check(text, "run.json", LintOptions.Default with { Format = "loralint" }).Findings;

    private static IEnumerable<KeyInfo> InTable(string parent) => s_table.ChildrenOf(parent).SelectMany(k => InTable(k.Path).Prepend(k));

    private static IEnumerable<(string Path, JsonObject Schema)> Leaves() =>
        Keys().Where(k => k.Schema["properties"] is null && !k.Path.StartsWith("data.columns.", StringComparison.Ordinal));

    // Every key by name, mappings among them.
    private static List<(string Path, JsonObject Schema)> Keys()
    {
        var root = JsonNode.Parse(File.ReadAllText(Repository.PathTo("schemas", "loralint.schema.json")))!.AsObject();
        var keys = new List<(string, JsonObject)>();
        Add(root, "");
        return keys;

        void Add(JsonObject mapping, string prefix)
        {
            foreach (var (name, written) in mapping["properties"]?.AsObject() ?? [])
            {
                var schema = written!.AsObject();
                if (schema["$ref"]?.GetValue<string>() is { } reference)
                    schema = Merged(root["$defs"]![reference["#/$defs/".Length..]]!.AsObject(), schema);
                keys.Add((prefix + name, schema));
                Add(schema, prefix + name + ".");
                foreach (var column in schema["propertyNames"]?["enum"]?.AsArray() ?? [])
                    keys.Add((prefix + name + "." + column!.GetValue<string>(), schema["additionalProperties"]!.AsObject()));
            }
        }
    }

    private static JsonObject Merged(JsonObject definition, JsonObject use)
    {
        var merged = definition.DeepClone().AsObject();
        foreach (var (name, value) in use.Where(p => p.Key != "$ref"))
            merged[name] = value!.DeepClone();
        return merged;
    }

    private static IEnumerable<JsonObject> FormsOf(JsonObject schema) =>
        (schema["anyOf"] ?? schema["oneOf"])?.AsArray().Select(f => f!.AsObject()) ?? [schema];

    private static IEnumerable<JsonNode> ConstantsOf(JsonObject form) =>
        form["enum"]?.AsArray().Select(v => v!) ?? (form["const"] is { } one ? [one] : []);

    private static KeyTypes TypesOf(JsonObject schema) => FormsOf(schema).Select(form => form["type"]?.GetValue<string>() switch
    {
        "boolean" => KeyTypes.Bool,
        "integer" => KeyTypes.Int,
        "number" => KeyTypes.Float,
        "string" => KeyTypes.String,
        "array" => KeyTypes.List,
        "object" => KeyTypes.Map,
        _ => ConstantsOf(form).All(c => c.GetValueKind() == JsonValueKind.String) ? KeyTypes.String : KeyTypes.Int,
    }).Aggregate((all, type) => all | type);

    // Closed unless one form takes any text or number.
    private static IEnumerable<string> ValuesOf(JsonObject schema) =>
        FormsOf(schema).Any(f => !ConstantsOf(f).Any() && f["type"]?.GetValue<string>() is not ("array" or "object")) ? []
            : FormsOf(schema).SelectMany(ConstantsOf).Select(v => v.ToString());

    private static bool Takes(JsonObject schema, JsonNode value) => FormsOf(schema).Any(form => TakesForm(form, value));

    private static bool TakesForm(JsonObject form, JsonNode value)
    {
        if (ConstantsOf(form).ToList() is { Count: > 0 } constants)
            return constants.Any(c => JsonNode.DeepEquals(c, value));
        var number = value.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>() : 0;
        return form["type"]!.GetValue<string>() switch
        {
            "boolean" => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False,
            "string" => value.GetValueKind() == JsonValueKind.String
                && value.GetValue<string>().Length >= (form["minLength"]?.GetValue<int>() ?? 0),
            "integer" => value.GetValueKind() == JsonValueKind.Number && number == Math.Floor(number) && IsInRange(form, number),
            "number" => value.GetValueKind() == JsonValueKind.Number && IsInRange(form, number),
            "array" => value is JsonArray items && items.Count >= (form["minItems"]?.GetValue<int>() ?? 0)
                && items.All(i => Takes(form["items"]!.AsObject(), i!)),
            "object" => value is JsonObject entries && entries.All(e => TakesForm(form["additionalProperties"]!.AsObject(), e.Value!)
                && (form["propertyNames"] is not { } names || TakesForm(names.AsObject(), JsonValue.Create(e.Key)))),
            var type => throw new InvalidOperationException(type),
        };
    }

    private static bool IsInRange(JsonObject form, double number) =>
        !(number < form["minimum"]?.GetValue<double>()) && !(number <= form["exclusiveMinimum"]?.GetValue<double>())
        && !(number > form["maximum"]?.GetValue<double>()) && !(number >= form["exclusiveMaximum"]?.GetValue<double>());

    private static IEnumerable<JsonNode> SamplesOf(JsonObject schema)
    {
        string[] samples =
        [
            "true", "false", "\"x\"", "\"true\"", "\"no\"", "\"\"", "\"4\"", "-1", "0", "1", "7", "0.7", "2.5", "3000",
            "[\"x\"]", "[1]", "[-1]", "[0.5]", "[\"\"]", "[]", "{}", "{\"x\": 2}", "{\"x\": 0.5}", "{\"x\": \"y\"}", "{\"text\": \"x\"}",
            "{\"text\": 7}",
        ];
        return FormsOf(schema).SelectMany(ConstantsOf).Select(c => c.DeepClone()).Concat(samples.Select(s => JsonNode.Parse(s)!));
    }

    private static string With(string path, JsonNode value)
    {
        var root = JsonNode.Parse(SmallConfigs.All["loralint"])!.AsObject();
        foreach (var (name, beside) in JsonNode.Parse(s_with.GetValueOrDefault(path, "{}"))!.AsObject())
            root[name] = beside!.DeepClone();
        var at = root;
        var parts = path.Split('.');
        foreach (var part in parts.SkipLast(1))
            at = (at[part] ??= new JsonObject()).AsObject();
        at[parts[^1]] = value.DeepClone();
        return root.ToJsonString();
    }
}
