using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>What <c>loralint train</c> was asked to do.</summary>
internal sealed record TrainRequest
{
    /// <summary>The config.</summary>
    public required string Config { get; init; }

    /// <summary>Whether to print the plan and stop.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether an earlier run in the output folder goes on.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether errors in the config do not stop the run.</summary>
    public bool Force { get; init; }

    /// <summary>The engine: auto, torch or managed.</summary>
    public string Engine { get; init; } = "auto";

    /// <summary>What it computes on: cpu, cuda, cuda:N; null for the best that works.</summary>
    public string? Device { get; init; }

    /// <summary>Threads that compute; null for as many as there are cores.</summary>
    public int? Threads { get; init; }

    /// <summary>The settings file for the checks; null for the nearest one.</summary>
    public string? Settings { get; init; }

    /// <summary>What the command line says over the config.</summary>
    public RunOverrides Overrides { get; init; } = new();
}
