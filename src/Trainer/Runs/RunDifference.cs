using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Runs;

/// <summary>Tells in which settings two runs differ.</summary>
internal static class RunDifference
{
    /// <summary>
    /// The settings that differ, each as <c>optimizer.learning_rate: 0.0002 became 0.0001</c>. Where the folders of the model, of the data
    /// and of the output lie does not count: what is in them is compared by content.
    /// </summary>
    public static IReadOnlyList<string> Between(RunRecord before, RunRecord now)
    {
        var differences = new List<string>();
        Compare("", TreeOf(before), TreeOf(now), differences);
        return differences;
    }

    private static JsonNode? TreeOf(RunRecord record)
    {
        var run = record.Run with
        {
            BaseModel = "",
            OutputDirectory = "",
            Data = record.Run.Data with
            {
                Train = WithoutPlace(record.Run.Data.Train),
                Validation = WithoutPlace(record.Run.Data.Validation),
            },
        };
        return JsonNode.Parse(RunJson.Write(record with { Run = run }))!["run"];
    }

    private static DataSource[] WithoutPlace(IReadOnlyList<DataSource> sources) =>
        [.. sources.Select(source => source with { Path = Path.GetFileName(source.Path) })];

    private static void Compare(string path, JsonNode? before, JsonNode? now, List<string> differences)
    {
        if (before is JsonObject old && now is JsonObject other)
        {
            foreach (var key in old.Select(entry => entry.Key).Union(other.Select(entry => entry.Key)))
                Compare(path.Length == 0 ? key : $"{path}.{key}", old[key], other[key], differences);
        }
        else if (!JsonNode.DeepEquals(before, now))
        {
            differences.Add($"{path}: {Show(before)} became {Show(now)}");
        }
    }

    private static string Show(JsonNode? value) => value switch
    {
        null => "none",
        JsonValue scalar when scalar.GetValueKind() == JsonValueKind.String => scalar.GetValue<string>(),
        _ => value.ToJsonString(),
    };
}
