using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>Advice on a rank for people.</summary>
internal static class RankText
{
    private const int Indent = 12;

    /// <summary>Writes it.</summary>
    public static void Write(Terminal terminal, RankAdvice advice)
    {
        var output = StyledWriter.For(terminal);
        WriteModel(output, advice);
        output.WriteLine();
        WriteMethods(output, advice);
        if (advice.OtherTargets.Count > 0)
            WriteTargets(terminal, output, advice);
        if (advice.Data is { } data)
            WriteSpectra(terminal, output, data);
        output.WriteLine();
        WriteVerdict(output, advice);
        foreach (var left in advice.LeftOut)
            Line(output, "left out", left);
        if (advice.Assumptions.Count > 0)
            Line(output, "assumed", string.Join("; ", advice.Assumptions));
    }

    private static void WriteModel(StyledWriter output, RankAdvice advice)
    {
        if (advice.Model is { } model)
        {
            Line(output, "model", Text($"{model.Name}, {model.ModelType ?? "architecture not known"}, {model.Parameters:N0} parameters; ")
                + $"{(advice.UseDora ? "DoRA" : "LoRA")} on {advice.Targets}");
        }

        var rows = advice.Rows is { } count ? Text($"{count:N0} rows") : null;
        var tokens = advice.TokensPerRow is { } length ? Text($"{length:0.#} tokens of each trained on") : null;
        if (rows is not null || tokens is not null)
            Line(output, "data", string.Join(", ", new[] { rows, tokens }.Where(t => t is not null)));
    }

    private static void WriteMethods(StyledWriter output, RankAdvice advice)
    {
        if (advice.TaskRank is { } task)
        {
            Line(output, "task", Text($"{task.Start.Value}: {task.Start.Reason} ({task.Start.Source})"));
            if (task.Floor is { } floor)
            {
                Line(output, "floor", Text($"{floor.Rank}: the data tells {floor.Bits:N0} bits ({BitsOf(floor)}), a parameter holds 2 ")
                    + Text($"and a rank has {floor.ParametersPerRank:N0} (Thinking Machines 2025; an overestimate)"));
            }
        }

        if (advice.Budget is { } budget)
        {
            Line(output, "budget", Text($"at most {budget.Largest}, rounded {budget.Rank}: {budget.TrainableAt(budget.Rank):N0} of ")
                + Text($"{budget.Budget:N0} parameters; {budget.PerRank:N0} a rank")
                + (budget.Fixed > 0 ? Text($" and {budget.Fixed:N0} whatever the rank") : ""));
        }

        if (advice.Data is { } data)
        {
            Line(output, "data", (data.Hint is { } hint ? Text($"{hint}, a hint: ") : "no hint: ") + data.Depth switch
            {
                "model" => "an eighth of the effective rank of the base model's gradients",
                "embeddings" => "a sixteenth of the effective rank of the rows' mean token embeddings",
                _ => "a sixteenth of the effective rank of the rows' hashed words",
            } + " (a proposal of LoraLint's own)");
        }

        if (advice.Sweep is { } sweep)
            Line(output, "sweep", Text($"{sweep.Rank}{(sweep.IsUncertain ? ", not sure" : "")}: {sweep.Path}"));
    }

    private static string BitsOf(CapacityFloor floor) => floor.BitsPerToken switch
    {
        null => "1 an episode",
        CapacityFloor.UsualBits => "1 a token, as is usual",
        var bits => Text($"{bits:0.##} a token, the base model's loss"),
    };

    private static void WriteTargets(Terminal terminal, StyledWriter output, RankAdvice advice)
    {
        output.WriteLine();
        output.WriteLine("The same budget on other modules", TextStyle.Strong);
        var table = new ColumnTable("modules", "parameters a rank", "largest rank", "rounded", "parameters");
        foreach (var (targets, budget) in advice.OtherTargets)
        {
            table.Add(
                targets, Text($"{budget.PerRank:N0}"), Text($"{budget.Largest}"), Text($"{budget.Rank}"),
                Text($"{budget.TrainableAt(budget.Rank):N0}"));
        }

        table.Write(terminal);
    }

    private static void WriteSpectra(Terminal terminal, StyledWriter output, DataSpectra data)
    {
        output.WriteLine();
        output.WriteLine(
            Text($"Directions of the data: {data.Drawn:N0} of {data.Rows:N0} rows, seed {data.Seed}"), TextStyle.Strong);
        var table = new ColumnTable("matrix", "shape", "k90", "k95", "k99", "effective", "stable", "participation");
        foreach (var group in data.Spectra.GroupBy(s => (s.Of, Part: PartOf(s.Module), s.Rows, s.Columns)))
        {
            var name = group.Key.Of switch
            {
                "texts" => "words of the rows", "embeddings" => "mean token embeddings", "activations" => "inputs of " + group.Key.Part,
                _ => "gradients of " + group.Key.Part,
            };
            table.Add(
                name + (group.Count() > 1 ? Text($", median of {group.Count()}") : ""), Text($"{group.Key.Rows} x {group.Key.Columns}"),
                Count(group.Select(s => s.K90)), Count(group.Select(s => s.K95)), Count(group.Select(s => s.K99)),
                Median(group.Select(s => s.EffectiveRank)), Median(group.Select(s => s.StableRank)),
                Median(group.Select(s => s.ParticipationRatio)));
        }

        table.Write(terminal);
        if (data.ModuleRanks.Count > 0)
            WriteModuleRanks(terminal, output, data);
        foreach (var warning in data.Warnings)
            Line(output, "note", warning);
    }

    private static void WriteModuleRanks(Terminal terminal, StyledWriter output, DataSpectra data)
    {
        output.WriteLine();
        output.WriteLine(
            Text($"The budget of rank {data.AverageRank} on every module, shared out (--json has each as rank_pattern)"), TextStyle.Strong);
        var table = new ColumnTable("module", "count", "EVA", "GoRA");
        var byGora = data.RanksBy("gora").ToDictionary(m => m.Module, m => m.Rank);
        var byEva = data.RanksBy("eva").ToDictionary(m => m.Module, m => m.Rank);
        foreach (var group in data.RanksBy("gora").GroupBy(m => PartOf(m.Module)))
            table.Add(group.Key ?? "", Text($"{group.Count()}"), RangeOf(group, byEva), RangeOf(group, byGora));
        table.Write(terminal);
    }

    private static string RangeOf(IEnumerable<ModuleRank> modules, Dictionary<string, long> ranks)
    {
        var of = modules.Where(m => ranks.ContainsKey(m.Module)).Select(m => ranks[m.Module]).Order().ToList();
        return of.Count == 0 ? "-" : of[0] == of[^1] ? Text($"{of[0]}") : Text($"{of[0]} to {of[^1]}");
    }

    private static void WriteVerdict(StyledWriter output, RankAdvice advice)
    {
        var verdict = advice.Verdict;
        Line(output, "rank", Text($"{verdict.Rank}, decided by {Article(verdict.DecidedBy)}: {verdict.Reason}"));
        foreach (var disagreement in verdict.Disagreements)
            Line(output, "but", disagreement);
        Line(output, "alpha", Text($"{advice.Alpha.Value}: {advice.Alpha.Reason} ({advice.Alpha.Source})"));
        if (advice.Adapter is { } adapter)
            Line(output, "parameters", Text($"{adapter.Trainable:N0}, {100 * adapter.Share:0.####} % of all"));
        if (advice.Cost is { } cost)
        {
            Line(output, "memory", string.Join("; ", cost.Ways.Select(
                w => $"{w.Name}: {MemoryEstimate.Shown(w.Memory.Low)} to {MemoryEstimate.Shown(w.Memory.High)}"))
                + Text($" ({cost.Run.Workload.Framework.Title}, {cost.Run.Workload.MicroBatchSize} x ")
                + Text($"{cost.Run.Workload.SequenceLength} tokens; `loralint estimate` has the parts)"));
        }
        else if (advice.Model is not null)
        {
            Line(output, "memory", $"not known: {advice.CostProblem}");
        }

        foreach (var note in advice.Notes)
            Line(output, "note", note);
    }

    private static string Article(string decidedBy) => decidedBy switch
    {
        "capacity floor" or "task" or "budget" or "sweep" or "data" or "narrowest weight" => "the " + decidedBy,
        _ => decidedBy,
    };

    // A module's name from its part of the layer on.
    private static string? PartOf(string? module)
    {
        if (module is null)
            return null;
        var parts = module.Split('.');
        var number = Array.FindIndex(parts, p => int.TryParse(p, NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return string.Join('.', parts[(number + 1)..]);
    }

    private static string Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return Text($"{sorted[sorted.Count / 2]:0.#}");
    }

    private static string Count(IEnumerable<long?> values)
    {
        var sorted = values.OrderBy(v => v ?? long.MaxValue).ToList();
        return sorted[sorted.Count / 2] is { } median ? Text($"{median}") : "more";
    }

    private static void Line(StyledWriter output, string name, string text)
    {
        output.Write(name.PadRight(Indent), TextStyle.Strong);
        output.WriteWrapped(SourceExcerpt.Harmless(text), Indent, new string(' ', Indent));
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
