using LoraLint.Advisor.Training;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Runs.Reports;

namespace LoraLint.Trainer.Training;

/// <summary>
/// One process's part of a run: from the first step or a checkpoint to the adapter, or to the checkpoint of an interruption.
/// </summary>
internal sealed class TrainingSession(RunFolder folder, TrainingParts parts, StopSignal stop, Action<RunEvent> tell, TimeProvider time)
{
    private readonly RunRecord _record = folder.Record;

    /// <summary>Trains, and writes what a run leaves.</summary>
    public EndReason Run()
    {
        IReadOnlyList<ParameterState> kinds = _record.Run.Optimizer.Name == "adamw"
            ? [ParameterState.Value, ParameterState.FirstMoment, ParameterState.SecondMoment]
            : [ParameterState.Value];
        var state = new TrainingState();
        if (folder.ResumeStep is { } step)
        {
            state = Resume(step);
            folder.Checkpoints.Load(step, parts.Engine, kinds);
        }

        var start = parts.Start with { ResumedFrom = folder.ResumeStep };
        tell(start);
        using var recorder = new RunRecorder(folder, parts, kinds, state, tell, time);
        try
        {
            var end = new TrainingLoop(parts.Engine, parts.Batches, _record.Run, recorder, stop, time).Run(state);
            Finish(end, start);
            return end.Reason;
        }
        catch (TrainerException failure)
        {
            TryReport(start, failure.Message);
            throw;
        }
    }

    private TrainingState Resume(int step)
    {
        var checkpoint = folder.Checkpoints.Read(step);
        var (then, now) = (checkpoint.Identity, parts.Identity);
        if (then.Data != now.Data)
            throw Changed("the training or validation data");
        if (then.BaseModel != now.BaseModel)
            throw Changed($"the base model in {_record.Run.BaseModel}");
        if (then.Engine != now.Engine)
            throw Changed($"the engine ({then.Engine}, it is {now.Engine} here)");
        if (then.Device != now.Device)
            tell(new WarningEvent(
                $"the run was started with {then.Device} and goes on with {now.Device}: sums are rounded in another order"));
        if (then.Version != now.Version)
            tell(new WarningEvent(
                $"the run was started by LoraLint {then.Version} and goes on with {now.Version}: numbers may differ slightly"));
        return checkpoint.State;
    }

    private TrainerException Changed(string what) => new(
        $"{what} changed since step {folder.ResumeStep} of the run in {folder.Path}: put it back to resume, or name another folder as "
        + "output");

    private void Finish(LoopEnd end, StartEvent start)
    {
        var state = end.State;
        var adapter = end.Reason == EndReason.Interrupted ? null : folder.Adapter;
        var ended = new EndEvent(
            end.Reason switch
            {
                EndReason.Completed => "completed",
                EndReason.EarlyStopping => "early_stopping",
                _ => "interrupted",
            },
            state.Step, state.Seconds, adapter, state.BestLoss is null ? null : state.BestStep, state.BestLoss, state.Loss);
        if (adapter is not null)
        {
            tell(PhaseEvent.Of(RunPhase.Saving));
            if (_record.Run.Training.RestoreBest && state.BestStep > 0 && state.BestStep != state.Step)
            {
                // The weights alone: nothing goes on from here.
                _ = folder.Checkpoints.Read(state.BestStep);
                folder.Checkpoints.Load(state.BestStep, parts.Engine, [ParameterState.Value]);
            }
        }

        Report(start, ended, null);
        // Last, so that a folder with an adapter holds all of its run.
        if (adapter is not null)
            folder.WriteAdapter(parts.WriteAdapter);
        tell(ended);
    }

    private void Report(StartEvent start, EndEvent? end, string? failure) =>
        RunReport.Write(folder, new ReportContent(_record, start, end, failure, MetricsLog.Read(folder.Path)));

    private void TryReport(StartEvent start, string failure)
    {
        try
        {
            Report(start, null, failure);
        }
        catch (TrainerException)
        {
            // A disk that is full holds no report either; the failure itself is what is told.
        }
    }
}
