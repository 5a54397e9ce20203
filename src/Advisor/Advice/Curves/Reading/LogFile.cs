using System.Text;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>Opens files that a training wrote, and perhaps is still writing, with limits.</summary>
internal static class LogFile
{
    // No line of a log comes near; a longer one is damage.
    private const int LongestLine = 1 << 16;

    /// <summary>The largest file that is read: 1 GiB.</summary>
    public const long LargestFile = 1L << 30;

    /// <summary>Opens a file that may still be written to.</summary>
    /// <exception cref="UserMistakeException">It cannot be opened, or it is too large.</exception>
    public static FileStream Open(string path, string shown, long largest = LargestFile)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
            if (file.Length <= largest)
                return file;
            file.Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot read {shown}: {FileReader.ReasonOf(exception)}");
        }

        throw new UserMistakeException($"cannot read {shown}: it is larger than {largest >> 20} MiB, which no training log comes near");
    }

    /// <summary>The whole of a file.</summary>
    /// <exception cref="UserMistakeException">It cannot be read, or it is too large.</exception>
    public static byte[] Bytes(string path, string shown, long largest)
    {
        using var file = Open(path, shown, largest);
        try
        {
            using var bytes = new MemoryStream();
            file.CopyTo(bytes);
            return bytes.ToArray();
        }
        catch (IOException exception)
        {
            throw new UserMistakeException($"cannot read {shown}: {FileReader.ReasonOf(exception)}");
        }
    }

    /// <summary>
    /// Reads a log of an object a line up to where it is damaged. A last line without its end is that of a run that is still at work.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">Its name for messages.</param>
    /// <param name="writer">What writes such logs, for messages.</param>
    /// <param name="add">Adds what a line tells; false for a line that the writer never writes.</param>
    /// <exception cref="UserMistakeException">The file cannot be read.</exception>
    public static LoggedRun Read(string path, string shown, string writer, Func<LoggedRun, string, bool> add)
    {
        var run = new LoggedRun(shown);
        var number = 0;
        foreach (var (line, isWhole) in Lines(path, shown, LongestLine))
        {
            number++;
            if (run.IsFull)
            {
                run.Notes.Add($"{shown} has more values than are read; it was read up to line {number}");
                break;
            }

            if (line.AsSpan().Trim().IsEmpty || add(run, line))
                continue;
            if (isWhole)
                run.Notes.Add($"{shown}: line {number} is none that {writer} writes; it was read up to there");
            break;
        }

        return run;
    }

    /// <summary>
    /// The lines of a UTF-8 file, and whether each has an end; stops at one that is longer than allowed, giving what is there.
    /// </summary>
    /// <exception cref="UserMistakeException">The file cannot be read.</exception>
    private static IEnumerable<(string Line, bool IsWhole)> Lines(string path, string shown, int longest)
    {
        using var file = Open(path, shown);
        var buffer = new byte[1 << 16];
        var line = new List<byte>();
        while (true)
        {
            int read;
            try
            {
                read = file.Read(buffer);
            }
            catch (IOException exception)
            {
                throw new UserMistakeException($"cannot read {shown}: {FileReader.ReasonOf(exception)}");
            }

            if (read == 0)
                break;
            for (var i = 0; i < read; i++)
            {
                if (buffer[i] != '\n')
                {
                    line.Add(buffer[i]);
                    if (line.Count <= longest)
                        continue;
                    yield return (Encoding.UTF8.GetString([.. line]), true);
                    yield break;
                }

                yield return (Encoding.UTF8.GetString([.. line]), true);
                line.Clear();
            }
        }

        if (line.Count > 0)
            yield return (Encoding.UTF8.GetString([.. line]), false);
    }
}
