using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>What <c>loralint engine install</c> was asked for.</summary>
/// <param name="Package">The engine.</param>
/// <param name="Sources">Folders or addresses of package feeds; empty for those of the machine's NuGet settings.</param>
/// <param name="Version">TorchSharp's version.</param>
internal sealed record InstallRequest(EnginePackage Package, IReadOnlyList<string> Sources, string Version);

/// <summary>
/// Installs an engine: looks whether that can work before anything is downloaded, builds it aside, checks every library, asks it whether it
/// works, and only then puts it in its place. Whatever goes wrong before leaves everything as it was.
/// </summary>
internal sealed class EngineInstaller(Terminal terminal, EngineStore store)
{
    private const string DownloadSdk = "install it from https://dotnet.microsoft.com/download";

    /// <summary>Installs an engine.</summary>
    /// <exception cref="UserMistakeException">It cannot be installed, and why.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Install(InstallRequest request, CancellationToken stop)
    {
        var package = request.Package;
        CheckMachine(package);
        var sources = EngineSources.Find(TrainerLocation.Find(terminal, AppContext.BaseDirectory));
        var feeds = request.Sources.Select(FeedOf).ToList();
        using var taken = store.Lock();
        var folder = store.BuildFolderOf(package.Name);
        try
        {
            var build = new EngineBuild(terminal, folder);
            build.Prepare(package, sources, request.Version, feeds);
            var from = feeds.Count > 0 ? string.Join(" and ", feeds.Select(EngineBuild.Shown))
                : "the sources of this machine's NuGet settings";
            Say($"Downloading {package.PackageId} {request.Version}, about {Words.Size(package.DownloadBytes)}, from {from}");
            Say($"and building the engine in {folder} ...");
            build.Publish(package, stop);
            var packages = build.Packages();
            CheckVersion(packages, request.Version);
            Say("Checking the libraries ...");
            var joined = EngineFiles.VerifyJoined(build.Output, stop);
            MakeReadable(build.Output);
            var files = EngineFiles.Describe(build.Output, stop);
            WriteRecord(build.Output, new EngineRecord
            {
                Version = EngineRecord.CurrentVersion,
                Name = package.Name,
                LoraLintVersion = Program.Version,
                Platform = terminal.Machine.Platform,
                Packages = packages,
                Sources = [.. feeds.Select(EngineBuild.Shown)],
                InstalledAt = DateTimeOffset.UtcNow,
                Files = files,
            });
            stop.ThrowIfCancellationRequested();
            var devices = Probe(build.Output);
            stop.ThrowIfCancellationRequested();
            store.Publish(build.Output, package.Name);
            Say($"Installed {package.Name}: {Words.Count(files.Count, "file")}, {Words.Size(files.Sum(f => f.Bytes))}"
                + (joined > 0 ? $", {joined} of them joined from parts and checked" : "") + $", in {store.PathOf(package.Name)}");
            foreach (var device in devices)
                Say($"  {device.Name}: {device.Description}");
            if (package.NeedsDriver && !devices.Any(d => d.IsCuda))
                Say("  but no GPU: it found only the processor; `loralint doctor` tells more");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot install {package.Name} in {store.Folder}: {FileReader.ReasonOf(exception)}");
        }
        finally
        {
            if (!EngineStore.TryDelete(folder))
                terminal.Error.WriteLine($"note: {folder} could not be deleted; the next install or remove tries again");
        }
    }

    private void CheckMachine(EnginePackage package)
    {
        var machine = terminal.Machine;
        if (!package.Platforms.Contains(machine.Platform))
        {
            throw new UserMistakeException(
                $"{package.Name} is for {string.Join(", ", package.Platforms)}; this machine is {machine.Platform}");
        }

        var sdks = DotnetCommand.Sdks(terminal);
        if (DotnetCommand.Newest(sdks) is null)
        {
            throw new UserMistakeException($"the .NET {DotnetCommand.Major} SDK, which builds the engine, is not there "
                + $"({(sdks.Count == 0 ? "`dotnet --list-sdks` names none" : $"there is {string.Join(", ", sdks)}")}); {DownloadSdk}");
        }

        if (package.NeedsDriver && machine.Cuda().Problem() is { } problem)
            throw new UserMistakeException($"{package.Name} cannot work here: {problem}");
        if (machine.FreeBytes(store.Folder) is { } free && free < package.DiskBytes)
        {
            throw new UserMistakeException($"{Words.Size(free)} are free where {store.Folder} is, and installing {package.Name} takes "
                + $"{Words.Size(package.DiskBytes)} for a while; make room, or name another place by the variable LORALINT_HOME");
        }

        if (package.NeedsDriver && machine.Cuda().Version is { } version and < NvidiaDriver.Intended)
        {
            Say($"note: the NVIDIA driver runs CUDA {NvidiaDriver.Shown(version)}; the libraries are made with "
                + $"{NvidiaDriver.Shown(NvidiaDriver.Intended)} and work with it but for the latest cards");
        }
    }

    // A folder must be there: NuGet would say so only in the middle of its errors.
    private string FeedOf(string source)
    {
        if (source.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            || source.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            return source;
        var path = terminal.FullPath(source);
        return Directory.Exists(path) ? path
            : throw new UserMistakeException($"--source {source}: there is no such folder; name one, or an address with https://");
    }

    private static void CheckVersion(IReadOnlyDictionary<string, string> packages, string version)
    {
        if (EngineRecord.VersionOf(packages) is var found && found != version)
            throw new UserMistakeException($"the sources gave TorchSharp {found ?? "under no version"} in place of {version}");
    }

    // Joined libraries are readable for their owner alone, whoever else uses the engine.
    private static void MakeReadable(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            File.SetUnixFileMode(path, readable);
    }

    private static void WriteRecord(string folder, EngineRecord record)
    {
        using var file = new FileStream(Path.Join(folder, EngineRecord.FileName), FileMode.CreateNew, FileAccess.Write);
        file.Write(record.ToJson());
        file.Flush(flushToDisk: true);
    }

    private IReadOnlyList<ProbedDevice> Probe(string folder)
    {
        var probe = EngineProbe.Run(new InstalledEngine(folder).Location(terminal), terminal);
        return probe.FailureOf("torch", out var devices) is { } failure
            ? throw new UserMistakeException($"the engine was built but does not work here: {failure}") : devices;
    }

    private void Say(string line)
    {
        terminal.Out.WriteLine(line);
        terminal.Out.Flush();
    }
}
