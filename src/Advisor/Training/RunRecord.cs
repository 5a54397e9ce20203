using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>
/// What a run directory says about its run, as <c>run.json</c>: the resolved run, and the config that it came from with what was found
/// in it. <c>loralint train</c> writes it, the trainer reads nothing else.
/// </summary>
public sealed record RunRecord
{
    /// <summary>The file's name in a run directory.</summary>
    public const string FileName = "run.json";

    /// <summary>The run with every default made explicit.</summary>
    public required TrainingRun Run { get; init; }

    /// <summary>The config that the run was resolved from.</summary>
    public required ConfigRecord Config { get; init; }

    /// <summary>What was found in the config when the run was started, by place.</summary>
    public required IReadOnlyList<FindingRecord> Findings { get; init; }

    /// <summary>What the resolver has to say: settings that have no effect here, words that stand for something near.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Whether errors among the findings were overridden with <c>--force</c>.</summary>
    public required bool Forced { get; init; }

    /// <summary>The LoraLint that wrote this, such as <c>0.1.0</c>.</summary>
    public required string LoraLintVersion { get; init; }
}

/// <summary>A config as a run directory keeps it.</summary>
/// <param name="Path">The file's path as it was named.</param>
/// <param name="Format">The format by name, such as <c>axolotl</c>.</param>
/// <param name="Text">The whole text, secrets masked.</param>
public sealed record ConfigRecord(string Path, string Format, string Text);

/// <summary>A finding as a run directory keeps it.</summary>
/// <param name="Code">The rule's code, such as <c>LL104</c>.</param>
/// <param name="Name">The rule's name.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What is wrong, why it matters and what to do.</param>
/// <param name="Line">The line in the config, from 1.</param>
public sealed record FindingRecord(string Code, string Name, Severity Severity, string Message, int Line);
