using System.Diagnostics;
using System.Text.Json;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Trainer.Commands;

/// <summary>What a parent process reads is JSON and nothing else, whatever libraries print; see <see cref="StartupHook"/>.</summary>
public sealed class EventOutputTests
{
    [Theory]
    [InlineData("run", "LoraLint.Rules")]
    [InlineData("probe", "System.Text.Json")]
    public async Task Noise_of_libraries_goes_to_the_errors(string command, string noiseAt)
    {
        using var scratch = new ScratchFolder();
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = scratch.Root, RedirectStandardOutput = true, RedirectStandardError = true,
            Environment = { ["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location, ["NOISE_AT"] = noiseAt },
        };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "loralint-trainer.dll"), command })
            start.ArgumentList.Add(argument);
        // A run whose record is damaged ends with an event that says so.
        if (command == "run")
            start.ArgumentList.Add(scratch.Write("run.json", "{").Root);
        using var process = Process.Start(start)!;
        var stop = TestContext.Current.CancellationToken;
        var reading = process.StandardError.ReadToEndAsync(stop);
        var lines = (await process.StandardOutput.ReadToEndAsync(stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var error = await reading;
        Assert.Contains("managed noise", error, StringComparison.Ordinal);
        Assert.Contains("native noise", error, StringComparison.Ordinal);
        Assert.NotEmpty(lines);
        foreach (var line in lines)
        {
            using var json = JsonDocument.Parse(line);
            Assert.True(json.RootElement.TryGetProperty(command == "run" ? "event" : "engine", out _));
        }
    }
}
