using System.Diagnostics;
using System.Text;
using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>What training made of each module of a run's adapter. The trainer measures it, as it is what reads adapters.</summary>
internal static class AdapterSpectra
{
    /// <summary>
    /// Has the trainer look at the adapter that a run left: <c>RUN/adapter</c>, as <c>loralint train</c> leaves it, or in RUN itself, as
    /// PEFT does. Empty where there is none, or no trainer, or the adapter cannot be read; then <paramref name="problem"/> says so.
    /// </summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="run">The run's folder, absolute.</param>
    /// <param name="problem">Why there is nothing, for people; empty where there is no adapter to look at.</param>
    public static IReadOnlyList<ModuleSpectrum> Measure(Terminal terminal, string run, out string problem)
    {
        problem = "";
        if (FolderOf(run) is not { } folder)
            return [];
        if (TrainerLocation.TryFind(terminal, AppContext.BaseDirectory) is not { } trainer)
        {
            problem = "the adapter was not looked at: the trainer, which reads adapters, is not installed";
            return [];
        }

        var start = new ProcessStartInfo(trainer.FileName)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = terminal.Folder,
        };
        foreach (var argument in trainer.Arguments.Concat(["adapter", "inspect", folder, "--json"]))
            start.ArgumentList.Add(argument);
        using var process = TrainerLocation.StartOrExplain(start);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode == 0 && Parse(Encoding.UTF8.GetBytes(output)) is { } modules)
            return modules;
        var said = errors.GetAwaiter().GetResult().Trim().Split('\n')[^1];
        problem = "the adapter was not looked at: " + (said.StartsWith("error: ", StringComparison.Ordinal) ? said[7..] : said);
        return [];
    }

    /// <summary>What <c>loralint adapter inspect --json</c> writes; null for anything else.</summary>
    public static IReadOnlyList<ModuleSpectrum>? Parse(byte[] bytes)
    {
        try
        {
            using var json = JsonDocument.Parse(bytes);
            return
            [
                .. json.RootElement.GetProperty("modules").EnumerateArray().Select(m => new ModuleSpectrum(
                    m.GetProperty("name").GetString()!, m.GetProperty("rank").GetInt32(), m.GetProperty("effective_rank").GetDouble(),
                    m.GetProperty("unused").GetBoolean())),
            ];
        }
        catch (Exception exception)
            when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static string? FolderOf(string run) =>
        new[] { Path.Join(run, "adapter"), run }.FirstOrDefault(f => File.Exists(Path.Join(f, "adapter_model.safetensors")));
}
