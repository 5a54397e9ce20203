using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer;

/// <summary>
/// Trains adapters from C#: a program makes a <see cref="TrainingRun"/> and hands it over, without a config file and without a process
/// of its own. What is trained is what <c>loralint train</c> trains for a config that resolves to the same run.
/// </summary>
public static class AdapterTrainer
{
    /// <summary>What the linter says of a run, its base model looked up on this machine; errors stop <see cref="Train"/>.</summary>
    public static IReadOnlyList<Finding> Check(TrainingRun run)
    {
        var folder = Directory.GetCurrentDirectory();
        var hub = BaseModelFolder.Of(Environment.GetEnvironmentVariable);
        return Linter.Check(run, new LintOptions(), new CompanionFiles(folder, new CompanionCache(folder, hub: hub))).Findings;
    }

    /// <summary>Trains, with the engine that is built in, and comes back when the adapter is in its folder.</summary>
    /// <param name="run">
    /// The run. Relative paths count from the working folder; the base model may be the name of one in the Hugging Face cache.
    /// </param>
    /// <param name="options">Threads, resuming, and what is told meanwhile.</param>
    /// <param name="cancellation">Ends the run after the step that it is at, with a checkpoint to go on from.</param>
    /// <exception cref="TrainerException">Something is wrong with the run, its files or its folder; it says what to do.</exception>
    /// <exception cref="Engines.EngineMemoryException">The memory does not suffice.</exception>
    /// <exception cref="OperationCanceledException">The run was ended early.</exception>
    public static TrainingResult Train(
        TrainingRun run, AdapterTrainerOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new AdapterTrainerOptions();
        var findings = Check(run);
        var errors = findings.Where(f => f.Severity == Severity.Error).ToList();
        if (errors.Count > 0 && !options.Force)
        {
            throw new TrainerException(
                "the run cannot be trained as it is: " + string.Join("; ", errors.Select(e => $"{e.Rule.Code} {e.Message}")));
        }

        run = Located(run);
        var record = Write(run.OutputDirectory, RecordOf(run, findings, errors.Count > 0));
        try
        {
            return Run(run, options, record, cancellation);
        }
        finally
        {
            File.Delete(record);
        }
    }

    private static TrainingResult Run(
        TrainingRun run, AdapterTrainerOptions options, string record, CancellationToken cancellation)
    {
        var stop = new StopSignal(() => { });
        using var wish = cancellation.Register(stop.RaiseOnce);
        using var folder = RunFolder.Open(run.OutputDirectory, options.Resume, new RunFiles(), record);
        var request = new RunRequest(
            folder.Path, options.Resume, options.Threads, new ManagedEngineKind(), Device: null, HasControl: false, record);
        using var parts = RunSetup.Prepare(folder, request, Tell);
        var reason = new TrainingSession(folder, parts, stop, Tell, TimeProvider.System).Run();
        if (reason == EndReason.Interrupted)
            throw new OperationCanceledException($"the run in {folder.Path} was ended early; Resume goes on with it", cancellation);
        return new TrainingResult(folder.Adapter, reason == EndReason.EarlyStopping);

        void Tell(RunEvent happened)
        {
            switch (happened)
            {
                case StepEvent step:
                    options.OnStep?.Invoke(new TrainedStep(step.Step, step.Steps, step.Loss, step.LearningRate));
                    break;
                case WarningEvent warning:
                    options.OnWarning?.Invoke(warning.Message);
                    break;
            }
        }
    }

    // Beside run.json, which it becomes once the folder is known to be free.
    private static string Write(string folder, RunRecord record)
    {
        var path = Path.Combine(folder, $".{RunRecord.FileName}.{Environment.ProcessId}.tmp");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(path, RunJson.Write(record));
            return path;
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Writing(path, exception);
        }
    }

    private static TrainingRun Located(TrainingRun run)
    {
        var model = BaseModelFolder.Of(Environment.GetEnvironmentVariable).Find(run.BaseModel, Full(run.BaseModel), out var problem)
            ?? throw new TrainerException(run.BaseModel.Length == 0 ? "the run names no base model; set BaseModel" : problem);
        if (run.OutputDirectory.Length == 0)
            throw new TrainerException("the run names no folder for its output; set OutputDirectory");
        return run with
        {
            BaseModel = model,
            OutputDirectory = Full(run.OutputDirectory),
            Data = run.Data with { Train = Located(run.Data.Train), Validation = Located(run.Data.Validation) },
        };
    }

    private static DataSource[] Located(IReadOnlyList<DataSource> files) => [.. files.Select(f => f with { Path = Full(f.Path) })];

    private static string Full(string path) => path.Length == 0 ? path : Path.GetFullPath(path);

    private static RunRecord RecordOf(TrainingRun run, IReadOnlyList<Finding> findings, bool forced)
    {
        var source = Linter.Describe(run);
        return new RunRecord
        {
            Run = run,
            Config = new ConfigRecord(source.Path, "csharp", SecretMask.Apply(source, findings).Text),
            Findings =
            [
                .. findings.Select(f => new FindingRecord(
                    f.Rule.Code, f.Rule.Name, f.Severity, f.Message, source.Lines.PositionAt(f.Span.Start).Line)),
            ],
            Notes = [],
            Forced = forced,
            LoraLintVersion = Advisor.Program.Version,
        };
    }
}
