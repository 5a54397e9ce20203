using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>A base model with adapters and how it is trained on one card, as far as that decides on the memory.</summary>
public sealed record Workload
{
    // Bits of a value of a linear layer, constants of the quantization included.
    private const double DoublyQuantized = 4 + FrozenBytes.NestedConstantBits, Quantized = 4 + FrozenBytes.ConstantBits;

    /// <summary>The base model; its sizes are known.</summary>
    public required BaseModel Model { get; init; }

    /// <summary>The adapters and what is trained in full.</summary>
    public required AdapterShape Adapter { get; init; }

    /// <summary>What computes.</summary>
    public required EstimatedFramework Framework { get; init; }

    /// <summary>Bits of the base: 4, 8 or 16.</summary>
    public int Bits { get; init; } = 16;

    /// <summary>Whether the constants of 4 bits are quantized again.</summary>
    public bool IsDouble { get; init; } = true;

    /// <summary>Bytes that the optimizer keeps for a value that is trained.</summary>
    public double OptimizerBytes { get; init; } = 8;

    /// <summary>Sequences in a micro batch, 1 or more.</summary>
    public long MicroBatchSize { get; init; } = 1;

    /// <summary>Tokens of a sequence, 1 or more.</summary>
    public long SequenceLength { get; init; } = 2048;

    /// <summary>Whether activations are computed again in the backward pass.</summary>
    public bool Recomputes { get; init; } = true;

    /// <summary>Whether there is dropout.</summary>
    public bool Drops { get; init; }

    /// <summary>Whether it is DoRA.</summary>
    public bool UsesDora { get; init; }

    /// <summary>The highest number of sequences or tokens that is looked at: 2^24.</summary>
    public const long Most = 1 << 24;

    /// <summary>What it takes of a card's memory; null where the model is no decoder.</summary>
    public MemoryEstimate? Estimate() => Framework.Kind is { } kind ? FrameworkMemory.Estimate(new FrameworkLoad
    {
        Size = Model.Dimensions!,
        Model = Adapter.Model,
        Adapters = AdapterSize.Of(Adapter),
        SavedParameters = Adapter.SavedParameters,
        LinearBits = Bits switch { 4 => IsDouble ? DoublyQuantized : Quantized, 8 => 8, _ => 16 },
        OtherBytes = Bits < 16 && Framework.WidensOthers ? 4 : 2,
        OptimizerBytes = OptimizerBytes,
        Tokens = MicroBatchSize * SequenceLength,
        Recomputes = Recomputes,
        Drops = Drops,
        UsesDora = UsesDora,
        Framework = kind,
        HasFusedLoss = Framework.HasFusedLoss,
    }) : TorchMemory.Estimate(EngineLoad());

    /// <summary>The same in other bits.</summary>
    public Workload In(int bits) => this with { Bits = bits };

    // LoraLint's torch engine on a GPU. (What runs take on a CPU, `loralint train --dry-run` tells.)
    private EngineLoad EngineLoad()
    {
        var trained = Adapter.Modules.Select(m => m.Module).Concat(Adapter.Saved).ToList();
        return new EngineLoad
        {
            Size = Model.Dimensions!,
            Model = Adapter.Model,
            Adapters = AdapterSize.Of(Adapter),
            Trained = Adapter.Trainable,
            SavedModules = [.. Adapter.Saved.Select(m => m.Name)],
            Quantization = Bits == 4 ? new QuantizationOptions { Double = IsDouble } : null,
            ValueBytes = 2,
            Tokens = MicroBatchSize * SequenceLength,
            Supervised = MicroBatchSize * SequenceLength,
            LongestSequence = SequenceLength,
            Recomputes = Recomputes,
            Drops = Drops,
            UsesDora = UsesDora,
            HasMoments = OptimizerBytes > 0,
            LowestLayer = trained.Any(m => m.Name == Adapter.Model.Embedding) ? 0
                : trained.Where(m => m.Layer is not null).Select(m => m.Layer!.Value).DefaultIfEmpty(Adapter.Model.Layers).Min(),
            IsGpu = true,
        };
    }
}
