namespace LoraLint.Trainer.Models;

/// <summary>
/// What the class behind a <c>model_type</c> takes for keys that config.json does not write, and what it can do. Values of the
/// configuration classes in transformers 5 (src/transformers/models/*/configuration_*.py); sizes have no defaults here: a config
/// without them is broken, whatever a class would make of it.
/// </summary>
internal sealed record ModelFamily
{
    /// <summary>The supported families.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new() { ModelType = "llama", MaxPositions = 2048 },
        new() { ModelType = "mistral", KeyValueHeads = 8, MaxPositions = 131_072, SlidingWindow = 4096 },
        new() { ModelType = "qwen2", KeyValueHeads = 32, MaxPositions = 32_768, SlidingWindow = 4096 },
        new() { ModelType = "qwen3", KeyValueHeads = 32, HeadSize = 128, MaxPositions = 32_768, SlidingWindow = 4096 },
        new() { ModelType = "smollm3", KeyValueHeads = 4, MaxPositions = 32_768, RopeTheta = 2_000_000, TiesEmbeddings = true },
        new()
        {
            ModelType = "gemma2", KeyValueHeads = 4, HeadSize = 256, MaxPositions = 8192, SlidingWindow = 4096, TiesEmbeddings = true,
            AttentionSoftcap = 50, LogitSoftcap = 30, IsGemma = true, SlidingPattern = 2,
        },
        new()
        {
            ModelType = "gemma3_text", KeyValueHeads = 4, HeadSize = 256, MaxPositions = 131_072, SlidingWindow = 4096,
            TiesEmbeddings = true,
            RopeTheta = 1_000_000, IsGemma = true, SlidingPattern = 6,
        },
        new() { ModelType = "phi3", MaxPositions = 4096, NormEpsilon = 1e-5 },
    ];

    /// <summary>The name in config.json.</summary>
    public required string ModelType { get; init; }

    /// <summary>Key and value heads; null for as many as query heads.</summary>
    public int? KeyValueHeads { get; init; }

    /// <summary>Width of a head; null for the width of the residual stream divided by the heads.</summary>
    public int? HeadSize { get; init; }

    /// <summary>Tokens of a sequence at most.</summary>
    public int MaxPositions { get; init; }

    /// <summary>What RMSNorm adds.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>The rotary base.</summary>
    public double RopeTheta { get; init; } = 10_000;

    /// <summary>The window of sliding attention; null for none.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>One layer in so many has full attention, the last of each group; 0 where windows follow other keys.</summary>
    public int SlidingPattern { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>Cap of attention scores, 0 for none.</summary>
    public double AttentionSoftcap { get; init; }

    /// <summary>Cap of logits, 0 for none.</summary>
    public double LogitSoftcap { get; init; }

    /// <summary>Whether norms add one, embeddings are scaled, outputs are normed, and the gate is GELU.</summary>
    public bool IsGemma { get; init; }
}
