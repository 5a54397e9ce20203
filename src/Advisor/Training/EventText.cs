using System.Globalization;

namespace LoraLint.Advisor.Training;

/// <summary>The trainer's events in words and figures.</summary>
internal static class EventText
{
    /// <summary>What is about to be trained, a line each.</summary>
    public static IEnumerable<string> OfStart(TrainerEvent start)
    {
        yield return Of(
            $"model {start.Text("model_type")}: {Count(start.Count("parameters"))} parameters, {Count(start.Count("trainable"))} trained");
        yield return Of($"data: {Count(start.Count("samples"))} samples, {Count(start.Count("tokens"))} tokens an epoch, ")
            + Of($"{Count(start.Count("supervised_tokens"))} of them trained on; ")
            + Of($"{Count(start.Count("validation_samples"))} samples for evaluation");
        (string Name, string What)[] lost =
            [("truncated", "cut to the longest sequence"), ("dropped", "left out"), ("duplicates", "left out as duplicates")];
        foreach (var (name, what) in lost)
        {
            if (start.Count(name) is > 0 and var count)
                yield return Of($"note: {Count(count)} {(count == 1 ? "sample" : "samples")} {what}");
        }

        yield return Of($"engine {start.Text("engine")}: {Count(start.Count("threads"))} threads, {start.Text("device")}; ")
            + Of($"{Count(start.Count("steps"))} steps, {start.Number("epochs"):0.##} epochs");
        if (start.Count("resumed_from") is { } step)
            yield return Of($"goes on from the checkpoint of step {step}");
        foreach (var note in start.Texts("notes"))
            yield return "note: " + note;
    }

    /// <summary>An optimizer step.</summary>
    public static string OfStep(TrainerEvent step) =>
        Of($"step {step.Count("step")}/{step.Count("steps")}  epoch {step.Number("epoch"):0.00}  loss {Loss(step.Number("loss"))}  ")
        + Of($"lr {step.Number("learning_rate"):0.00e+0}  {OfSpeed(step)}");

    /// <summary>Speed, memory and the time that is left.</summary>
    public static string OfSpeed(TrainerEvent step) =>
        Of($"{step.Number("tokens_per_second"):0} tokens/s  {Memory(step.Number("memory_bytes"))}")
        + (step.Number("seconds_left") is { } left ? $"  {Duration(left)} left" : "");

    /// <summary>An evaluation.</summary>
    public static string OfEvaluation(TrainerEvent evaluation) =>
        Of($"step {evaluation.Count("step")}  validation loss {Loss(evaluation.Number("loss"))}")
        + (evaluation.IsOn("is_best") ? ", the lowest so far" : "");

    /// <summary>A duration as people say it: <c>45 s</c>, <c>3:05 min</c>, <c>2:10 h</c>.</summary>
    public static string Duration(double seconds)
    {
        var whole = (long)Math.Round(Math.Max(seconds, 0));
        return whole < 60 ? Of($"{whole} s")
            : whole < 3600 ? Of($"{whole / 60}:{whole % 60:00} min")
            : Of($"{whole / 3600}:{whole % 3600 / 60:00} h");
    }

    /// <summary>A loss.</summary>
    public static string Loss(double? loss) => loss is { } value ? Of($"{value:0.0000}") : "-";

    private static string Count(long? count) => count is { } value ? Of($"{value:#,0}") : "-";

    private static string Memory(double? bytes) => bytes switch
    {
        null => "",
        < 1e9 => Of($"{bytes / 1048576:0} MiB"),
        _ => Of($"{bytes / 1073741824:0.0} GiB"),
    };

    private static string Of(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
