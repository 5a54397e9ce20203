using System.Text.Json;
using LoraLint.Advisor.Advice.Suggesting.Writers;
using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>A plan for programs: the config as a text, and each value with its reason and source.</summary>
internal static class SuggestJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, Plan plan, ConfigWriter writer, string config)
    {
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("format", writer.Format);
        json.WriteString("file", writer.FileNameOf(plan));
        json.WriteString("config", config);
        json.WriteString("task", AdvisorTable.NameOf(plan.Task));
        json.WriteString("model", plan.ModelName);
        json.WriteNumber("rows", plan.Data.Rows);
        plan.Data.Counted?.Write(json, "counted");
        json.WriteNumber("steps", plan.Steps);
        if (plan.Workload?.Estimate() is { } estimate)
        {
            json.WriteNumber("memory_low", estimate.Low);
            json.WriteNumber("memory_high", estimate.High);
            json.WriteNumber("trainable", plan.Workload.Adapter.Trainable);
        }

        json.WriteStartArray("values");
        foreach (var (name, value, reason, source) in SuggestText.Values(plan))
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("value", value);
            json.WriteString("reason", reason);
            json.WriteString("source", source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("alternatives");
        foreach (var alternative in plan.Alternatives)
        {
            json.WriteStartObject();
            json.WriteString("what", alternative.What);
            json.WriteString("why", alternative.Why);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteTexts(json, "to_do", writer.Notes(plan));
        WriteTexts(json, "assumed", plan.Assumptions);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
