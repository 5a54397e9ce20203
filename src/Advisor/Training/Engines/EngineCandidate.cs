using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>A trainer with the TorchSharp engine that may work here.</summary>
/// <param name="Name">What people know it by: an installed engine's name, or where it comes from.</param>
/// <param name="Location">How it is started.</param>
/// <param name="Problem">Why it need not even be asked, or null.</param>
/// <param name="Remedy">What to do about it, with the command.</param>
internal sealed record EngineCandidate(string Name, TrainerLocation Location, string? Problem, string Remedy)
{
    /// <summary>Those of this machine: those that were built by hand, then the installed ones, for GPUs first.</summary>
    /// <exception cref="UserMistakeException">Engines are installed, and the trainer that they are compared with is not there.</exception>
    public static IReadOnlyList<EngineCandidate> Find(Terminal terminal)
    {
        var engines = EngineStore.Find(terminal)?.Engines() ?? [];
        var trainer = engines.Count > 0 ? TrainerLocation.Find(terminal, AppContext.BaseDirectory) : null;
        return
        [
            .. Built(terminal, () => TrainerLocation.Find(terminal, AppContext.BaseDirectory)),
            .. engines.Select(engine => new EngineCandidate(
                engine.Name, engine.Location(terminal), engine.FindDamage(withHashes: false) ?? engine.FindDifference(trainer!.Folder),
                $"`{engine.Remedy}` installs it again")),
        ];
    }

    /// <summary>What LORALINT_TRAINER names if it has the engine; without that variable, what the checkout of this program has.</summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="trainer">Finds the trainer that a checkout's engine must fit.</param>
    public static IEnumerable<EngineCandidate> Built(Terminal terminal, Func<TrainerLocation?> trainer)
    {
        if (terminal.Variable("LORALINT_TRAINER") is { Length: > 0 })
        {
            if (TrainerLocation.TryFind(terminal, AppContext.BaseDirectory) is { } named
                && Path.GetFileNameWithoutExtension(named.TrainerPath) == Path.GetFileNameWithoutExtension(InstalledEngine.TrainerName))
            {
                const string remedy = "unset LORALINT_TRAINER for the trainer that LoraLint brings";
                yield return new EngineCandidate("LORALINT_TRAINER", named, null, remedy);
            }
        }
        else if (TrainerLocation.CheckoutOf(AppContext.BaseDirectory) is { } root && OfCheckout(root, terminal, trainer) is { } built)
        {
            yield return built;
        }
    }

    // A build with -p:TorchSharp, with or without a runtime identifier. One without it leaves a library, which has no configuration.
    private static EngineCandidate? OfCheckout(string root, Terminal terminal, Func<TrainerLocation?> trainer)
    {
        var project = Path.Join(root, "src", "Trainer", "Engines", "Torch");
        var output = Path.Join(project, "bin", TrainerLocation.ConfigurationOf(AppContext.BaseDirectory), "net10.0");
        foreach (var folder in new[] { output, Path.Join(output, terminal.Machine.Platform) })
        {
            var assembly = Path.Join(folder, InstalledEngine.TrainerName);
            if (!File.Exists(assembly) || !File.Exists(Path.ChangeExtension(assembly, ".runtimeconfig.json")))
                continue;
            return new EngineCandidate(
                "this checkout's engine", TrainerLocation.Of(assembly, terminal), ChangeSince(assembly, project, trainer()),
                $"`dotnet build {terminal.Shown(project)} -p:TorchSharp=cpu` builds it again");
        }

        return null;
    }

    private static string? ChangeSince(string assembly, string project, TrainerLocation? trainer)
    {
        var built = File.GetLastWriteTimeUtc(assembly);
        if (Directory.EnumerateFiles(project, "*.cs").Any(f => File.GetLastWriteTimeUtc(f) > built))
            return "its sources changed since it was built";
        const string name = "loralint-trainer.dll";
        var here = Path.Join(Path.GetDirectoryName(assembly), name);
        return trainer is not null && Path.Join(trainer.Folder, name) is var there && File.Exists(here) && File.Exists(there)
            && EngineFiles.HashOf(here) != EngineFiles.HashOf(there) ? "the trainer changed since it was built" : null;
    }
}
