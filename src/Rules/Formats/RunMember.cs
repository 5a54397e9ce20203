using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Formats;

/// <summary>A member of a run's records: where it is, what it holds, which values it can have.</summary>
/// <param name="Part">The member of the run that has it; empty for the run itself.</param>
/// <param name="Name">Its name; a dot for a member of a member.</param>
/// <param name="Get">Reads it.</param>
internal sealed record RunMember(string Part, string Name, Func<TrainingRun, object?> Get)
{
    /// <summary>The property of <see cref="Configs.TrainingConfig"/> that it holds; its own name when none does.</summary>
    public string Setting { get; init; } = Name;

    /// <summary>The key of our run format that has the same range; null when it has none.</summary>
    public string? Key { get; init; }

    /// <summary>The numbers that it can have; null for any, and where it takes none.</summary>
    public NumberRange? Range { get; init; }

    /// <summary>The words that it takes; empty for any, and where it takes none.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The path in a run.</summary>
    public string Path => Part.Length == 0 ? Name : Part + "." + Name;

    /// <summary>What the linter knows of it.</summary>
    /// <param name="defaults">A run whose members have their defaults.</param>
    /// <param name="isWhole">Whether it is reached from a run, and not from the part alone.</param>
    public CodeMember In(TrainingRun defaults, bool isWhole) => new(isWhole ? Path : Name, Get(defaults) switch
    {
        int number => (double)number,
        long number => (double)number,
        Enum value => value.ToString(),
        bool or double or string or IReadOnlyList<string> => Get(defaults),
        // An object, or null: what that stands for the setting's reader knows.
        _ => null,
    })
    {
        Range = Range, Words = Words, RunKey = Key,
    };
}
