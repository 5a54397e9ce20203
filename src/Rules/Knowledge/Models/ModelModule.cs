namespace LoraLint.Rules.Knowledge.Models;

/// <summary>What kind of module it is to PEFT.</summary>
public enum ModuleKind
{
    /// <summary><c>nn.Linear</c>.</summary>
    Linear,

    /// <summary>transformers' <c>Conv1D</c>: a linear layer whose weight is stored transposed.</summary>
    Conv1D,

    /// <summary><c>nn.Embedding</c>.</summary>
    Embedding,

    /// <summary><c>nn.Conv1d</c> or <c>nn.Conv2d</c>; its inputs count each place of the kernel.</summary>
    Convolution,

    /// <summary>A norm, whatever its formula.</summary>
    Norm,

    /// <summary>A module with a weight that PEFT knows no adapter for, such as a router of a class of its own.</summary>
    Other,

    /// <summary>
    /// A bare parameter, such as the stacked weights of all experts. It is no module: <c>target_modules</c> cannot reach it,
    /// <c>target_parameters</c> can. Its name is the parameter's.
    /// </summary>
    Parameter,
}

/// <summary>A module of a model that holds a weight.</summary>
/// <param name="Name">Its full dotted name, such as <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Inputs">
/// Input features; the rows of an embedding's table; 1 for a norm and for a vector, 0 for a norm without weights.
/// </param>
/// <param name="Outputs">Output features; the width of an embedding; the length of a norm or vector.</param>
/// <param name="HasBias">Whether it has a bias too, as long as its outputs.</param>
/// <param name="Stack">Matrices in one parameter: the number of experts of a stacked weight, else 1.</param>
public sealed record ModelModule(string Name, ModuleKind Kind, long Inputs, long Outputs, bool HasBias = false, long Stack = 1)
{
    /// <summary>The layer's index from 0, or null outside of the layers.</summary>
    public int? Layer { get; init; }

    /// <summary>The expert's index from 0, or null where the module is no part of one expert alone.</summary>
    public int? Expert { get; init; }

    /// <summary>The name behind the last dot.</summary>
    public string LastPart => Name.Substring(Name.LastIndexOf('.') + 1);

    /// <summary>Whether it is a linear layer: what <c>all-linear</c> takes when it is not the output head.</summary>
    public bool IsLinear => Kind is ModuleKind.Linear or ModuleKind.Conv1D;

    /// <summary>The values of its weight.</summary>
    public long WeightParameters => Stack * Inputs * Outputs;

    /// <summary>The values of its bias.</summary>
    public long BiasParameters => HasBias ? Stack * Outputs : 0;

    /// <summary>The values of weight and bias.</summary>
    public long Parameters => WeightParameters + BiasParameters;

    /// <summary>The greatest rank that the weight can have.</summary>
    public long LargestRank => Math.Min(Inputs, Outputs);
}
