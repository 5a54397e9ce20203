using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;

namespace LoraLint.Trainer.Training;

/// <summary>
/// Trains from a state to the end: optimizer steps, evaluations, checkpoints, early stopping. What it does depends on the state, the
/// batches and the options alone, never on time, so that a run that was interrupted anywhere ends with the same bits.
/// </summary>
internal sealed class TrainingLoop(
    ITrainingEngine engine, ITrainingBatches batches, TrainingRun run, ITrainingObserver observer, StopSignal stop, TimeProvider time)
{
    private readonly StepPlan _plan = StepPlan.Of(run.Training, batches.MicroBatches);
    private long _started;
    private long _firstStepEnded;
    private int _firstStep;
    private double _secondsBefore;
    private (int Step, TokenBatch[] Batches) _ahead;

    /// <summary>How steps and epochs lie.</summary>
    public StepPlan Plan => _plan;

    /// <summary>Runs until the last step, early stopping or the wish to stop.</summary>
    /// <param name="state">Where training stands; the engine holds the tensors of this state.</param>
    public LoopEnd Run(TrainingState state)
    {
        var schedule = LearningRateSchedule.Of(run.Optimizer, _plan.Steps);
        _started = time.GetTimestamp();
        _secondsBefore = state.Seconds;
        _firstStep = state.Step + 1;
        var saved = state.Step;
        observer.Enter(RunPhase.Training);
        while (true)
        {
            // A run that was interrupted in the middle of an evaluation comes back here with the evaluation still to do.
            if (IsEvaluationDue(state))
            {
                if (Evaluate(state) is not { } evaluated)
                    return Interrupt(state, saved);
                var isBest = evaluated.BestStep == evaluated.Step;
                state = evaluated;
                if (run.Training.RestoreBest && isBest && saved < state.Step)
                    Save(ref state, ref saved);
            }

            if (saved < state.Step && _plan.IsDue(run.Training.Save, state.Step))
                Save(ref state, ref saved);
            if (state.IsOutOfPatience(run.Training.EarlyStoppingPatience))
                return new LoopEnd(EndReason.EarlyStopping, WithTime(state));
            if (state.Step >= _plan.Steps)
                return new LoopEnd(EndReason.Completed, WithTime(state));
            if (stop.IsRaised)
                return Interrupt(state, saved);
            state = Step(state, schedule);
        }
    }

    private TrainingState Step(TrainingState state, LearningRateSchedule schedule)
    {
        var began = time.GetTimestamp();
        var step = state.Step + 1;
        var micro = _ahead.Step == step ? _ahead.Batches : MicroBatchesOf(step);

        // One over the supervised tokens of the whole step: a mean of the micro batches' means would weigh a token of a short answer more.
        var supervised = micro.Sum(batch => (long)batch.Supervised);
        if (supervised == 0)
            throw new InvalidOperationException($"no token of step {step} is supervised");
        for (var i = 0; i < micro.Length; i++)
        {
            engine.Accumulate(micro[i], 1.0 / supervised, DropoutKey.Of(run.Training.Seed, step, i));
            if (i + 1 < micro.Length)
                engine.Prepare(micro[i + 1]);
        }

        // Before the sums are waited for: until then a GPU has work, and the host none.
        if (step < _plan.Steps)
        {
            _ahead = (step + 1, MicroBatchesOf(step + 1));
            engine.Prepare(_ahead.Batches[0]);
        }

        var sums = engine.ReadSums();
        var (loss, norm) = (sums.Loss / supervised, sums.GradientNorm);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
            throw NotFinite(step, double.IsFinite(loss) ? "gradient" : "loss");
        var rate = schedule.At(step);
        engine.Step(step, rate, ClipFactor(norm, run.Optimizer.MaxGradNorm));

        var tokens = micro.Sum(batch => (long)batch.Length);
        state = WithTime(state with { Step = step, Loss = loss, Tokens = state.Tokens + tokens });
        observer.Stepped(new StepMetrics(
            step, _plan.EpochAfter(step), loss, rate, norm, state.Tokens, tokens / Math.Max(SecondsSince(began), 1e-9),
            engine.MemoryBytes, state.Seconds, SecondsLeft(step)));
        return state;
    }

    private TokenBatch[] MicroBatchesOf(int step)
    {
        var (epoch, range) = _plan.At(step);
        return [.. Enumerable.Range(range.Start.Value, range.End.Value - range.Start.Value).Select(i => batches.Training(epoch, i))];
    }

    /// <summary>
    /// What gradients are multiplied by so that their norm is the allowed one: torch.nn.utils.clip_grad_norm_, whose 1e-6 it has.
    /// </summary>
    internal static double ClipFactor(double norm, double allowed) => allowed > 0 ? Math.Min(1, allowed / (norm + 1e-6)) : 1;

    private bool IsEvaluationDue(TrainingState state) =>
        batches.ValidationBatches > 0 && state.Step > 0 && state.EvaluatedStep < state.Step
        && _plan.IsDue(run.Training.Evaluate, state.Step);

    private TrainingState? Evaluate(TrainingState state)
    {
        observer.Enter(RunPhase.Evaluating);
        var sum = default(LossSum);
        for (var i = 0; i < batches.ValidationBatches; i++)
        {
            if (stop.IsRaised)
                return null;
            sum += engine.Evaluate(batches.Validation(i));
        }

        if (!double.IsFinite(sum.Mean))
            throw NotFinite(state.Step, "validation loss");
        state = state.AfterEvaluation(sum.Mean);
        observer.Evaluated(new EvaluationMetrics(state.Step, sum.Mean, sum.Tokens, state.BestStep == state.Step));
        observer.Enter(RunPhase.Training);
        return state;
    }

    private LoopEnd Interrupt(TrainingState state, int saved)
    {
        if (saved < state.Step)
            Save(ref state, ref saved);
        return new LoopEnd(EndReason.Interrupted, WithTime(state));
    }

    private void Save(ref TrainingState state, ref int saved)
    {
        state = WithTime(state);
        observer.Save(state);
        saved = state.Step;
    }

    private TrainingState WithTime(TrainingState state) => state with { Seconds = _secondsBefore + SecondsSince(_started) };

    private double SecondsSince(long timestamp) => time.GetElapsedTime(timestamp).TotalSeconds;

    // The first step of a process compiles what it calls and is left out.
    private double? SecondsLeft(int step)
    {
        if (step == _firstStep)
        {
            _firstStepEnded = time.GetTimestamp();
            return step == _plan.Steps ? 0 : null;
        }

        return SecondsSince(_firstStepEnded) / (step - _firstStep) * (_plan.Steps - step);
    }

    // Before the first update no setting of the training is to blame.
    private TrainerException NotFinite(int step, string what) => new(step == 1 && what != "validation loss"
        ? $"the {what} of step 1, before anything was trained, is not a finite number: the weights in {run.BaseModel} are damaged, or too "
            + "large for their type; load the base model again"
        : $"the {what} of step {step} is not a finite number: training has diverged. A lower learning_rate (it is "
            + FormattableString.Invariant($"{run.Optimizer.LearningRate}), a longer warmup or a lower max_grad_norm helps"));
}

/// <summary>How the loop ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="State">Where training stands; the engine holds its tensors.</param>
internal sealed record LoopEnd(EndReason Reason, TrainingState State);

/// <summary>Why a run ended.</summary>
internal enum EndReason
{
    /// <summary>All steps are done.</summary>
    Completed,

    /// <summary>The validation loss no longer fell.</summary>
    EarlyStopping,

    /// <summary>Someone wished it; a checkpoint is there to go on from.</summary>
    Interrupted,
}
