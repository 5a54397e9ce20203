using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Training;

/// <summary>
/// The output folder as <c>loralint train</c> prepares it: it writes the run, the trainer all else. Where there is a run.json already,
/// another trainer may be at work with it, so the run goes into a file of its own, which the trainer puts in its place when it holds the
/// folder's lock and has compared the two.
/// </summary>
internal static class RunDirectory
{
    // What a run leaves once it began: ARCHITECTURE.md, "A run directory".
    private static readonly string[] s_traces = ["adapter", "checkpoints", "metrics.jsonl"];

    /// <summary>Writes the run, whole or not at all.</summary>
    /// <param name="terminal">For the path to show.</param>
    /// <param name="record">The run.</param>
    /// <param name="resume">Whether an earlier run in the folder goes on; the trainer checks that it is the same.</param>
    /// <returns>The file beside run.json that holds the run, which the caller deletes; null when it is in run.json itself.</returns>
    /// <exception cref="UserMistakeException">Another run is there, or the folder cannot be written.</exception>
    public static string? Prepare(Terminal terminal, RunRecord record, bool resume)
    {
        var folder = record.Run.OutputDirectory;
        var shown = terminal.Shown(folder);
        var began = s_traces.Any(t => Path.Exists(Path.Join(folder, t)));
        if (began && !resume)
            throw new UserMistakeException($"{shown} holds a run already; --resume goes on with it, --output DIR writes somewhere else");
        if (resume && !File.Exists(Path.Join(folder, RunRecord.FileName)))
            throw new UserMistakeException($"{shown} holds no run to go on with; leave --resume out to start one");
        var path = Path.Join(folder, RunRecord.FileName);
        try
        {
            Directory.CreateDirectory(folder);
            var beside = Path.Join(folder, $".{RunRecord.FileName}.{Environment.ProcessId}.tmp");
            var isKept = false;
            try
            {
                using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
                {
                    file.Write(RunJson.Write(record));
                    file.Flush(flushToDisk: true);
                }

                isKept = !TryName(beside, path);
                return isKept ? beside : null;
            }
            finally
            {
                if (!isKept)
                    File.Delete(beside);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {terminal.Shown(path)}: {FileReader.ReasonOf(exception)}");
        }
    }

    // False when there is such a file already, whoever made it.
    private static bool TryName(string temporary, string path)
    {
        if (File.Exists(path))
            return false;
        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
    }
}
