using LoraLint.Advisor.Output;
using Spectre.Console;

namespace LoraLint.Advisor.Training;

/// <summary>Shows a training on a terminal: a bar that fills, with loss, validation loss, speed, memory and the time left.</summary>
/// <param name="output">The terminal.</param>
/// <param name="width">Its columns.</param>
internal sealed class BarDisplay(TextWriter output, int width) : ITrainingDisplay
{
    private const int Utf8 = 65001;

    private readonly IAnsiConsole _console = AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.Standard, Interactive = InteractionSupport.Yes,
        Out = new AnsiConsoleOutput(output), Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
    });

    private ProgressTask? _task;
    private string _validation = "";

    /// <inheritdoc/>
    public void Around(Action run)
    {
        _console.Profile.Width = width;
        _console.Profile.Capabilities.Unicode = output.Encoding.CodePage == Utf8;
        _console.Progress().AutoClear(false).HideCompleted(false)
            .Columns(new ProgressBarColumn { Width = Math.Clamp(width / 5, 10, 40) }, new PercentageColumn(),
                new TaskDescriptionColumn { Alignment = Justify.Left })
            .Start(context =>
            {
                _task = context.AddTask("starting", maxValue: 1);
                _task.IsIndeterminate = true;
                run();
                _task.StopTask();
            });
    }

    /// <inheritdoc/>
    public void Show(TrainerEvent trainerEvent)
    {
        switch (trainerEvent.Name)
        {
            case "start":
                foreach (var line in EventText.OfStart(trainerEvent))
                    WriteAbove(line);
                break;
            case "phase" when _task is { IsIndeterminate: true } or { Value: 0 }:
                Describe(trainerEvent.Text("name") ?? "");
                break;
            case "step" when _task is not null:
                _task.IsIndeterminate = false;
                _task.MaxValue = Math.Max(trainerEvent.Count("steps") ?? 1, 1);
                _task.Value = trainerEvent.Count("step") ?? 0;
                Describe($"loss {EventText.Loss(trainerEvent.Number("loss"))}{_validation}  {EventText.OfSpeed(trainerEvent)}");
                break;
            case "evaluation":
                _validation = $"  validation {EventText.Loss(trainerEvent.Number("loss"))}";
                WriteAbove(EventText.OfEvaluation(trainerEvent));
                break;
            case "warning":
                WriteAbove($"warning: {trainerEvent.Text("message")}");
                break;
        }
    }

    // What the trainer says may quote a config: markup and control characters in it are text.
    private void Describe(string text)
    {
        if (_task is not null)
            _task.Description = Markup.Escape(SourceExcerpt.Harmless(text));
    }

    private void WriteAbove(string text) => _console.WriteLine(SourceExcerpt.Harmless(text));
}
