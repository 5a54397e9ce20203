using System.Runtime.InteropServices;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>What commands about engines ask of the computer. Tests put answers of their own in place of these.</summary>
internal sealed record Machine
{
    /// <summary>The computer that this program runs on.</summary>
    public static Machine This { get; } = new();

    /// <summary>System and processor as .NET names them, such as <c>linux-x64</c>; libraries of another one do not load.</summary>
    public string Platform { get; init; } = PlatformHere();

    /// <summary>Bytes that are free for this user where a folder is or will be; null when that cannot be told.</summary>
    public Func<string, long?> FreeBytes { get; init; } = FreeBytesAt;

    /// <summary>The driver's answer to CUDA.</summary>
    public Func<NvidiaDriver> Cuda { get; init; } = NvidiaDriver.Ask;

    /// <summary>NVIDIA's number of the driver, such as 570.86.15; null when there is none or the system does not tell.</summary>
    public Func<string?> NvidiaVersion { get; init; } = NvidiaVersionHere;

    /// <summary>Memory that this process may use, in bytes: less than the machine's where a container limits it.</summary>
    public long MemoryBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>How long an engine may take to say what works. A cold disk and many GPUs take some ten seconds.</summary>
    public TimeSpan ProbeLimit { get; init; } = TimeSpan.FromMinutes(3);

    // Put together here: RuntimeInformation.RuntimeIdentifier names the distribution where that built .NET itself (ubuntu.24.04-x64).
    private static string PlatformHere()
    {
        var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx"
            : RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal) ? "linux-musl" : "linux";
        return $"{system}-{RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant()}";
    }

    private static long? FreeBytesAt(string folder)
    {
        var there = folder;
        while (!Directory.Exists(there))
        {
            if (Path.GetDirectoryName(there) is not { } above)
                return null;
            there = above;
        }

        try
        {
            return new DriveInfo(there).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static string? NvidiaVersionHere()
    {
        const string path = "/sys/module/nvidia/version";
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
