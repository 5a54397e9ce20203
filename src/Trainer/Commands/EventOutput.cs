using System.Runtime.InteropServices;

namespace LoraLint.Trainer.Commands;

/// <summary>
/// Standard output for what a parent process reads. It is taken for this alone: what libraries print, managed or native, goes to the
/// errors from then on, so that half a line of theirs never stands before a line of ours.
/// </summary>
internal static partial class EventOutput
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    /// <summary>Takes standard output.</summary>
    /// <returns>A writer that writes each line at once; a reader that went away is no error.</returns>
    public static StreamWriter Take()
    {
        // On Unix the stream has a duplicate of descriptor 1, which can lead elsewhere then. On Windows it has the very handle, so native
        // code still reaches it there; the parent passes over what is no event.
        var stream = Console.OpenStandardOutput();
        Console.SetOut(Console.Error);
        if (!OperatingSystem.IsWindows())
            _ = Redirect(StandardError, StandardOutput);
        return new StreamWriter(stream) { AutoFlush = true, NewLine = "\n" };
    }

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Redirect(int from, int to);
}
