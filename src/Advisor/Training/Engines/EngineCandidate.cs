using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>A trainer with the TorchSharp engine that may work here.</summary>
/// <param name="Name">What people know it by: an installed engine's name, or where it was built.</param>
/// <param name="Location">How it is started.</param>
/// <param name="Problem">Why it need not even be asked, or null.</param>
/// <param name="Remedy">What to do about it, with the command.</param>
internal sealed record EngineCandidate(string Name, TrainerLocation Location, string? Problem, string Remedy)
{
    /// <summary>
    /// Those of this machine, the most promising first: what LORALINT_TRAINER names if it is one, the one that a checkout built, the
    /// installed ones.
    /// </summary>
    public static IReadOnlyList<EngineCandidate> Find(Terminal terminal)
    {
        var candidates = new List<EngineCandidate>();
        var isNamed = terminal.Variable("LORALINT_TRAINER") is { Length: > 0 };
        if (isNamed && TrainerLocation.TryFind(terminal, AppContext.BaseDirectory) is { } named
            && Path.GetFileNameWithoutExtension(named.TrainerPath) == Path.GetFileNameWithoutExtension(InstalledEngine.TrainerName))
        {
            candidates.Add(new EngineCandidate(
                "LORALINT_TRAINER", named, null, "unset LORALINT_TRAINER for the trainer that LoraLint brings"));
        }

        if (!isNamed && TrainerLocation.CheckoutOf(AppContext.BaseDirectory) is { } root && OfCheckout(root, terminal) is { } built)
            candidates.Add(built);
        var engines = EngineStore.Find(terminal)?.Engines() ?? [];
        var trainer = engines.Count > 0 ? TrainerLocation.Find(terminal, AppContext.BaseDirectory) : null;
        candidates.AddRange(engines.Select(engine => new EngineCandidate(
            engine.Name, engine.Location(terminal), engine.FindDamage(withHashes: false) ?? engine.FindDifference(trainer!.Folder),
            $"`{engine.Remedy}` installs it again")));
        return candidates;
    }

    // A build with -p:TorchSharp, with or without a runtime identifier. One without it leaves a library, which has no configuration.
    private static EngineCandidate? OfCheckout(string root, Terminal terminal)
    {
        var project = Path.Join(root, "src", "Trainer", "Engines", "Torch");
        var output = Path.Join(project, "bin", TrainerLocation.ConfigurationOf(AppContext.BaseDirectory), "net10.0");
        foreach (var folder in new[] { output, Path.Join(output, terminal.Machine.Platform) })
        {
            var assembly = Path.Join(folder, InstalledEngine.TrainerName);
            if (!File.Exists(assembly) || !File.Exists(Path.ChangeExtension(assembly, ".runtimeconfig.json")))
                continue;
            var location = TrainerLocation.Of(assembly, terminal);
            return new EngineCandidate("this checkout's", location, DifferenceOf(folder, terminal),
                $"`dotnet build {terminal.Shown(project)} -p:TorchSharp=cpu` builds it again");
        }

        return null;
    }

    private static string? DifferenceOf(string folder, Terminal terminal)
    {
        var trainer = TrainerLocation.Find(terminal, AppContext.BaseDirectory);
        var (here, there) = (Path.Join(folder, "loralint-trainer.dll"), Path.Join(trainer.Folder, "loralint-trainer.dll"));
        return File.Exists(here) && File.Exists(there) && EngineFiles.HashOf(here) != EngineFiles.HashOf(there)
            ? "it was built before the trainer was changed" : null;
    }
}
