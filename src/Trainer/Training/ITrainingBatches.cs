using LoraLint.Trainer.Engines;

namespace LoraLint.Trainer.Training;

/// <summary>
/// What the loop trains and evaluates on. The same indices give the same batch at any time, so that a run can go on anywhere.
/// </summary>
internal interface ITrainingBatches
{
    /// <summary>Micro batches of an epoch, 1 or more.</summary>
    int MicroBatches { get; }

    /// <summary>Batches to evaluate on; 0 for none.</summary>
    int ValidationBatches { get; }

    /// <summary>A micro batch.</summary>
    /// <param name="epoch">Counts from 0; each has an order of its own.</param>
    /// <param name="index">0 to below <see cref="MicroBatches"/>.</param>
    TokenBatch Training(int epoch, int index);

    /// <summary>A batch to evaluate on.</summary>
    /// <param name="index">0 to below <see cref="ValidationBatches"/>.</param>
    TokenBatch Validation(int index);
}
