using System.Globalization;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>A run that a sweep does. The same settings, seed and length are the same trial, whichever stage asks for it.</summary>
internal sealed record Trial
{
    /// <summary>Settings that differ from the config's, by name, in the order of names.</summary>
    public required SortedDictionary<string, double> Values { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>Optimizer steps that its schedule is for; null for the config's own length.</summary>
    public required int? Steps { get; init; }

    /// <summary>The step after whose evaluation it is stopped; null for none.</summary>
    public int? StopAt { get; init; }

    /// <summary>What it is for, for people: scan, refine, confirm ...</summary>
    public required string Stage { get; init; }

    /// <summary>The name of its folder; a trial that is stopped early goes on in the same one.</summary>
    public string Folder => string.Join('-', [
        .. Values.Select(v => $"{v.Key}={ConfigEditor.Number(v.Value)}"), Text($"seed={Seed}"),
        Steps is { } steps ? Text($"steps={steps}") : "full"]);

    /// <summary>The name of its result.</summary>
    public string Id => StopAt is { } stop ? Folder + Text($"-to={stop}") : Folder;

    /// <summary>A trial with one setting changed.</summary>
    public static Trial Of(string stage, long seed, int? steps, params (string Name, double Value)[] values) => new()
    {
        Values = new SortedDictionary<string, double>(values.ToDictionary(v => v.Name, v => v.Value), StringComparer.Ordinal),
        Seed = seed,
        Steps = steps,
        Stage = stage,
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a trial came to.</summary>
internal sealed record TrialResult
{
    /// <summary>The trial's <see cref="Trial.Id"/>.</summary>
    public required string Id { get; init; }

    /// <summary>What it was for.</summary>
    public required string Stage { get; init; }

    /// <summary>Its settings.</summary>
    public required SortedDictionary<string, double> Values { get; init; }

    /// <summary>Its seed.</summary>
    public required long Seed { get; init; }

    /// <summary>The lowest validation loss; null when the run failed or gave none.</summary>
    public double? Loss { get; init; }

    /// <summary>The step of that loss.</summary>
    public int? BestStep { get; init; }

    /// <summary>The training loss at the end, smoothed.</summary>
    public double? TrainLoss { get; init; }

    /// <summary>Steps that count.</summary>
    public int Steps { get; init; }

    /// <summary>Whether the run was stable.</summary>
    public bool IsStable { get; init; } = true;

    /// <summary>The step at which overfitting began, or null.</summary>
    public int? OverfitsFrom { get; init; }

    /// <summary>Jitter of the training loss against its level.</summary>
    public double? Roughness { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Failure { get; init; }
}
