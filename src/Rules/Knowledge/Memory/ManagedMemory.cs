namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>
/// The memory of the managed engine, which arranges all activations in one block (src/Trainer/Engines/Managed/Activations.cs): the sum is
/// exact but for the rounding of each tensor to 64 bytes. Weights are used where the files are mapped.
/// </summary>
public static class ManagedMemory
{
    /// <summary>The part that the system can drop and read again.</summary>
    public const string FromFiles = "base weights from the files";

    // The runtime, the program, the tokenizer.
    private const long Process = 150_000_000;

    // Rows whose norms DoRA computes together.
    private const long NormRows = 256;

    /// <summary>Estimates; null for a model that is no decoder.</summary>
    public static MemoryEstimate? Estimate(EngineLoad load)
    {
        if (LayerWidths.Of(load.Size, load.Model) is not { } widths)
            return null;
        var quantized = load.Quantization is null ? 0 : FrozenBytes.Quantizable(load.Model, m => load.SavedModules.Contains(m.Name));
        var activations = 4 * Activations(load, widths);
        var trained = load.Trained * (load.HasMoments ? 16 : 8);
        List<MemoryPart> parts =
        [
            new(FromFiles, load.ValueBytes * (load.Model.Parameters - quantized)),
            new("weights in 4 bits", load.Quantization is { } q ? FrozenBytes.FourBit(quantized, q.Double) : 0),
            new("trained values with gradients and moments", trained),
            new("activations", activations),
            new("program", Process),
        ];
        var total = parts.Sum(part => part.Bytes);
        return new MemoryEstimate(parts, total - Process, total + (total / 10));
    }

    /// <summary>Values of the block of activations.</summary>
    internal static long Activations(EngineLoad load, LayerWidths w)
    {
        var tokens = load.Tokens;
        var layers = load.Size.Layers - load.LowestLayer;
        var heads = w.NormsHeads ? w.Heads + w.KeyValueHeads : 0;
        var kept = w.Query + (2 * w.KeyValue) + w.Query + w.Heads + w.Hidden + (2 * w.Intermediate) + (w.HasPostNorms ? 2 * w.Hidden : 0)
            + 4 + heads;
        var inLayers = load.Adapters.Where(a => a.Layer is not null).ToList();
        // A set of tensors for each layer, and one for those that keep nothing, whose ranks are the largest of each kind.
        var ranks = load.Recomputes ? 0 : inLayers.Where(a => a.Layer >= load.LowestLayer).Sum(a => a.Rank);
        var isShared = load.Recomputes || load.LowestLayer > 0;
        var shared = isShared ? kept + LargestRanks(inLayers) : 0;
        var keptByAll = (load.Recomputes ? 0 : layers * kept) + ranks + shared;

        var scratch = w.Hidden + (w.NormsHeads ? w.Query + w.KeyValue : 0) + w.Intermediate + w.Hidden + w.Intermediate + w.Query
            + w.Query + (2 * w.KeyValue);
        var logits = Math.Min(load.Supervised, ChunkRows(load.Size.Vocabulary)) * load.Size.Vocabulary;
        var head = load.Supervised * ((4 * w.Hidden) + 1 + HeadRank(load));
        var linear = load.Adapters.Where(a => a.Layer is not null || a.Outputs == load.Size.Vocabulary)
            .Select(a => Linear(load, a)).DefaultIfEmpty().Max();
        return (tokens * (((layers + 1) * w.Hidden) + keptByAll)) + Math.Max(tokens * (scratch + w.Hidden), logits) + head
            + (tokens * EmbeddingRank(load)) + linear;
    }

    // As OutputHead.ChunkRows has it: 72 MiB, in eights, 8 to 512 rows.
    private static long ChunkRows(long vocabulary) => Math.Max(8, Math.Min(512, (72L << 20) / 4 / vocabulary / 8 * 8));

    private static long Linear(EngineLoad load, AdapterSize adapter)
    {
        var rows = adapter.Layer is null ? Math.Min(load.Supervised, ChunkRows(load.Size.Vocabulary)) : load.Tokens;
        return load.UsesDora
            ? Math.Max(
                Math.Min(NormRows, adapter.Outputs) * adapter.Inputs,
                rows * ((2 * adapter.Outputs) + adapter.Rank + (load.Drops ? 2 * adapter.Inputs : 0)))
            : rows * (adapter.Rank + (load.Drops ? adapter.Inputs : 0));
    }

    private static long LargestRanks(List<AdapterSize> adapters) =>
        adapters.GroupBy(a => (a.Inputs, a.Outputs, a.Place)).Sum(group => group.Max(a => a.Rank));

    private static long HeadRank(EngineLoad load) =>
        load.Adapters.Where(a => a.Layer is null && a.Outputs == load.Size.Vocabulary).Sum(a => a.Rank);

    private static long EmbeddingRank(EngineLoad load) =>
        load.Adapters.Where(a => a.Layer is null && a.Inputs == load.Size.Vocabulary).Sum(a => a.Rank);
}
