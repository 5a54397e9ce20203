namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// Halton's sequence, shifted by a seed: points that fill a cube evenly (Halton 1960; random shifts: Cranley and Patterson 1976).
/// </summary>
internal static class Halton
{
    private static readonly int[] s_primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29];

    /// <summary>The most dimensions.</summary>
    public static int MostDimensions => s_primes.Length;

    /// <summary>A point, each coordinate from 0 to below 1.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="dimensions">1 to <see cref="MostDimensions"/>.</param>
    /// <param name="seed">Shifts the sequence.</param>
    public static double[] Point(int index, int dimensions, long seed)
    {
        var point = new double[dimensions];
        for (var d = 0; d < dimensions; d++)
        {
            var value = Radical(index + 1, s_primes[d]) + Shift(seed, d);
            point[d] = value - Math.Floor(value);
        }

        return point;
    }

    private static double Radical(int index, int prime)
    {
        double value = 0, unit = 1.0 / prime;
        for (var rest = index; rest > 0; rest /= prime, unit /= prime)
            value += rest % prime * unit;
        return value;
    }

    // SplitMix64 (Steele, Lea, Flood 2014) of seed and dimension.
    private static double Shift(long seed, int dimension)
    {
        var z = unchecked((ulong)seed + (0x9E3779B97F4A7C15 * (ulong)(dimension + 1)));
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
