using System.Runtime.InteropServices;
using LoraLint.Trainer.Models;
using TorchSharp;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>libtorch through TorchSharp: NVIDIA GPUs, then the CPU.</summary>
public sealed class TorchEngineKind : IEngineKind
{
    /// <summary>Its name.</summary>
    public const string KindName = "torch";

    private const int FirstLineLength = 300;

    /// <inheritdoc/>
    public string Name => KindName;

    /// <inheritdoc/>
    public IReadOnlyList<ComputeDevice> FindDevices()
    {
        RequireLibraries();
        // For one thread: how many there will be is not known here.
        AddressSpace.Require(threads: 1, bytes: 0);
        try
        {
            var devices = new List<ComputeDevice>();
            if (torch.cuda.is_available())
            {
                for (var i = 0; i < torch.cuda.device_count(); i++)
                    devices.Add(new ComputeDevice($"cuda:{i}", CudaDriver.NameOf(i), CudaDriver.MemoryOf(i)));
            }

            var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
            devices.Add(new ComputeDevice("cpu", $"libtorch on {Environment.ProcessorCount} cores", memory));
            return devices;
        }
        catch (Exception exception) when (exception is TypeInitializationException or NotSupportedException or ExternalException)
        {
            throw new TrainerException($"libtorch does not work here: {FirstLine(exception.GetBaseException().Message)}", exception);
        }
    }

    /// <inheritdoc/>
    public ITrainingEngine Create(ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options) =>
        new TorchEngine(model, weights, plan, options);

    /// <summary>The beginning of libtorch's message, which goes on with addresses of its own code.</summary>
    internal static string FirstLine(string message)
    {
        var end = message.AsSpan().Trim().IndexOfAny('\r', '\n');
        var line = end < 0 ? message.Trim() : message.Trim()[..end];
        return (line.Length > FirstLineLength ? line[..FirstLineLength] + "..." : line).TrimEnd('.');
    }

    // TorchSharp prints pages to standard output when its libraries do not load, and is dead from then on.
    private static void RequireLibraries()
    {
        foreach (var name in new[] { "torch_cpu", "LibTorchSharp" })
        {
            try
            {
                NativeLibrary.Load(name, typeof(torch).Assembly, null);
            }
            catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
            {
                throw new TrainerException($"the native library {name} cannot be loaded ({Reason(exception.Message)})", exception);
            }
        }
    }

    // The runtime's message lists every name and folder it tried; a file that is there tells more than those that are not.
    private static string Reason(string message)
    {
        var lines = message.Split('\n').Select(line => line.Trim())
            .Where(line => line.Contains(".so", StringComparison.Ordinal) || line.Contains(".dll", StringComparison.Ordinal)).ToList();
        return FirstLine(lines.Find(line => !line.Contains("No such file", StringComparison.Ordinal)) ?? lines.FirstOrDefault() ?? message);
    }
}
