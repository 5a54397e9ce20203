using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>Work on a row of values, vector by vector and then value by value.</summary>
internal static unsafe class Lanes<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>The sum of products, in four interleaved sums: one would wait for each addition.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int length)
    {
        var w = TSimd.Width;
        TVector s0 = default, s1 = default, s2 = default, s3 = default;
        var i = 0;
        for (; i + 4 * w <= length; i += 4 * w)
        {
            s0 = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), s0);
            s1 = TSimd.MultiplyAdd(TSimd.Load(a + i + w), TSimd.Load(b + i + w), s1);
            s2 = TSimd.MultiplyAdd(TSimd.Load(a + i + 2 * w), TSimd.Load(b + i + 2 * w), s2);
            s3 = TSimd.MultiplyAdd(TSimd.Load(a + i + 3 * w), TSimd.Load(b + i + 3 * w), s3);
        }
        for (; i + w <= length; i += w)
            s0 = TSimd.MultiplyAdd(TSimd.Load(a + i), TSimd.Load(b + i), s0);
        var sum = TSimd.Sum(TSimd.Add(TSimd.Add(s0, s1), TSimd.Add(s2, s3)));
        for (; i < length; i++)
            sum += a[i] * b[i];
        return sum;
    }
}
