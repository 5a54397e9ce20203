namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// The sizes of a base model, as config.json tells them. A size that the architecture does not have is 0; what is not known is null.
/// </summary>
public sealed record ModelDimensions
{
    /// <summary>The architecture by transformers' name: <c>llama</c>, <c>qwen3_moe</c> ...</summary>
    public string ModelType { get; init; } = "";

    /// <summary>The width of the residual stream.</summary>
    public long Hidden { get; init; }

    /// <summary>Layers; of the encoder where there are two stacks.</summary>
    public int Layers { get; init; }

    /// <summary>Layers of the decoder where there are two stacks, else 0.</summary>
    public int DecoderLayers { get; init; }

    /// <summary>Query heads.</summary>
    public long Heads { get; init; }

    /// <summary>Key and value heads.</summary>
    public long KeyValueHeads { get; init; }

    /// <summary>The width of a head.</summary>
    public long HeadSize { get; init; }

    /// <summary>The width of the feed-forward part of a dense layer.</summary>
    public long Intermediate { get; init; }

    /// <summary>Rows of the embedding.</summary>
    public long Vocabulary { get; init; }

    /// <summary>Tokens of a sequence at most, where config.json tells; the table of names does not, as copies differ in it.</summary>
    public long? Context { get; init; }

    /// <summary>Rows of a learnt position embedding.</summary>
    public long Positions { get; init; }

    /// <summary>Channels of the input of a speech model.</summary>
    public long Channels { get; init; }

    /// <summary>Classes of a classifier's head; 0 when not known.</summary>
    public long Labels { get; init; }

    /// <summary>Whether the output head is the embedding.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>Whether query, key and value have a bias, where that differs between models of one architecture.</summary>
    public bool HasQueryKeyValueBias { get; init; }

    /// <summary>Whether the attention output has a bias, where that differs between models of one architecture.</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>Whether the feed-forward layers have a bias, where that differs between models of one architecture.</summary>
    public bool HasMlpBias { get; init; }

    /// <summary>Experts of a layer.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that a token goes through.</summary>
    public int ExpertsPerToken { get; init; }

    /// <summary>The width of one expert.</summary>
    public long ExpertIntermediate { get; init; }

    /// <summary>The width of the expert, or all experts, that every token goes through.</summary>
    public long SharedIntermediate { get; init; }

    /// <summary>Layers at the start that have no experts.</summary>
    public int DenseLayers { get; init; }

    /// <summary>The rank of the compressed queries of multi-head latent attention; 0 for queries that are not compressed.</summary>
    public long QueryRank { get; init; }

    /// <summary>The rank of the compressed keys and values of multi-head latent attention.</summary>
    public long KeyValueRank { get; init; }

    /// <summary>The part of a query or key head without rotary positions, in multi-head latent attention.</summary>
    public long NopeHead { get; init; }

    /// <summary>The part of a query or key head with rotary positions, in multi-head latent attention.</summary>
    public long RopeHead { get; init; }

    /// <summary>The width of a value head, in multi-head latent attention.</summary>
    public long ValueHead { get; init; }

    /// <summary>Rows of the embedding of segments (<c>type_vocab_size</c>).</summary>
    public long Segments { get; init; }

    /// <summary>
    /// Every so many layers one has full attention, and the others a recurrence; the last of each group unless
    /// <see cref="AttentionOffset"/> says another. 0 where all layers are alike.
    /// </summary>
    public int AttentionInterval { get; init; }

    /// <summary>The place of the layer with attention in its group, from 0.</summary>
    public int AttentionOffset { get; init; }

    /// <summary>Every so many layers one has experts: the last of each group, as of two; 0 or 1 where all have.</summary>
    public int ExpertInterval { get; init; }

    /// <summary>Key and query heads of linear attention.</summary>
    public long LinearKeyHeads { get; init; }

    /// <summary>Value heads of linear attention.</summary>
    public long LinearValueHeads { get; init; }

    /// <summary>The width of a key head of linear attention.</summary>
    public long LinearKeyHead { get; init; }

    /// <summary>The width of a value head of linear attention.</summary>
    public long LinearValueHead { get; init; }

    /// <summary>The width inside of a state space layer.</summary>
    public long StateWidth { get; init; }

    /// <summary>Numbers of state a channel has in a state space layer.</summary>
    public long StateSize { get; init; }

    /// <summary>The rank of the step size in a state space layer.</summary>
    public long StepRank { get; init; }

    /// <summary>The part for images; null where there is none, or where its sizes are the same in all models of the architecture.</summary>
    public VisionDimensions? Vision { get; init; }

    /// <summary>Whether the model sees images.</summary>
    public bool HasVision => Vision is not null || ModelType == "gemma3";

    /// <summary>The width of all query heads.</summary>
    public long QueryWidth => Heads * HeadSize;

    /// <summary>The width of all key heads, and of all value heads.</summary>
    public long KeyValueWidth => KeyValueHeads * HeadSize;
}
