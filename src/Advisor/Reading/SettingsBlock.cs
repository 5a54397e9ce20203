using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// What one layer says about rules: the settings file itself, one of its overrides, or the command line. What it leaves out stays as the
/// layer before it had it.
/// </summary>
internal sealed record SettingsBlock
{
    /// <summary>How far documented guidance counts.</summary>
    public Profile? Profile { get; init; }

    /// <summary>Only these rules.</summary>
    public IReadOnlyList<string>? Select { get; init; }

    /// <summary>Not these rules.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>Severities by rule name.</summary>
    public IReadOnlyDictionary<string, Severity> Severities { get; init; } = new Dictionary<string, Severity>();

    /// <summary>Rule options by <c>rule-name.option-name</c>.</summary>
    public IReadOnlyDictionary<string, double> Numbers { get; init; } = new Dictionary<string, double>();

    /// <summary>The format by name.</summary>
    public string? Format { get; init; }

    /// <summary>The training rows.</summary>
    public long? DatasetRows { get; init; }

    /// <summary>The card that configs are to run on.</summary>
    public Gpu? Gpu { get; init; }

    /// <summary>How many parameters may be trained.</summary>
    public ParameterAmount? TrainableBudget { get; init; }

    /// <summary>Releases of packages by their names.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Lays this block over the options so far. A selection starts anew: what was ignored before counts no more, and a rule selected by
    /// its own name is no longer off.
    /// </summary>
    public LintOptions Over(LintOptions options) => options with
    {
        Profile = Profile ?? options.Profile,
        Select = Select ?? options.Select,
        Ignore = Select is null ? [.. options.Ignore, .. Ignore] : Ignore,
        Severities = Merged(Select is null ? options.Severities : WithoutOff(options.Severities, Select), Severities),
        Numbers = Merged(options.Numbers, Numbers),
        Format = Format ?? options.Format,
        DatasetRows = DatasetRows ?? options.DatasetRows,
        Gpu = Gpu ?? options.Gpu,
        TrainableBudget = TrainableBudget ?? options.TrainableBudget,
        Versions = Merged(options.Versions, Versions),
    };

    private static IReadOnlyDictionary<string, T> Merged<T>(IReadOnlyDictionary<string, T> before, IReadOnlyDictionary<string, T> added)
    {
        if (added.Count == 0)
            return before;
        var merged = new Dictionary<string, T>(before);
        foreach (var (key, value) in added)
            merged[key] = value;
        return merged;
    }

    private static Dictionary<string, Severity> WithoutOff(IReadOnlyDictionary<string, Severity> severities, IReadOnlyList<string> selected)
    {
        var kept = new Dictionary<string, Severity>(severities);
        foreach (var name in selected)
        {
            if (RuleCatalog.Find(name) is { } rule && kept.TryGetValue(rule.Name, out var severity) && severity == Severity.Off)
                kept.Remove(rule.Name);
        }

        return kept;
    }
}
