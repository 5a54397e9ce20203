namespace LoraLint.Advisor.Training;

/// <summary>
/// Shows a training as plain lines, for logs: each phase when it first begins, each evaluation, and steps some seconds apart, further when
/// the run is long.
/// </summary>
/// <param name="output">Where to.</param>
internal sealed class LineDisplay(TextWriter output) : ITrainingDisplay
{
    // Seconds between lines of steps: a hundredth of the run's, within these.
    private const double Shortest = 2;
    private const double Longest = 60;

    private readonly HashSet<string> _phases = new(StringComparer.Ordinal);
    private double? _shown;

    /// <inheritdoc/>
    public void Around(Action run) => run();

    /// <inheritdoc/>
    public void Show(TrainerEvent trainerEvent)
    {
        switch (trainerEvent.Name)
        {
            case "start":
                foreach (var line in EventText.OfStart(trainerEvent))
                    output.WriteLine(line);
                break;
            case "phase" when trainerEvent.Text("name") is { } name && _phases.Add(name):
                output.WriteLine($"{name} ...");
                break;
            case "step" when IsShown(trainerEvent):
                output.WriteLine(EventText.OfStep(trainerEvent));
                break;
            case "evaluation":
                output.WriteLine(EventText.OfEvaluation(trainerEvent));
                break;
            case "warning":
                output.WriteLine($"warning: {trainerEvent.Text("message")}");
                break;
            default:
                return;
        }

        output.Flush();
    }

    // The first of this process, the last, and those that come late enough after the one before.
    private bool IsShown(TrainerEvent step)
    {
        var seconds = step.Number("seconds") ?? 0;
        var apart = Math.Clamp((seconds + (step.Number("seconds_left") ?? 0)) / 100, Shortest, Longest);
        if (_shown is { } last && seconds < last + apart && step.Count("step") < step.Count("steps"))
            return false;
        _shown = seconds;
        return true;
    }
}
