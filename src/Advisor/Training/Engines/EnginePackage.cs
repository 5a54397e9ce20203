namespace LoraLint.Advisor.Training.Engines;

/// <summary>An engine that <c>loralint engine install</c> can make.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="TorchSharp">Which of TorchSharp's packages it is built with.</param>
/// <param name="Platforms">The platforms that those have libraries for.</param>
/// <param name="DownloadBytes">What comes over the network, about.</param>
/// <param name="DiskBytes">What must be free to install it; most is given back at the end.</param>
/// <param name="NeedsDriver">Whether NVIDIA's driver must be there.</param>
internal sealed record EnginePackage(
    string Name, string TorchSharp, IReadOnlyList<string> Platforms, long DownloadBytes, long DiskBytes, bool NeedsDriver)
{
    /// <summary>The version of TorchSharp that this LoraLint is written for: libtorch 2.10, CUDA 12.8.</summary>
    public const string TorchSharpVersion = "0.106.0";

    private const long Gigabyte = 1_000_000_000;

    // CUDA: DEVGUIDE.md of dotnet/TorchSharp v0.106.0 has 3 GB of compressed packages; src/Redist/libtorch-cuda-12.8 cuts libraries of
    // 6 GB into them. While installing there are the packages (3), their content (6), the download's cache (3), a library that is being
    // joined (2), and the engine (6) where the file system has no hard links. CPU: libtorch-cpu brings the libraries of all three
    // platforms, of which PyTorch 2.10's wheels are 0.1 to 0.2 GB each; unpacked they are about 1 GB.

    /// <summary>All of them, those for GPUs first: in this order they are tried.</summary>
    public static IReadOnlyList<EnginePackage> All { get; } =
    [
        new("torch-cuda-linux", "cuda-linux", ["linux-x64"], 3 * Gigabyte, 20 * Gigabyte, NeedsDriver: true),
        new("torch-cuda-windows", "cuda-windows", ["win-x64"], 3 * Gigabyte, 20 * Gigabyte, NeedsDriver: true),
        new("torch-cpu", "cpu", ["linux-x64", "win-x64", "osx-arm64"], Gigabyte / 2, 3 * Gigabyte, NeedsDriver: false),
    ];

    /// <summary>The package that brings everything.</summary>
    public string PackageId => "TorchSharp-" + TorchSharp;

    /// <summary>An engine by name, or null.</summary>
    public static EnginePackage? Find(string name) => All.FirstOrDefault(p => p.Name == name);

    /// <summary>The one to recommend: for a GPU where a driver answers, else for the processor; null when there is none.</summary>
    public static EnginePackage? For(Machine machine) => All.FirstOrDefault(
        p => p.Platforms.Contains(machine.Platform) && (!p.NeedsDriver || machine.Cuda().Problem() is null));
}
