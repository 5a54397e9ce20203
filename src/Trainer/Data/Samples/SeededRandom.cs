namespace LoraLint.Trainer.Data.Samples;

/// <summary>
/// Random numbers that follow from what they are for alone: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014) started from a hash of a seed, a
/// purpose and a number such as the epoch. The same on every platform, in integers throughout.
/// </summary>
internal struct SeededRandom(long seed, ulong purpose, long number)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = Mix(Mix(Mix((ulong)seed + Golden) + purpose * Golden) + (ulong)number * Golden);

    /// <summary>SplitMix64's finalizer: a bijection in which each bit of the input moves each of the output.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A number from 0 to below <paramref name="bound"/>; the bias is below bound / 2^64.</summary>
    public int Below(int bound)
    {
        _state += Golden;
        return (int)Math.BigMul(Mix(_state), (ulong)bound, out _);
    }

    /// <summary>A number from 0 to below 1, in steps of 2^-53.</summary>
    public double Unit()
    {
        _state += Golden;
        return (Mix(_state) >> 11) * (1.0 / (1L << 53));
    }

    /// <summary>Puts values into random order, each order as likely as any other (Fisher and Yates).</summary>
    public void Shuffle(Span<int> values)
    {
        for (var i = values.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }
    }
}
