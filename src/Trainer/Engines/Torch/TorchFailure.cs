using System.Globalization;
using System.Runtime.InteropServices;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>What an exception of libtorch means. It has one type for all of them; the message tells.</summary>
internal static class TorchFailure
{
    /// <summary>The exception to throw in its place.</summary>
    /// <param name="exception">Of libtorch.</param>
    /// <param name="options">Of the engine.</param>
    /// <param name="during">What was computed; null when the model was loaded.</param>
    public static Exception Of(ExternalException exception, EngineOptions options, MemoryNeed? during)
    {
        var isMemory = exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || exception.Message.Contains("can't allocate memory", StringComparison.Ordinal);
        if (!isMemory)
            return new InvalidOperationException($"libtorch: {TorchEngineKind.FirstLine(exception.Message)}", exception);
        var memory = $"the memory of {options.Device}{Size(options.Device)}";
        return new EngineMemoryException(
            during is not { } need
                ? $"the base model does not fit into {memory}: "
                    + $"{(options.Quantization is null ? "quantize it to 4 bits, or " : "")}take a smaller one{Estimate(options)}"
                : $"{memory} does not suffice for {(need.Tokens > 0 ? $"a micro batch of {need.Tokens} tokens" : "an optimizer step")}: "
                    + $"the base model takes {Shown(need.BaseBytes)} of it, what is trained {Shown(need.TrainedBytes)}, and activations "
                    + $"want more than the rest; {Remedy(options)}{Estimate(options)}",
            exception);
    }

    // What was known before, and who would have said so before the run.
    private static string Estimate(EngineOptions options) => options.Memory is { } memory
        ? $". The run was estimated to take {memory.InBrief()}: {memory.InParts()}; with gpu in loralint.yaml the rule "
            + "memory-exceeds-gpu tells in a check what cannot fit"
        : "";

    private static string Remedy(EngineOptions options) =>
        (options.GradientCheckpointing ? "" : "turn gradient_checkpointing on, ")
        + "lower micro_batch_size (and raise gradient_accumulation_steps as much) or max_sequence_length"
        + (options.Quantization is null ? ", or quantize the base model to 4 bits" : "");

    private static string Size(string device)
    {
        var number = device.AsSpan(device.IndexOf(':') + 1);
        return device.StartsWith("cuda", StringComparison.Ordinal) && int.TryParse(number, CultureInfo.InvariantCulture, out var index)
            && CudaDriver.MemoryOf(index) is { } bytes
            ? $" ({Shown(bytes)})" : "";
    }

    private static string Shown(long bytes) => bytes < 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#} MiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.##} GiB");
}

/// <summary>What lay in memory when it did not suffice.</summary>
/// <param name="Tokens">Of the micro batch; 0 where it was none.</param>
/// <param name="BaseBytes">Of frozen weights.</param>
/// <param name="TrainedBytes">Of values, gradients and moments of what is trained.</param>
internal readonly record struct MemoryNeed(int Tokens, long BaseBytes, long TrainedBytes);
