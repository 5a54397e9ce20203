using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>Widths inside of a decoder layer.</summary>
/// <param name="Hidden">Of the residual stream.</param>
/// <param name="Intermediate">Inside of the feed-forward part.</param>
/// <param name="Heads">Query heads.</param>
/// <param name="KeyValueHeads">Key and value heads.</param>
/// <param name="HeadSize">Width of a head.</param>
/// <param name="HasQueryKeyNorm">Whether queries and keys are normed.</param>
/// <param name="HasPostNorms">Whether the outputs of attention and feed-forward are normed.</param>
internal sealed record LayerShape(
    int Hidden, int Intermediate, int Heads, int KeyValueHeads, int HeadSize, bool HasQueryKeyNorm, bool HasPostNorms)
{
    /// <summary>Of all queries of a token.</summary>
    public int QueryWidth => Heads * HeadSize;

    /// <summary>Of all keys of a token; its values have the same.</summary>
    public int KeyWidth => KeyValueHeads * HeadSize;

    /// <summary>Of queries, keys and values behind each other.</summary>
    public int QueryKeyValueWidth => QueryWidth + 2 * KeyWidth;

    /// <summary>The shape of a model's layers.</summary>
    public static LayerShape Of(ModelConfig model) => new(
        model.HiddenSize, model.IntermediateSize, model.Heads, model.KeyValueHeads, model.HeadSize, model.HasQueryKeyNorm,
        model.HasPostNorms);
}
