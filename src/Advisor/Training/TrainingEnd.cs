using System.Globalization;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Advisor.Advice.Curves.Reading;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>Tells how a training ended, as what it is: done, stopped, refused, out of memory, crashed.</summary>
internal sealed class TrainingEnd(Terminal terminal, TrainingRun run, TrainRequest request)
{
    // The trainer's exit code when memory ran out, and the signal by which a system ends a process for that.
    private const int OutOfMemory = 4;
    private const int Kill = 9;

    private TrainerEvent? _end;
    private TrainerEvent? _error;
    private TrainerEvent? _checkpoint;
    private TrainerEvent? _start;

    /// <summary>Keeps what the end is told from.</summary>
    public void Note(TrainerEvent trainerEvent)
    {
        switch (trainerEvent.Name)
        {
            case "start":
                _start = trainerEvent;
                break;
            case "checkpoint":
                _checkpoint = trainerEvent;
                break;
            case "end":
                _end = trainerEvent;
                break;
            case "error":
                _error = trainerEvent;
                break;
        }
    }

    /// <summary>Tells the end and gives the exit code of <c>loralint train</c>.</summary>
    /// <param name="exitCode">The trainer's.</param>
    public int Tell(int exitCode)
    {
        var signal = TrainerProcess.SignalOf(exitCode);
        if (exitCode == 0 && _end is { } end && _error is null)
            return end.Text("reason") == "interrupted" ? TellInterrupted() : TellDone(end);
        if (_error?.Text("kind") == "memory" || exitCode == OutOfMemory || (signal == Kill && _end is null))
            return TellMemory(signal);
        if (_error is { } error)
            return TellError(error);
        if (_end?.Text("reason") == "interrupted")
            return TellInterrupted();
        if (exitCode == ExitCode.Interrupted)
            return TellInterrupted();
        terminal.Error.WriteLine(signal is { } number
            ? $"error: the trainer was ended by {TrainerProcess.NameOf(number)}"
            : $"error: the trainer ended without a word, with exit code {exitCode.ToString(CultureInfo.InvariantCulture)}");
        TellResume();
        return ExitCode.Defect;
    }

    private int TellDone(TrainerEvent end)
    {
        var output = terminal.Out;
        output.WriteLine();
        var seconds = EventText.Duration(end.Number("seconds") ?? 0);
        output.WriteLine(end.Text("reason") == "early_stopping"
            ? $"Stopped early after step {Step(end)}, as the validation loss fell no more, in {seconds}."
            : $"Trained {Step(end)} steps in {seconds}.");
        output.WriteLine($"training loss    {EventText.Loss(end.Number("final_loss"))}");
        if (end.Number("best_loss") is { } best)
            output.WriteLine(
                $"validation loss  {EventText.Loss(best)} at step {end.Count("best_step")?.ToString(CultureInfo.InvariantCulture)}");
        if (end.Text("adapter") is { } adapter)
        {
            output.WriteLine($"adapter          {terminal.Shown(adapter)}");
            var report = Path.Join(run.OutputDirectory, "report.html");
            if (File.Exists(report))
                output.WriteLine($"report           {terminal.Shown(report)}");
            if (Diagnose() is { } brief)
                output.WriteLine($"curves           {brief}: loralint diagnose {Argument(terminal.Shown(run.OutputDirectory))}");
            output.WriteLine($"try it           loralint generate {Argument(terminal.Shown(run.OutputDirectory))} --prompt \"...\"");
        }

        return ExitCode.Clean;
    }

    // What stands out in the curves, or null. They are a file that the trainer wrote: where it cannot be read, the training is done all
    // the same, so that is told and no error.
    private string? Diagnose()
    {
        var metrics = Path.Join(run.OutputDirectory, MetricsLines.FileName);
        if (!File.Exists(metrics))
            return null;
        try
        {
            return Diagnosis.Of(CurveReader.Read(metrics, terminal.Shown(metrics))).InBrief();
        }
        catch (UserMistakeException mistake)
        {
            terminal.Error.WriteLine($"note: {mistake.Message}");
            return null;
        }
    }

    private int TellInterrupted()
    {
        terminal.Error.WriteLine("Interrupted.");
        TellResume();
        return ExitCode.Interrupted;
    }

    private int TellError(TrainerEvent error)
    {
        var isDefect = error.Text("kind") != "user";
        terminal.Error.WriteLine($"error: {error.Text("message")}{(isDefect ? "; this is a defect of LoraLint, please report it" : "")}");
        if (_start is not null)
            TellResume();
        return isDefect ? ExitCode.Defect : ExitCode.UserMistake;
    }

    private int TellMemory(int? signal)
    {
        terminal.Error.WriteLine(_error?.Text("message") is { } message ? $"error: {message}"
            : signal is not null ? "error: the trainer was killed (SIGKILL), most likely because the machine ran out of memory"
            : "error: the trainer ran out of memory");
        var remedies = new List<string>();
        if (run.Training.MicroBatchSize > 1)
            remedies.Add(string.Create(
                CultureInfo.InvariantCulture, $"a smaller micro batch than {run.Training.MicroBatchSize}, with more accumulation"));
        if (run.Data.MaxSequenceLength > 256)
            remedies.Add(string.Create(CultureInfo.InvariantCulture, $"a shorter sequence than {run.Data.MaxSequenceLength} tokens"));
        if (!run.Training.GradientCheckpointing)
            remedies.Add("gradient checkpointing");
        if (run.Quantization is null)
            remedies.Add("a base in 4 bits (QLoRA)");
        remedies.Add("a smaller base model");
        terminal.Error.WriteLine($"What helps: {string.Join("; ", remedies)}.");
        TellResume();
        return ExitCode.UserMistake;
    }

    private void TellResume()
    {
        if (_checkpoint is { } checkpoint)
            terminal.Error.WriteLine(
                $"The last checkpoint is of step {Step(checkpoint)}: {terminal.Shown(checkpoint.Text("path") ?? run.OutputDirectory)}");
        else if (_start?.Count("resumed_from") is { } step)
            terminal.Error.WriteLine($"The last checkpoint is of step {step.ToString(CultureInfo.InvariantCulture)}.");
        else
        {
            terminal.Error.WriteLine("There is no checkpoint yet.");
            return;
        }

        var output = request.Overrides.Output is { } written ? $" --output {Argument(written)}" : "";
        terminal.Error.WriteLine($"Go on with it: loralint train {Argument(request.Config)}{output} --resume");
    }

    private static string Step(TrainerEvent trainerEvent) => trainerEvent.Count("step")?.ToString(CultureInfo.InvariantCulture) ?? "?";

    private static string Argument(string text) => text.All(c => char.IsLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '\\' or ':')
        ? text : $"\"{text}\"";
}
