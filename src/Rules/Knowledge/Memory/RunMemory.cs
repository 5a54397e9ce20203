using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>What a resolved run takes on one of LoraLint's own engines, before its data is read.</summary>
public static class RunMemory
{
    // Above it a limit of length is none.
    private const int LongestLimit = 1 << 20;

    /// <summary>
    /// Estimates for a micro batch of sequences as long as allowed, all of whose tokens are supervised; null where the model's layers or
    /// the adapter's modules are not known, or there is no limit of length.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="model">Its base model.</param>
    /// <param name="isManaged">Whether the managed engine trains; else the torch engine.</param>
    /// <param name="isGpu">Whether a GPU computes.</param>
    /// <param name="storedBytes">Bytes of a weight in the model's files.</param>
    public static MemoryEstimate? Estimate(TrainingRun run, BaseModel model, bool isManaged, bool isGpu, int storedBytes) =>
        run.Data.MaxSequenceLength < LongestLimit
            ? Estimate(run, model, isManaged, isGpu, storedBytes, run.Training.MicroBatchSize, run.Data.MaxSequenceLength) : null;

    /// <summary>Bytes that the run takes even when its samples are short.</summary>
    public static long? Least(TrainingRun run, BaseModel model, bool isManaged, bool isGpu, int storedBytes) =>
        Estimate(run, model, isManaged, isGpu, storedBytes, 1, 1)?.Low;

    /// <summary>What PEFT would be told about the adapter of a run.</summary>
    public static AdapterRequest RequestOf(LoraOptions lora, int layers) => new()
    {
        Targets = new PeftTargets
        {
            Names = lora.TargetModules,
            Pattern = lora.TargetPattern,
            ExcludeNames = lora.ExcludeModules,
            ExcludePattern = lora.ExcludePattern,
            Layers = lora.LastLayers is { } last
                ? [.. Enumerable.Range(0, layers).Skip((int)Math.Max(0, layers - last)).Select(i => (long)i)] : lora.Layers,
            LayersPattern = lora.LayersPattern,
            ModulesToSave = lora.ModulesToSave,
        },
        TargetsAllLinear = lora.TargetsAllLinear,
        Rank = lora.Rank,
        RankPattern = lora.RankPattern.ToDictionary(p => p.Key, p => (double)p.Value),
        UseDora = lora.UseDora,
        Bias = lora.Bias switch { LoraBias.All => "all", LoraBias.LoraOnly => "lora_only", _ => "none" },
    };

    private static MemoryEstimate? Estimate(
        TrainingRun run, BaseModel model, bool isManaged, bool isGpu, int storedBytes, long sequences, long length)
    {
        if (model.Dimensions is not { } size || AdapterShape.Find(model.Shape, RequestOf(run.Lora, size.Layers)) is not { } adapter)
            return null;
        var trained = adapter.Modules.Select(m => m.Module).Concat(adapter.Saved).ToList();
        var load = new EngineLoad
        {
            Size = size,
            Model = model.Shape,
            Adapters = AdapterSize.Of(adapter),
            Trained = adapter.Trainable,
            SavedModules = [.. adapter.Saved.Select(m => m.Name)],
            Quantization = run.Quantization,
            ValueBytes = isManaged ? storedBytes : isGpu && run.Training.Precision != "fp32" ? 2 : 4,
            Tokens = sequences * length,
            Supervised = sequences * length,
            LongestSequence = length,
            Recomputes = run.Training.GradientCheckpointing,
            Drops = run.Lora.Dropout > 0,
            UsesDora = run.Lora.UseDora,
            HasMoments = run.Optimizer.Name == "adamw",
            LowestLayer = run.Lora.Bias == LoraBias.All || trained.Any(m => m.Name == model.Shape.Embedding) ? 0
                : trained.Where(m => m.Layer is not null).Select(m => m.Layer!.Value).DefaultIfEmpty(size.Layers).Min(),
            IsGpu = isGpu,
        };
        return isManaged ? ManagedMemory.Estimate(load) : TorchMemory.Estimate(load);
    }
}
