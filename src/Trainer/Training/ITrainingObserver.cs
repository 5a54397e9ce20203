namespace LoraLint.Trainer.Training;

/// <summary>What the loop tells while it runs. Calls come on its thread, in order.</summary>
internal interface ITrainingObserver
{
    /// <summary>A part of the run begins.</summary>
    void Enter(RunPhase phase);

    /// <summary>An optimizer step is done.</summary>
    void Stepped(StepMetrics metrics);

    /// <summary>An evaluation is done.</summary>
    void Evaluated(EvaluationMetrics metrics);

    /// <summary>A checkpoint of this state is due.</summary>
    void Save(TrainingState state);
}

/// <summary>The parts of a run.</summary>
internal enum RunPhase
{
    /// <summary>The base model is read.</summary>
    Loading,

    /// <summary>The data is read and tokenized.</summary>
    Tokenizing,

    /// <summary>The adapter gets its first values.</summary>
    Initialising,

    /// <summary>Optimizer steps.</summary>
    Training,

    /// <summary>The loss on the validation data.</summary>
    Evaluating,

    /// <summary>A checkpoint or the adapter is written.</summary>
    Saving,
}

/// <summary>What an optimizer step gave.</summary>
/// <param name="Step">From 1.</param>
/// <param name="Epoch">The epochs that are over, possibly a fraction.</param>
/// <param name="Loss">In nats a supervised token, on average over the step's micro batches, each token alike.</param>
/// <param name="LearningRate">Of this step.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="Tokens">Trained on since the start of the run, supervised or not.</param>
/// <param name="TokensPerSecond">Of this step.</param>
/// <param name="MemoryBytes">What the process holds in memory.</param>
/// <param name="Seconds">Since the start of the run, interruptions left out.</param>
/// <param name="SecondsLeft">What the rest will take, going by what was; null after the first step.</param>
internal sealed record StepMetrics(
    int Step, double Epoch, double Loss, double LearningRate, double GradientNorm, long Tokens, double TokensPerSecond,
    long MemoryBytes, double Seconds, double? SecondsLeft);

/// <summary>What an evaluation gave.</summary>
/// <param name="Step">The optimizer steps done.</param>
/// <param name="Loss">In nats a supervised token.</param>
/// <param name="Tokens">Supervised tokens it was computed over.</param>
/// <param name="IsBest">Whether no evaluation before gave as low a loss.</param>
internal sealed record EvaluationMetrics(int Step, double Loss, long Tokens, bool IsBest);
