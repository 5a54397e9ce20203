using System.Globalization;
using System.Runtime.InteropServices;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>What an exception of libtorch means. It has one type for all of them; the message tells.</summary>
internal static class TorchFailure
{
    /// <summary>The exception to throw in its place.</summary>
    /// <param name="exception">Of libtorch.</param>
    /// <param name="options">Of the engine.</param>
    /// <param name="batch">The micro batch that was computed, or null when the model was loaded.</param>
    public static Exception Of(ExternalException exception, EngineOptions options, TokenBatch? batch)
    {
        var isMemory = exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || exception.Message.Contains("can't allocate memory", StringComparison.Ordinal);
        if (!isMemory)
            return new InvalidOperationException($"libtorch: {TorchEngineKind.FirstLine(exception.Message)}", exception);
        var memory = $"the memory of {options.Device}{Size(options.Device)}";
        return new EngineMemoryException(
            batch is null
                ? $"the base model does not fit into {memory}: "
                    + $"{(options.Quantization is null ? "quantize it to 4 bits, or " : "")}take a smaller one"
                : $"{memory} does not suffice for a micro batch of {batch.Length} tokens: {Remedy(options)}",
            exception);
    }

    private static string Remedy(EngineOptions options) =>
        (options.GradientCheckpointing ? "" : "turn gradient_checkpointing on, ")
        + "lower micro_batch_size (and raise gradient_accumulation_steps as much) or max_sequence_length"
        + (options.Quantization is null ? ", or quantize the base model to 4 bits" : "");

    private static string Size(string device)
    {
        var number = device.AsSpan(device.IndexOf(':') + 1);
        return device.StartsWith("cuda", StringComparison.Ordinal) && int.TryParse(number, CultureInfo.InvariantCulture, out var index)
            && CudaDriver.MemoryOf(index) is { } bytes
            ? string.Create(CultureInfo.InvariantCulture, $" ({bytes / (double)(1L << 30):0.#} GiB)") : "";
    }
}
