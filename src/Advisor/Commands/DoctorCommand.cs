using System.CommandLine;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint doctor</c>: what training has here, what works, and why the rest does not.</summary>
internal static class DoctorCommand
{
    private const int Indent = 18;

    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var full = new Option<bool>("--full")
        {
            Description = "Compare the content of every file of an engine, beside its size; takes a while.",
        };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var command = new Command("doctor", "Say what training has here, what works, and why the rest does not.") { full, json };
        command.SetAction(parsed =>
        {
            var entries = new Doctor(terminal, parsed.GetValue(full)).Examine();
            if (parsed.GetValue(json))
                WriteJson(terminal, entries);
            else
                WriteText(StyledWriter.For(terminal), entries);
            return entries.Any(e => e.State == DoctorState.Broken) ? ExitCode.Findings : ExitCode.Clean;
        });
        return command;
    }

    private static void WriteText(StyledWriter output, IReadOnlyList<DoctorEntry> entries)
    {
        var prefix = new string(' ', Indent);
        foreach (var entry in entries)
        {
            output.Write(entry.Name.PadRight(Indent), TextStyle.Strong);
            var mark = entry.State == DoctorState.Broken ? "error: " : "";
            var style = entry.State == DoctorState.Broken ? TextStyle.Error : TextStyle.Plain;
            output.WriteWrapped(mark + SourceExcerpt.Harmless(entry.Detail), Indent, prefix, style);
            foreach (var device in entry.Devices ?? [])
            {
                var memory = device.MemoryBytes is { } bytes ? ", " + Words.Size(bytes) : "";
                output.WriteWrapped($"{prefix}{device.Name}: {SourceExcerpt.Harmless(device.Description)}{memory}", 0, prefix);
            }

            if (entry.Remedy is { } remedy)
            {
                var name = entry.State == DoctorState.Broken ? "remedy" : "to have it";
                output.WriteWrapped($"{prefix}{name}: {remedy}", 0, prefix, TextStyle.Info);
            }
        }
    }

    private static void WriteJson(Terminal terminal, IReadOnlyList<DoctorEntry> entries) => JsonReportWriter.Write(terminal.Out, json =>
    {
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteBoolean("works", entries.All(e => e.State != DoctorState.Broken));
        json.WriteStartArray("entries");
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name);
            json.WriteString("state", entry.State switch { DoctorState.Works => "works", DoctorState.Absent => "absent", _ => "broken" });
            json.WriteString("detail", entry.Detail);
            json.WriteString("remedy", entry.Remedy);
            json.WriteStartArray("devices");
            foreach (var device in entry.Devices ?? [])
            {
                json.WriteStartObject();
                json.WriteString("name", device.Name);
                json.WriteString("description", device.Description);
                if (device.MemoryBytes is { } bytes)
                    json.WriteNumber("memory_bytes", bytes);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    });
}
