using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// Dropout whose masks are a function of (key, module, row, column): nothing is stored, the backward pass draws the same mask again, and
/// neither threads nor the order of the work change it.
/// </summary>
/// <remarks>
/// The generator is Philox4x32 with 10 rounds (Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3"): a cipher-like
/// bijection of a 128-bit counter under a 64-bit key, of which each result gives four 32-bit numbers. The counter is (8 g + lane, row,
/// module, 0) for the g-th group of 32 columns; its four words go to the columns 32 g + lane, + 8, + 16, + 24. Each word lies in a
/// 64-bit lane, since a round multiplies 32 by 32 bits and needs both halves of the product.
/// </remarks>
/// <param name="Probability">Of dropping an element, 0 to below 1.</param>
/// <param name="Key">Names the masks.</param>
internal readonly record struct Dropout(double Probability, ulong Key)
{
    /// <summary>Columns drawn together.</summary>
    private const int Group = 32;

    /// <summary>No dropout.</summary>
    public static Dropout None => default;

    /// <summary>Whether anything is dropped.</summary>
    public bool IsActive => Probability > 0;

    /// <summary>
    /// Multiplies a row by its mask: y = 0 where dropped, x / (1 - p) elsewhere, or adds that to y. Applied to a gradient it is its own
    /// backward pass. In place is allowed.
    /// </summary>
    /// <param name="module">The module's index.</param>
    /// <param name="row">The row's index in the micro batch.</param>
    /// <param name="x">The row.</param>
    /// <param name="y">What becomes of it.</param>
    /// <param name="columns">Its length.</param>
    /// <param name="add">Add to <paramref name="y"/> in place of overwriting it.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void Apply(int module, int row, float* x, float* y, int columns, bool add = false)
    {
        // A 32-bit number below the threshold drops: p = threshold / 2^32.
        var threshold = Vector512.Create((ulong)Math.Min(uint.MaxValue, Math.Round(Probability * 4294967296.0)));
        var scale = Vector256.Create((float)(1 / (1 - Probability)));
        var rest = stackalloc float[Group];
        for (var column = 0; column < columns; column += Group)
        {
            var words = Draw((uint)(column / Group * 8), (uint)row, (uint)module);
            var whole = columns - column >= Group;
            for (var word = 0; word < 4; word++)
            {
                var drawn = word switch { 0 => words.A, 1 => words.B, 2 => words.C, _ => words.D };
                var keep = Vector512.GreaterThanOrEqual(drawn, threshold);
                var factor = Vector256.Narrow(keep.GetLower(), keep.GetUpper()).AsSingle() & scale;
                factor.Store(rest + 8 * word);
            }

            var count = whole ? Group : columns - column;
            var i = 0;
            if (add)
            {
                for (; i <= count - 8; i += 8)
                    (Vector256.Load(y + column + i) + Vector256.Load(x + column + i) * Vector256.Load(rest + i)).Store(y + column + i);
                for (; i < count; i++)
                    y[column + i] += x[column + i] * rest[i];
            }
            else
            {
                for (; i <= count - 8; i += 8)
                    (Vector256.Load(x + column + i) * Vector256.Load(rest + i)).Store(y + column + i);
                for (; i < count; i++)
                    y[column + i] = x[column + i] * rest[i];
            }
        }
    }

    /// <summary>Four numbers for each of eight counters that follow each other; the upper halves of the lanes are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal (Vector512<ulong> A, Vector512<ulong> B, Vector512<ulong> C, Vector512<ulong> D) Draw(uint counter, uint row, uint module)
    {
        var low = Vector512.Create((ulong)uint.MaxValue);
        var firstFactor = Vector512.Create(0xD2511F53UL);
        var secondFactor = Vector512.Create(0xCD9E8D57UL);
        var a = Vector512.Create((ulong)counter) + Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);
        var b = Vector512.Create((ulong)row);
        var c = Vector512.Create((ulong)module);
        var d = Vector512<ulong>.Zero;
        var firstKey = (uint)Key;
        var secondKey = (uint)(Key >> 32);
        for (var round = 0; round < 10; round++)
        {
            var first = Multiply(a, firstFactor);
            var second = Multiply(c, secondFactor);
            a = (second >> 32) ^ b ^ Vector512.Create((ulong)firstKey);
            b = second & low;
            c = (first >> 32) ^ d ^ Vector512.Create((ulong)secondKey);
            d = first & low;
            firstKey += 0x9E3779B9;
            secondKey += 0xBB67AE85;
        }

        return (a, b, c, d);
    }

    /// <summary>The product of lanes below 2^32: one instruction where there is one for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Multiply(Vector512<ulong> x, Vector512<ulong> y) =>
        Avx512F.IsSupported ? Avx512F.Multiply(x.AsUInt32(), y.AsUInt32())
        : Avx2.IsSupported ? Vector512.Create(
            Avx2.Multiply(x.GetLower().AsUInt32(), y.GetLower().AsUInt32()),
            Avx2.Multiply(x.GetUpper().AsUInt32(), y.GetUpper().AsUInt32()))
        : x * y;
}
