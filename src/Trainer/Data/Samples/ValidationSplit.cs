namespace LoraLint.Trainer.Data.Samples;

/// <summary>
/// Chooses what is held out for evaluation. The choice is by a hash of each sample and the seed: it does not depend on the order of the
/// files, and a sample that is held out stays so, as a rule, when rows are added elsewhere.
/// </summary>
internal static class ValidationSplit
{
    private const ulong Purpose = 3;

    /// <summary>Splits samples into those trained on and those held out; both keep their order.</summary>
    /// <param name="store">Where the samples are.</param>
    /// <param name="samples">All of them.</param>
    /// <param name="split">Below 1 a share, rounded to a number of at least 1; from 1 on a number.</param>
    /// <param name="seed">The seed of the run.</param>
    public static (int[] Train, int[] HeldOut) Split(SampleStore store, IReadOnlyList<int> samples, double split, long seed)
    {
        var count = split < 1 ? Math.Max(1, Math.Round(split * samples.Count)) : Math.Floor(split);
        if (!(split > 0) || !(count < samples.Count))
        {
            throw new TrainerException(
                FormattableString.Invariant($"A validation split of {split} cannot be held out of {samples.Count} samples; ")
                + "lower it, or name a file for validation");
        }

        var key = SplitMix64.Mix((ulong)seed + Purpose);
        var heldOut = samples.OrderBy(sample => KeyOf(store.Hash(sample), key)).Take((int)count).ToHashSet();
        return ([.. samples.Where(sample => !heldOut.Contains(sample))], [.. samples.Where(heldOut.Contains)]);
    }

    private static ulong KeyOf(UInt128 hash, ulong key) => SplitMix64.Mix((ulong)hash ^ SplitMix64.Mix((ulong)(hash >> 64) ^ key));
}
