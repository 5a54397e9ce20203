using System.Globalization;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// The limit on the addresses of a process (<c>ulimit -v</c>), which some batch systems set. A BLAS library below libtorch that gets no
/// buffer there may ask for it for ever and never come back (OpenBLAS 0.3, driver/others/memory.c, blas_memory_alloc), so that there is
/// room is seen to before anything is computed.
/// </summary>
internal static class AddressSpace
{
    /// <summary>OpenBLAS's buffer for a thread that computes. Where there is room for those, what else is missing is told.</summary>
    private const long BytesPerThread = 128L << 20;

    /// <summary>Refuses a limit that leaves too little.</summary>
    /// <param name="threads">That will compute.</param>
    /// <param name="bytes">Of weights and activations, at least.</param>
    /// <exception cref="TrainerException">The limit is too low.</exception>
    public static void Require(int threads, long bytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            if (FindProblem(File.ReadAllText("/proc/self/limits"), File.ReadAllText("/proc/self/status"), threads, bytes) is { } problem)
                throw new TrainerException(problem);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A system that does not tell its limits is taken to have none, as most have.
        }
    }

    /// <summary>What is wrong, or null.</summary>
    /// <param name="limits">Text of /proc/self/limits.</param>
    /// <param name="status">Text of /proc/self/status.</param>
    /// <param name="threads">That will compute.</param>
    /// <param name="bytes">Of weights and activations, at least.</param>
    internal static string? FindProblem(string limits, string status, int threads, long bytes)
    {
        if (Number(limits, "Max address space") is not { } limit || Number(status, "VmSize:") is not { } used)
            return null;
        var needed = (used << 10) + threads * BytesPerThread + bytes;
        if (needed <= limit)
            return null;
        return $"the addresses of a process are limited to {Shown(limit)} here (ulimit -v), and the torch engine wants {Shown(needed)} "
            + $"with {(threads == 1 ? "one thread" : $"{threads} threads")}: raise the limit, lower --threads, or take --engine managed";
    }

    // The first number of a line; null where there is none, or the word unlimited.
    private static long? Number(string text, string name)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        var word = line?[name.Length..].Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static string Shown(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.##} GiB");
}
