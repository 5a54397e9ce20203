using System.Globalization;
using LoraLint.Advisor.Advice.Suggesting.Writers;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>A plan for people: each value with its reason and source, what else could be done, what was assumed.</summary>
internal static class SuggestText
{
    private const int Indent = 14;

    /// <summary>Writes it.</summary>
    public static void Write(Terminal terminal, Plan plan, ConfigWriter writer)
    {
        var output = StyledWriter.For(terminal);
        WriteFacts(output, plan);
        output.WriteLine();
        foreach (var (name, value, reason, source) in Values(plan))
        {
            output.Write(name.PadRight(Indent), TextStyle.Strong);
            output.Write(value);
            output.WriteWrapped(SourceExcerpt.Harmless($": {reason}"), Indent + value.Length, Space);
            output.Write(Space);
            output.WriteWrapped(SourceExcerpt.Harmless(source), Indent, Space, TextStyle.Faint);
        }

        output.WriteLine();
        output.WriteLine("What else could be done", TextStyle.Strong);
        foreach (var alternative in plan.Alternatives)
            Line(output, alternative.What, alternative.Why);
        foreach (var note in writer.Notes(plan))
            Line(output, "to do", note);
        if (plan.Assumptions.Count > 0)
            Line(output, "assumed", string.Join("; ", plan.Assumptions));
    }

    /// <summary>Each value that is suggested, in words, with its reason and source.</summary>
    public static IEnumerable<(string Name, string Value, string Reason, string Source)> Values(Plan plan)
    {
        yield return Of("method", plan.Method, plan.Method.Value switch
        {
            AdvisedMethod.Qlora => "QLoRA", AdvisedMethod.Dora => "DoRA", _ => "LoRA",
        });
        yield return Of("rank", plan.Rank, Text($"{plan.Rank.Value}"));
        yield return Of("alpha", plan.Alpha, Text($"{plan.Alpha.Value}"));
        yield return Of("dropout", plan.Dropout, ConfigEditor.Number(plan.Dropout.Value));
        var modules = plan.TargetModules.Value is { } names ? string.Join(", ", names) : "all linear layers";
        yield return Of("modules", plan.TargetModules, modules);
        yield return Of("learning rate", plan.LearningRate, ConfigEditor.Number(plan.LearningRate.Value));
        yield return Of("schedule", plan.Scheduler, plan.Scheduler.Value);
        yield return Of("warmup", plan.WarmupRatio, ConfigEditor.Number(plan.WarmupRatio.Value));
        yield return Of("epochs", plan.Epochs, Text($"{plan.Epochs.Value} ({plan.Steps:N0} steps)"));
        yield return Of("batch", plan.Batch, Text($"{plan.Batch.Value}"));
        var micro = Text($"{plan.MicroBatchSize.Value}, {plan.GradientAccumulationSteps} accumulated");
        yield return Of("micro batch", plan.MicroBatchSize, micro);
        yield return Of("length", plan.MaxSequenceLength, Text($"{plan.MaxSequenceLength.Value} tokens"));
        yield return Of("checkpointing", plan.GradientCheckpointing, plan.GradientCheckpointing.Value ? "on" : "off");
        yield return Of("weight decay", plan.WeightDecay, ConfigEditor.Number(plan.WeightDecay.Value));
        yield return Of("clipping", plan.MaxGradNorm, ConfigEditor.Number(plan.MaxGradNorm.Value));
        yield return Of("optimizer", plan.HasSmallOptimizer, plan.HasSmallOptimizer.Value ? "paged AdamW in 8 bits" : "AdamW");
        yield return Of("precision", plan.UsesBf16, plan.UsesBf16.Value ? "bf16" : "fp16");
        yield return Of("validation", plan.ValidationSplit, ConfigEditor.Number(plan.ValidationSplit.Value));
        yield return Of("evaluation", plan.EvaluateEvery, Text($"every {plan.EvaluateEvery.Value} steps"));
        yield return Of("patience", plan.Patience, plan.Patience.Value == 0 ? "none" : Text($"{plan.Patience.Value} evaluations"));
    }

    private static string Space => new(' ', Indent);

    private static void WriteFacts(StyledWriter output, Plan plan)
    {
        Line(output, "task", AdvisorTable.NameOf(plan.Task));
        Line(output, "model", plan.ModelName + (plan.Model is { } model
            ? Text($", {model.Parameters:N0} parameters, {model.Shape.Layers} layers") : ", not known by name"));
        Line(output, "data", DataText(plan.Data));
        if (plan.Workload?.Estimate() is { } estimate)
        {
            Line(output, "memory", estimate.InBrief() + (plan.Gpu is { } gpu ? Text($" of {gpu.Bytes / 1e9:0.0} GB on {gpu.Name}") : "")
                + Text($"; {plan.Workload.Adapter.Trainable:N0} trained parameters"));
        }
    }

    private static string DataText(DataFacts data)
    {
        var text = (data.Path is { } path ? path + ": " : "") + Text($"{data.Rows:N0} rows") + (data.IsSample ? " by the first GB" : "");
        if (data.Lengths is { } lengths)
        {
            text += (data.Counted is null ? ", about " : ", ")
                + Text($"{lengths.Mean:N0} tokens each (half at most {lengths.Median:N0}, 99 % at most {lengths.NinetyNine:N0}, ")
                + Text($"longest {lengths.Longest:N0}; {Measured(data)})");
        }

        foreach (var (script, share) in data.Scripts.Take(3).Where(s => s.Share >= 0.01))
            text += Text($", {script} {100 * share:0} %");
        if (data.Duplicates > 0)
            text += Text($"; {data.Duplicates:N0} rows are there twice");
        if (data.Unreadable > 0)
            text += Text($"; {data.Unreadable:N0} rows hold no text");
        return text;
    }

    private static string Measured(DataFacts data) => data.Counted is not { } counted ? $"by their letters, as {data.NotCounted}"
        : "by the model's tokenizer" + (counted.Template is { } template ? $" and template {template}" : "")
            + (counted.Counted < counted.Rows ? Text($", of {counted.Counted:N0} rows") : "")
            + (counted.ShareOver > 0
                ? Text($"; at {counted.MaxSequenceLength:N0} {100 * counted.ShareOver:0.##} % of the rows are cut, ")
                    + Text($"{100 * counted.ShareCut:0.##} % of the tokens") : "");

    private static (string, string, string, string) Of<T>(string name, Advised<T> advised, string value) =>
        (name, value, advised.Reason, advised.Source);

    private static void Line(StyledWriter output, string name, string text)
    {
        output.Write(name.PadRight(Indent), TextStyle.Strong);
        output.WriteWrapped(SourceExcerpt.Harmless(text), Indent, Space);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
