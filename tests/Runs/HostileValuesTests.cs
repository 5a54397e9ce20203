using System.Text.Json.Nodes;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Runs;

namespace LoraLint.Tests.Runs;

/// <summary>Values that no run can have, under every key of every format: problems are collected, and nothing is thrown.</summary>
public sealed class HostileValuesTests
{
    private static readonly string[] s_values =
    [
        "0", "-1", "-0.5", "1.5", "1e308", "-1e308", "99999999999", "4096", "\"\"", "\"nonsense\"", "\".inf\"", "\".nan\"", "true", "null",
        "[]", "[-1]", "[1e400]", "{}", "{\"q_proj\": -1}", "{\"q_proj\": 1e308}", "[0, 2]",
    ];

    public static TheoryData<string> Formats => [.. RunResolver.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_config_with_any_value_resolves_or_is_refused(string format)
    {
        var tried = 0;
        foreach (var key in KeysOf(FormatCatalog.Find(format)!.Keys!, ""))
        {
            foreach (var value in s_values)
            {
                var root = JsonNode.Parse(SmallConfigs.All[format])!.AsObject();
                if (!TrySet(root, key, value, out var text))
                    continue;
                var resolution = SmallConfigs.Resolve(format, text);
                Assert.True((resolution.Run is null) == resolution.Problems.Count > 0, $"{key}: {value}");
                tried++;
            }
        }

        Assert.True(tried > 400, $"{tried} tried");
    }

    [Theory]
    [InlineData("axolotl", "\"lora_r\": 8",
        "\"lora_r\": 0, \"lora_alpha\": .inf, \"lora_dropout\": 7, \"peft_layers_to_transform\": [-1, 0]", 3)]
    [InlineData("peft", "\"r\": 8", "\"r\": -3, \"lora_dropout\": 1, \"alpha_pattern\": {\"q_proj\": 0}, \"layers_to_transform\": [-2]", 4)]
    [InlineData("mlx-lm", "\"iters\": 100", "\"iters\": 0, \"learning_rate\": -1, \"optimizer\": \"adamw\", \"optimizer_config\": "
        + "{\"adamw\": {\"betas\": [2, 3], \"eps\": 0}}", 3)]
    public void All_that_is_wrong_is_told_of_at_once(string format, string written, string instead, int least)
    {
        var text = SmallConfigs.All[format];
        Assert.Contains(written, text, StringComparison.Ordinal);
        var resolution = SmallConfigs.Resolve(format, text.Replace(written, instead, StringComparison.Ordinal));
        Assert.Null(resolution.Run);
        Assert.True(
            resolution.Problems.Count >= least, string.Join("\n", resolution.Problems.Select(p => $"{p.Key}: {p.Message}")));
    }

    private static IEnumerable<string> KeysOf(KeyTable table, string parent)
    {
        foreach (var name in table.ChildrenOf(parent).Select(k => k.Name).Where(n => n != "*"))
        {
            var path = parent.Length == 0 ? name : parent + "." + name;
            yield return path;
            foreach (var below in KeysOf(table, path))
                yield return below;
        }
    }

    private static bool TrySet(JsonObject root, string path, string value, out string text)
    {
        text = "";
        var parts = path.Split('.');
        var at = root;
        foreach (var part in parts[..^1])
        {
            if (at[part] is null)
                at[part] = new JsonObject();
            if (at[part] is not JsonObject inner)
                return false;
            at = inner;
        }

        // What JSON has no number for is written all the same: the reader is lenient, and so is YAML.
        at[parts[^1]] = "@value";
        text = root.ToJsonString().Replace("\"@value\"", value, StringComparison.Ordinal);
        return true;
    }
}
