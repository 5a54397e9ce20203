using System.Globalization;
using System.Security.Cryptography;
using LoraLint.Advisor.Training;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Runs;

/// <summary>
/// The checkpoints of a run, each a folder <c>checkpoints/step-N</c> that gets its name when it is whole and on the disk:
/// the adapter as PEFT loads it, the trained tensors with their moments, run.json, and state.json.
/// </summary>
/// <param name="runFolder">The run's folder.</param>
/// <param name="files">What writes.</param>
internal sealed class CheckpointStore(string runFolder, RunFiles files)
{
    /// <summary>The trained tensors and their moments.</summary>
    public const string TensorsName = "trainer.safetensors";

    private const string Prefix = "step-";
    private readonly string _folder = Path.Combine(runFolder, "checkpoints");

    /// <summary>The steps that have a checkpoint, in order.</summary>
    public IReadOnlyList<int> Steps => [.. Folders().Select(StepOf).OfType<int>().Order()];

    /// <summary>A checkpoint's folder.</summary>
    public string FolderOf(int step) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{step}"));

    /// <summary>Deletes what a crash left half written or half deleted.</summary>
    public void Clean()
    {
        foreach (var folder in Folders().Where(RunFiles.IsTemporary).ToList())
            files.Delete(folder);
    }

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="state">Where training stands.</param>
    /// <param name="engine">Holds the tensors of this state.</param>
    /// <param name="kinds">Which tensors the optimizer needs to go on.</param>
    /// <param name="writeAdapter">Writes the adapter's files into a folder.</param>
    /// <param name="identity">What the run's bits follow from.</param>
    /// <param name="run">The run.</param>
    /// <returns>Its folder.</returns>
    public string Write(
        TrainingState state, ITrainingEngine engine, IReadOnlyList<ParameterState> kinds, Action<string> writeAdapter, RunIdentity identity,
        RunRecord run)
    {
        var final = FolderOf(state.Step);
        var temporary = RunFiles.TemporaryNameOf(final);
        files.CreateFolder(_folder);
        files.Delete(temporary);
        files.CreateFolder(temporary);
        try
        {
            files.WriteFolder(temporary, writeAdapter);
            files.Write(Path.Combine(temporary, TensorsName), stream => StateTensors.Write(stream, engine, kinds));
            files.Write(Path.Combine(temporary, RunRecord.FileName), stream => stream.Write(RunJson.Write(run)));
            var record = new CheckpointRecord
            {
                Version = CheckpointRecord.CurrentVersion,
                State = state,
                Identity = identity,
                Files = Directory.EnumerateFiles(temporary).ToDictionary(path => Path.GetFileName(path), HashOf),
            };
            files.Write(Path.Combine(temporary, CheckpointRecord.FileName), stream => stream.Write(record.ToJson()));
            files.Publish(temporary, final);
        }
        catch (TrainerException)
        {
            // A full disk: what was begun only takes space. Where even deleting fails, the next start cleans up.
            files.TryDelete(temporary);
            throw;
        }

        return final;
    }

    /// <summary>Reads a checkpoint's state and makes sure that its files are those that were written.</summary>
    public CheckpointRecord Read(int step)
    {
        var folder = FolderOf(step);
        var record = CheckpointRecord.Read(Path.Combine(folder, CheckpointRecord.FileName));
        foreach (var (name, hash) in record.Files)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path) || HashOf(path) != hash)
            {
                throw new TrainerException(
                    $"{path} is {(File.Exists(path) ? "damaged: it is not what was written" : "missing")}; delete the folder {folder} to "
                    + "go on from the checkpoint before it");
            }
        }

        return record;
    }

    /// <summary>The run that a checkpoint belongs to.</summary>
    public RunRecord ReadRun(int step) => RunFolder.ReadRecord(FolderOf(step));

    /// <summary>Puts a checkpoint's tensors into an engine.</summary>
    public void Load(int step, ITrainingEngine engine, IReadOnlyList<ParameterState> kinds) =>
        StateTensors.Read(Path.Combine(FolderOf(step), TensorsName), engine, kinds);

    /// <summary>Deletes the oldest checkpoints.</summary>
    /// <param name="limit">How many are kept, or null for all.</param>
    /// <param name="best">The step that is kept in any case, as its weights are to become the adapter; 0 for none.</param>
    public void Prune(int? limit, int best)
    {
        if (limit is not { } kept)
            return;
        var steps = Steps;
        // The newest is never deleted: the run goes on from it.
        foreach (var step in steps.Take(steps.Count - Math.Max(1, kept)).Where(step => step != best))
            files.Delete(FolderOf(step));
    }

    private static string HashOf(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static int? StepOf(string folder) =>
        Path.GetFileName(folder) is var name && name.StartsWith(Prefix, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;

    private IEnumerable<string> Folders() => Directory.Exists(_folder) ? Directory.EnumerateDirectories(_folder) : [];
}
