namespace LoraLint.Trainer.Training;

/// <summary>Names the dropout masks of a micro batch, so that a resumed run draws the masks that the uninterrupted one draws.</summary>
internal static class DropoutKey
{
    /// <summary>The key of a micro batch: a hash whose bits all depend on all of the three.</summary>
    /// <param name="seed">The run's.</param>
    /// <param name="step">The optimizer step, from 1.</param>
    /// <param name="microBatch">The micro batch of the step, from 0.</param>
    public static ulong Of(long seed, int step, int microBatch) =>
        Mix(Mix(Mix((ulong)seed) + (uint)step) + (uint)microBatch);

    // The finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), a bijection of 64 bits.
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
