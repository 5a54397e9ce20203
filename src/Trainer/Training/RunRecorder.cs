using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Training;

/// <summary>Keeps what the loop tells: lines for whoever started the trainer, metrics, TensorBoard's scalars, checkpoints.</summary>
internal sealed class RunRecorder : ITrainingObserver, IDisposable
{
    private readonly RunFolder _folder;
    private readonly TrainingParts _parts;
    private readonly IReadOnlyList<ParameterState> _kinds;
    private readonly Action<RunEvent> _tell;
    private readonly MetricsLog _metrics;
    private readonly EventFile _events;

    /// <summary>Opens the logs behind a state.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="parts">What is trained.</param>
    /// <param name="kinds">The tensors that the optimizer needs to go on.</param>
    /// <param name="state">Where training goes on.</param>
    /// <param name="tell">Takes each event.</param>
    /// <param name="time">Where events get their time.</param>
    public RunRecorder(
        RunFolder folder, TrainingParts parts, IReadOnlyList<ParameterState> kinds, TrainingState state, Action<RunEvent> tell,
        TimeProvider time)
    {
        (_folder, _parts, _kinds, _tell) = (folder, parts, kinds, tell);
        _metrics = MetricsLog.Open(folder.Path, state.Step, state.EvaluatedStep);
        try
        {
            _events = EventFile.Open(folder.Path, state.Step, state.EvaluatedStep, time);
        }
        catch
        {
            _metrics.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Enter(RunPhase phase) => _tell(PhaseEvent.Of(phase));

    /// <inheritdoc/>
    public void Stepped(StepMetrics metrics)
    {
        var line = new StepEvent(
            metrics.Step, _parts.Start.Steps, metrics.Epoch, metrics.Loss, metrics.LearningRate, metrics.GradientNorm, metrics.Tokens,
            metrics.TokensPerSecond, metrics.MemoryBytes, metrics.Seconds, metrics.SecondsLeft);
        _metrics.Add(line);
        _events.Add(
            metrics.Step, ("train/loss", metrics.Loss), ("learning_rate", metrics.LearningRate), ("gradient_norm", metrics.GradientNorm),
            ("tokens_per_second", metrics.TokensPerSecond));
        _tell(line);
    }

    /// <inheritdoc/>
    public void Evaluated(EvaluationMetrics metrics)
    {
        var line = new EvaluationEvent(metrics.Step, metrics.Loss, metrics.Tokens, metrics.IsBest);
        _metrics.Add(line);
        _events.Add(metrics.Step, (EventFile.ValidationLoss, metrics.Loss));
        _tell(line);
    }

    /// <inheritdoc/>
    public void Save(TrainingState state)
    {
        _tell(PhaseEvent.Of(RunPhase.Saving));
        // The metrics first: a checkpoint on the disk means that the lines up to it are there too.
        _metrics.Flush(_folder.Files);
        var path = _folder.Checkpoints.Write(state, _parts.Engine, _kinds, _parts.WriteAdapter, _parts.Identity, _folder.Record);
        var options = _folder.Record.Run.Training;
        _folder.Checkpoints.Prune(options.SaveLimit, options.RestoreBest ? state.BestStep : 0);
        _tell(new CheckpointEvent(state.Step, path));
        _tell(PhaseEvent.Of(RunPhase.Training));
    }

    /// <summary>Closes the logs.</summary>
    public void Dispose()
    {
        _metrics.Dispose();
        _events.Dispose();
    }
}
