using System.Diagnostics;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training;

/// <summary>How the trainer is started: a program and the arguments that come before its own.</summary>
/// <param name="FileName">The program.</param>
/// <param name="Arguments">What comes first: the assembly, when the program is dotnet.</param>
internal sealed record TrainerLocation(string FileName, IReadOnlyList<string> Arguments)
{
    private const string Name = "loralint-trainer";

    /// <summary>The trainer itself: an assembly or a program.</summary>
    public string TrainerPath => Arguments.Count > 0 ? Arguments[0] : FileName;

    /// <summary>The folder that it is in.</summary>
    public string Folder => Path.GetDirectoryName(TrainerPath)!;

    /// <summary>
    /// Finds the trainer: what LORALINT_TRAINER names, else beside this program, else that of the checkout this program was built in (built
    /// first when its sources are newer), else on PATH.
    /// </summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="baseFolder">The folder of this program.</param>
    /// <exception cref="UserMistakeException">There is none, or it cannot be built.</exception>
    public static TrainerLocation Find(Terminal terminal, string baseFolder) => Find(terminal, baseFolder, mayBuild: true)
        ?? throw new UserMistakeException($"the trainer, {Name}, is neither beside loralint ({baseFolder}) nor on PATH; "
            + "install it there, or name it by the variable LORALINT_TRAINER");

    /// <summary>The same as it is, nothing built; null when there is none.</summary>
    public static TrainerLocation? TryFind(Terminal terminal, string baseFolder)
    {
        try
        {
            return Find(terminal, baseFolder, mayBuild: false);
        }
        catch (UserMistakeException)
        {
            return null;
        }
    }

    private static TrainerLocation? Find(Terminal terminal, string baseFolder, bool mayBuild)
    {
        if (terminal.Variable("LORALINT_TRAINER") is { Length: > 0 } named)
        {
            var path = terminal.FullPath(named);
            return File.Exists(path) ? Of(path, terminal)
                : throw new UserMistakeException($"LORALINT_TRAINER names {named}, which is not there");
        }

        if (In(baseFolder, terminal) is { } beside)
            return beside;
        if (CheckoutOf(baseFolder) is { } root)
            return OfCheckout(root, ConfigurationOf(baseFolder), terminal, mayBuild);
        foreach (var folder in (terminal.Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            if (Path.IsPathFullyQualified(folder) && In(folder, terminal) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>The root of the checkout that a program was built in, or null.</summary>
    internal static string? CheckoutOf(string baseFolder)
    {
        for (var at = Path.TrimEndingDirectorySeparator(baseFolder); at is not null; at = Path.GetDirectoryName(at))
        {
            if (File.Exists(ProjectIn(at)) && File.Exists(Path.Join(at, "src", "Advisor", "LoraLint.Advisor.csproj")))
                return at;
        }

        return null;
    }

    private static string ProjectIn(string root) => Path.Join(root, "src", "Trainer", "LoraLint.Trainer.csproj");

    /// <summary>The configuration that a program in a folder was built in: <c>bin/Debug/net10.0</c> is where a build puts it.</summary>
    internal static string ConfigurationOf(string baseFolder) =>
        Path.TrimEndingDirectorySeparator(baseFolder).Split(Path.DirectorySeparatorChar).Contains("Release") ? "Release" : "Debug";

    private static TrainerLocation OfCheckout(string root, string configuration, Terminal terminal, bool mayBuild)
    {
        var assembly = Path.Join(root, "src", "Trainer", "bin", configuration, "net10.0", Name + ".dll");
        if (mayBuild && (!File.Exists(assembly) || IsOlder(assembly, Path.Join(root, "src"))))
            Build(root, configuration, terminal);
        return File.Exists(assembly) ? Of(assembly, terminal)
            : throw new UserMistakeException(
                mayBuild ? $"the build of {ProjectIn(root)} left no {assembly}" : $"{assembly} is not built yet");
    }

    private static bool IsOlder(string assembly, string sources)
    {
        var built = File.GetLastWriteTimeUtc(assembly);
        foreach (var room in new[] { "Rules", "Advisor", "Trainer" })
        {
            foreach (var file in Directory.EnumerateFiles(Path.Join(sources, room), "*.cs*", SearchOption.AllDirectories))
            {
                var part = file.AsSpan(sources.Length);
                // Engines/Torch is a project of its own.
                if (!part.Contains("/obj/", StringComparison.Ordinal) && !part.Contains("/bin/", StringComparison.Ordinal)
                    && !part.Contains("/Torch/", StringComparison.Ordinal)
                    && File.GetLastWriteTimeUtc(file) > built)
                    return true;
            }
        }

        return false;
    }

    private static void Build(string root, string configuration, Terminal terminal)
    {
        terminal.Error.WriteLine("Building the trainer of this checkout ...");
        var start = new ProcessStartInfo(Dotnet(terminal)) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var argument in new[] { "build", ProjectIn(root), "-c", configuration, "-v", "q", "--nologo" })
            start.ArgumentList.Add(argument);
        using var build = StartOrExplain(start);
        var output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        if (build.ExitCode == 0)
            return;
        terminal.Error.Write(output);
        throw new UserMistakeException($"the trainer could not be built: dotnet build {ProjectIn(root)} -c {configuration}");
    }

    /// <summary>Starts a process.</summary>
    /// <exception cref="UserMistakeException">It cannot be started.</exception>
    internal static Process StartOrExplain(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new UserMistakeException($"{start.FileName} cannot be started");
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw new UserMistakeException($"{start.FileName} cannot be started: {exception.Message}");
        }
    }

    private static TrainerLocation? In(string folder, Terminal terminal)
    {
        foreach (var name in new[] { OperatingSystem.IsWindows() ? Name + ".exe" : Name, Name + ".dll" })
        {
            var path = Path.Join(folder, name);
            if (File.Exists(path))
                return Of(path, terminal);
        }

        return null;
    }

    /// <summary>How an assembly or a program is started.</summary>
    internal static TrainerLocation Of(string path, Terminal terminal) =>
        path.EndsWith(".dll", StringComparison.Ordinal) ? new TrainerLocation(Dotnet(terminal), [path]) : new TrainerLocation(path, []);

    /// <summary>The dotnet of this machine, by name or path.</summary>
    internal static string Dotnet(Terminal terminal) => terminal.Variable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
}
