using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>What decides on the memory of a run of a framework on one GPU.</summary>
public sealed record FrameworkLoad
{
    /// <summary>The model's sizes.</summary>
    public required ModelDimensions Size { get; init; }

    /// <summary>The model's modules.</summary>
    public required ModelShape Model { get; init; }

    /// <summary>The adapters.</summary>
    public required IReadOnlyList<AdapterSize> Adapters { get; init; }

    /// <summary>Values of modules that are trained in full.</summary>
    public long SavedParameters { get; init; }

    /// <summary>Bits of a value of the linear layers, constants of the quantization included: 16, 8, 4.5, 4.127.</summary>
    public double LinearBits { get; init; } = 16;

    /// <summary>
    /// Bytes of a value of what is not quantized: 2; 4 behind PEFT's <c>prepare_model_for_kbit_training</c>, which widens it.
    /// </summary>
    public int OtherBytes { get; init; } = 2;

    /// <summary>Bytes that the optimizer keeps for a value: 8 for AdamW, 2 for its 8-bit form, 0 for plain descent.</summary>
    public double OptimizerBytes { get; init; } = 8;

    /// <summary>Tokens of a micro batch.</summary>
    public required long Tokens { get; init; }

    /// <summary>Whether layers are computed again in the backward pass.</summary>
    public required bool Recomputes { get; init; }

    /// <summary>Whether there is dropout.</summary>
    public bool Drops { get; init; }

    /// <summary>Whether it is DoRA.</summary>
    public bool UsesDora { get; init; }

    /// <summary>Whether adapters are computed in 16 bits; PEFT keeps them in 32 unless told otherwise.</summary>
    public bool HasHalfAdapters { get; init; }

    /// <summary>How the framework computes.</summary>
    public FrameworkKind Framework { get; init; }

    /// <summary>Whether a kernel computes the loss without all logits in memory (Liger, Unsloth, cut cross-entropy).</summary>
    public bool HasFusedLoss { get; init; }

    /// <summary>Whether the CUDA context counts, as a card's memory has it and PyTorch's own counters do not.</summary>
    public bool CountsContext { get; init; } = true;
}

/// <summary>How a framework computes, as far as it shows in memory.</summary>
public enum FrameworkKind
{
    /// <summary>transformers' Trainer and what builds on it, with mixed precision: logits are widened to 32 bits.</summary>
    Transformers,

    /// <summary>The same under DeepSpeed in fp16: logits stay in 16 bits, DeepSpeed keeps buffers.</summary>
    DeepSpeedFp16,

    /// <summary>LitGPT in pure 16 bits, whose loss goes in chunks.</summary>
    Litgpt,
}
