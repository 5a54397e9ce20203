using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>How wide the tensors are that a token has in a decoder layer, from the modules that the layer has.</summary>
public sealed record LayerWidths
{
    /// <summary>Of the residual stream.</summary>
    public long Hidden { get; private init; }

    /// <summary>Of all queries together.</summary>
    public long Query { get; private init; }

    /// <summary>Of all keys together, and of all values.</summary>
    public long KeyValue { get; private init; }

    /// <summary>Inside of the feed-forward part: of the experts together that a token goes through, where there are some.</summary>
    public long Intermediate { get; private init; }

    /// <summary>Query heads.</summary>
    public long Heads { get; private init; }

    /// <summary>Key and value heads.</summary>
    public long KeyValueHeads { get; private init; }

    /// <summary>Whether the feed-forward part has a gate beside its other projection.</summary>
    public bool IsGated { get; private init; }

    /// <summary>Norms as wide as the residual stream.</summary>
    public int Norms { get; private init; }

    /// <summary>Whether these norms subtract the mean (LayerNorm); the others do not (RMSNorm).</summary>
    public bool HasLayerNorm { get; private init; }

    /// <summary>Whether queries and keys are normed.</summary>
    public bool NormsHeads { get; private init; }

    /// <summary>Whether scores are capped, which fused attention kernels do not do (Gemma 2).</summary>
    public bool CapsScores { get; private init; }

    /// <summary>Whether the gate is GELU by tanh (Gemma).</summary>
    public bool UsesGelu { get; private init; }

    /// <summary>Whether outputs of attention and feed-forward part are normed too.</summary>
    public bool HasPostNorms => Norms == 4;

    /// <summary>The widths of a model's layers; null for models that are no decoders, or have layers of several kinds.</summary>
    public static LayerWidths? Of(ModelDimensions size, ModelShape shape)
    {
        if (!ModelLayouts.HasUniformLayers(size.ModelType))
            return null;
        if (size.DecoderLayers > 0 || size.Layers == 0 || size.Vocabulary == 0 || size.Hidden == 0)
            return null;
        var last = shape.Modules.Where(m => m.Layer == size.Layers - 1).ToList();
        var norms = last.Where(m => m.Kind == ModuleKind.Norm && m.Outputs == size.Hidden).ToList();
        var names = new HashSet<string>(last.Select(m => m.LastPart), StringComparer.Ordinal);
        var isFused = last.Any(m => m.IsLinear && m.Inputs == size.Hidden && m.Outputs == 2 * size.Intermediate);
        return new LayerWidths
        {
            Hidden = size.Hidden,
            Query = size.QueryWidth,
            KeyValue = size.KeyValueWidth > 0 ? size.KeyValueWidth : size.QueryWidth,
            Intermediate = size.Experts == 0 ? size.Intermediate
                : (size.ExpertsPerToken * size.ExpertIntermediate) + size.SharedIntermediate,
            Heads = size.Heads,
            KeyValueHeads = size.KeyValueHeads > 0 ? size.KeyValueHeads : size.Heads,
            IsGated = size.Experts > 0 || isFused || names.Contains("gate_proj") || names.Contains("w2"),
            Norms = norms.Count,
            HasLayerNorm = norms.Any(m => m.HasBias),
            NormsHeads = names.Contains("q_norm"),
            CapsScores = size.ModelType == "gemma2",
            UsesGelu = size.ModelType.StartsWith("gemma", StringComparison.Ordinal),
        };
    }
}
