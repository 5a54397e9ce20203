using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines;

/// <summary>The largest micro batch of a run.</summary>
/// <param name="Tokens">Tokens of it at most.</param>
/// <param name="Supervised">Positions with a target at most.</param>
/// <param name="LongestSequence">Tokens of the longest sequence.</param>
public sealed record BatchSize(long Tokens, long Supervised, long LongestSequence);

/// <summary>What a run takes of the memory of what computes.</summary>
public static class EngineMemory
{
    /// <summary>Estimates; null for an engine whose memory is not known.</summary>
    /// <param name="engine">The kind of engine by name.</param>
    /// <param name="model">The model.</param>
    /// <param name="plan">What is trained.</param>
    /// <param name="options">The engine's.</param>
    /// <param name="batch">The largest batch.</param>
    /// <param name="storedBytes">Bytes of a weight in the model's files.</param>
    /// <param name="keepsScores">Whether libtorch has no fused attention for the device, as before 2.0.</param>
    public static MemoryEstimate? Estimate(
        string engine, ModelConfig model, AdapterPlan plan, EngineOptions options, BatchSize batch, int storedBytes,
        bool keepsScores = false)
    {
        var size = SizeOf(model);
        if (ModelLayouts.Find(size) is not [var shape, ..])
            return null;
        var isManaged = engine == ManagedEngineKind.KindName;
        var load = new EngineLoad
        {
            Size = size,
            Model = shape,
            Adapters = [.. plan.Modules.Select(m => new AdapterSize(
                m.InFeatures, m.OutFeatures, m.Rank, shape.Modules.FirstOrDefault(s => s.Name == m.Name)?.Layer,
                m.Name[(m.Name.LastIndexOf('.') + 1)..]))],
            Trained = Trained(model, plan),
            SavedModules = plan.SavedModules,
            Quantization = options.Quantization,
            ValueBytes = isManaged ? storedBytes : options.Precision == "fp32" ? 4 : 2,
            Tokens = batch.Tokens,
            Supervised = batch.Supervised,
            LongestSequence = batch.LongestSequence,
            Recomputes = options.GradientCheckpointing,
            Drops = options.Dropout > 0,
            UsesDora = plan.UseDora,
            HasMoments = options.Optimizer == "adamw",
            KeepsScores = keepsScores,
            LowestLayer = LowestLayer(model, plan, shape),
            IsGpu = options.Device.StartsWith("cuda", StringComparison.Ordinal),
        };
        return isManaged ? ManagedMemory.Estimate(load) : TorchMemory.Estimate(load);
    }

    /// <summary>A model's sizes as the knowledge of models has them.</summary>
    internal static ModelDimensions SizeOf(ModelConfig model) => new()
    {
        ModelType = model.ModelType,
        Hidden = model.HiddenSize,
        Layers = model.Layers,
        Heads = model.Heads,
        KeyValueHeads = model.KeyValueHeads,
        HeadSize = model.HeadSize,
        Intermediate = model.IntermediateSize,
        Vocabulary = model.VocabularySize,
        Context = model.MaxPositions,
        TiesEmbeddings = model.TiesEmbeddings,
        HasQueryKeyValueBias = model.HasQueryKeyValueBias,
        HasOutputBias = model.HasOutputBias,
        HasMlpBias = model.HasMlpBias,
    };

    /// <summary>The values that a plan trains.</summary>
    internal static long Trained(ModelConfig model, AdapterPlan plan)
    {
        var adapted = plan.Modules.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var saved = plan.SavedModules.ToHashSet(StringComparer.Ordinal);
        var sum = plan.Modules.Sum(m => ((long)m.Rank * (m.InFeatures + m.OutFeatures)) + (plan.UseDora ? m.OutFeatures : 0));
        foreach (var module in ModelLayout.Modules(model))
        {
            var isSaved = saved.Contains(module.Name);
            if (isSaved)
                sum += module.Shape.Aggregate(1L, (product, length) => product * length);
            var isBiasTrained = plan.Bias == LoraBias.All || (plan.Bias == LoraBias.LoraOnly && adapted.Contains(module.Name));
            if (module.HasBias && (isSaved || isBiasTrained))
                sum += module.Shape[0];
        }

        return sum;
    }

    private static int LowestLayer(ModelConfig model, AdapterPlan plan, ModelShape shape)
    {
        if (plan.Bias == LoraBias.All)
            return 0;
        var trained = plan.Modules.Select(m => m.Name).Concat(plan.SavedModules).ToHashSet(StringComparer.Ordinal);
        return trained.Contains(ModelLayout.Embedding) ? 0
            : shape.Modules.Where(m => m.Layer is not null && trained.Contains(m.Name)).Select(m => m.Layer!.Value)
                .DefaultIfEmpty(model.Layers).Min();
    }
}
