using System.Globalization;
using System.Runtime.InteropServices;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>What NVIDIA's driver says of the CUDA that it runs. Asking starts nothing on a card.</summary>
/// <param name="Version">1000 x major + 10 x minor, such as 12080 for CUDA 12.8; null when there is no driver that answers.</param>
/// <param name="Failure">Why there is no version.</param>
internal sealed record NvidiaDriver(int? Version, string? Failure)
{
    /// <summary>
    /// The least that libraries of CUDA 12.8 run on: any driver of CUDA 12, which begin at 525 (NVIDIA, CUDA Compatibility,
    /// "Minor Version Compatibility").
    /// </summary>
    public const int Least = 12000;

    /// <summary>What TorchSharp's libraries are made with; cards that came later than a driver need one of their own time.</summary>
    public const int Intended = 12080;

    /// <summary>Asks the driver of this machine.</summary>
    public static NvidiaDriver Ask()
    {
        if (!OperatingSystem.IsWindows() && !OperatingSystem.IsLinux())
            return new NvidiaDriver(null, "CUDA is for Linux and Windows");
        var library = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        try
        {
            var code = OperatingSystem.IsWindows() ? VersionOnWindows(out var version) : VersionOnLinux(out version);
            return code == 0 ? new NvidiaDriver(version, null)
                : new NvidiaDriver(null, string.Create(CultureInfo.InvariantCulture, $"{library} answers with error {code}"));
        }
        catch (DllNotFoundException)
        {
            return new NvidiaDriver(null, $"{library}, which comes with NVIDIA's driver, is not there");
        }
        catch (Exception exception) when (exception is EntryPointNotFoundException or BadImageFormatException)
        {
            return new NvidiaDriver(null, $"{library} is not that of NVIDIA's driver");
        }
    }

    /// <summary>A version as NVIDIA writes it: 12.8.</summary>
    public static string Shown(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / 1000}.{version % 1000 / 10}");

    /// <summary>Why libraries of CUDA 12.8 do not run here, with what to do; null when they do.</summary>
    public string? Problem() => Version switch
    {
        null => $"there is no NVIDIA driver ({Failure}); install one from https://www.nvidia.com/drivers",
        < Least => $"the NVIDIA driver is too old: it runs CUDA {Shown(Version.Value)}, and {Shown(Least)} is the least; "
            + "install a newer one from https://www.nvidia.com/drivers",
        _ => null,
    };

    [DllImport("libcuda.so.1", EntryPoint = "cuDriverGetVersion")]
    private static extern int VersionOnLinux(out int version);

    [DllImport("nvcuda.dll", EntryPoint = "cuDriverGetVersion")]
    private static extern int VersionOnWindows(out int version);
}
