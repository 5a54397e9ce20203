using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>A device that an engine found.</summary>
/// <param name="Name">By which it is asked for: cpu, cuda:0.</param>
/// <param name="Description">In words.</param>
/// <param name="MemoryBytes">Its memory, or null.</param>
internal sealed record ProbedDevice(string Name, string Description, long? MemoryBytes)
{
    /// <summary>Whether it is a GPU.</summary>
    public bool IsCuda => Name.StartsWith("cuda", StringComparison.Ordinal);
}

/// <summary>What a trainer says of an engine of its own.</summary>
/// <param name="Engine">The engine: managed, torch.</param>
/// <param name="Devices">What it computes on, the best first; empty when it does not work.</param>
/// <param name="Error">Why it does not work, or null.</param>
internal sealed record ProbedEngine(string Engine, IReadOnlyList<ProbedDevice> Devices, string? Error);

/// <summary>
/// What a trainer answers to <c>probe</c>, in a process of its own: broken native libraries end that process or write into its output,
/// and neither hurts here.
/// </summary>
/// <param name="Engines">What it said.</param>
/// <param name="Failure">Why it did not end well; null when it did.</param>
internal sealed record EngineProbe(IReadOnlyList<ProbedEngine> Engines, string? Failure)
{
    // Enough for a reason; libraries may write pages.
    private const int LongestWord = 300;

    /// <summary>Asks a trainer.</summary>
    public static EngineProbe Run(TrainerLocation location, Terminal terminal)
    {
        var start = new ProcessStartInfo(location.FileName)
        {
            UseShellExecute = false, WorkingDirectory = terminal.Folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in location.Arguments.Append("probe"))
            start.ArgumentList.Add(argument);
        Process process;
        try
        {
            process = TrainerLocation.StartOrExplain(start);
        }
        catch (UserMistakeException exception)
        {
            return new EngineProbe([], exception.Message);
        }

        using (process)
        {
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            var limit = terminal.Machine.ProbeLimit;
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                return new EngineProbe(
                    [], string.Create(CultureInfo.InvariantCulture, $"it gave no answer within {limit.TotalSeconds:0.#} s"));
            }

            process.WaitForExit();
            return Read(output.Result, error.Result, process.ExitCode);
        }
    }

    /// <summary>Why an engine does not work; null when it does.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="devices">What it computes on.</param>
    public string? FailureOf(string engine, out IReadOnlyList<ProbedDevice> devices)
    {
        var found = Engines.FirstOrDefault(e => e.Engine == engine);
        devices = found?.Devices ?? [];
        if (found?.Error is { } error)
            return error;
        if (Failure is not null)
            return Failure;
        return found is null ? $"it has no engine {engine}" : devices.Count == 0 ? "it found no device" : null;
    }

    /// <summary>Makes the answer from what a trainer wrote.</summary>
    internal static EngineProbe Read(string output, string error, int exitCode)
    {
        var engines = new List<ProbedEngine>();
        foreach (var line in output.Split('\n'))
        {
            if (ReadLine(line.Trim()) is { } engine)
                engines.Add(engine);
        }

        if (exitCode == 0)
            return new EngineProbe(engines, null);
        var how = TrainerProcess.SignalOf(exitCode) is { } signal ? $"it was ended by {TrainerProcess.NameOf(signal)}"
            : exitCode is < 0 or > 255 ? $"it ended with exit code 0x{exitCode.ToString("X8", CultureInfo.InvariantCulture)}"
            : $"it ended with exit code {exitCode.ToString(CultureInfo.InvariantCulture)}";
        var word = error.Split('\n').Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0);
        if (word is { Length: > LongestWord })
            word = word[..LongestWord] + " ...";
        return new EngineProbe(engines, word is null ? how : $"{how}: {word}");
    }

    private static ProbedEngine? ReadLine(string line)
    {
        if (line.Length == 0 || line[0] != '{')
            return null;
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (Text(root, "engine") is not { } name)
                return null;
            var devices = new List<ProbedDevice>();
            if (root.TryGetProperty("devices", out var list) && list.ValueKind == JsonValueKind.Array)
            {
                foreach (var device in list.EnumerateArray().Where(d => d.ValueKind == JsonValueKind.Object))
                {
                    var memory = device.TryGetProperty("memory_bytes", out var bytes) && bytes.ValueKind == JsonValueKind.Number
                        && bytes.TryGetInt64(out var count) ? count : (long?)null;
                    if (Text(device, "name") is { } deviceName)
                        devices.Add(new ProbedDevice(deviceName, Text(device, "description") ?? "", memory));
                }
            }

            return new ProbedEngine(name, devices, Text(root, "error"));
        }
        catch (JsonException)
        {
            // A library's word, which happens to begin with a brace.
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
