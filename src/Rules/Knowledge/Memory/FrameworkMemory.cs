namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>
/// The memory of a run of PyTorch frameworks: what tensors take by their shapes, and a few figures that were fitted to published
/// measurements. docs/memory.md has each of those beside what is estimated for it, and says which the figures were fitted to.
/// </summary>
/// <remarks>
/// The peak is that of a pass (activations and logits) or that of the optimizer's step, whichever is higher: weights, trained values and
/// moments lie in memory all the time.
/// </remarks>
public static class FrameworkMemory
{
    /// <summary>The band around an estimate, as shares of it: all measurements lie in it.</summary>
    public const double Lowest = 0.87, Highest = 1.12;

    // Fitted: what the optimizer takes beside values, gradients and moments, as a share of those.
    private const double UpdateShare = 0.42;

    // Fitted: bytes of a token in a layer, over the hidden size, that 4-bit layers keep more than others when nothing is computed again.
    private const double QuantizedKept = 17.6;

    // Of a token and an output of a module: DoRA's scaled outputs.
    private const long DoraBytes = 6;

    // HF's documentation has 1.3 GB (transformers, "Model training anatomy").
    private const long Context = 1_300_000_000;
    private const long LeastContext = 300_000_000;

    /// <summary>Estimates; null for a model that is no decoder.</summary>
    public static MemoryEstimate? Estimate(FrameworkLoad load)
    {
        if (LayerWidths.Of(load.Size, load.Model) is not { } widths)
            return null;
        var (logitBytes, reserve) = FiguresOf(load.Framework);
        var trained = Trained(load);
        var activations = Activations(load, widths);
        var logits = load.HasFusedLoss ? 0 : (long)(logitBytes * load.Tokens * load.Size.Vocabulary);
        List<MemoryPart> parts =
        [
            new("base weights", Base(load)),
            new("adapters with gradients and optimizer", trained),
            new("activations", activations),
            new("logits", logits),
            new("optimizer's step", Math.Max(0, (long)(UpdateShare * trained) - activations - logits)),
            new("CUDA and buffers", reserve + (load.CountsContext ? Context : 0)),
        ];
        var total = parts.Sum(part => part.Bytes);
        return new MemoryEstimate(parts, (long)(Lowest * total), (long)(Highest * total));
    }

    /// <summary>
    /// What the run takes however well a framework saves: weights, adapters, optimizer, and of activations what no kernel saves. The loss
    /// counts for nothing, and so do inputs of layers that are computed again, which some frameworks move to the host. Null for a model
    /// that is no decoder.
    /// </summary>
    public static long? Least(FrameworkLoad load)
    {
        if (LayerWidths.Of(load.Size, load.Model) is not { } widths)
            return null;
        // Half of what eager kernels keep: fused ones keep inputs and outputs alone.
        var activations = load.Recomputes ? 0 : Activations(load with { Drops = false, LinearBits = 16 }, widths) / 2;
        var trained = (long)((Values(load) + load.SavedParameters) * (4 + load.OptimizerBytes));
        return Base(load with { OtherBytes = 2 }) + trained + activations + LeastContext;
    }

    private static (double LogitBytes, long Reserve) FiguresOf(FrameworkKind framework) => framework switch
    {
        FrameworkKind.Transformers => (13.5, 300_000_000),
        FrameworkKind.DeepSpeedFp16 => (6.5, 1_400_000_000),
        _ => (4.0, 0),
    };

    private static long Base(FrameworkLoad load)
    {
        var linear = FrozenBytes.Quantizable(load.Model, _ => false);
        return (long)(linear * load.LinearBits / 8) + (load.OtherBytes * (load.Model.Parameters - linear));
    }

    private static long Values(FrameworkLoad load) => load.Adapters.Sum(a => a.Rank * (a.Inputs + a.Outputs));

    // In 32 bits; a module in full is copied in 16, and so are its gradient and moments.
    private static long Trained(FrameworkLoad load) =>
        (long)(Values(load) * (8 + load.OptimizerBytes)) + (8 * load.SavedParameters);

    private static long Activations(FrameworkLoad load, LayerWidths w)
    {
        // RMSNorm as transformers has it keeps its input in 32 bits; gate, up and their product; queries, keys, values, output.
        var norms = Math.Min(w.Norms, 2) * (w.HasLayerNorm ? 2 : 4) * w.Hidden;
        var layer = norms + (2 * ((2 * w.Query) + (2 * w.KeyValue))) + ((w.IsGated ? 6 : 4) * w.Intermediate);
        var adapters = load.Adapters.Where(a => a.Layer is not null)
            .Sum(a => (a.Inputs * ((load.HasHalfAdapters ? 2 : 4) + (load.Drops ? 1 : 0))) + (load.UsesDora ? DoraBytes * a.Outputs : 0));
        if (load.Recomputes)
            return load.Tokens * ((2 * w.Hidden * load.Size.Layers) + layer + (adapters / load.Size.Layers));
        var quantized = load.LinearBits < 8 ? (long)(QuantizedKept * w.Hidden) : 0;
        return load.Tokens * ((load.Size.Layers * (layer + quantized)) + adapters);
    }
}
