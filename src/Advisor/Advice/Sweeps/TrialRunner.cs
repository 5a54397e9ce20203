using System.Globalization;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Advisor.Advice.Curves.Reading;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training;
using LoraLint.Advisor.Training.Engines;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// Runs trials, each as a trainer process with a folder of its own. A trial that was killed goes on from its last checkpoint to the same
/// numbers.
/// </summary>
/// <param name="terminal">Where the command runs.</param>
/// <param name="config">The config.</param>
/// <param name="folder">The sweep's folder, absolute.</param>
/// <param name="engine">What computes.</param>
/// <param name="threads">Threads of a trial.</param>
internal sealed class TrialRunner(Terminal terminal, TrialConfig config, string folder, EngineChoice engine, int threads)
{
    // A trainer whose sweep was killed saves and ends; until then its folder is locked.
    private const int LockTries = 120;
    private static readonly TimeSpan s_betweenTries = TimeSpan.FromMilliseconds(500);

    private readonly Lock _lock = new();
    private readonly List<TrainerProcess> _running = [];
    private bool _isStopping;

    /// <summary>Whether somebody asked to stop.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Asks all trials to save and end.</summary>
    public void StopAll()
    {
        lock (_lock)
        {
            _isStopping = true;
            foreach (var process in _running)
                process.Stop();
        }
    }

    /// <summary>
    /// Measures the config as it is for some steps: the steps of its own length, and how long one takes.
    /// </summary>
    /// <exception cref="UserMistakeException">The trainer refuses it.</exception>
    public (int FullSteps, double SecondsOfStep) Probe(long seed)
    {
        const int Measured = 10;
        int? full = null;
        var times = new List<double>();
        var output = Path.Join(folder, "probe");
        var record = config.RunOf(config.Text, seed, null, output);
        Delete(output);
        var (_, error) = Run(record, resume: false, (read, process) =>
        {
            if (read.Name == "start")
                full = (int?)read.Count("steps");
            if (read.Name == "step" && read.Number("seconds") is { } seconds)
                times.Add(seconds);
            if (times.Count == Measured + 1)
                process.Stop();
        });
        Delete(output);
        if (full is null || times.Count == 0)
            throw new UserMistakeException(error ?? "the trainer ended before it trained a step");
        // Seconds are those since the start; the first step warms up.
        var each = times.Count > 1 ? (times[^1] - times[0]) / (times.Count - 1) : times[0];
        return (full.Value, Math.Max(each, 1e-4));
    }

    /// <summary>Trains a trial, or goes on with it; null when it was stopped by <see cref="StopAll"/>.</summary>
    /// <param name="trial">The trial.</param>
    /// <param name="evaluateEvery">Steps between evaluations.</param>
    public TrialResult? Run(Trial trial, int evaluateEvery)
    {
        var output = Path.Join(folder, "trials", trial.Folder);
        RunRecord record;
        try
        {
            record = config.RunOf(config.With(trial.Values), trial.Seed, trial.Steps, output);
        }
        catch (UserMistakeException mistake)
        {
            return Failed(trial, mistake.Message);
        }

        var cadence = new Cadence(evaluateEvery);
        record = record with
        {
            Run = record.Run with
            {
                Training = record.Run.Training with
                {
                    Evaluate = cadence, Save = cadence, SaveLimit = 1, EarlyStoppingPatience = null, RestoreBest = false,
                },
            },
        };
        string? error = null;
        if (!HasReached(output, trial))
        {
            (_, error) = Run(record, File.Exists(Path.Join(output, RunRecord.FileName)), (read, process) =>
            {
                if (trial.StopAt is { } stop && read.Name == "evaluation" && read.Count("step") >= stop)
                    process.Stop();
            });
        }

        if (_isStopping && !HasReached(output, trial))
            return null;
        return HasReached(output, trial) ? Of(trial, output)
            : Failed(trial, error ?? "the trainer ended before the trial was over", output);
    }

    // Whether the folder holds all that the trial asks for: an adapter, or for one that is stopped early the evaluation at that step.
    private bool HasReached(string output, Trial trial)
    {
        if (Directory.Exists(Path.Join(output, "adapter")))
            return true;
        if (trial.StopAt is not { } stop || !File.Exists(Path.Join(output, MetricsLines.FileName)))
            return false;
        return Curves(output)?.ValidationLoss.Any(p => p.Step >= stop) ?? false;
    }

    private RunCurves? Curves(string output)
    {
        try
        {
            return CurveReader.Read(output, terminal.Shown(output));
        }
        catch (UserMistakeException)
        {
            return null;
        }
    }

    private TrialResult Of(Trial trial, string output)
    {
        if (Curves(output) is not { } all)
            return Failed(trial, "its metrics cannot be read", output);
        var curves = trial.StopAt is { } stop ? UpTo(all, stop) : all;
        var diagnosis = Diagnosis.Of(curves);
        var finite = curves.ValidationLoss.Where(p => double.IsFinite(p.Value)).ToList();
        CurvePoint? best = finite.Count > 0 ? finite.MinBy(p => p.Value) : null;
        return new TrialResult
        {
            Id = trial.Id,
            Stage = trial.Stage,
            Values = trial.Values,
            Seed = trial.Seed,
            Loss = best?.Value,
            BestStep = best?.Step,
            TrainLoss = CurveStability.Average([.. curves.TrainLoss.Where(p => double.IsFinite(p.Value))]) is { Count: > 0 } smooth
                ? smooth[^1].Value : null,
            Steps = trial.StopAt ?? curves.LastStep,
            IsStable = diagnosis.Stability.IsStable && diagnosis.Divergence is null && best is not null,
            OverfitsFrom = diagnosis.Overfitting?.Step,
            Roughness = double.IsFinite(diagnosis.Stability.Roughness) ? diagnosis.Stability.Roughness : null,
            Failure = best is null ? "no validation loss" : null,
        };
    }

    private static RunCurves UpTo(RunCurves curves, int step)
    {
        return curves with
        {
            TrainLoss = Cut(curves.TrainLoss), ValidationLoss = Cut(curves.ValidationLoss), GradientNorm = Cut(curves.GradientNorm),
            LearningRate = Cut(curves.LearningRate), Epoch = Cut(curves.Epoch),
        };

        IReadOnlyList<CurvePoint> Cut(IReadOnlyList<CurvePoint> points) => [.. points.Where(p => p.Step <= step)];
    }

    // A run that broke says something all the same: not here.
    private TrialResult Failed(Trial trial, string why, string? output = null) => new()
    {
        Id = trial.Id, Stage = trial.Stage, Values = trial.Values, Seed = trial.Seed, IsStable = false, Failure = why,
        Steps = output is null ? 0 : Curves(output)?.LastStep ?? 0,
    };

    private (int Code, string? Error) Run(RunRecord record, bool resume, Action<TrainerEvent, TrainerProcess> onEvent)
    {
        for (var tries = 0; ; tries++)
        {
            var (code, error) = RunOnce(record, resume, onEvent);
            var isLocked = error?.StartsWith("another trainer is at work", StringComparison.Ordinal) ?? false;
            if (!isLocked || tries == LockTries || _isStopping)
                return (code, error);
            Thread.Sleep(s_betweenTries);
        }
    }

    private (int Code, string? Error) RunOnce(RunRecord record, bool resume, Action<TrainerEvent, TrainerProcess> onEvent)
    {
        var trainer = engine.Trainer ?? TrainerLocation.Find(terminal, AppContext.BaseDirectory);
        var beside = RunDirectory.Prepare(terminal, record, resume);
        List<string> arguments = ["run", record.Run.OutputDirectory, "--control", "stdin"];
        if (resume)
            arguments.Add("--resume");
        if (beside is not null)
            arguments.AddRange(["--record", beside]);
        arguments.AddRange(["--engine", engine.Engine]);
        if (engine.Device is { } device)
            arguments.AddRange(["--device", device]);
        arguments.AddRange(["--threads", threads.ToString(CultureInfo.InvariantCulture)]);
        using var errors = new StringWriter();
        var process = new TrainerProcess(trainer, terminal.Folder, errors);
        lock (_lock)
        {
            if (_isStopping)
                return (ExitCode.Interrupted, null);
            _running.Add(process);
        }

        string? error = null;
        try
        {
            var code = process.Run(arguments, read =>
            {
                if (read.Name == "error")
                    error = read.Text("message");
                onEvent(read, process);
            });
            if (error is null && code != 0)
            {
                error = TrainerProcess.SignalOf(code) is { } signal and not 2 ? $"the trainer was ended by {TrainerProcess.NameOf(signal)}"
                    : errors.ToString().Trim() is { Length: > 0 } said ? said : null;
            }

            return (code, error);
        }
        finally
        {
            lock (_lock)
                _running.Remove(process);
            if (beside is not null)
                File.Delete(beside);
        }
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }
}
