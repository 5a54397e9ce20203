namespace LoraLint.Trainer;

/// <summary>
/// What all random numbers of a run are made of: they follow from what they are for (seed, purpose, place) by hashing, not from what was
/// drawn before. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), the same on every platform.
/// </summary>
internal static class SplitMix64
{
    /// <summary>The step from one state to the next: the odd number nearest to 2^64 over the golden ratio.</summary>
    public const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>The finalizer: a bijection in which each bit of the input moves each of the output.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>The number behind a state: the next state's finalizer.</summary>
    public static ulong Next(ulong state) => Mix(state + Golden);
}
