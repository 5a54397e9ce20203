using System.Text.Json;
using System.Text.Json.Serialization;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Spectra;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Runs;

/// <summary>
/// One line of what the trainer prints: a JSON object with the name of the event first. The lines of steps and evaluations are also those
/// of metrics.jsonl. Numbers that are not known are null.
/// </summary>
/// <param name="Event">The event's name.</param>
internal abstract record RunEvent([property: JsonPropertyOrder(-1)] string Event)
{
    /// <summary>The line without its end.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, RunEventJson.Default.Options.GetTypeInfo(GetType()));
}

/// <summary>What is about to be trained; the first thing that is known after the model, the data and the adapter are there.</summary>
/// <param name="Engine">The engine by name.</param>
/// <param name="Threads">Threads that compute.</param>
/// <param name="Device">What computes: vector instructions, or a GPU.</param>
/// <param name="ModelType"><c>model_type</c> of the base model.</param>
/// <param name="Parameters">Of the base model.</param>
/// <param name="Trainable">Parameters that are trained.</param>
/// <param name="Samples">Training samples.</param>
/// <param name="ValidationSamples">Samples for evaluation.</param>
/// <param name="Tokens">Tokens of an epoch.</param>
/// <param name="SupervisedTokens">Those of them that the loss is computed on.</param>
/// <param name="Truncated">Samples that were cut to the longest sequence allowed.</param>
/// <param name="Dropped">Samples that were left out because nothing of them would be learned.</param>
/// <param name="Duplicates">Samples that were left out because they occur twice.</param>
/// <param name="Steps">Optimizer steps of the run.</param>
/// <param name="Epochs">Epochs of the run, possibly a fraction.</param>
/// <param name="ResumedFrom">The step of the checkpoint that the run goes on from, or null.</param>
/// <param name="Output">The run's folder.</param>
/// <param name="Notes">What people should know and what is no warning.</param>
internal sealed record StartEvent(
    string Engine, int Threads, string Device, string ModelType, long Parameters, long Trainable, long Samples, long ValidationSamples,
    long Tokens, long SupervisedTokens, long Truncated, long Dropped, long Duplicates, int Steps, double Epochs, int? ResumedFrom,
    string Output, IReadOnlyList<string> Notes) : RunEvent("start");

/// <summary>A part of the run begins.</summary>
/// <param name="Name">loading, tokenizing, initialising, training, evaluating or saving.</param>
internal sealed record PhaseEvent(string Name) : RunEvent("phase")
{
    /// <summary>The event of a phase.</summary>
    public static PhaseEvent Of(RunPhase phase) => new(phase switch
    {
        RunPhase.Loading => "loading",
        RunPhase.Tokenizing => "tokenizing",
        RunPhase.Initialising => "initialising",
        RunPhase.Training => "training",
        RunPhase.Evaluating => "evaluating",
        RunPhase.Saving => "saving",
        _ => throw new ArgumentOutOfRangeException(nameof(phase)),
    });
}

/// <summary>An optimizer step; see <see cref="Training.StepMetrics"/>.</summary>
internal sealed record StepEvent(
    int Step, int Steps, double Epoch, double Loss, double LearningRate, double GradientNorm, long Tokens, double TokensPerSecond,
    long MemoryBytes, double Seconds, double? SecondsLeft) : RunEvent("step");

/// <summary>An evaluation; see <see cref="Training.EvaluationMetrics"/>.</summary>
internal sealed record EvaluationEvent(int Step, double Loss, long Tokens, bool IsBest) : RunEvent("evaluation");

/// <summary>A checkpoint is on the disk.</summary>
internal sealed record CheckpointEvent(int Step, string Path) : RunEvent("checkpoint");

/// <summary>Something that people should look at.</summary>
internal sealed record WarningEvent(string Message) : RunEvent("warning");

/// <summary>The run is over.</summary>
/// <param name="Reason">completed, early_stopping or interrupted.</param>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Seconds">Of training, interruptions left out.</param>
/// <param name="Adapter">The adapter's folder, or null when the run was interrupted.</param>
/// <param name="BestStep">The step of the lowest validation loss, or null.</param>
/// <param name="BestLoss">The lowest validation loss, or null.</param>
/// <param name="FinalLoss">The training loss of the last step, or null.</param>
internal sealed record EndEvent(
    string Reason, int Step, double Seconds, string? Adapter, int? BestStep, double? BestLoss, double? FinalLoss) : RunEvent("end");

/// <summary>The run failed.</summary>
/// <param name="Kind">user, memory or defect.</param>
/// <param name="Message">For people.</param>
internal sealed record ErrorEvent(string Kind, string Message) : RunEvent("error");

/// <summary>The events for the source generator.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StartEvent))]
[JsonSerializable(typeof(PhaseEvent))]
[JsonSerializable(typeof(StepEvent))]
[JsonSerializable(typeof(EvaluationEvent))]
[JsonSerializable(typeof(CheckpointEvent))]
[JsonSerializable(typeof(WarningEvent))]
[JsonSerializable(typeof(EndEvent))]
[JsonSerializable(typeof(ErrorEvent))]
[JsonSerializable(typeof(SampleEvent))]
[JsonSerializable(typeof(SpectrumEvent))]
[JsonSerializable(typeof(ModuleRankEvent))]
[JsonSerializable(typeof(BaseLossEvent))]
[JsonSerializable(typeof(TokensEvent))]
internal sealed partial class RunEventJson : JsonSerializerContext;
