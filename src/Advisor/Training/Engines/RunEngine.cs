using System.Globalization;
using System.Text.Json;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>With which engine a run began, which its checkpoints keep.</summary>
internal static class RunEngine
{
    /// <summary>The engine of a run's newest checkpoint; null where there is none or it cannot be read, as the trainer will tell.</summary>
    /// <param name="folder">The run's folder.</param>
    public static string? Of(string folder)
    {
        try
        {
            var checkpoints = Path.Join(folder, "checkpoints");
            var newest = Directory.EnumerateDirectories(checkpoints, "step-*")
                .MaxBy(StepOf);
            if (newest is null)
                return null;
            using var state = JsonDocument.Parse(File.ReadAllBytes(Path.Join(newest, "state.json")));
            return state.RootElement.TryGetProperty("identity", out var identity)
                && identity.TryGetProperty("engine", out var engine) && engine.ValueKind == JsonValueKind.String
                ? engine.GetString() : null;
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static int StepOf(string folder) => int.TryParse(
        Path.GetFileName(folder).AsSpan("step-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1;
}
