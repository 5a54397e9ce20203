using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs.Resolving;

namespace LoraLint.Rules.Runs;

/// <summary>
/// Turns a checked config of any trainable format into a run with every default explicit, or says what stands in the way.
/// </summary>
public static class RunResolver
{
    private static readonly RunFormat[] s_formats =
    [
        new LoraLintRun(), new AxolotlRun(), new LlamaFactoryRun(), new TrlRun(), new PeftRun(), new MlxLmRun(), new TorchtuneRun(),
        new LitgptRun(),
    ];

    /// <summary>The formats that can be trained, by name.</summary>
    public static IReadOnlyList<string> Formats { get; } = [.. s_formats.Select(f => f.Name)];

    /// <summary>Resolves a config.</summary>
    /// <param name="config">The config, checked before.</param>
    /// <param name="places">The files around it.</param>
    /// <param name="overrides">What the command line says.</param>
    public static RunResolution Resolve(RecognisedConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var read = new RunReader(config);
        if (FormatOf(config) is not { } format)
        {
            read.Refuse("", $"{config.Format.Title} configs cannot be trained here; `loralint train` takes {string.Join(", ", Formats)}");
            return new RunResolution(null, read.Problems, read.Notes);
        }

        var run = format.Resolve(read, config.Config, places, overrides);
        if (format.IsStrict)
            read.FinishStrictly();
        else
            read.Finish(format.NoInfluence, format.Remedies, format.OffIsOn);
        if (overrides.MaxSteps is { } steps)
            run = run with { Training = run.Training with { MaxSteps = steps } };
        if (overrides.Seed is { } seed)
            run = run with { Training = run.Training with { Seed = seed } };
        if (overrides.Output is { } output)
            run = run with { OutputDirectory = places.FromWorkingFolder(output) };
        return new RunResolution(
            read.Problems.Count == 0 ? run : null, [.. read.Problems.OrderBy(p => p.Span.Start)], read.Notes);
    }

    /// <summary>The keys of a format that change nothing about what is trained: logging, the hub, workers, kernels. Sorted.</summary>
    public static IReadOnlyList<string> KeysWithoutInfluence(string format) =>
        [.. s_formats.Where(f => f.Name == format).SelectMany(f => f.NoInfluence).Distinct().OrderBy(k => k, StringComparer.Ordinal)];

    private static RunFormat? FormatOf(RecognisedConfig config) => s_formats.FirstOrDefault(f => f.Name == config.Format.Name);
}
