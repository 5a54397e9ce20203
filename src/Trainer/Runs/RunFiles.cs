using System.Runtime.InteropServices;

namespace LoraLint.Trainer.Runs;

/// <summary>
/// The few things that a run does to its folder, each safe against a crash of the process or of the machine: what has its final name is
/// whole and on the disk. Failures are told as <see cref="TrainerException"/>.
/// </summary>
/// <remarks>Tests derive from it to fail or to end a run before any of its operations.</remarks>
internal partial class RunFiles
{
    /// <summary>Makes a folder and those above it.</summary>
    public void CreateFolder(string folder) => Do("create", folder, () => Directory.CreateDirectory(folder));

    /// <summary>Writes a new file and waits until its content is on the disk. An existing one is replaced.</summary>
    /// <remarks>Not for a file that someone may be reading: see <see cref="Replace"/>.</remarks>
    public void Write(string path, Action<Stream> write) => Do("write", path, () =>
    {
        using var stream = Create(path);
        write(stream);
        stream.Flush();
        if (WaitsForDisk)
            (stream as FileStream)?.Flush(flushToDisk: true);
    });

    /// <summary>Waits until what was written to an open file is on the disk.</summary>
    public void Flush(FileStream file) => Do("sync", file.Name, () => file.Flush(flushToDisk: WaitsForDisk));

    /// <summary>Writes a file under another name and gives it its own when it is whole: readers see the old content or the new.</summary>
    public void Replace(string path, Action<Stream> write)
    {
        var temporary = path + ".tmp";
        Write(temporary, write);
        Do("rename", path, () => File.Move(temporary, path, overwrite: true));
        Sync(Path.GetDirectoryName(path)!);
    }

    /// <summary>Gives a finished folder its final name, under which there must be nothing.</summary>
    public void Publish(string temporary, string final)
    {
        Sync(temporary);
        Do("rename", final, () => Directory.Move(temporary, final));
        Sync(Path.GetDirectoryName(final)!);
    }

    /// <summary>Lets others write files into a folder, and waits until they are on the disk.</summary>
    public void WriteFolder(string folder, Action<string> write)
    {
        Do("fill", folder, () => write(folder));
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            Do("sync", path, () =>
            {
                if (!WaitsForDisk)
                    return;
                using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
                file.Flush(flushToDisk: true);
            });
        }
    }

    /// <summary>Deletes a folder. It loses its name first, so that half of it is never taken for the whole.</summary>
    public void Delete(string folder)
    {
        var doomed = folder;
        if (!IsTemporary(folder))
        {
            if (!Directory.Exists(folder))
                return;
            doomed = TemporaryNameOf(folder);
            DeleteIfThere(doomed);
            Do("rename", folder, () => Directory.Move(folder, doomed));
        }

        DeleteIfThere(doomed);
    }

    /// <summary>Deletes a temporary folder as far as that goes.</summary>
    public void TryDelete(string folder)
    {
        try
        {
            Delete(folder);
        }
        catch (TrainerException)
        {
            // The error that brought us here is the one to tell.
        }
    }

    /// <summary>The name that a folder has while it is written or deleted.</summary>
    public static string TemporaryNameOf(string folder) => Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}.tmp");

    /// <summary>Whether a folder is what a crash left of one that was being written or deleted.</summary>
    public static bool IsTemporary(string folder) =>
        Path.GetFileName(folder) is ['.', ..] name && name.EndsWith(".tmp", StringComparison.Ordinal);

    /// <summary>Makes a folder's entries, new names and lost ones, survive a crash of the machine.</summary>
    public void Sync(string folder) => Do("sync", folder, () =>
    {
        // NTFS keeps its entries in a journal and has no such call.
        if (OperatingSystem.IsWindows() || !WaitsForDisk)
            return;
        var handle = OpenFolder(folder, 0);
        if (handle < 0)
            throw new IOException(Marshal.GetLastPInvokeErrorMessage(), Marshal.GetLastPInvokeError());
        try
        {
            // Some file systems (FUSE, SMB) know no fsync of folders: EINVAL. Nothing more can be done there.
            const int InvalidArgument = 22;
            if (SyncHandle(handle) < 0 && Marshal.GetLastPInvokeError() is not InvalidArgument and var error)
                throw new IOException(Marshal.GetLastPInvokeErrorMessage(), error);
        }
        finally
        {
            _ = CloseHandle(handle);
        }
    });

    /// <summary>Whether content is on the disk, and not only with the operating system, before it counts as written.</summary>
    protected virtual bool WaitsForDisk => true;

    /// <summary>Opens a file to be written from its beginning.</summary>
    protected virtual Stream Create(string path) => new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);

    /// <summary>Called before each operation.</summary>
    protected virtual void Before(string operation, string path)
    {
    }

    private void DeleteIfThere(string folder)
    {
        if (Directory.Exists(folder))
            Do("delete", folder, () => Directory.Delete(folder, recursive: true));
    }

    private void Do(string operation, string path, Action action)
    {
        try
        {
            Before(operation, path);
            action();
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Writing(path, exception);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncHandle(int handle);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseHandle(int handle);
}
