using System.Text.Json;
using LoraLint.Advisor.Output;

namespace LoraLint.Advisor.Advice.Curves;

/// <summary>A diagnosis for programs: measures and verdicts. Numbers that are not known, or not finite, are null.</summary>
internal static class DiagnosisJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, string name, Diagnosis diagnosis)
    {
        var curves = diagnosis.Curves;
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("path", name);
        WriteTexts(json, "files", curves.Files);
        WriteTexts(json, "notes", curves.Notes);
        json.WriteNumber("last_step", curves.LastStep);
        WriteNumber(json, "planned_steps", curves.PlannedSteps);
        json.WriteStartObject("measures");
        WriteNumber(json, "train_loss_start", diagnosis.Trend.Levels?.Start);
        WriteNumber(json, "train_loss_end", diagnosis.Trend.Levels?.End);
        WriteNumber(json, "best_validation_loss", diagnosis.Best?.Value);
        WriteNumber(json, "best_validation_step", diagnosis.Best?.Step);
        WriteNumber(json, "roughness", diagnosis.Stability.Roughness);
        json.WriteBoolean("stable", diagnosis.Stability.IsStable);
        WriteSteps(json, "spikes", diagnosis.Stability.Spikes);
        WriteSteps(json, "gradient_spikes", diagnosis.Stability.GradientSpikes);
        WriteNumber(json, "diverged_from_step", diagnosis.Divergence?.Step);
        WriteNumber(json, "overfitting_from_step", diagnosis.Overfitting?.Step);
        WriteNumber(json, "overfitting_rise", diagnosis.Overfitting?.Rise);
        WriteNumber(json, "fall_at_end", diagnosis.Trend.FallAtEnd);
        json.WriteEndObject();
        json.WriteStartArray("verdicts");
        foreach (var verdict in diagnosis.Verdicts)
        {
            json.WriteStartObject();
            json.WriteString("name", verdict.Name);
            json.WriteString("severity", Words.Of(verdict.Severity));
            WriteNumber(json, "step", verdict.Step);
            json.WriteString("finding", verdict.Finding);
            json.WriteString("advice", verdict.Advice);
            WriteTexts(json, "sources", [.. verdict.Sources.Select(s => s.ToString())]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteSteps(Utf8JsonWriter json, string name, IReadOnlyList<int> steps)
    {
        json.WriteStartArray(name);
        foreach (var step in steps)
            json.WriteNumberValue(step);
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number))
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
