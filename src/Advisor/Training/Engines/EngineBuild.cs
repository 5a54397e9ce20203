using System.Diagnostics;
using System.Security;
using System.Text;
using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>
/// Builds an engine in a folder of its own with <c>dotnet publish</c>. Packages, caches and temporary files of the build stay in that
/// folder too, so that nothing of their gigabytes is left when it is deleted; nothing that lies in folders above it has a say.
/// </summary>
/// <param name="terminal">Where the command runs.</param>
/// <param name="folder">The folder to build in; there is nothing yet.</param>
internal sealed class EngineBuild(Terminal terminal, string folder)
{
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(15);

    private readonly StringBuilder _log = new();

    /// <summary>Where the finished files are.</summary>
    public string Output { get; } = Path.Join(folder, "out");

    private string Source => Path.Join(folder, "src");

    /// <summary>A feed as people may see it: a name and a password in an address are nobody's business.</summary>
    public static string Shown(string feed) => Uri.TryCreate(feed, UriKind.Absolute, out var uri) && !uri.IsFile
        ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : feed;

    /// <summary>Writes the project and what stands beside it.</summary>
    /// <param name="package">The engine.</param>
    /// <param name="sources">What it is built from.</param>
    /// <param name="version">TorchSharp's version.</param>
    /// <param name="feeds">Folders or addresses that packages come from; empty for those of the machine's NuGet settings.</param>
    public void Prepare(EnginePackage package, EngineSources sources, string version, IReadOnlyList<string> feeds)
    {
        foreach (var file in sources.Files)
        {
            var copy = Path.Join(Source, sources.NameOf(file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        // The build links what it copies, where the file system can: copies of the trainer's files keep the originals out of that.
        var trainer = Path.Join(folder, "trainer");
        Directory.CreateDirectory(trainer);
        foreach (var assembly in Directory.EnumerateFiles(sources.TrainerFolder, "*.dll"))
            File.Copy(assembly, Path.Join(trainer, Path.GetFileName(assembly)));
        Directory.CreateDirectory(Path.Join(folder, "tmp"));
        // Each of these ends a search through the folders above.
        Write("Directory.Build.props", $"""
            <Project>
              <PropertyGroup>
                <TorchSharp>{package.TorchSharp}</TorchSharp>
                <TorchSharpVersion>{Escape(version)}</TorchSharpVersion>
                <TrainerFolder>{Escape(trainer)}</TrainerFolder>
                <RestorePackagesPath>{Escape(Path.Join(folder, "packages"))}</RestorePackagesPath>
                <UseAppHost>false</UseAppHost>
                <NuGetAudit>false</NuGetAudit>
                <UseSharedCompilation>false</UseSharedCompilation>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
                <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
              </PropertyGroup>
            </Project>
            """);
        Write("Directory.Build.targets", "<Project />\n");
        Write("Directory.Build.rsp", "");
        Write("Directory.Packages.props", "<Project />\n");
        Write(".editorconfig", "root = true\n");
        Write("global.json", $$"""{ "sdk": { "version": "{{DotnetCommand.Major}}.0.100", "rollForward": "latestMajor" } }""");
        Write("nuget.config", $"""
            <configuration>
              <fallbackPackageFolders><clear /></fallbackPackageFolders>
            {Sources(feeds)}
            </configuration>
            """);
    }

    /// <summary>Downloads and builds.</summary>
    /// <exception cref="UserMistakeException">It failed; the message has what the build says.</exception>
    public void Publish(EnginePackage package, CancellationToken stop)
    {
        var start = new ProcessStartInfo(TrainerLocation.Dotnet(terminal))
        {
            UseShellExecute = false, WorkingDirectory = Source, RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[]
        {
            "publish", "-c", "Release", "-r", terminal.Machine.Platform, "--self-contained", "false", "-o", Output, "--nologo",
            "-v", "minimal", "-tl:off", "-nodeReuse:false", "-maxCpuCount:1",
        })
            start.ArgumentList.Add(argument);
        // TorchSharp's targets join libraries of 2 GB in the folder for temporary files, which is often memory.
        foreach (var name in new[] { "TMPDIR", "TMP", "TEMP" })
            start.Environment[name] = Path.Join(folder, "tmp");
        start.Environment["NUGET_HTTP_CACHE_PATH"] = Path.Join(folder, "cache");
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        using var process = TrainerLocation.StartOrExplain(start);
        process.StandardInput.Close();
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using (stop.Register(() => Kill(process)))
        {
            while (!process.WaitForExit(s_between))
                terminal.Out.WriteLine($"  {Words.Size(EngineStore.SizeOf(folder))} so far");
        }

        process.WaitForExit();
        stop.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new UserMistakeException($"{package.Name} could not be built:\n{Reasons()}{Hint()}");
        if (!File.Exists(Path.Join(Output, InstalledEngine.TrainerName)))
            throw new UserMistakeException($"the build of {package.Name} left no {InstalledEngine.TrainerName}");
    }

    /// <summary>The versions of TorchSharp's packages that were taken, by name.</summary>
    public IReadOnlyDictionary<string, string> Packages()
    {
        var path = Path.Join(Output, Path.ChangeExtension(InstalledEngine.TrainerName, ".deps.json"));
        var packages = new SortedDictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            foreach (var library in document.RootElement.GetProperty("libraries").EnumerateObject())
            {
                if (library.Name.Split('/') is [var name, var version] && IsTorchs(name))
                    packages[name] = version;
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or IOException)
        {
            throw new UserMistakeException($"the build left no readable {Path.GetFileName(path)}");
        }

        return packages;
    }

    private static bool IsTorchs(string package) => package.StartsWith("TorchSharp", StringComparison.OrdinalIgnoreCase)
        || package.StartsWith("libtorch", StringComparison.OrdinalIgnoreCase);

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended just now.
        }
    }

    // Without feeds those of the machine's settings count. With them those alone do: a machine without network has no other.
    private static string Sources(IReadOnlyList<string> feeds)
    {
        if (feeds.Count == 0)
            return "";
        var text = new StringBuilder("  <packageSources>\n    <clear />\n");
        // NuGet names a source by its key when it tells what went wrong.
        foreach (var feed in feeds.DistinctBy(Shown))
            text.Append($"    <add key=\"{SecurityElement.Escape(Shown(feed))}\" value=\"{SecurityElement.Escape(feed)}\" />\n");
        return text.Append("  </packageSources>\n  <packageSourceMapping><clear /></packageSourceMapping>\n")
            .Append("  <disabledPackageSources><clear /></disabledPackageSources>").ToString();
    }

    // MSBuild's own escapes below those of XML.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in text)
            _ = "%$@'();?*".Contains(c) ? escaped.Append($"%{(int)c:X2}") : escaped.Append(c);
        return SecurityElement.Escape(escaped.ToString());
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Join(Source, name), text);

    private void Note(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            _log.AppendLine(line.TrimEnd());
    }

    private string Hint()
    {
        lock (_log)
        {
            return _log.ToString().Contains("NU1101", StringComparison.Ordinal)
                ? "\nthe sources must have every package that TorchSharp is made of; --source may be given several times" : "";
        }
    }

    // The build's errors, each once; where it calls nothing an error, its last words.
    private string Reasons()
    {
        string[] lines;
        lock (_log)
            lines = _log.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        var errors = lines.Where(l => l.Contains("error ", StringComparison.Ordinal)).Select(WithoutProject).Distinct().Take(5)
            .ToList();
        var reasons = string.Join('\n', errors.Count > 0 ? errors : lines.TakeLast(10));
        return reasons.Length > 0 ? reasons : "it said nothing";
    }

    // Without the project behind it and the folders before it, which are gone when the line is read.
    private string WithoutProject(string line)
    {
        line = line.Trim().Replace(Source + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        if (line.EndsWith(']') && line.LastIndexOf(" [", StringComparison.Ordinal) is > 0 and var at)
            line = line[..at];
        return line.StartsWith("error: ", StringComparison.Ordinal) ? line["error: ".Length..] : line;
    }
}
