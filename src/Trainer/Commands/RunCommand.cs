using System.CommandLine;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Commands;

/// <summary>
/// <c>loralint-trainer run OUT</c>: trains the run that OUT/run.json describes. Standard output has one JSON object a line, see
/// <see cref="RunEvent"/>; the last is <c>end</c> or <c>error</c>.
/// </summary>
internal static class RunCommand
{
    /// <summary>The command for the command line.</summary>
    /// <param name="kinds">The engines of this program, the one taken by default first.</param>
    public static Command Build(IReadOnlyList<IEngineKind> kinds)
    {
        var folder = new Argument<string>("OUT") { Description = "The run's folder; holds run.json." };
        var resume = new Option<bool>("--resume") { Description = "Go on with an unfinished run in the folder." };
        var threads = new Option<int?>("--threads") { Description = "Threads that compute; all cores when not given." };
        threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1024)
                result.AddError("--threads must be between 1 and 1024");
        });
        var engine = new Option<string>("--engine") { Description = "What computes.", DefaultValueFactory = _ => kinds[0].Name };
        engine.AcceptOnlyFromAmong([.. kinds.Select(kind => kind.Name)]);
        var device = new Option<string?>("--device")
        {
            Description = "Where it computes, such as cpu or cuda:0. Default: the best there is.",
        };
        var control = new Option<string>("--control") { Description = "Where a parent process says stop." };
        control.AcceptOnlyFromAmong("stdin");
        var record = new Option<string?>("--record")
        {
            Description = "The run, for a folder with a run.json already; replaces that when the folder is free and, with --resume, the "
                + "run is the same.",
            HelpName = "FILE",
        };
        var command = new Command("run", "Trains a run; `loralint train` starts this.")
        {
            folder, resume, threads, engine, device, control, record,
        };
        command.SetAction(parsed =>
        {
            var request = new RunRequest(
                parsed.GetValue(folder)!, parsed.GetValue(resume), parsed.GetValue(threads),
                kinds.First(kind => kind.Name == parsed.GetValue(engine)), parsed.GetValue(device),
                parsed.GetValue(control) is not null, parsed.GetValue(record));
            using var output = EventOutput.Take();
            return Run(request, RunSetup.Prepare, found => output.WriteLine(found.ToJson()), request.HasControl ? Console.In : null);
        });
        return command;
    }

    /// <summary>Trains, and turns what goes wrong into an event and an exit code.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="prepare">Reads the model and the data and makes the engine.</param>
    /// <param name="tell">Takes each event.</param>
    /// <param name="control">What a parent writes to, or null.</param>
    internal static int Run(
        RunRequest request, Func<RunFolder, RunRequest, Action<RunEvent>, TrainingParts> prepare, Action<RunEvent> tell,
        TextReader? control)
    {
        var stop = new StopSignal(() => Environment.Exit(ExitCode.Interrupted));
        using var listener = new StopListener(stop, control);
        try
        {
            using var folder = RunFolder.Open(request.Folder, request.Resume, new RunFiles(), request.Record);
            using var parts = prepare(folder, request, tell);
            var reason = new TrainingSession(folder, parts, stop, tell, TimeProvider.System).Run();
            return reason == EndReason.Interrupted ? ExitCode.Interrupted : ExitCode.Done;
        }
        catch (Exception exception)
        {
            var (code, error) = Explain(exception);
            tell(error);
            return code;
        }
    }

    /// <summary>What went wrong as an exit code and an event.</summary>
    internal static (int Code, ErrorEvent Error) Explain(Exception exception) => exception switch
    {
        // Thrown by several threads at once.
        AggregateException { InnerExceptions: [var first, ..] } => Explain(first),
        TrainerException => (ExitCode.UserMistake, new ErrorEvent("user", exception.Message)),
        EngineMemoryException => (ExitCode.OutOfMemory, new ErrorEvent("memory", exception.Message)),
        OutOfMemoryException => (ExitCode.OutOfMemory, new ErrorEvent(
            "memory",
            "the memory does not suffice: lower micro_batch_size or max_sequence_length, turn gradient_checkpointing on, or take a smaller "
            + "base model; `loralint train CONFIG --dry-run` tells by parts what it takes")),
        _ => (ExitCode.Defect, new ErrorEvent("defect", Environment.GetEnvironmentVariable("LORALINT_DEBUG") == "1"
            ? exception.ToString()
            : $"{exception.GetType().Name}: {exception.Message} (LORALINT_DEBUG=1 shows where)")),
    };
}
