using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>
/// The folder of installed engines, each in a folder by its name. What is being built or deleted has a name that begins with a dot: such a
/// folder is no engine, and the next one who holds the lock deletes it.
/// </summary>
/// <param name="folder">The folder; need not be there.</param>
internal sealed class EngineStore(string folder)
{
    private const string Building = ".building-";
    private const string Replaced = ".replaced-";
    private const string Removed = ".removed-";

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>
    /// The store of this user: <c>engines</c> in what LORALINT_HOME names, else in <c>loralint</c> in the platform's folder for data
    /// (LOCALAPPDATA; XDG_DATA_HOME or ~/.local/share). Null when no variable says where that is.
    /// </summary>
    public static EngineStore? Find(Terminal terminal)
    {
        if (terminal.Variable("LORALINT_HOME") is { Length: > 0 } named)
            return new EngineStore(Path.Join(terminal.FullPath(named), "engines"));
        string? data;
        if (OperatingSystem.IsWindows())
            data = terminal.Variable("LOCALAPPDATA");
        // A relative one is to be ignored, says the XDG Base Directory Specification.
        else if (terminal.Variable("XDG_DATA_HOME") is { } xdg && Path.IsPathFullyQualified(xdg))
            data = xdg;
        else
            data = terminal.Variable("HOME") is { Length: > 0 } home ? Path.Join(home, ".local", "share") : null;
        return data is { Length: > 0 } ? new EngineStore(Path.Join(data, "loralint", "engines")) : null;
    }

    /// <summary>The same, or a mistake that says what to set.</summary>
    public static EngineStore Require(Terminal terminal) => Find(terminal) ?? throw new UserMistakeException(
        $"nothing says where engines belong: set LORALINT_HOME, or {(OperatingSystem.IsWindows() ? "LOCALAPPDATA" : "HOME")}");

    /// <summary>The installed engines, those for GPUs first. A folder counts by its name, however damaged its content is.</summary>
    public IReadOnlyList<InstalledEngine> Engines() =>
        [.. EnginePackage.All.Select(p => PathOf(p.Name)).Where(Directory.Exists).Select(path => new InstalledEngine(path))];

    /// <summary>An engine's folder.</summary>
    public string PathOf(string name) => Path.Join(Folder, name);

    /// <summary>A folder to build an engine in; beside where it will be, so that it gets there by its name alone.</summary>
    public string BuildFolderOf(string name) => Path.Join(Folder, $"{Building}{name}-{Environment.ProcessId}");

    /// <summary>
    /// Makes the folder, takes the lock, puts back what an interrupted exchange took away and deletes what was left half done. The lock
    /// ends with what is returned, or with the process.
    /// </summary>
    /// <exception cref="UserMistakeException">Another process holds the lock, or the folder cannot be written.</exception>
    public IDisposable Lock()
    {
        try
        {
            Directory.CreateDirectory(Folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot make the folder {Folder}: {FileReader.ReasonOf(exception)}");
        }

        FileStream file;
        try
        {
            file = new FileStream(Path.Join(Folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new UserMistakeException($"cannot write in {Folder}: {FileReader.ReasonOf(exception)}");
        }
        catch (IOException)
        {
            throw new UserMistakeException($"another `loralint engine` is at work in {Folder}; wait for its end");
        }

        foreach (var path in Directory.EnumerateDirectories(Folder, ".*").ToList())
        {
            var name = Path.GetFileName(path);
            var isReplaced = name.StartsWith(Replaced, StringComparison.Ordinal);
            if (isReplaced && PathOf(name[Replaced.Length..]) is var final && !Directory.Exists(final))
                Directory.Move(path, final);
            else if (isReplaced || name.StartsWith(Building, StringComparison.Ordinal)
                || name.StartsWith(Removed, StringComparison.Ordinal))
                TryDelete(path);
        }

        return file;
    }

    /// <summary>Gives a finished engine its name. One that has it already is deleted once the other is in its place.</summary>
    public void Publish(string built, string name)
    {
        var final = PathOf(name);
        var replaced = Path.Join(Folder, Replaced + name);
        try
        {
            var replaces = Directory.Exists(final);
            if (replaces)
                Directory.Move(final, replaced);
            try
            {
                Directory.Move(built, final);
            }
            catch
            {
                if (replaces)
                    Directory.Move(replaced, final);
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot put the engine at {final}: {FileReader.ReasonOf(exception)}; is it in use?");
        }

        TryDelete(replaced);
    }

    /// <summary>Deletes an engine. It loses its name first, so that half of it is never taken for the whole.</summary>
    /// <returns>False when files are left, which the next command deletes.</returns>
    public bool Remove(string name)
    {
        var removed = Path.Join(Folder, Removed + name);
        try
        {
            Directory.Move(PathOf(name), removed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot remove {PathOf(name)}: {FileReader.ReasonOf(exception)}; is it in use?");
        }

        return TryDelete(removed);
    }

    /// <summary>Deletes a folder as far as that goes; false when some of it is left.</summary>
    public static bool TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The bytes of all files below a folder that someone may be changing.</summary>
    public static long SizeOf(string folder)
    {
        long bytes = 0;
        try
        {
            foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
                bytes += file.Length;
        }
        catch (IOException)
        {
            // Something went away under our eyes: what was counted is an answer too.
        }

        return bytes;
    }
}
