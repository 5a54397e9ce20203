namespace LoraLint.Trainer.Runs;

/// <summary>
/// Keeps a second trainer out of a run's folder. The operating system lets go of it when the process ends, however it ends.
/// </summary>
internal sealed class RunLock : IDisposable
{
    private const string FileName = ".lock";
    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    public static RunLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            // FileShare.None is flock(LOCK_EX) on Unix. The file stays: deleting it would let two trainers lock two files of one name.
            return new RunLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (IsHeld(exception))
        {
            throw new TrainerException($"another trainer is at work in {folder}; wait for its end, or name another folder as output");
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Writing(path, exception);
        }
    }

    /// <summary>Lets go of it.</summary>
    public void Dispose() => _file.Dispose();

    // EWOULDBLOCK is 11 on Linux and 35 on macOS; ERROR_SHARING_VIOLATION on Windows.
    private static bool IsHeld(IOException exception) => exception.HResult is 11 or 35 or unchecked((int)0x80070020);
}
