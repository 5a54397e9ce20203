using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>What decides on the memory of a run on one of LoraLint's own engines.</summary>
public sealed record EngineLoad
{
    /// <summary>The model's sizes.</summary>
    public required ModelDimensions Size { get; init; }

    /// <summary>The model's modules.</summary>
    public required ModelShape Model { get; init; }

    /// <summary>The adapters.</summary>
    public required IReadOnlyList<AdapterSize> Adapters { get; init; }

    /// <summary>All values that are trained, of adapters, magnitudes, biases and modules in full.</summary>
    public required long Trained { get; init; }

    /// <summary>Names of the modules that are trained in full: they are never stored in 4 bits.</summary>
    public IReadOnlyList<string> SavedModules { get; init; } = [];

    /// <summary>How linear layers are stored; null for as the rest.</summary>
    public QuantizationOptions? Quantization { get; init; }

    /// <summary>Bytes of a value of weights and activations: 2 for bf16, 4 for 32 bits.</summary>
    public int ValueBytes { get; init; } = 4;

    /// <summary>Tokens of the largest micro batch.</summary>
    public required long Tokens { get; init; }

    /// <summary>Those of them with a target.</summary>
    public required long Supervised { get; init; }

    /// <summary>Tokens of the longest sequence: what attention sees at once.</summary>
    public required long LongestSequence { get; init; }

    /// <summary>Whether layers are computed again in the backward pass.</summary>
    public bool Recomputes { get; init; }

    /// <summary>Whether there is dropout.</summary>
    public bool Drops { get; init; }

    /// <summary>Whether it is DoRA.</summary>
    public bool UsesDora { get; init; }

    /// <summary>Whether the optimizer keeps two moments (AdamW).</summary>
    public bool HasMoments { get; init; } = true;

    /// <summary>The lowest layer that is trained; those below it keep nothing.</summary>
    public int LowestLayer { get; init; }

    /// <summary>Whether attention keeps all scores: a libtorch without fused kernels, and models that cap them.</summary>
    public bool KeepsScores { get; init; }

    /// <summary>Whether a GPU computes.</summary>
    public bool IsGpu { get; init; }
}

/// <summary>An adapter's size.</summary>
/// <param name="Inputs">Columns of A.</param>
/// <param name="Outputs">Rows of B.</param>
/// <param name="Rank">The rank.</param>
/// <param name="Layer">The layer that it is in, or null.</param>
/// <param name="Place">The last part of its module's name: q_proj.</param>
public sealed record AdapterSize(long Inputs, long Outputs, long Rank, int? Layer, string Place)
{
    /// <summary>The sizes of the adapters of a model.</summary>
    public static IReadOnlyList<AdapterSize> Of(AdapterShape shape) =>
        [.. shape.Modules.Select(m => new AdapterSize(m.Module.Inputs, m.Module.Outputs, m.Rank, m.Module.Layer, m.Module.LastPart))];
}
