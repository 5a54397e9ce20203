using System.Text.Json;
using LoraLint.Advisor.Training;

namespace LoraLint.Trainer.Runs;

/// <summary>A run's folder, locked while this object lives: run.json, metrics, checkpoints, the adapter, the report.</summary>
internal sealed class RunFolder : IDisposable
{
    /// <summary>The finished adapter's folder.</summary>
    public const string AdapterName = "adapter";

    // No config comes near: it is the text of one with its findings.
    private const long LongestRecord = 64 << 20;

    private readonly RunLock _lock;

    private RunFolder(string path, RunRecord record, RunFiles files, RunLock taken)
    {
        (Path, Record, Files, _lock) = (path, record, files, taken);
        Checkpoints = new CheckpointStore(path, files);
    }

    /// <summary>The absolute path.</summary>
    public string Path { get; }

    /// <summary>The run.</summary>
    public RunRecord Record { get; }

    /// <summary>What writes.</summary>
    public RunFiles Files { get; }

    /// <summary>The checkpoints.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>Where the finished adapter goes.</summary>
    public string Adapter => System.IO.Path.Combine(Path, AdapterName);

    /// <summary>The step of the newest checkpoint when the run goes on, or null when it starts.</summary>
    public int? ResumeStep { get; private init; }

    /// <summary>Opens the folder of a run that <c>loralint train</c> prepared.</summary>
    /// <param name="path">The folder; holds run.json.</param>
    /// <param name="resume">Whether an earlier, unfinished run in it goes on. Where there is none, the run starts.</param>
    /// <param name="files">What writes.</param>
    /// <param name="recordFile">
    /// A file with the run. It becomes run.json once the folder is locked and the run may begin or go on; null when run.json holds it.
    /// </param>
    public static RunFolder Open(string path, bool resume, RunFiles files, string? recordFile = null)
    {
        path = System.IO.Path.GetFullPath(path);
        var record = recordFile is null ? ReadRecord(path) : ReadFile(recordFile);
        var taken = RunLock.Take(path);
        try
        {
            var checkpoints = new CheckpointStore(path, files);
            var steps = checkpoints.Steps;
            if (Directory.Exists(System.IO.Path.Combine(path, AdapterName)))
            {
                throw new TrainerException($"{path} holds a finished run, whose adapter is in {System.IO.Path.Combine(path, AdapterName)}; "
                    + (resume ? "there is nothing to resume" : "name another folder as output, or delete this one"));
            }

            if (!resume && (steps.Count > 0 || MetricsLog.HasAny(path)))
            {
                var reached = steps.Count > 0 ? $"has a checkpoint of step {steps[^1]}" : "has no checkpoint yet";
                throw new TrainerException(
                    $"{path} holds an unfinished run, which {reached}; --resume goes on with it, another folder as output starts anew");
            }

            if (steps.Count > 0)
                RequireSameRun(path, checkpoints, steps[^1], record);
            if (recordFile is not null)
                files.Replace(System.IO.Path.Combine(path, RunRecord.FileName), stream => stream.Write(RunJson.Write(record)));
            checkpoints.Clean();
            files.Delete(RunFiles.TemporaryNameOf(System.IO.Path.Combine(path, AdapterName)));
            return new RunFolder(path, record, files, taken) { ResumeStep = resume && steps.Count > 0 ? steps[^1] : null };
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    // Before anything is loaded: changed settings are the most likely mistake, and a damaged checkpoint is better known at once.
    private static void RequireSameRun(string path, CheckpointStore checkpoints, int step, RunRecord record)
    {
        _ = checkpoints.Read(step);
        if (RunDifference.Between(checkpoints.ReadRun(step), record) is not { Count: > 0 } differences)
            return;
        throw new TrainerException(
            $"the run in {path} was started with other settings: {string.Join("; ", differences)}. "
            + "Put them back to resume, or name another folder as output");
    }

    /// <summary>Reads the run.json of a folder.</summary>
    public static RunRecord ReadRecord(string folder) => ReadFile(System.IO.Path.Combine(folder, RunRecord.FileName));

    /// <summary>Reads a file that holds a run.</summary>
    internal static RunRecord ReadFile(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LongestRecord })
                throw new TrainerException($"{path} is larger than {LongestRecord >> 20} MiB: it is no run");
            return RunJson.Read(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TrainerException($"{path} is not there: `loralint train CONFIG` writes it and starts the trainer", exception);
        }
        catch (JsonException exception)
        {
            throw new TrainerException($"{path} is no run of this version of LoraLint: {exception.Message.TrimEnd('.')}", exception);
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Reading(path, exception);
        }
    }

    /// <summary>Writes the adapter's folder, which appears under its name when it is whole.</summary>
    /// <param name="write">Writes the adapter's files into a folder.</param>
    public void WriteAdapter(Action<string> write)
    {
        var temporary = RunFiles.TemporaryNameOf(Adapter);
        Files.CreateFolder(temporary);
        try
        {
            Files.WriteFolder(temporary, write);
            Files.Publish(temporary, Adapter);
        }
        catch (TrainerException)
        {
            Files.TryDelete(temporary);
            throw;
        }
    }

    /// <summary>Lets another trainer in.</summary>
    public void Dispose() => _lock.Dispose();
}
