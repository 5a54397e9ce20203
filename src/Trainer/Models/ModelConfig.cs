namespace LoraLint.Trainer.Models;

/// <summary>
/// A decoder's shape and its family's peculiarities, read from a Hugging Face <c>config.json</c>. One description serves all supported
/// families: they differ by the switches here.
/// </summary>
public sealed record ModelConfig
{
    /// <summary><c>model_type</c>: llama, mistral, qwen2, qwen3, smollm3, gemma2, gemma3_text, phi3.</summary>
    public required string ModelType { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width inside of the feed-forward layers.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Key and value heads; each serves Heads / KeyValueHeads query heads.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a head; not always HiddenSize / Heads.</summary>
    public required int HeadSize { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Tokens of a sequence at most.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>What RMSNorm adds to the mean square.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Whether RMSNorm multiplies by 1 + weight (Gemma).</summary>
    public bool NormAddsOne { get; init; }

    /// <summary>Whether attention and feed-forward outputs are normed too, before they are added (Gemma 2, 3).</summary>
    public bool HasPostNorms { get; init; }

    /// <summary>Whether queries and keys are normed per head (Qwen3, Gemma 3).</summary>
    public bool HasQueryKeyNorm { get; init; }

    /// <summary>Whether q, k and v have biases (Qwen2, or attention_bias).</summary>
    public bool HasQueryKeyValueBias { get; init; }

    /// <summary>Whether the output projection of attention has a bias (attention_bias of Llama).</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>Whether gate, up and down have biases (mlp_bias of Llama).</summary>
    public bool HasMlpBias { get; init; }

    /// <summary>Whether q, k, v are one matrix and gate, up another (Phi-3).</summary>
    public bool HasFusedProjections { get; init; }

    /// <summary>Whether the feed-forward gate is GELU by tanh (Gemma) in place of SiLU.</summary>
    public bool UsesGelu { get; init; }

    /// <summary>What embeddings are multiplied by: 1, or sqrt(HiddenSize) for Gemma, rounded as the reference does.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>What query-key products are multiplied by: 1/sqrt(HeadSize), or 1/sqrt(query_pre_attn_scalar).</summary>
    public required double AttentionScale { get; init; }

    /// <summary>Attention scores become c tanh(s/c) (Gemma 2); 0 for not.</summary>
    public double AttentionSoftcap { get; init; }

    /// <summary>Logits become c tanh(l/c) (Gemma 2); 0 for not.</summary>
    public double LogitSoftcap { get; init; }

    /// <summary>Whether the output head is the embedding.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>Per layer: how many tokens back attention reaches, itself included; 0 for all.</summary>
    public required int[] SlidingWindows { get; init; }

    /// <summary>Per layer: the rotary embedding, an index into <see cref="Ropes"/>; -1 for none (SmolLM3's NoPE layers).</summary>
    public required int[] RopeOfLayer { get; init; }

    /// <summary>The rotary embeddings: one, or two for Gemma 3 (global, local).</summary>
    public required RotaryEmbedding[] Ropes { get; init; }
}

/// <summary>A rotary position embedding after scaling.</summary>
/// <param name="InverseFrequencies">Per pair of dimensions the angle of a position, shape (RotaryDim / 2).</param>
/// <param name="Scale">What sines and cosines are multiplied by (attention factor of longrope and yarn); 1 else.</param>
public sealed record RotaryEmbedding(double[] InverseFrequencies, double Scale)
{
    /// <summary>How many of a head's dimensions turn (partial_rotary_factor).</summary>
    public int RotaryDim => 2 * InverseFrequencies.Length;

    /// <summary>
    /// Tokens of a sequence up to which <see cref="InverseFrequencies"/> hold; longer ones have others (longrope, dynamic).
    /// </summary>
    public int ShortPositions { get; init; } = int.MaxValue;

    /// <summary>
    /// The angles of a sequence of more than <see cref="ShortPositions"/> tokens, by its length; null when there are none.
    /// </summary>
    public Func<int, double[]>? LongInverseFrequencies { get; init; }

    /// <summary>The angles of a sequence of so many tokens.</summary>
    public double[] InverseFrequenciesFor(int tokens) =>
        tokens > ShortPositions && LongInverseFrequencies is { } ofLength ? ofLength(tokens) : InverseFrequencies;
}
