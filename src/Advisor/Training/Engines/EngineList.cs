using System.Globalization;
using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>A row of <c>loralint engine list</c>.</summary>
/// <param name="Name">The engine.</param>
/// <param name="State">ready, damaged, outdated or not installed. Whether it works here is for <c>loralint doctor</c> to find out.</param>
/// <param name="Problem">What is wrong, or null.</param>
/// <param name="Engine">The engine, where it is installed.</param>
internal sealed record ListedEngine(string Name, string State, string? Problem, InstalledEngine? Engine)
{
    /// <summary>TorchSharp's version; null when it is not known.</summary>
    public string? TorchSharp => Engine?.Record?.TorchSharp;
}

/// <summary>The engines of this user, and those that could be installed on this platform.</summary>
internal static class EngineList
{
    /// <summary>Collects them.</summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="store">The folder of engines.</param>
    public static IReadOnlyList<ListedEngine> Collect(Terminal terminal, EngineStore store)
    {
        var installed = store.Engines();
        var trainer = installed.Count > 0 ? TrainerLocation.TryFind(terminal, AppContext.BaseDirectory) : null;
        return
        [
            .. installed.Select(engine => Describe(engine, trainer)),
            .. EnginePackage.All.Where(p => p.Platforms.Contains(terminal.Machine.Platform) && installed.All(e => e.Name != p.Name))
                .Select(p => new ListedEngine(p.Name, "not installed", null, null)),
        ];
    }

    /// <summary>Writes them for people.</summary>
    public static void WriteText(Terminal terminal, EngineStore store, IReadOnlyList<ListedEngine> engines)
    {
        var table = new ColumnTable("engine", "state", "TorchSharp", "size", "installed");
        table.Add("managed", "built in", "-", "-", "-");
        foreach (var engine in engines)
        {
            table.Add(engine.Name, engine.State, engine.TorchSharp ?? "-", engine.Engine is { } there ? Words.Size(there.Bytes()) : "-",
                engine.Engine?.Record?.InstalledAt.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "-");
        }

        table.Write(terminal);
        terminal.Out.WriteLine();
        terminal.Out.WriteLine($"folder: {store.Folder}");
        foreach (var engine in engines.Where(e => e.Problem is not null))
            terminal.Out.WriteLine($"{engine.Name}: {engine.Problem}; install it again: {engine.Engine!.Remedy}");
    }

    /// <summary>Writes them for programs.</summary>
    public static void WriteJson(Terminal terminal, EngineStore store, IReadOnlyList<ListedEngine> engines) =>
        JsonReportWriter.Write(terminal.Out, json => Write(json, store, engines));

    private static void Write(Utf8JsonWriter json, EngineStore store, IReadOnlyList<ListedEngine> engines)
    {
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("folder", store.Folder);
        json.WriteStartArray("engines");
        foreach (var engine in engines)
        {
            json.WriteStartObject();
            json.WriteString("name", engine.Name);
            json.WriteString("state", engine.State);
            json.WriteString("problem", engine.Problem);
            json.WriteString("folder", engine.Engine?.Folder);
            if (engine.Engine is { } there)
                json.WriteNumber("bytes", there.Bytes());
            else
                json.WriteNull("bytes");
            var record = engine.Engine?.Record;
            json.WriteString("loralint_version", record?.LoraLintVersion);
            json.WriteString("installed_at", record?.InstalledAt.ToString("O", CultureInfo.InvariantCulture));
            json.WriteStartObject("packages");
            foreach (var (name, version) in record?.Packages ?? new Dictionary<string, string>())
                json.WriteString(name, version);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static ListedEngine Describe(InstalledEngine engine, TrainerLocation? trainer) =>
        engine.FindDamage(withHashes: false) is { } damage ? new ListedEngine(engine.Name, "damaged", damage, engine)
        : trainer is not null && engine.FindDifference(trainer.Folder) is { } difference
            ? new ListedEngine(engine.Name, "outdated", difference, engine)
        : new ListedEngine(engine.Name, "ready", null, engine);
}
