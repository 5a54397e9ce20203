namespace LoraLint.Advisor.Reading;

/// <summary>
/// Limits that protect the reader, and every rule that walks a tree, against hostile or accidental input. Real configs stay two orders
/// of magnitude below each of them.
/// </summary>
public static class ReadLimits
{
    /// <summary>
    /// The largest file that is read, in bytes: 5 MiB. The largest config of the field has 36 KB; what is larger is data or weights.
    /// </summary>
    public const int MaxBytes = 5 * 1024 * 1024;

    /// <summary>
    /// How deep mappings and lists may nest, aliases followed: 100. Rules walk trees recursively, and so do the frameworks' own loaders
    /// (PyYAML and Python's json module fail at a few hundred levels).
    /// </summary>
    public const int MaxDepth = 100;

    /// <summary>
    /// How many nodes a file may have once aliases and merge keys are followed: 500,000. Every rule may walk all of them.
    /// </summary>
    public const int MaxNodes = 500_000;

    /// <summary>How many problems of one kind are reported for a file: 20. Behind that many syntax errors reading stops.</summary>
    public const int MaxProblems = 20;

    /// <summary>How many runs of one file of code are checked, adapters of a script or commands of a shell script: 200.</summary>
    public const int MaxRuns = 200;

    /// <summary>How many calls of a script are read, adapters and what belongs to them: 1,000. More come from a generator.</summary>
    public const int MaxCalls = 1000;

    /// <summary>How many arguments of a call, or flags of a command, are read: 1,000. The largest class has some 200 keywords.</summary>
    public const int MaxArguments = 1000;
}
