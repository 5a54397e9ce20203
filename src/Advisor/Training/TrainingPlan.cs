using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>A resolved run in words: what will be trained on what and how, before anything is loaded.</summary>
internal static class TrainingPlan
{
    /// <summary>Writes the plan.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="run">The run.</param>
    /// <param name="notes">What people should know besides.</param>
    /// <param name="engine">What computes, in words.</param>
    /// <param name="memory">What memory it takes, in words, or null.</param>
    public static void Write(Terminal terminal, TrainingRun run, IReadOnlyList<string> notes, string engine, string? memory)
    {
        var output = StyledWriter.For(terminal);
        foreach (var (name, text) in Lines(terminal, run, engine, memory))
        {
            output.Write(name.PadRight(12), TextStyle.Strong);
            output.WriteWrapped(SourceExcerpt.Harmless(text), 12, new string(' ', 12));
        }

        foreach (var note in notes)
        {
            output.Write("note".PadRight(12), TextStyle.Info);
            output.WriteWrapped(SourceExcerpt.Harmless(note), 12, new string(' ', 12));
        }
    }

    private static IEnumerable<(string Name, string Text)> Lines(Terminal terminal, TrainingRun run, string engine, string? memory)
    {
        yield return ("model", terminal.Shown(run.BaseModel)
            + (run.Quantization is { } q ? $", stored in 4 bits ({q.Type}{(q.Double ? ", double quantization" : "")})" : ""));
        foreach (var source in run.Data.Train)
            yield return ("data", Of(terminal, source));
        foreach (var source in run.Data.Validation)
            yield return ("validation", Of(terminal, source));
        if (run.Data.Validation.Count == 0)
            yield return ("validation", HeldOut(run.Data.ValidationSplit));
        yield return ("samples", Samples(run.Data));
        yield return ("adapter", Adapter(run.Lora));
        yield return ("modules", Modules(run.Lora));
        var training = run.Training;
        yield return ("batch", Text($"{training.MicroBatchSize} x {training.GradientAccumulationSteps} accumulated = ")
            + Text($"{training.MicroBatchSize * (long)training.GradientAccumulationSteps} sequences a step"));
        yield return (
            "length", training.MaxSteps is { } steps ? Text($"{steps} steps") : Text($"{ConfigEditor.Number(training.Epochs)} epochs"));
        yield return ("optimizer", Optimizer(run.Optimizer));
        yield return ("schedule", Schedule(run.Optimizer));
        yield return ("evaluation", Evaluation(run));
        yield return ("seed", Text($"{training.Seed}"));
        yield return ("engine", engine + (training.GradientCheckpointing ? ", gradient checkpointing" : ""));
        if (memory is not null)
            yield return ("memory", memory);
        yield return ("output", terminal.Shown(run.OutputDirectory));
    }

    private static string Of(Terminal terminal, DataSource source) => terminal.Shown(source.Path) + " (" + source.Format switch
    {
        DataFormat.ShareGpt => "ShareGPT conversations", DataFormat.PromptCompletion => "prompt and completion as they are",
        DataFormat.ChatExchange => "prompt and completion in the chat template", DataFormat.Alpaca => "Alpaca",
        DataFormat.Text => "plain text",
        _ => "chat messages",
    } + string.Concat(source.Columns.OrderBy(c => c.Key, StringComparer.Ordinal)
        .Select(c => c.Value.Length == 0 ? $", no {c.Key}" : $", {c.Key} in column {c.Value}")) + ")";

    private static string HeldOut(double split) => split switch
    {
        0 => "none",
        < 1 => Text($"{ConfigEditor.Number(split * 100)} % of the samples"),
        _ => Text($"{ConfigEditor.Number(split)} samples"),
    };

    private static string Samples(DataOptions data) =>
        (data.MaxSequenceLength >= 1 << 20 ? "of any length"
            : Text($"at most {data.MaxSequenceLength} tokens, longer ones {(data.DropLongSamples ? "left out" : "cut")}"))
        + (data.Packing ? ", packed" : "") + (data.MaskPrompt ? ", loss on answers only" : ", loss on all tokens")
        + (data.ChatTemplate is { } template ? $", chat template {template}" : "");

    private static string Adapter(LoraOptions lora)
    {
        var scaling = lora.Alpha / (lora.UseRslora ? Math.Sqrt(lora.Rank) : lora.Rank);
        return Text($"{(lora.UseDora ? "DoRA" : "LoRA")} of rank {lora.Rank}, alpha {ConfigEditor.Number(lora.Alpha)} ")
            + Text($"(scaling {scaling:0.####}{(lora.UseRslora ? ", rsLoRA" : "")})")
            + Text($", dropout {ConfigEditor.Number(lora.Dropout)}")
            + (lora.Init == LoraInit.Kaiming ? "" : $", started by {lora.Init.ToString().ToLowerInvariant()}")
            + (lora.Bias == LoraBias.None ? "" : lora.Bias == LoraBias.All ? ", all biases" : ", biases of its modules")
            + (lora.RankPattern.Count + lora.AlphaPattern.Count > 0 ? ", other ranks or alphas by pattern" : "");
    }

    private static string Modules(LoraOptions lora) =>
        (lora.TargetsAllLinear ? "every linear layer but the output head" : lora.TargetPattern ?? string.Join(", ", lora.TargetModules))
        + (lora.Layers is { } layers ? Text($", in layers {string.Join(", ", layers)}") : "")
        + (lora.LastLayers is { } last ? Text($", in the last {last} layers") : "")
        + ((lora.ExcludePattern ?? string.Join(", ", lora.ExcludeModules)) is { Length: > 0 } excluded ? $", without {excluded}" : "")
        + (lora.ModulesToSave.Count > 0 ? $"; in full: {string.Join(", ", lora.ModulesToSave)}" : "");

    private static string Optimizer(OptimizerOptions optimizer) => optimizer.Name
        + (optimizer.Name == "adamw"
            ? Text($" (betas {ConfigEditor.Number(optimizer.Beta1)} and {ConfigEditor.Number(optimizer.Beta2)}, ")
                + Text($"epsilon {optimizer.Epsilon:0.##e+0}{(optimizer.BiasCorrection ? "" : ", without bias correction")})")
            : "")
        + Text($", weight decay {ConfigEditor.Number(optimizer.WeightDecay)}")
        + (optimizer.MaxGradNorm > 0
            ? Text($", gradients clipped to {ConfigEditor.Number(optimizer.MaxGradNorm)}")
            : ", gradients not clipped")
        + (optimizer.LoraPlusRatio == 1 ? "" : Text($", LoRA+ ratio {ConfigEditor.Number(optimizer.LoraPlusRatio)}"));

    private static string Schedule(OptimizerOptions optimizer) =>
        Text($"learning rate {optimizer.LearningRate:0.###e+0}, {optimizer.Schedule}, ") + (optimizer.WarmupSteps is { } steps
            ? steps == 0 ? "no warmup" : Text($"{steps} steps of warmup")
            : optimizer.WarmupRatio == 0 ? "no warmup"
            : Text($"warmup over {ConfigEditor.Number(optimizer.WarmupRatio * 100)} % of the steps"));

    private static string Evaluation(TrainingRun run)
    {
        var training = run.Training;
        var evaluates = run.Data.Validation.Count > 0 || run.Data.ValidationSplit > 0;
        return (evaluates ? When(training.Evaluate) : "none, as there is nothing to evaluate on") + $"; checkpoints {When(training.Save)}"
            + (training.EarlyStoppingPatience is { } patience
                ? Text($"; stops after {Words.Count(patience, "evaluation")} without a lower loss")
                : "")
            + (training.RestoreBest ? "; the best weights become the adapter" : "");
    }

    private static string When(Cadence cadence) => cadence switch
    {
        { Share: { } share } => Text($"every {ConfigEditor.Number(share * 100)} % of the steps"),
        { Steps: 0 } => "never",
        { Steps: { } steps } => Text($"every {Words.Count(steps, "step")}"),
        _ => "after each epoch",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
