using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>What will compute.</summary>
/// <param name="Engine">managed or torch.</param>
/// <param name="Device">By which the engine knows the device; null for the managed engine, which has one.</param>
/// <param name="Trainer">The trainer that has the engine; null for the one that LoraLint brings.</param>
/// <param name="Description">The choice and its reason, in a line.</param>
internal sealed record EngineChoice(string Engine, string? Device, TrainerLocation? Trainer, string Description)
{
    /// <summary>The engine that LoraLint brings.</summary>
    public const string Managed = "managed";

    /// <summary>The engine on libtorch.</summary>
    public const string Torch = "torch";

    /// <summary>Bytes of the device's memory, or null when that is not known.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Whether a GPU computes.</summary>
    public bool IsGpu => Device is not null and not "cpu";

    /// <summary>What <c>--engine</c> takes.</summary>
    public static IReadOnlyList<string> Engines { get; } = ["auto", Torch, Managed];

    /// <summary>Whether <c>--device</c> takes a name: cpu, cuda, cuda:N.</summary>
    public static bool IsDevice(string name) => name is "cpu" or "cuda"
        || (name.StartsWith("cuda:", StringComparison.Ordinal) && name.Length is > 5 and < 9
            && name.AsSpan(5).IndexOfAnyExceptInRange('0', '9') < 0);

    /// <summary>
    /// Chooses. For <c>auto</c>: a GPU that works, else TorchSharp on the processor, else the managed engine; a run that goes on keeps the
    /// engine that it began with.
    /// </summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="engine">One of <see cref="Engines"/>.</param>
    /// <param name="device">cpu, cuda, cuda:N, or null for the best.</param>
    /// <param name="resumed">The engine of the run that goes on; null when one begins.</param>
    /// <exception cref="UserMistakeException">What was asked for does not work here.</exception>
    public static EngineChoice Make(Terminal terminal, string engine, string? device, string? resumed)
    {
        var isGpu = device is not null and not "cpu";
        var isResumed = engine == "auto" && resumed is Managed or Torch;
        if (isResumed)
            engine = resumed!;
        if (engine == Managed)
        {
            return !isGpu ? new EngineChoice(Managed, null, null, isResumed ? "managed (CPU), as the run began with it" : "managed (CPU)")
                : throw new UserMistakeException(isResumed
                    ? $"the run began with the managed engine, which computes on the CPU, so it cannot go on with --device {device}"
                    : $"the managed engine computes on the CPU; --engine torch is the one for --device {device}");
        }

        var candidates = EngineCandidate.Find(terminal);
        if (candidates.Count == 0)
        {
            return engine == "auto" && !isGpu
                ? new EngineChoice(Managed, null, null, "managed (CPU), as no other engine is installed")
                : throw new UserMistakeException(
                    $"{Wanted(engine, device, isResumed)}, and it is not installed; {Advice(terminal, isGpu)}");
        }

        return Among(terminal, candidates, engine, device, isResumed);
    }

    private static EngineChoice Among(
        Terminal terminal, IReadOnlyList<EngineCandidate> candidates, string engine, string? device, bool isResumed)
    {
        var isGpu = device is not null and not "cpu";
        var reasons = new List<string>();
        var seen = new List<string>();
        string? remedy = null;
        EngineChoice? onProcessor = null;
        foreach (var candidate in candidates)
        {
            IReadOnlyList<ProbedDevice> devices = [];
            if ((candidate.Problem ?? EngineProbe.Run(candidate.Location, terminal).FailureOf(Torch, out devices)) is { } failure)
            {
                reasons.Add($"{candidate.Name} does not work: {failure}");
                remedy ??= candidate.Remedy;
                continue;
            }

            seen.AddRange(devices.Select(d => d.Name));
            var found = devices.FirstOrDefault(d => device is null or "cuda" ? d.IsCuda : d.Name == device);
            if (found is { IsCuda: true })
            {
                return new EngineChoice(Torch, found.Name, candidate.Location,
                    $"torch ({found.Name}: {found.Description}){(isResumed ? ", as the run began with it" : "")}")
                {
                    MemoryBytes = found.MemoryBytes,
                };
            }

            if (!isGpu && devices.FirstOrDefault(d => !d.IsCuda) is { } processor)
            {
                onProcessor ??= new EngineChoice(Torch, processor.Name, candidate.Location, $"torch (CPU, {candidate.Name})")
                {
                    MemoryBytes = processor.MemoryBytes,
                };
            }
        }

        if (onProcessor is not null)
            return onProcessor with { Description = onProcessor.Description + Because(isResumed, device, reasons) };
        var why = string.Join("; ", reasons);
        if (engine == "auto" && !isGpu)
            return new EngineChoice(Managed, null, null, $"managed (CPU), as {why}; `loralint doctor` tells more");
        if (reasons.Count == 0)
        {
            throw new UserMistakeException(
                $"there is no device {device}; the engines found {string.Join(", ", seen.Distinct())}; {Advice(terminal, isGpu)}");
        }

        throw new UserMistakeException($"{Wanted(engine, device, isResumed)}, but {why}; `loralint doctor` tells more; {remedy}");
    }

    private static string Because(bool isResumed, string? device, IReadOnlyList<string> reasons) =>
        isResumed ? ", as the run began with it"
        : device is not null ? ""
        : reasons.Count > 0 ? $", as {string.Join("; ", reasons)}"
        : ", as it found no GPU";

    private static string Wanted(string engine, string? device, bool isResumed) =>
        isResumed ? "the run began with the torch engine"
        : engine == Torch ? $"the torch engine{(device is null ? "" : $" on {device}")} was asked for"
        : $"--device {device} is for the torch engine";

    private static string Advice(Terminal terminal, bool isGpu)
    {
        var machine = terminal.Machine;
        var package = EnginePackage.All.FirstOrDefault(p => p.Platforms.Contains(machine.Platform) && p.NeedsDriver == isGpu)
            ?? EnginePackage.For(machine);
        return package is null ? $"there are no libraries for {machine.Platform}"
            : isGpu && machine.Cuda().Problem() is { } problem ? problem
            : $"`loralint engine install {package.Name}` installs it, `loralint doctor` tells what there is";
    }
}
