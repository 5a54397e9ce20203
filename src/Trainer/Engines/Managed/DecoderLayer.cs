using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// One layer of a decoder. With n1 to n4 its norms, of which Gemma alone has the second and the fourth:
/// <code>
/// middle = input  + n2(o_proj(attention(turn(norm(q)), turn(norm(k)), v)))    q, k, v = projections of n1(input)
/// output = middle + n4(down_proj(act(gate) up))                               gate, up = projections of n3(middle)
/// </code>
/// Projections that read the same input write side by side into one matrix, whether the files hold them fused (Phi-3) or apart.
/// </summary>
internal sealed partial class DecoderLayer : IDisposable
{
    /// <summary>Widths.</summary>
    public required LayerShape Shape { get; init; }

    /// <summary>Index from 0.</summary>
    public required int Index { get; init; }

    /// <summary>q_proj, k_proj and v_proj, or qkv_proj.</summary>
    public required IReadOnlyList<Linear> QueryKeyValue { get; init; }

    /// <summary>o_proj.</summary>
    public required Linear Output { get; init; }

    /// <summary>gate_proj and up_proj, or gate_up_proj.</summary>
    public required IReadOnlyList<Linear> GateUp { get; init; }

    /// <summary>down_proj.</summary>
    public required Linear Down { get; init; }

    /// <summary>n1.</summary>
    public required Norm InputNorm { get; init; }

    /// <summary>n2, or null.</summary>
    public required Norm? PostAttentionNorm { get; init; }

    /// <summary>n3.</summary>
    public required Norm MlpNorm { get; init; }

    /// <summary>n4, or null.</summary>
    public required Norm? PostMlpNorm { get; init; }

    /// <summary>The norm of queries per head, or null.</summary>
    public required Norm? QueryNorm { get; init; }

    /// <summary>The norm of keys per head, or null.</summary>
    public required Norm? KeyNorm { get; init; }

    /// <summary>Heads, scale, softcap, window.</summary>
    public required AttentionShape Attention { get; init; }

    /// <summary>The rotary embedding, or null for none.</summary>
    public required RotaryTables? Rotary { get; init; }

    /// <summary>What gates the feed-forward part.</summary>
    public required Activation Activation { get; init; }

    /// <summary>All linear layers, in the order of the forward pass.</summary>
    public IReadOnlyList<Linear> Linears => field ??= [.. QueryKeyValue, Output, .. GateUp, Down];

    /// <summary>All norms, in the order of the forward pass.</summary>
    public IEnumerable<Norm> Norms =>
        new[] { InputNorm, QueryNorm, KeyNorm, PostAttentionNorm, MlpNorm, PostMlpNorm }.OfType<Norm>();

    /// <summary>Whether anything before the feed-forward part is trained: else the lowest trained layer needs no way back there.</summary>
    public bool TrainsAttention =>
        QueryKeyValue.Any(linear => linear.IsTrained) || Output.IsTrained
        || new[] { InputNorm, QueryNorm, KeyNorm, PostAttentionNorm }.Any(norm => norm is { IsTrained: true });

    /// <summary>Whether anything of it is trained.</summary>
    public bool IsTrained => Linears.Any(linear => linear.IsTrained) || Norms.Any(norm => norm.IsTrained);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var linear in Linears)
            linear.Dispose();
        foreach (var norm in Norms)
            norm.Dispose();
    }
}
