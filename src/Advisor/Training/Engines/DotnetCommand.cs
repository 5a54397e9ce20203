using System.Diagnostics;
using System.Globalization;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>The <c>dotnet</c> of this machine: which SDKs and runtimes it has.</summary>
internal static class DotnetCommand
{
    /// <summary>The least major version of the SDK that builds an engine, and of the runtime that runs the trainer.</summary>
    public const int Major = 10;

    /// <summary>The versions of the SDKs, or of the runtime; empty when there is no dotnet.</summary>
    public static IReadOnlyList<string> Sdks(Terminal terminal) =>
        [.. Ask(terminal, "--list-sdks").Select(line => line.Split(' ')[0]).Where(v => MajorOf(v) is not null)];

    /// <summary>The versions of the runtime; empty when there is no dotnet.</summary>
    public static IReadOnlyList<string> Runtimes(Terminal terminal) =>
    [
        .. Ask(terminal, "--list-runtimes").Select(line => line.Split(' ')).Where(p => p is ["Microsoft.NETCore.App", _, ..])
            .Select(p => p[1]).Where(v => MajorOf(v) is not null),
    ];

    /// <summary>The newest of some versions that suffices, or null.</summary>
    public static string? Newest(IEnumerable<string> versions) => versions.LastOrDefault(v => MajorOf(v) >= Major);

    private static int? MajorOf(string version) =>
        int.TryParse(version.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;

    private static IReadOnlyList<string> Ask(Terminal terminal, string question)
    {
        var start = new ProcessStartInfo(TrainerLocation.Dotnet(terminal))
        {
            UseShellExecute = false, WorkingDirectory = terminal.Folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.ArgumentList.Add(question);
        try
        {
            using var process = TrainerLocation.StartOrExplain(start);
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            error.Wait();
            process.WaitForExit();
            return process.ExitCode == 0 ? [.. output.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0)] : [];
        }
        catch (UserMistakeException)
        {
            return [];
        }
    }
}
