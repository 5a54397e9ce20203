using System.Text.Json;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>Advice on a rank for programs. Methods that were not asked, and what is not known, are null.</summary>
internal static class RankJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Utf8JsonWriter json, RankAdvice advice)
    {
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("config", advice.Name);
        json.WriteStartObject("verdict");
        json.WriteNumber("rank", advice.Verdict.Rank);
        json.WriteString("decided_by", advice.Verdict.DecidedBy);
        json.WriteString("reason", advice.Verdict.Reason);
        WriteTexts(json, "disagreements", advice.Verdict.Disagreements);
        json.WriteNumber("alpha", advice.Alpha.Value);
        json.WriteString("alpha_source", advice.Alpha.Source);
        WriteNumber(json, "trainable", advice.Adapter?.Trainable);
        json.WriteEndObject();
        json.WriteString("model", advice.Model?.Name);
        json.WriteString("target_modules", advice.Model is null ? null : advice.Targets);
        json.WriteString("task", advice.Task is { } task ? AdvisorTable.NameOf(task) : null);
        WriteNumber(json, "rows", advice.Rows);
        WriteNumber(json, "tokens_per_row", advice.TokensPerRow);
        WriteTask(json, advice.TaskRank);
        WriteBudget(json, advice);
        WriteData(json, advice.Data);
        WriteSweep(json, advice.Sweep);
        WriteMemory(json, advice);
        WriteTexts(json, "left_out", advice.LeftOut);
        WriteTexts(json, "assumed", advice.Assumptions);
        WriteTexts(json, "notes", advice.Notes);
        json.WriteEndObject();
    }

    private static void WriteTask(Utf8JsonWriter json, TaskRank? task)
    {
        if (task is null)
        {
            json.WriteNull("by_task");
            return;
        }

        json.WriteStartObject("by_task");
        json.WriteNumber("rank", task.Rank);
        json.WriteNumber("usual", task.Start.Value);
        json.WriteString("reason", task.Start.Reason);
        json.WriteString("source", task.Start.Source);
        WriteNumber(json, "capacity_floor", task.Floor?.Rank);
        WriteNumber(json, "bits", task.Floor?.Bits);
        WriteNumber(json, "bits_per_token", task.Floor?.BitsPerToken);
        json.WriteEndObject();
    }

    private static void WriteBudget(Utf8JsonWriter json, RankAdvice advice)
    {
        if (advice.Budget is not { } budget)
        {
            json.WriteNull("by_budget");
            return;
        }

        json.WriteStartObject("by_budget");
        WriteBudget(json, budget);
        json.WriteStartArray("other_modules");
        foreach (var (targets, other) in advice.OtherTargets)
        {
            json.WriteStartObject();
            json.WriteString("target_modules", targets);
            WriteBudget(json, other);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteBudget(Utf8JsonWriter json, ParameterBudget budget)
    {
        json.WriteNumber("rank", budget.Rank);
        json.WriteNumber("largest", budget.Largest);
        json.WriteNumber("budget", budget.Budget);
        json.WriteNumber("fixed", budget.Fixed);
        json.WriteNumber("per_rank", budget.PerRank);
        json.WriteNumber("trainable", budget.TrainableAt(budget.Rank));
    }

    private static void WriteData(Utf8JsonWriter json, DataSpectra? data)
    {
        if (data is null)
        {
            json.WriteNull("by_data");
            return;
        }

        json.WriteStartObject("by_data");
        WriteNumber(json, "hint", data.Hint);
        json.WriteString("depth", data.Depth);
        json.WriteNumber("rows", data.Rows);
        json.WriteNumber("drawn", data.Drawn);
        json.WriteNumber("seed", data.Seed);
        WriteNumber(json, "tokens_per_row", data.TokensPerRow);
        WriteNumber(json, "base_loss", data.BaseLoss);
        json.WriteStartArray("spectra");
        foreach (var spectrum in data.Spectra)
        {
            json.WriteStartObject();
            json.WriteString("of", spectrum.Of);
            json.WriteString("module", spectrum.Module);
            json.WriteNumber("rows", spectrum.Rows);
            json.WriteNumber("columns", spectrum.Columns);
            WriteNumber(json, "k90", spectrum.K90);
            WriteNumber(json, "k95", spectrum.K95);
            WriteNumber(json, "k99", spectrum.K99);
            json.WriteNumber("effective_rank", spectrum.EffectiveRank);
            json.WriteNumber("stable_rank", spectrum.StableRank);
            json.WriteNumber("participation_ratio", spectrum.ParticipationRatio);
            json.WriteNumber("covered", spectrum.Covered);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("average_rank", data.AverageRank);
        WriteRanks(json, "eva", data);
        WriteRanks(json, "gora", data);
        WriteTexts(json, "warnings", data.Warnings);
        json.WriteEndObject();
    }

    // As PEFT takes them, with the alphas that keep the scaling at 2. PEFT has no rank 0: EVA leaves such modules out of the targets.
    private static void WriteRanks(Utf8JsonWriter json, string way, DataSpectra data)
    {
        var ranks = data.RanksBy(way);
        if (ranks.Count == 0)
        {
            json.WriteNull(way);
            return;
        }

        json.WriteStartObject(way);
        WriteTexts(json, "without_adapter", [.. ranks.Where(r => r.Rank == 0).Select(r => r.Module)]);
        json.WriteStartObject("rank_pattern");
        foreach (var rank in ranks.Where(r => r.Rank > 0))
            json.WriteNumber(rank.Module, rank.Rank);
        json.WriteEndObject();
        json.WriteStartObject("alpha_pattern");
        foreach (var rank in ranks.Where(r => r.Rank > 0))
            json.WriteNumber(rank.Module, 2 * rank.Rank);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSweep(Utf8JsonWriter json, SweptRank? sweep)
    {
        if (sweep is null)
        {
            json.WriteNull("by_sweep");
            return;
        }

        json.WriteStartObject("by_sweep");
        json.WriteNumber("rank", sweep.Rank);
        json.WriteBoolean("uncertain", sweep.IsUncertain);
        json.WriteString("path", sweep.Path);
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, RankAdvice advice)
    {
        json.WriteStartArray("memory");
        foreach (var way in advice.Cost?.Ways ?? [])
        {
            json.WriteStartObject();
            json.WriteNumber("bits", way.Bits);
            json.WriteNumber("bytes", way.Memory.Total);
            json.WriteNumber("low", way.Memory.Low);
            json.WriteNumber("high", way.Memory.High);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number)
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }
}
