using System.Runtime.InteropServices;
using System.Text;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// What libtorch's binding does not tell of a GPU: its name and its memory, asked of the driver (CUDA Driver API, sections Device and
/// Memory Management; entry points that exist since CUDA 3.2).
/// </summary>
internal static unsafe class CudaDriver
{
    private const int Success = 0;
    private const int LongestName = 256;

    private static readonly Lazy<nint> s_library = new(() =>
        NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var library)
            && ((delegate* unmanaged<uint, int>)NativeLibrary.GetExport(library, "cuInit"))(0) == Success ? library : 0);

    /// <summary>A GPU's name; its number when the driver does not say.</summary>
    public static string NameOf(int index)
    {
        Span<byte> name = stackalloc byte[LongestName];
        fixed (byte* text = name)
        {
            if (Find(index) is { } device
                && ((delegate* unmanaged<byte*, int, int, int>)Export("cuDeviceGetName"))(text, name.Length, device) == Success)
                return Encoding.UTF8.GetString(name[..Math.Max(0, name.IndexOf((byte)0))]);
        }

        return $"GPU {index}";
    }

    /// <summary>Bytes of a GPU's memory, or null when the driver does not say.</summary>
    public static long? MemoryOf(int index)
    {
        if (Find(index) is not { } device)
            return null;
        nuint bytes = 0;
        return ((delegate* unmanaged<nuint*, int, int>)Export("cuDeviceTotalMem_v2"))(&bytes, device) == Success ? (long)bytes : null;
    }

    /// <summary>
    /// Bytes in use on the GPU that this thread works with, by all processes, or null when the driver does not say. What libtorch keeps
    /// for later counts as used.
    /// </summary>
    public static long? MemoryInUse()
    {
        if (s_library.Value == 0)
            return null;
        nuint free = 0, total = 0;
        var found = ((delegate* unmanaged<nuint*, nuint*, int>)Export("cuMemGetInfo_v2"))(&free, &total);
        return found == Success ? (long)(total - free) : null;
    }

    private static int? Find(int index)
    {
        if (s_library.Value == 0)
            return null;
        var device = 0;
        return ((delegate* unmanaged<int*, int, int>)Export("cuDeviceGet"))(&device, index) == Success ? device : null;
    }

    private static nint Export(string name) => NativeLibrary.GetExport(s_library.Value, name);
}
