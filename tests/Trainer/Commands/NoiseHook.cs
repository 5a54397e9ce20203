using System.Runtime.InteropServices;

/// <summary>
/// What .NET calls before a program's Main where DOTNET_STARTUP_HOOKS names this assembly: here it does what broken libraries do. When the
/// program loads the assembly that NOISE_AT names, half a line goes to its output, from managed code and from native.
/// </summary>
internal static class StartupHook
{
    public static void Initialize() => AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) =>
    {
        if (loaded.LoadedAssembly.GetName().Name != Environment.GetEnvironmentVariable("NOISE_AT"))
            return;
        Console.Write("managed noise");
        var native = "native noise"u8;
        _ = Write(1, MemoryMarshal.GetReference(native), native.Length);
    };

    [DllImport("libc", EntryPoint = "write")]
    private static extern nint Write(int file, in byte text, nint length);
}
