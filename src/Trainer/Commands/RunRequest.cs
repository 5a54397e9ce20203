using LoraLint.Trainer.Engines;

namespace LoraLint.Trainer.Commands;

/// <summary>What <c>loralint-trainer run</c> was asked for.</summary>
/// <param name="Folder">The run's folder; holds run.json.</param>
/// <param name="Resume">Whether an unfinished run in it goes on.</param>
/// <param name="Threads">Threads that compute, or null for all of the machine's cores.</param>
/// <param name="Engine">The engine's kind.</param>
/// <param name="Device">What it computes on, or null for the best there is.</param>
/// <param name="HasControl">Whether a parent process writes to standard input.</param>
/// <param name="Record">The file with the run that becomes run.json, or null when run.json holds it.</param>
internal sealed record RunRequest(
    string Folder, bool Resume, int? Threads, IEngineKind Engine, string? Device, bool HasControl, string? Record = null);
