using System.CommandLine;
using System.Text.Json;
using LoraLint.Trainer.Engines;

namespace LoraLint.Trainer.Commands;

/// <summary>
/// <c>loralint-trainer probe</c>: what computes here. One JSON line for each engine, with its devices or with the reason why it does not
/// work. Native libraries that are broken may end this process: whoever asks starts one for it.
/// </summary>
internal static class ProbeCommand
{
    /// <summary>The command for the command line.</summary>
    /// <param name="kinds">The engines of this program.</param>
    public static Command Build(IReadOnlyList<IEngineKind> kinds)
    {
        var command = new Command("probe", "Say which engines and devices work here.");
        command.SetAction(_ =>
        {
            using var output = EventOutput.Take();
            foreach (var kind in kinds)
                output.WriteLine(Describe(kind));

            return ExitCode.Done;
        });
        return command;
    }

    private static string Describe(IEngineKind kind)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("engine", kind.Name);
            try
            {
                var devices = kind.FindDevices();
                json.WriteStartArray("devices");
                foreach (var device in devices)
                {
                    json.WriteStartObject();
                    json.WriteString("name", device.Name);
                    json.WriteString("description", device.Description);
                    if (device.MemoryBytes is { } bytes)
                        json.WriteNumber("memory_bytes", bytes);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }
            catch (TrainerException reason)
            {
                json.WriteString("error", reason.Message);
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
