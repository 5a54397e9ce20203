using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>
/// Finds and reads what a training left: <c>metrics.jsonl</c>, <c>trainer_state.json</c> (in the folder or its newest checkpoint),
/// LLaMA-Factory's <c>trainer_log.jsonl</c>, TensorBoard event files (in the folder, <c>tensorboard</c>, <c>runs</c>, <c>logs</c>,
/// <c>lightning_logs</c>), and what <c>loralint adapter inspect --json</c> said of the adapter. Where several tell the same curve, the
/// one that reaches furthest is taken, of equals the first in this order.
/// </summary>
internal static class CurveReader
{
    /// <summary>Where a run's folder keeps the output of <c>loralint adapter inspect --json</c>.</summary>
    public const string AdapterFileName = "adapter-inspect.json";

    private const string EventsInName = "tfevents";
    private const string CheckpointPrefix = "checkpoint-";
    private const long LargestAdapterFile = 64L << 20;
    private const int MostEventFiles = 256;
    private const int DeepestFolder = 3;
    private static readonly string[] s_eventFolders = ["tensorboard", "runs", "logs", "lightning_logs"];

    /// <summary>Reads a run's folder, or one of its files.</summary>
    /// <param name="path">Absolute.</param>
    /// <param name="shown">The path as the user wrote it.</param>
    /// <exception cref="UserMistakeException">There is nothing to read, or it cannot be read.</exception>
    public static RunCurves Read(string path, string shown)
    {
        if (Directory.Exists(path))
            return ReadFolder(path, shown);
        if (!File.Exists(path))
            throw new UserMistakeException($"no such file or folder: {shown}");
        var name = Path.GetFileName(path);
        var run = name.Contains(EventsInName, StringComparison.Ordinal) ? ReadEvents([path], shown)
            : name.EndsWith(TrainerLog.FileName, StringComparison.OrdinalIgnoreCase) ? TrainerLog.Read(path, shown)
            : name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? MetricsLines.Read(path, shown)
            : name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? TrainerState.Read(path, shown)
            : throw new UserMistakeException(
                $"{shown}: it is none of metrics.jsonl, trainer_state.json, trainer_log.jsonl and TensorBoard's events.out.tfevents files");
        return Join([run], shown);
    }

    private static RunCurves ReadFolder(string folder, string shown)
    {
        try
        {
            var runs = new List<LoggedRun>();
            if (Path.Join(folder, MetricsLines.FileName) is var metrics && File.Exists(metrics))
                runs.Add(MetricsLines.Read(metrics, MetricsLines.FileName));
            if (NewestState(folder) is { } state)
                runs.Add(TrainerState.Read(Path.Join(folder, state), state.Replace('\\', '/')));
            if (Path.Join(folder, TrainerLog.FileName) is var log && File.Exists(log))
                runs.Add(TrainerLog.Read(log, TrainerLog.FileName));
            if (EventFilesOf(folder) is { Count: > 0 } events)
                runs.Add(ReadEvents(events, Relative(folder, events[^1])));
            if (runs.Count == 0)
            {
                throw new UserMistakeException(
                    $"{shown}: no metrics.jsonl, trainer_state.json, trainer_log.jsonl or TensorBoard events are there; name the output "
                    + "folder of a training, or one of these files");
            }

            return Join(runs, shown) with { Modules = ReadModules(Path.Join(folder, AdapterFileName)) };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot read {shown}: {FileReader.ReasonOf(exception)}");
        }
    }

    private static RunCurves Join(IReadOnlyList<LoggedRun> runs, string shown)
    {
        if (!runs.Any(r => r.HasLoss))
        {
            var notes = string.Concat(runs.SelectMany(r => r.Notes).Select(n => "; " + n));
            throw new UserMistakeException($"{shown}: no loss was logged in {string.Join(", ", runs.Select(r => r.Source))}{notes}");
        }

        var used = new List<LoggedRun>();
        return new RunCurves
        {
            TrainLoss = Take(CurveKind.TrainLoss),
            ValidationLoss = Take(CurveKind.ValidationLoss),
            GradientNorm = Take(CurveKind.GradientNorm),
            LearningRate = Take(CurveKind.LearningRate),
            Epoch = Take(CurveKind.Epoch),
            PlannedSteps = runs.Select(r => r.PlannedSteps).FirstOrDefault(s => s is not null),
            Files = [.. runs.Where(used.Contains).Select(r => r.Source)],
            Notes = [.. runs.SelectMany(r => r.Notes)],
        };

        IReadOnlyList<CurvePoint> Take(CurveKind kind)
        {
            var best = runs.MaxBy(r => r.LastStepOf(kind))!;
            if (best.LastStepOf(kind) < 0)
                return [];
            used.Add(best);
            return best.Of(kind);
        }
    }

    // The state of the run's end lies in its folder; before that only checkpoints have one.
    private static string? NewestState(string folder)
    {
        if (File.Exists(Path.Join(folder, TrainerState.FileName)))
            return TrainerState.FileName;
        var newest = Directory.EnumerateDirectories(folder, CheckpointPrefix + "*").Select(Path.GetFileName)
            .Select(n => (Name: n, Step: StepOf(n!)))
            .Where(c => c.Step >= 0 && File.Exists(Path.Join(folder, c.Name, TrainerState.FileName)))
            .OrderByDescending(c => c.Step).FirstOrDefault();
        return newest.Name is { } name ? Path.Join(name, TrainerState.FileName) : null;

        static int StepOf(string name) =>
            int.TryParse(name.AsSpan(CheckpointPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1;
    }

    // The event files of one run, the oldest first: those of the folder that was written to last.
    private static List<string> EventFilesOf(string folder)
    {
        var found = new List<string>();
        Collect(folder, 0);
        return found.Count == 0 ? []
            : [.. found.GroupBy(f => Path.GetDirectoryName(f)!).MaxBy(g => g.Max(File.GetLastWriteTimeUtc))!.Order(StringComparer.Ordinal)];

        void Collect(string at, int depth)
        {
            foreach (var file in Directory.EnumerateFiles(at, $"*{EventsInName}*").Order(StringComparer.Ordinal))
            {
                if (found.Count < MostEventFiles)
                    found.Add(file);
            }

            if (depth == DeepestFolder)
                return;
            foreach (var inner in Directory.EnumerateDirectories(at).Order(StringComparer.Ordinal))
            {
                if (depth > 0 || s_eventFolders.Contains(Path.GetFileName(inner)))
                    Collect(inner, depth + 1);
            }
        }
    }

    private static LoggedRun ReadEvents(IReadOnlyList<string> files, string shown)
    {
        var run = new LoggedRun(shown);
        // The tag that each curve comes from so far; a better one starts the curve anew.
        var orders = new Dictionary<CurveKind, int>();
        var values = new Dictionary<CurveKind, List<ScalarEvent>>();
        foreach (var file in files)
        {
            var note = ScalarEvents.Read(file, Path.GetFileName(file), scalar =>
            {
                if (ScalarTags.Find(scalar.Tag) is not var (kind, order))
                    return true;
                if (!orders.TryGetValue(kind, out var best) || order < best)
                {
                    orders[kind] = order;
                    values[kind] = [];
                }
                else if (order > best)
                    return true;
                values[kind].Add(scalar);
                return values[kind].Count < 1_000_000;
            });
            if (note is not null)
                run.Notes.Add(note);
        }

        foreach (var (kind, scalars) in values)
        {
            foreach (var scalar in scalars)
                run.Add(kind, scalar.Step, scalar.Value);
        }

        return run;
    }

    private static string Relative(string folder, string file) => Path.GetRelativePath(folder, file).Replace('\\', '/');

    private static IReadOnlyList<ModuleSpectrum> ReadModules(string path) => !File.Exists(path) ? []
        : AdapterSpectra.Parse(LogFile.Bytes(path, AdapterFileName, LargestAdapterFile))
            ?? throw new UserMistakeException($"{AdapterFileName}: it is not what `loralint adapter inspect --json` writes");
}
