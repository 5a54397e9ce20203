using System.Text;
using System.Text.Json;

namespace LoraLint.Trainer.Runs;

/// <summary>
/// <c>metrics.jsonl</c>: a line for each optimizer step and each evaluation. A line is handed to the operating system in one piece as soon
/// as it is known, and the file is forced to the disk with each checkpoint.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "metrics.jsonl";

    // No event comes near; a longer line is damage.
    private const int LongestLine = 1 << 16;

    private readonly FileStream _file;

    private MetricsLog(FileStream file) => _file = file;

    /// <summary>Opens the log of a run that goes on behind a step, and cuts off what was written behind it.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="step">Steps done; 0 empties the log.</param>
    /// <param name="evaluatedStep">The step after which evaluation last happened.</param>
    public static MetricsLog Open(string folder, int step, int evaluatedStep)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
            var length = LengthUpTo(file, step, evaluatedStep);
            if (length < file.Length)
                file.SetLength(length);
            file.Seek(0, SeekOrigin.End);
            return new MetricsLog(file);
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Writing(path, exception);
        }
    }

    /// <summary>Whether a run's folder holds any metrics.</summary>
    public static bool HasAny(string folder) => new FileInfo(Path.Combine(folder, FileName)) is { Exists: true, Length: > 0 };

    /// <summary>The steps and evaluations in a run's folder, in order. A torn last line is left out.</summary>
    public static IReadOnlyList<RunEvent> Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var events = new List<RunEvent>();
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            foreach (var (_, found) in Lines(file))
                events.Add(found);
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Reading(path, exception);
        }

        return events;
    }

    /// <summary>Adds a line.</summary>
    public void Add(RunEvent line)
    {
        try
        {
            _file.Write(Encoding.UTF8.GetBytes(line.ToJson() + "\n"));
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Writing(_file.Name, exception);
        }
    }

    /// <summary>Waits until all lines are on the disk.</summary>
    public void Flush(RunFiles files) => files.Flush(_file);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static long LengthUpTo(FileStream file, int step, int evaluatedStep)
    {
        var length = 0L;
        foreach (var (end, found) in Lines(file))
        {
            if (!Belongs(found, step, evaluatedStep))
                break;
            length = end;
        }

        return length;
    }

    /// <summary>Whether an event happened before a state was saved.</summary>
    internal static bool Belongs(RunEvent found, int step, int evaluatedStep) => found switch
    {
        StepEvent done => done.Step <= step,
        EvaluationEvent done => done.Step <= evaluatedStep,
        _ => false,
    };

    /// <summary>The whole lines with where each ends; stops at the first that is torn or damaged.</summary>
    private static IEnumerable<(long End, RunEvent Found)> Lines(FileStream file)
    {
        // Not disposed of: that would close the file.
        var reader = new BufferedStream(file, 1 << 16);
        var line = new List<byte>();
        var end = 0L;
        for (int read; (read = reader.ReadByte()) >= 0;)
        {
            end++;
            if (read != '\n')
            {
                if (line.Count == LongestLine)
                    yield break;
                line.Add((byte)read);
                continue;
            }

            if (Parse(line.ToArray()) is not { } found)
                yield break;
            yield return (end, found);
            line.Clear();
        }
    }

    private static RunEvent? Parse(byte[] line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("event", out var name)
                ? name.ValueEquals("step") ? json.RootElement.Deserialize(RunEventJson.Default.StepEvent)
                : name.ValueEquals("evaluation") ? json.RootElement.Deserialize(RunEventJson.Default.EvaluationEvent)
                : null : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
