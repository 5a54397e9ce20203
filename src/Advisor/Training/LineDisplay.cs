namespace LoraLint.Advisor.Training;

/// <summary>Shows a training as plain lines, for logs: about fifty for the steps, and each evaluation.</summary>
/// <param name="output">Where to.</param>
internal sealed class LineDisplay(TextWriter output) : ITrainingDisplay
{
    private const int Lines = 50;

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
            case "phase":
                output.WriteLine($"{trainerEvent.Text("name")} ...");
                break;
            case "step" when IsShown(trainerEvent.Count("step") ?? 0, trainerEvent.Count("steps") ?? 0):
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

    private static bool IsShown(long step, long steps) => step <= 1 || step >= steps || step % Math.Max(1, steps / Lines) == 0;
}
