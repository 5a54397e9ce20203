using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>An estimate for people.</summary>
internal static class EstimateText
{
    private const int Indent = 12;

    /// <summary>Writes it.</summary>
    public static void Write(Terminal terminal, CostEstimate cost)
    {
        var output = StyledWriter.For(terminal);
        var load = cost.Run.Workload;
        var model = load.Model;
        Line(output, "model", $"{model.Name}, {model.ModelType}, {Count(model.Shape.Layers)} layers, {Count(model.Parameters)} parameters");
        Line(output, "adapter", $"rank {cost.Run.Rank}{(load.UsesDora ? ", DoRA" : "")} on {cost.Run.Targets}: "
            + $"{Count(load.Adapter.Trainable)} trainable parameters, {Percent(load.Adapter.Share)} of all"
            + (cost.ParametersOfLayer > 0 ? $"; {Count(cost.ParametersOfLayer)} in a layer" : "")
            + (load.Adapter.SavedParameters > 0 ? $"; {Count(load.Adapter.SavedParameters)} in modules trained in full" : ""));
        Line(output, "step", Text($"{load.MicroBatchSize} x {load.SequenceLength} tokens at a time, {cost.Run.Schedule.SequencesPerStep} ")
            + $"sequences a step, {cost.Run.Optimizer}{(load.Recomputes ? ", gradient checkpointing" : "")}");
        output.WriteLine();
        WriteModules(terminal, load.Adapter);
        output.WriteLine();
        var note = load.Framework.Note is { } told ? $" ({told})" : "";
        output.WriteLine($"Memory of one card, {load.Framework.Title}{note}", TextStyle.Strong);
        WriteMemory(terminal, cost);
        output.WriteLine();
        WriteLength(output, cost);
        if (cost.Run.Tokens is { } counted)
            Line(output, "tokens", counted.InWords());
        Line(output, "files", $"adapter {Words.Size(cost.AdapterBytes)}, each checkpoint {Words.Size(cost.CheckpointBytes)}");
        if (cost.Run.Assumptions.Count > 0)
            Line(output, "assumed", string.Join("; ", cost.Run.Assumptions));
    }

    private static void WriteModules(Terminal terminal, AdapterShape adapter)
    {
        var table = new ColumnTable("module", "count", "inputs", "outputs", "rank", "parameters");
        foreach (var group in ModuleGroup.Of(adapter.Modules))
        {
            var first = group.First;
            table.Add(
                group.Name, Count(group.Modules.Count), Count(first.Module.Inputs), Count(first.Module.Outputs), Count(first.Rank),
                Count(group.Parameters));
        }

        foreach (var module in adapter.Saved)
            table.Add(module.Name, "1", Count(module.Inputs), Count(module.Outputs), "full", Count(module.Parameters));
        table.Write(terminal);
    }

    private static void WriteMemory(Terminal terminal, CostEstimate cost)
    {
        var ways = cost.Ways;
        var table = new ColumnTable(["", .. ways.Select(w => w.Name + (w.IsAsked && ways.Count > 1 ? " (asked)" : ""))]);
        foreach (var (part, i) in ways[0].Memory.Parts.Select((p, i) => (p, i)))
        {
            if (ways.Any(w => w.Memory.Parts[i].Bytes > 0))
                table.Add([part.Name, .. ways.Select(w => MemoryEstimate.Shown(w.Memory.Parts[i].Bytes))]);
        }

        table.Add(["together", .. ways.Select(w => MemoryEstimate.Shown(w.Memory.Total))]);
        table.Add(["band", .. ways.Select(w => $"{MemoryEstimate.Shown(w.Memory.Low)} to {MemoryEstimate.Shown(w.Memory.High)}")]);
        if (cost.Gpu is { } gpu)
        {
            var load = cost.Run.Workload;
            var card = Text($"on {gpu.Name}, {gpu.Bytes / (double)(1L << 30):0.#} GiB");
            table.Add([card, .. ways.Select(w => Verdict(w.Fit!.Verdict))]);
            table.Add([
                Text($"largest micro batch of {load.SequenceLength} tokens"), .. ways.Select(w => Limit(w.Fit!.LargestMicroBatch))]);
            table.Add([
                Text($"longest sequence, {load.MicroBatchSize} at a time"), .. ways.Select(w => Limit(w.Fit!.LongestSequence))]);
        }

        table.Write(terminal);
    }

    private static void WriteLength(StyledWriter output, CostEstimate cost)
    {
        var schedule = cost.Run.Schedule;
        if (schedule.Steps is not { } steps)
        {
            Line(output, "length", "not known: " + (schedule.Rows is null ? "neither steps nor rows are; --rows tells them"
                : "rows are packed, and their tokens are not; --tokens-per-row tells them"));
            return;
        }

        var length = Text($"{steps:N0} steps");
        if (schedule.MaxSteps is null)
            length += Text($" = {schedule.Rows:N0} rows x {ConfigEditor.Number(schedule.Epochs)} epochs");
        if (schedule.Tokens is { } tokens)
            length += Text($", {tokens:N0} tokens");
        Line(output, "length", length);
        Line(output, "time", schedule.Seconds is { } seconds
            ? Text($"{Duration(seconds)} at {schedule.TokensPerSecond:N0} tokens a second, evaluation and saving left out")
            : "not known: " + (schedule.Tokens is null ? "--tokens-per-row and " : "")
                + "--tokens-per-second tells it, or --measured with the folder of a run");
    }

    private static string Verdict(Fit fit) => fit switch { Fit.Fits => "fits", Fit.Unsure => "may not fit", _ => "does not fit" };

    private static string Limit(long most) => most switch { 0 => "none", Workload.Most => "any", _ => Count(most) };

    /// <summary>Seconds in words: <c>2 h 5 min</c>.</summary>
    internal static string Duration(double seconds)
    {
        var minutes = Math.Round(seconds / 60);
        return seconds < 90 ? Text($"{seconds:0} s") : minutes < 120 ? Text($"{minutes:0} min")
            : minutes < 48 * 60 ? Text($"{Math.Floor(minutes / 60):0} h {minutes % 60:0} min")
            : Text($"{Math.Floor(minutes / 1440):0} days {Math.Round(minutes % 1440 / 60):0} h");
    }

    private static void Line(StyledWriter output, string name, string text)
    {
        output.Write(name.PadRight(Indent), TextStyle.Strong);
        output.WriteWrapped(SourceExcerpt.Harmless(text), Indent, new string(' ', Indent));
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Percent(double share) => Text($"{100 * share:0.####} %");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
