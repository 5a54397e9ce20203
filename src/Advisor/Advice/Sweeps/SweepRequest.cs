using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>What the command line of <c>loralint sweep</c> says.</summary>
internal sealed record SweepRequest
{
    /// <summary>The methods by name.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["ranks", "grid", "random", "bayes", "halving"];

    /// <summary>The config.</summary>
    public required string Config { get; init; }

    /// <summary>One of <see cref="Methods"/>.</summary>
    public required string Method { get; init; }

    /// <summary>What is varied; empty for the rank.</summary>
    public required IReadOnlyList<SweepSetting> Settings { get; init; }

    /// <summary>The sweep's folder.</summary>
    public required string Output { get; init; }

    /// <summary>Whether a sweep in the folder goes on.</summary>
    public bool Resume { get; init; }

    /// <summary>Combinations that random, bayes and halving try.</summary>
    public int Trials { get; init; } = 16;

    /// <summary>Steps of a quick trial; null for what fits the time box.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Time for the quick scan.</summary>
    public TimeSpan TimeBox { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Seeds that confirm the two best; 0 for no confirmation.</summary>
    public int Seeds { get; init; } = 2;

    /// <summary>The first seed.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Trials at a time; null for as many as fit.</summary>
    public int? Parallel { get; init; }

    /// <summary>Whether the winner is written into the config.</summary>
    public bool Apply { get; init; }

    /// <summary>Whether the output is JSON.</summary>
    public bool Json { get; init; }

    /// <summary>auto, torch or managed.</summary>
    public string Engine { get; init; } = "auto";

    /// <summary>cpu, cuda, cuda:N, or null.</summary>
    public string? Device { get; init; }

    /// <summary>The settings file.</summary>
    public string? SettingsFile { get; init; }

    /// <summary>What the command line says over the config.</summary>
    public RunOverrides Overrides { get; init; } = new();
}
