using LoraLint.Advisor.Advice.Estimating;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>What all methods that were asked gave, and what follows.</summary>
internal sealed record RankAdvice
{
    /// <summary>The config's path, the model's name, or the data's.</summary>
    public required string Name { get; init; }

    /// <summary>The rank.</summary>
    public required RankVerdict Verdict { get; init; }

    /// <summary>Alpha for that rank, with the schools.</summary>
    public required Advised<int> Alpha { get; init; }

    /// <summary>The base model, or null.</summary>
    public BaseModel? Model { get; init; }

    /// <summary>The target modules, as people read them; empty without a model.</summary>
    public string Targets { get; init; } = "";

    /// <summary>Whether it is DoRA.</summary>
    public bool UseDora { get; init; }

    /// <summary>The task that was looked up, or null for traits.</summary>
    public AdvisedTask? Task { get; init; }

    /// <summary>Rows of the data, or null.</summary>
    public long? Rows { get; init; }

    /// <summary>Tokens of a row that are trained on, or null.</summary>
    public double? TokensPerRow { get; init; }

    /// <summary>What the task takes, or null.</summary>
    public TaskRank? TaskRank { get; init; }

    /// <summary>What the budget allows, or null.</summary>
    public ParameterBudget? Budget { get; init; }

    /// <summary>What other target modules would get of the budget.</summary>
    public IReadOnlyList<(string Targets, ParameterBudget Budget)> OtherTargets { get; init; } = [];

    /// <summary>What the data shows, or null.</summary>
    public DataSpectra? Data { get; init; }

    /// <summary>What trials found, or null.</summary>
    public SweptRank? Sweep { get; init; }

    /// <summary>The adapter at that rank, or null without a model.</summary>
    public AdapterShape? Adapter { get; init; }

    /// <summary>What a run at that rank costs, or null.</summary>
    public CostEstimate? Cost { get; init; }

    /// <summary>Why the cost is not known; empty when it is.</summary>
    public string CostProblem { get; init; } = "";

    /// <summary>Methods that were left out, and what they need.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>What nobody said, with the value taken.</summary>
    public IReadOnlyList<string> Assumptions { get; init; } = [];

    /// <summary>What else to know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
