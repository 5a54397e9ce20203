using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs;

/// <summary>How the configs of one format become runs: which keys it takes, and which have no part in what is trained.</summary>
internal abstract class RunFormat
{
    private static readonly Dictionary<string, string> s_none = [];

    /// <summary>The format by name, as <c>ConfigFormat.Name</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Keys without influence on what is trained; dots for nesting, and all below a key with it.</summary>
    public abstract HashSet<string> NoInfluence { get; }

    /// <summary>What to do about keys that are not supported, where there is more to say than that.</summary>
    public virtual IReadOnlyDictionary<string, string> Remedies => s_none;

    /// <summary>Keys whose false or zero asks for something.</summary>
    public virtual ICollection<string> OffIsOn => [];

    /// <summary>Whether a key that has no place in a run is refused whatever its value.</summary>
    public virtual bool IsStrict => false;

    /// <summary>What the config means. Problems are collected by the reader.</summary>
    public abstract TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides);
}
