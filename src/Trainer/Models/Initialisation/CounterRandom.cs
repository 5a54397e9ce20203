using System.Text;

namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>
/// Random numbers by place: number i of a stream does not depend on what was drawn before, on threads or on the platform.
/// <see cref="SplitMix64"/> over seed, name and index.
/// </summary>
/// <param name="seed">The run's seed.</param>
/// <param name="name">The stream's name, such as a tensor's.</param>
internal readonly struct CounterRandom(long seed, string name)
{
    private readonly ulong _key = SplitMix64.Next(SplitMix64.Next((ulong)seed) ^ Hash(name));

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double Uniform(long index) => (SplitMix64.Next(_key + (ulong)index * SplitMix64.Golden) >> 11) * (1.0 / (1L << 53));

    /// <summary>Standard normal (Box and Muller).</summary>
    public double Normal(long index) =>
        Math.Sqrt(-2 * Math.Log(1 - Uniform(2 * index))) * Math.Cos(2 * Math.PI * Uniform((2 * index) + 1));

    // FNV-1a: string.GetHashCode differs from process to process.
    private static ulong Hash(string text)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ b) * 0x100000001B3;
        return hash;
    }
}
