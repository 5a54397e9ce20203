using System.Globalization;
using System.Runtime.InteropServices;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>Looks at everything that training needs here, and tells what works and why the rest does not.</summary>
/// <param name="terminal">Where the command runs.</param>
/// <param name="full">Whether the content of every file of an engine is compared, beside its size.</param>
internal sealed class Doctor(Terminal terminal, bool full)
{
    private const string GetDotnet = "install the .NET 10 SDK from https://dotnet.microsoft.com/download";

    /// <summary>Looks, in the order in which one thing builds on the other.</summary>
    public IReadOnlyList<DoctorEntry> Examine()
    {
        var store = EngineStore.Find(terminal);
        var engines = store?.Engines() ?? [];
        var trainer = TrainerLocation.TryFind(terminal, AppContext.BaseDirectory);
        var managed = trainer is null ? null : EngineProbe.Run(trainer, terminal);
        return
        [
            new DoctorEntry("loralint", DoctorState.Works, $"{Program.Version} in {Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)}"),
            Runtime(),
            Sdk(),
            Processor(),
            new DoctorEntry("memory", DoctorState.Works, Words.Size(terminal.Machine.MemoryBytes)),
            Trainer(trainer),
            Managed(managed),
            Driver(engines),
            Store(store),
            .. engines.Select(engine => Installed(engine, trainer)),
            .. Recommended(engines),
        ];
    }

    private DoctorEntry Runtime()
    {
        var versions = DotnetCommand.Runtimes(terminal);
        return DotnetCommand.Newest(versions) is { } newest ? new DoctorEntry("runtime", DoctorState.Works, $".NET {newest}")
            : new DoctorEntry("runtime", DoctorState.Broken, versions.Count == 0
                ? "there is no .NET runtime, which the trainer runs on" : $"the trainer runs on .NET 10; there is {string.Join(", ", versions)}", GetDotnet);
    }

    private DoctorEntry Sdk()
    {
        var versions = DotnetCommand.Sdks(terminal);
        return DotnetCommand.Newest(versions) is { } newest ? new DoctorEntry("sdk", DoctorState.Works, $".NET SDK {newest}")
            : new DoctorEntry("sdk", DoctorState.Absent, versions.Count == 0
                ? "there is no .NET SDK; only installing an engine needs it"
                : $"there is {string.Join(", ", versions)}; installing an engine needs 10", GetDotnet);
    }

    private DoctorEntry Processor() => new("processor", DoctorState.Works, string.Create(
        CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} cores, {terminal.Machine.Platform}, {RuntimeInformation.OSDescription}"));

    private static DoctorEntry Trainer(TrainerLocation? trainer) => trainer is not null
        ? new DoctorEntry("trainer", DoctorState.Works, trainer.TrainerPath)
        : new DoctorEntry("trainer", DoctorState.Broken, "loralint-trainer is neither beside loralint nor on PATH, nor built in this checkout",
            "install LoraLint as a .NET tool, which brings it, or name it by the variable LORALINT_TRAINER");

    private static DoctorEntry Managed(EngineProbe? probe)
    {
        if (probe is null)
            return new DoctorEntry("managed", DoctorState.Broken, "it is in the trainer, which is not there", "see trainer");
        return probe.FailureOf(EngineChoice.Managed, out var devices) is { } failure
            ? new DoctorEntry("managed", DoctorState.Broken, $"it does not work: {failure}", "see runtime and trainer; reinstall LoraLint")
            : new DoctorEntry("managed", DoctorState.Works, "it works", null, devices);
    }

    private DoctorEntry Driver(IReadOnlyList<InstalledEngine> engines)
    {
        var cuda = terminal.Machine.Cuda();
        var isNeeded = engines.Any(e => EnginePackage.Find(e.Name) is { NeedsDriver: true });
        if (cuda.Version is not { } version)
        {
            return new DoctorEntry("nvidia", isNeeded ? DoctorState.Broken : DoctorState.Absent, $"no driver: {cuda.Failure}",
                isNeeded ? "install the driver from https://www.nvidia.com/drivers, or remove the engine that needs it" : null);
        }

        var driver = $"driver {(terminal.Machine.NvidiaVersion() is { } number ? number + ", " : "")}for CUDA {NvidiaDriver.Shown(version)}";
        return version >= NvidiaDriver.Least ? new DoctorEntry("nvidia", DoctorState.Works, driver)
            : new DoctorEntry("nvidia", isNeeded ? DoctorState.Broken : DoctorState.Absent, $"{driver}, which is too old: {NvidiaDriver.Shown(NvidiaDriver.Least)} is the least",
                "install a newer driver from https://www.nvidia.com/drivers");
    }

    private DoctorEntry Store(EngineStore? store)
    {
        if (store is null)
            return new DoctorEntry("engines", DoctorState.Absent, "nothing says where installed engines belong", "set LORALINT_HOME to a folder");
        var free = terminal.Machine.FreeBytes(store.Folder) is { } bytes ? $", {Words.Size(bytes)} free" : "";
        return new DoctorEntry("engines", DoctorState.Works, store.Folder + free);
    }

    private DoctorEntry Installed(InstalledEngine engine, TrainerLocation? trainer)
    {
        var again = engine.Remedy;
        if (engine.FindDamage(full) is { } damage)
            return new DoctorEntry(engine.Name, DoctorState.Broken, $"it is damaged: {damage}", again);
        if (trainer is not null && engine.FindDifference(trainer.Folder) is { } difference)
            return new DoctorEntry(engine.Name, DoctorState.Broken, difference, again);
        if (EngineProbe.Run(engine.Location(terminal), terminal).FailureOf(EngineChoice.Torch, out var devices) is { } failure)
        {
            return new DoctorEntry(engine.Name, DoctorState.Broken, $"it does not work: {failure}",
                full ? again : $"loralint doctor --full compares its files; {again}");
        }

        var size = $"{Words.Size(engine.Bytes())}, {string.Join(", ", engine.Record!.Packages.Select(p => $"{p.Key} {p.Value}"))}";
        return EnginePackage.Find(engine.Name) is { NeedsDriver: true } && !devices.Any(d => d.IsCuda)
            ? new DoctorEntry(engine.Name, DoctorState.Broken, $"it finds no GPU, only the processor ({size})",
                "see nvidia; in a container the GPU must be passed in; CUDA_VISIBLE_DEVICES may hide it", devices)
            : new DoctorEntry(engine.Name, DoctorState.Works, $"it works ({size})", null, devices);
    }

    private IEnumerable<DoctorEntry> Recommended(IReadOnlyList<InstalledEngine> engines)
    {
        if (EnginePackage.For(terminal.Machine) is { } package && engines.All(e => e.Name != package.Name))
            yield return new DoctorEntry(package.Name, DoctorState.Absent, "it is not installed", $"loralint engine install {package.Name}");
    }
}
