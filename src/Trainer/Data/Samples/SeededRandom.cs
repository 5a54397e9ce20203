using static LoraLint.Trainer.SplitMix64;

namespace LoraLint.Trainer.Data.Samples;

/// <summary>
/// Random numbers that follow from what they are for alone: <see cref="SplitMix64"/> started from a hash of a seed, a
/// purpose and a number such as the epoch. The same on every platform, in integers throughout.
/// </summary>
internal struct SeededRandom(long seed, ulong purpose, long number)
{
    private ulong _state = Mix(Mix(Mix((ulong)seed + Golden) + purpose * Golden) + (ulong)number * Golden);

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
