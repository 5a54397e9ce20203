using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Commands;

/// <summary>What the command line of <c>loralint suggest</c> says. What is null was not said.</summary>
internal sealed record SuggestOptions
{
    /// <summary>A config to change.</summary>
    public string? Config { get; init; }

    /// <summary>What is to be learnt.</summary>
    public AdvisedTask? Task { get; init; }

    /// <summary>The base model.</summary>
    public string? Model { get; init; }

    /// <summary>The data's file.</summary>
    public string? Data { get; init; }

    /// <summary>Rows of the data.</summary>
    public long? Rows { get; init; }

    /// <summary>The card.</summary>
    public string? Gpu { get; init; }

    /// <summary>Cards side by side.</summary>
    public int Gpus { get; init; } = 1;

    /// <summary>The framework, by its format's name.</summary>
    public string? Framework { get; init; }

    /// <summary>The method; null for the one that fits.</summary>
    public AdvisedMethod? Method { get; init; }

    /// <summary>The place of the school of alpha among those there are.</summary>
    public int Alpha { get; init; }

    /// <summary>The place of the strategy for modules among those there are.</summary>
    public int Modules { get; init; }

    /// <summary>Tokens of a sequence at most.</summary>
    public int? MaxSequenceLength { get; init; }

    /// <summary>The file that is written.</summary>
    public string? Output { get; init; }

    /// <summary>The folder that training writes to.</summary>
    public string? OutputDirectory { get; init; }

    /// <summary>Whether a config that is there is changed.</summary>
    public bool Apply { get; init; }

    /// <summary>Whether the output is JSON.</summary>
    public bool Json { get; init; }

    /// <summary>The settings file.</summary>
    public string? Settings { get; init; }
}
