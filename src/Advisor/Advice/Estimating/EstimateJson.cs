using System.Text.Json;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>An estimate for programs. Bytes and parameters are whole numbers; what is not known is null.</summary>
internal static class EstimateJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, CostEstimate cost)
    {
        var load = cost.Run.Workload;
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("config", cost.Run.Name);
        json.WriteStartObject("model");
        json.WriteString("name", load.Model.Name);
        json.WriteString("architecture", load.Model.ModelType);
        json.WriteNumber("layers", load.Model.Shape.Layers);
        json.WriteNumber("parameters", load.Model.Parameters);
        json.WriteEndObject();
        WriteAdapter(json, cost);
        json.WriteStartObject("step");
        json.WriteString("framework", load.Framework.Name);
        json.WriteString("optimizer", cost.Run.Optimizer);
        json.WriteNumber("micro_batch_size", load.MicroBatchSize);
        json.WriteNumber("max_sequence_length", load.SequenceLength);
        json.WriteNumber("sequences", cost.Run.Schedule.SequencesPerStep);
        json.WriteBoolean("gradient_checkpointing", load.Recomputes);
        json.WriteEndObject();
        WriteMemory(json, cost);
        WriteLength(json, cost.Run.Schedule);
        cost.Run.Tokens?.Write(json, "counted");
        json.WriteNumber("adapter_bytes", cost.AdapterBytes);
        json.WriteNumber("checkpoint_bytes", cost.CheckpointBytes);
        json.WriteStartArray("assumed");
        foreach (var assumption in cost.Run.Assumptions)
            json.WriteStringValue(assumption);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAdapter(Utf8JsonWriter json, CostEstimate cost)
    {
        var adapter = cost.Run.Workload.Adapter;
        json.WriteStartObject("adapter");
        json.WriteNumber("rank", cost.Run.Rank);
        json.WriteString("target_modules", cost.Run.Targets);
        json.WriteNumber("trainable", adapter.Trainable);
        json.WriteNumber("share", Math.Round(adapter.Share, 8));
        json.WriteNumber("in_a_layer", cost.ParametersOfLayer);
        json.WriteNumber("saved_in_full", adapter.SavedParameters);
        json.WriteStartArray("modules");
        foreach (var group in ModuleGroup.Of(adapter.Modules))
        {
            json.WriteStartObject();
            json.WriteString("name", group.Name);
            json.WriteNumber("count", group.Modules.Count);
            json.WriteNumber("rank", group.First.Rank);
            json.WriteNumber("parameters", group.Parameters);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, CostEstimate cost)
    {
        json.WriteString("gpu", cost.Gpu?.Name);
        if (cost.Gpu is { } gpu)
            json.WriteNumber("gpu_bytes", gpu.Bytes);
        json.WriteStartArray("memory");
        foreach (var way in cost.Ways)
        {
            json.WriteStartObject();
            json.WriteNumber("bits", way.Bits);
            json.WriteBoolean("asked", way.IsAsked);
            json.WriteNumber("bytes", way.Memory.Total);
            json.WriteNumber("low", way.Memory.Low);
            json.WriteNumber("high", way.Memory.High);
            json.WriteStartObject("parts");
            foreach (var part in way.Memory.Parts)
                json.WriteNumber(part.Name, part.Bytes);
            json.WriteEndObject();
            if (way.Fit is { } fit)
            {
                json.WriteString("fit", fit.Verdict switch { Fit.Fits => "yes", Fit.Unsure => "unsure", _ => "no" });
                json.WriteNumber("largest_micro_batch", fit.LargestMicroBatch);
                json.WriteNumber("longest_sequence", fit.LongestSequence);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLength(Utf8JsonWriter json, TrainingSchedule schedule)
    {
        Write("rows", schedule.Rows);
        Write("steps", schedule.Steps);
        Write("tokens", schedule.Tokens is { } tokens ? (long)tokens : null);
        Write("seconds", schedule.Seconds is { } seconds ? (long)Math.Round(seconds) : null);

        void Write(string name, long? value)
        {
            if (value is { } number)
                json.WriteNumber(name, number);
            else
                json.WriteNull(name);
        }
    }
}
