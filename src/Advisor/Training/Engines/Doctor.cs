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
            Works("loralint", $"{Program.Version} in {Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)}"),
            Runtime(),
            Sdk(),
            Processor(),
            Works("memory", Words.Size(terminal.Machine.MemoryBytes)),
            Trainer(trainer),
            Managed(managed),
            Driver(engines),
            Store(store),
            .. EngineCandidate.Built(terminal, () => trainer).Select(Built),
            .. engines.Select(engine => Installed(engine, trainer)),
            .. Recommended(engines),
        ];
    }

    private static DoctorEntry Works(string name, string detail, IReadOnlyList<ProbedDevice>? devices = null) =>
        new(name, DoctorState.Works, detail, null, devices);

    private static DoctorEntry Broken(string name, string detail, string remedy, IReadOnlyList<ProbedDevice>? devices = null) =>
        new(name, DoctorState.Broken, detail, remedy, devices);

    private DoctorEntry Runtime()
    {
        var versions = DotnetCommand.Runtimes(terminal);
        if (DotnetCommand.Newest(versions) is { } newest)
            return Works("runtime", $".NET {newest}");
        return Broken("runtime", versions.Count == 0 ? "there is no .NET runtime, which the trainer runs on"
            : $"the trainer runs on .NET 10; there is {string.Join(", ", versions)}", GetDotnet);
    }

    private DoctorEntry Sdk()
    {
        var versions = DotnetCommand.Sdks(terminal);
        return DotnetCommand.Newest(versions) is { } newest ? Works("sdk", $".NET SDK {newest}")
            : new DoctorEntry("sdk", DoctorState.Absent, versions.Count == 0
                ? "there is no .NET SDK; only installing an engine needs it"
                : $"there is {string.Join(", ", versions)}; installing an engine needs 10", GetDotnet);
    }

    private DoctorEntry Processor() => Works("processor", string.Create(
        CultureInfo.InvariantCulture,
        $"{Environment.ProcessorCount} cores, {terminal.Machine.Platform}, {RuntimeInformation.OSDescription}"));

    private static DoctorEntry Trainer(TrainerLocation? trainer) => trainer is not null ? Works("trainer", trainer.TrainerPath)
        : Broken("trainer", "loralint-trainer is neither beside loralint nor on PATH, nor built in this checkout",
            "install LoraLint as a .NET tool, which brings it, or name it by the variable LORALINT_TRAINER");

    private static DoctorEntry Managed(EngineProbe? probe)
    {
        if (probe is null)
            return Broken("managed", "it is in the trainer, which is not there", "see trainer");
        return probe.FailureOf(EngineChoice.Managed, out var devices) is { } failure
            ? Broken("managed", $"it does not work: {failure}", "see runtime and trainer; reinstall LoraLint")
            : Works("managed", "it works", devices);
    }

    private DoctorEntry Driver(IReadOnlyList<InstalledEngine> engines)
    {
        var cuda = terminal.Machine.Cuda();
        var isNeeded = engines.Any(e => EnginePackage.Find(e.Name) is { NeedsDriver: true });
        var state = isNeeded ? DoctorState.Broken : DoctorState.Absent;
        if (cuda.Version is not { } version)
        {
            return new DoctorEntry("nvidia", state, $"no driver: {cuda.Failure}",
                isNeeded ? "install the driver from https://www.nvidia.com/drivers, or remove the engine that needs it" : null);
        }

        var number = terminal.Machine.NvidiaVersion() is { } known ? known + ", " : "";
        var driver = $"driver {number}for CUDA {NvidiaDriver.Shown(version)}";
        return version >= NvidiaDriver.Least ? Works("nvidia", driver)
            : new DoctorEntry("nvidia", state, $"{driver}, which is too old: {NvidiaDriver.Shown(NvidiaDriver.Least)} is the least",
                "install a newer driver from https://www.nvidia.com/drivers");
    }

    private DoctorEntry Store(EngineStore? store)
    {
        if (store is null)
        {
            return new DoctorEntry(
                "engines", DoctorState.Absent, "nothing says where installed engines belong", "set LORALINT_HOME to a folder");
        }

        var free = terminal.Machine.FreeBytes(store.Folder) is { } bytes ? $", {Words.Size(bytes)} free" : "";
        return Works("engines", store.Folder + free);
    }

    private DoctorEntry Installed(InstalledEngine engine, TrainerLocation? trainer)
    {
        var again = engine.Remedy;
        if (engine.FindDamage(full) is { } damage)
            return Broken(engine.Name, $"it is damaged: {damage}", again);
        if (trainer is not null && engine.FindDifference(trainer.Folder) is { } difference)
            return Broken(engine.Name, difference, again);
        if (EngineProbe.Run(engine.Location(terminal), terminal).FailureOf(EngineChoice.Torch, out var devices) is { } failure)
        {
            return Broken(
                engine.Name, $"it does not work: {failure}", full ? again : $"loralint doctor --full compares its files; {again}");
        }

        var size = $"{Words.Size(engine.Bytes())}, {string.Join(", ", engine.Record!.Packages.Select(p => $"{p.Key} {p.Value}"))}";
        return EnginePackage.Find(engine.Name) is { NeedsDriver: true } && !devices.Any(d => d.IsCuda)
            ? Broken(engine.Name, $"it finds no GPU, only the processor ({size})",
                "see nvidia; in a container the GPU must be passed in; CUDA_VISIBLE_DEVICES may hide it", devices)
            : Works(engine.Name, $"it works ({size})", devices);
    }

    private DoctorEntry Built(EngineCandidate built)
    {
        IReadOnlyList<ProbedDevice> devices = [];
        var problem = built.Problem ?? EngineProbe.Run(built.Location, terminal).FailureOf(EngineChoice.Torch, out devices);
        return problem is null ? Works("torch", $"{built.Name} works", devices)
            : Broken("torch", $"{built.Name} does not work: {problem}", built.Remedy);
    }

    private IEnumerable<DoctorEntry> Recommended(IReadOnlyList<InstalledEngine> engines)
    {
        if (EnginePackage.For(terminal.Machine) is { } package && engines.All(e => e.Name != package.Name))
        {
            yield return new DoctorEntry(
                package.Name, DoctorState.Absent, "it is not installed", $"loralint engine install {package.Name}");
        }
    }
}
