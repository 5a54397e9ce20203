namespace LoraLint.Rules.Knowledge.Models;

/// <summary>From the sizes of a model to its modules, for the architectures that are known.</summary>
public static class ModelLayouts
{
    /// <summary>The architectures by transformers' names.</summary>
    public static IReadOnlyCollection<string> Types { get; } = new HashSet<string>(
        [.. DecoderLayout.All.Keys, .. OtherLayouts.Types, .. MixtureLayouts.Types, .. EncoderLayouts.Types,
            .. TextEncoderLayouts.Types, .. VisionLayouts.Types, .. HybridLayouts.Types], StringComparer.Ordinal);

    /// <summary>
    /// The modules, the current library's first, one list for each way in which libraries name them; null for an architecture that is
    /// not known.
    /// </summary>
    public static IReadOnlyList<ModelShape>? Find(ModelDimensions size)
    {
        if (DecoderLayout.All.TryGetValue(size.ModelType, out var decoder))
            return [decoder.Shape(size)];
        return OtherLayouts.Find(size) is { } other ? [other]
            : MixtureLayouts.Find(size) ?? EncoderLayouts.Find(size) ?? TextEncoderLayouts.Find(size) ?? VisionLayouts.Find(size)
            ?? HybridLayouts.Find(size);
    }

    /// <summary>Whether a model gets a head for its task when it is loaded, so that it has a list of modules for each.</summary>
    public static bool HasTaskHeads(string type) => TextEncoderLayouts.Types.Contains(type);

    /// <summary>Whether a model is a decoder whose layers are all alike, so that one of them tells what a token needs.</summary>
    public static bool HasUniformLayers(string type) =>
        !TextEncoderLayouts.Types.Contains(type) && !VisionLayouts.Types.Contains(type) && !HybridLayouts.Types.Contains(type);
}
