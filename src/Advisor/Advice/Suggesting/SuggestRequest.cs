using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>What is known before anything is suggested. What is null is chosen.</summary>
internal sealed record SuggestRequest
{
    /// <summary>What is to be learnt, or null.</summary>
    public AdvisedTask? Task { get; init; }

    /// <summary>The base model's name or folder.</summary>
    public required string ModelName { get; init; }

    /// <summary>The base model; null when it is not known.</summary>
    public BaseModel? Model { get; init; }

    /// <summary>The data, or null.</summary>
    public DataFacts? Data { get; init; }

    /// <summary>The card, or null.</summary>
    public Gpu? Gpu { get; init; }

    /// <summary>Cards side by side, 1 or more.</summary>
    public int Gpus { get; init; } = 1;

    /// <summary>The framework, by its format's name.</summary>
    public required string Framework { get; init; }

    /// <summary>How adapters are trained, or null.</summary>
    public AdvisedMethod? Method { get; init; }

    /// <summary>How alpha follows from the rank.</summary>
    public AlphaSchool Alpha { get; init; }

    /// <summary>Which modules get adapters.</summary>
    public ModuleStrategy Modules { get; init; }

    /// <summary>Tokens of a sequence at most, or null.</summary>
    public int? MaxSequenceLength { get; init; }

    /// <summary>The output folder, or null.</summary>
    public string? OutputDirectory { get; init; }
}

/// <summary>How alpha follows from the rank: the three schools of the guidance (2.45).</summary>
internal enum AlphaSchool
{
    /// <summary>Twice the rank.</summary>
    Twice,

    /// <summary>Equal to the rank.</summary>
    Equal,

    /// <summary>16 whatever the rank, as in QLoRA's own runs; from rank 64 on with rsLoRA's scaling, which needs no larger one.</summary>
    Fixed,
}

/// <summary>Which modules get adapters: the three strategies of the guidance (2.24 to 2.26).</summary>
internal enum ModuleStrategy
{
    /// <summary>Every linear layer but the head; of mixtures of experts, attention alone.</summary>
    All,

    /// <summary>All attention projections.</summary>
    Attention,

    /// <summary>Queries and values.</summary>
    Minimal,
}
