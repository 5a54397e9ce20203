using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

/// <summary>Small batches of unequal lengths, some positions of which are not supervised; another order in each epoch.</summary>
internal sealed class GivenBatches(int microBatches, int validationBatches) : ITrainingBatches
{
    public int MicroBatches => microBatches;

    public int ValidationBatches => validationBatches;

    public TokenBatch Training(int epoch, int index) => Batch((index + 3 * epoch) % microBatches);

    public TokenBatch Validation(int index) => Batch(100 + index);

    private static TokenBatch Batch(int number)
    {
        var length = 2 + number % 4;
        var tokens = Enumerable.Range(0, length).Select(i => (7 * number + i) % 50).ToArray();
        var targets = tokens.Select((_, i) => i == 0 ? TokenBatch.Ignored : (7 * number + i + 1) % 50).ToArray();
        return new TokenBatch(tokens, targets, [0, length]);
    }
}
