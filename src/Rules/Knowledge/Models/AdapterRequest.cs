namespace LoraLint.Rules.Knowledge.Models;

/// <summary>What PEFT is told about an adapter, as far as it decides which modules it sits on and how large it is.</summary>
public sealed record AdapterRequest
{
    /// <summary>The largest rank that is counted with, above the width of any model.</summary>
    public const long LargestRank = 1L << 17;

    private static readonly IReadOnlyDictionary<string, double> s_none = new Dictionary<string, double>();

    /// <summary>The target modules, exclusions, layers, and modules trained in full.</summary>
    public PeftTargets Targets { get; init; } = new();

    /// <summary>Every linear layer but the output head, in place of the targets' names and pattern.</summary>
    public bool TargetsAllLinear { get; init; }

    /// <summary>
    /// The last parts of all linear layers' names beside the targets' names, as some frameworks hand them to PEFT; those of the output
    /// head left out.
    /// </summary>
    public bool TargetsLinearNames { get; init; }

    /// <summary>Bare parameters that get adapters, by name or suffix.</summary>
    public IReadOnlyList<string> TargetParameters { get; init; } = [];

    /// <summary>The rank, 1 to <see cref="LargestRank"/>; 0 when it is not known.</summary>
    public long Rank { get; init; }

    /// <summary>Other ranks by pattern; the first key that matches counts.</summary>
    public IReadOnlyDictionary<string, double> RankPattern { get; init; } = s_none;

    /// <summary>Whether a magnitude per output is trained too.</summary>
    public bool UseDora { get; init; }

    /// <summary>Whether B has a bias (<c>lora_bias</c>).</summary>
    public bool HasLoraBias { get; init; }

    /// <summary>Which biases of the base are trained: <c>none</c>, <c>all</c> or <c>lora_only</c>.</summary>
    public string Bias { get; init; } = "none";

    /// <summary>Why the parameters cannot be counted although the modules are known; null where they can.</summary>
    public string? NotCounted { get; init; }
}
