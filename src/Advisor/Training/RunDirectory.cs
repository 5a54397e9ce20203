using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Training;

/// <summary>The output folder as <c>loralint train</c> prepares it: it writes run.json, the trainer all else.</summary>
internal static class RunDirectory
{
    // What a run leaves once it began: ARCHITECTURE.md, "A run directory".
    private static readonly string[] s_traces = ["adapter", "checkpoints", "metrics.jsonl"];

    /// <summary>Writes run.json, whole or not at all.</summary>
    /// <param name="terminal">For the path to show.</param>
    /// <param name="record">The run.</param>
    /// <param name="resume">Whether an earlier run in the folder goes on; the trainer checks that it is the same.</param>
    /// <exception cref="UserMistakeException">Another run is there, or the folder cannot be written.</exception>
    public static void Prepare(Terminal terminal, RunRecord record, bool resume)
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
            var temporary = Path.Join(folder, $".{RunRecord.FileName}.{Environment.ProcessId}.tmp");
            try
            {
                using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
                {
                    file.Write(RunJson.Write(record));
                    file.Flush(flushToDisk: true);
                }

                File.Move(temporary, path, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {terminal.Shown(path)}: {FileReader.ReasonOf(exception)}");
        }
    }
}
