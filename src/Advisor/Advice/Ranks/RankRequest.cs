using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>Ways to come to a rank.</summary>
internal enum RankMethod
{
    /// <summary>What the task usually takes, and no less than the data needs.</summary>
    Task,

    /// <summary>What a number of trained parameters allows.</summary>
    Budget,

    /// <summary>How many directions the data has.</summary>
    Data,

    /// <summary>What trials have shown.</summary>
    Sweep,
}

/// <summary>What the command line asks. What is null comes from the config, else it is taken as is usual, or left out.</summary>
internal sealed record RankRequest
{
    /// <summary>The config, or null.</summary>
    public string? Config { get; init; }

    /// <summary>The settings file, or null for the nearest.</summary>
    public string? Settings { get; init; }

    /// <summary>The one method, or null for all for which there is what they need.</summary>
    public RankMethod? Method { get; init; }

    /// <summary>What is to be learnt.</summary>
    public AdvisedTask? Task { get; init; }

    /// <summary>What the task is like, where it is none of the known ones.</summary>
    public IReadOnlyList<string>? Traits { get; init; }

    /// <summary>The base model: a folder, or a name on the hub.</summary>
    public string? Model { get; init; }

    /// <summary>The training data.</summary>
    public IReadOnlyList<string> Data { get; init; } = [];

    /// <summary>Rows of the training data.</summary>
    public long? Rows { get; init; }

    /// <summary>Tokens of a row that are trained on, on the average.</summary>
    public double? TokensPerRow { get; init; }

    /// <summary>Parameters that may be trained, as written: 10M, 1.5B, 0.5%.</summary>
    public string? Budget { get; init; }

    /// <summary>Names of target modules, or <c>all-linear</c> alone.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Whether it is DoRA.</summary>
    public bool UseDora { get; init; }

    /// <summary>What of the data is looked at: texts, embeddings or model; null for as deep as there is a model for.</summary>
    public string? Depth { get; init; }

    /// <summary>Rows of the data that are looked at, 2 or more; null for the usual number.</summary>
    public int? SampleRows { get; init; }

    /// <summary>Decides which rows.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>The result of a sweep: its file, or the folder that it is in.</summary>
    public string? Sweep { get; init; }

    /// <summary>Whether the rank is written into the config.</summary>
    public bool Apply { get; init; }
}
