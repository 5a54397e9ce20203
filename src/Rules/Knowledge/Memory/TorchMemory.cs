using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>
/// The memory of the torch engine, counted tensor by tensor as it makes them (src/Trainer/Engines/Torch). docs/memory.md has what was
/// measured beside it.
/// </summary>
public static class TorchMemory
{
    /// <summary>Bytes of a chunk of logits in 32 bits.</summary>
    private const long GpuChunkBytes = 512L << 20, CpuChunkBytes = 64L << 20;

    /// <summary>Values of a 4-bit weight that are dequantized at a time.</summary>
    private const long DequantizedAtOnce = 1L << 24;

    /// <summary>
    /// What CUDA, its libraries and libtorch's kernels take of a card before anything is computed. Not measured here; 0.5 to 1.3 GB are
    /// published (transformers' documentation, "Model training anatomy").
    /// </summary>
    private const long GpuContext = 700_000_000;

    /// <summary>The runtime, the program, libtorch's libraries as far as they are used: seen on a CPU.</summary>
    private const long Program = 250_000_000;

    /// <summary>Estimates; null for a model that is no decoder.</summary>
    public static MemoryEstimate? Estimate(EngineLoad load)
    {
        if (LayerWidths.Of(load.Size, load.Model) is not { } widths)
            return null;
        var layer = new Layer(load, widths);
        var layers = load.Size.Layers - load.LowestLayer;
        // What is kept from the forward pass for the backward pass: each layer's input, and the rest of it unless it is computed again.
        var kept = load.Tokens * (layers * layer.Input + (load.Recomputes ? layer.Kept : layers * layer.Kept));
        var work = Math.Max(load.Tokens * layer.Work, Logits(load, widths)) + (load.Tokens * 2 * layer.Input);
        // Behind the pass activations are free, and the optimizer takes roots of the second moments.
        var update = load.HasMoments ? 4 * load.Trained : 0;
        List<MemoryPart> parts =
        [
            new("base weights", Base(load)),
            new("trained values with gradients and moments", Trained(load)),
            new("activations kept", kept),
            new("a layer or the loss at work", Math.Max(work, update - kept)),
            new("weights dequantized for use", Opened(load)),
            load.IsGpu ? new("CUDA", GpuContext) : new("program", Program),
        ];
        var total = parts.Sum(part => part.Bytes);
        // Below: kernels that make less than what is counted; above: what libtorch's allocator cannot use again.
        var certain = Base(load) + Trained(load);
        return new MemoryEstimate(parts, certain + (9 * (total - certain - parts[parts.Count - 1].Bytes) / 10), total + (total / 8));
    }

    /// <summary>Bytes of frozen weights.</summary>
    internal static long Base(EngineLoad load)
    {
        var quantized = load.Quantization is null ? 0 : FrozenBytes.Quantizable(load.Model, m => load.SavedModules.Contains(m.Name));
        var norms = load.Model.Modules.Where(m => m.Kind == ModuleKind.Norm).Sum(m => m.Parameters);
        var other = load.Model.Parameters - quantized - norms;
        return (load.Quantization is { } q ? FrozenBytes.FourBit(quantized, q.Double) : 0) + (load.ValueBytes * other) + (4 * norms);
    }

    /// <summary>Bytes of what is trained: value, gradient, moments in 32 bits, and a copy in the precision that is computed in.</summary>
    internal static long Trained(EngineLoad load) =>
        load.Trained * ((load.HasMoments ? 16 : 8) + (load.ValueBytes == 4 ? 0 : load.ValueBytes));

    // Hidden states, normed, and their gradients; of a chunk the product, its copy in 32 bits, what logsumexp makes of it, the gradient.
    private static long Logits(EngineLoad load, LayerWidths widths)
    {
        var chunk = Math.Min(load.Supervised, Math.Max(1, (load.IsGpu ? GpuChunkBytes : CpuChunkBytes) / (4 * load.Size.Vocabulary)));
        var perLogit = load.ValueBytes == 4 ? 8 : 8 + (2 * load.ValueBytes);
        return (load.Supervised * widths.Hidden * ((3 * load.ValueBytes) + 8)) + (chunk * load.Size.Vocabulary * perLogit);
    }

    // The largest weight, and what is made on the way: codes in 32 bits for two values each, and values in 32 bits.
    private static long Opened(EngineLoad load)
    {
        if (load.Quantization is null)
            return 0;
        var linears = load.Model.Modules.Where(m => m.IsLinear && m.Name != load.Model.Head);
        var largest = linears.Select(m => m.WeightParameters).DefaultIfEmpty().Max();
        return (load.ValueBytes * largest) + (6 * Math.Min(largest, DequantizedAtOnce));
    }

    /// <summary>Bytes of a token in a layer.</summary>
    private sealed class Layer
    {
        public Layer(EngineLoad load, LayerWidths w)
        {
            long value = load.ValueBytes;
            var repeats = w.Heads / w.KeyValueHeads > 1;
            var ranks = load.Adapters.Where(a => a.Layer is not null).Sum(a => a.Rank * value + (load.UsesDora ? a.Outputs * value : 0))
                / Math.Max(1, load.Adapters.Select(a => a.Layer).Where(l => l is not null).Distinct().Count());
            var scores = load.KeepsScores || w.CapsScores ? w.Heads * load.LongestSequence * (w.CapsScores ? (2 * value) + 4 : 2 * 4) : 0;
            Input = value * w.Hidden;
            // Queries, keys, values as projected; turned; repeated for each query head; attention's output; the sum in the middle; gate
            // and up.
            Kept = (value * (w.Query + (2 * w.KeyValue) + w.Query + (repeats ? 2 * w.Query : w.KeyValue) + w.Query + w.Hidden
                    + (2 * w.Intermediate) + (w.HasPostNorms ? 2 * w.Hidden : 0)))
                + (4 * w.Heads) + (w.NormsHeads && value < 4 ? 4 * (w.Query + w.KeyValue) : 0) + scores + ranks;
            // The gate again with its gradients, or attention's; GELU is written out in 32 bits.
            var gelu = w.UsesGelu ? (value == 4 ? 12 : 16) * w.Intermediate : 0;
            var masked = load.Drops ? (value + 1) * w.Intermediate : 0;
            var feedForward = Math.Max(6 * value * w.Intermediate, (5 * value * w.Intermediate) + (2 * value * w.Hidden) + (16 * w.Hidden));
            var attention = (8 * value * w.Query) + scores;
            Work = Math.Max(feedForward + gelu + masked + (load.UsesDora ? 2 * value * w.Intermediate : 0), attention);
        }

        /// <summary>What flows into it.</summary>
        public long Input { get; }

        /// <summary>What it keeps beside its input.</summary>
        public long Kept { get; }

        /// <summary>What its backward pass makes at a time.</summary>
        public long Work { get; }
    }
}
