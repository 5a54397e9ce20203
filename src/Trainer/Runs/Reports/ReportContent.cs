using LoraLint.Advisor.Advice.Curves;
using LoraLint.Advisor.Training;

namespace LoraLint.Trainer.Runs.Reports;

/// <summary>What a report tells of.</summary>
/// <param name="Record">The run and the config that it came from.</param>
/// <param name="Start">What was known at the start.</param>
/// <param name="End">How it ended, or null when it failed.</param>
/// <param name="Failure">Why it failed, or null.</param>
/// <param name="Metrics">Steps and evaluations in order.</param>
internal sealed record ReportContent(
    RunRecord Record, StartEvent Start, EndEvent? End, string? Failure, IReadOnlyList<RunEvent> Metrics)
{
    /// <summary>The optimizer steps in order.</summary>
    public IReadOnlyList<StepEvent> Steps => [.. Metrics.OfType<StepEvent>()];

    /// <summary>The evaluations in order.</summary>
    public IReadOnlyList<EvaluationEvent> Evaluations => [.. Metrics.OfType<EvaluationEvent>()];

    /// <summary>The run's curves, as they are diagnosed.</summary>
    public RunCurves Curves => new()
    {
        TrainLoss = [.. Steps.Select(step => new CurvePoint(step.Step, step.Loss))],
        ValidationLoss = [.. Evaluations.Select(evaluation => new CurvePoint(evaluation.Step, evaluation.Loss))],
        GradientNorm = [.. Steps.Select(step => new CurvePoint(step.Step, step.GradientNorm))],
        LearningRate = [.. Steps.Select(step => new CurvePoint(step.Step, step.LearningRate))],
        Epoch = [.. Steps.Select(step => new CurvePoint(step.Step, step.Epoch))],
        PlannedSteps = Start.Steps,
        Files = [MetricsLog.FileName],
    };
}
