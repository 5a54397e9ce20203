using LoraLint.Trainer.Data;
using LoraLint.Trainer.Engines;

namespace LoraLint.Trainer.Training;

/// <summary>The batches of a run's data.</summary>
internal sealed class PlannedBatches(TrainingData data) : ITrainingBatches
{
    /// <inheritdoc/>
    public int MicroBatches => data.Train.MicroBatches;

    /// <inheritdoc/>
    public int ValidationBatches => data.Validation?.MicroBatches ?? 0;

    /// <inheritdoc/>
    public TokenBatch Training(int epoch, int index) => data.Train.Batch(epoch, index);

    /// <inheritdoc/>
    public TokenBatch Validation(int index) => data.Validation!.Batch(0, index);
}
