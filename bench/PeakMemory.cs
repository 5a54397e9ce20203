using System.Globalization;

namespace LoraLint.Benchmarks;

/// <summary>The most memory that this process has had since a moment, as Linux counts it.</summary>
internal static class PeakMemory
{
    /// <summary>Begins to count anew, and gives the bytes that are resident; 0 where the system cannot.</summary>
    public static long Restart()
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        GC.Collect();
        // Resets VmHWM (proc(5), clear_refs).
        File.WriteAllText("/proc/self/clear_refs", "5");
        return Number("VmRSS:");
    }

    /// <summary>The peak since then.</summary>
    public static long Read() => OperatingSystem.IsLinux() ? Number("VmHWM:") : 0;

    private static long Number(string name)
    {
        var line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length).Trim().TrimEnd("kB").Trim(), NumberStyles.None, CultureInfo.InvariantCulture) << 10;
    }
}
