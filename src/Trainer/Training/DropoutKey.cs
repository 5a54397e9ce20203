namespace LoraLint.Trainer.Training;

/// <summary>Names the dropout masks of a micro batch, so that a resumed run draws the masks that the uninterrupted one draws.</summary>
internal static class DropoutKey
{
    /// <summary>The key of a micro batch: a hash whose bits all depend on all of the three.</summary>
    /// <param name="seed">The run's.</param>
    /// <param name="step">The optimizer step, from 1.</param>
    /// <param name="microBatch">The micro batch of the step, from 0.</param>
    public static ulong Of(long seed, int step, int microBatch) =>
        SplitMix64.Next(SplitMix64.Next(SplitMix64.Next((ulong)seed) + (uint)step) + (uint)microBatch);
}
