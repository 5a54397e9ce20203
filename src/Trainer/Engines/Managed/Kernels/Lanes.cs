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

    /// <summary>A vector of the first <paramref name="count"/> values, all others <paramref name="rest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Load(float* source, int count, float rest = 0) =>
        count >= TSimd.Width ? TSimd.Load(source) : LoadSome(source, count, rest);

    /// <summary>Stores the first <paramref name="count"/> values, or a whole vector when there is room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(TVector value, float* target, int count)
    {
        if (count >= TSimd.Width)
            TSimd.Store(value, target);
        else
            StoreSome(value, target, count);
    }

    /// <summary>target += factor source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* target, float* source, int length, float factor)
    {
        var times = TSimd.Broadcast(factor);
        for (var i = 0; i < length; i += TSimd.Width)
            Store(TSimd.MultiplyAdd(times, Load(source + i, length - i), Load(target + i, length - i)), target + i, length - i);
    }

    /// <summary>target *= factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* target, int length, float factor)
    {
        var times = TSimd.Broadcast(factor);
        for (var i = 0; i < length; i += TSimd.Width)
            Store(TSimd.Multiply(times, Load(target + i, length - i)), target + i, length - i);
    }

    /// <summary>The greatest of whole vectors of values: <paramref name="length"/> is a multiple of their width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Largest(float* values, int length)
    {
        var largest = TSimd.Broadcast(float.NegativeInfinity);
        for (var i = 0; i < length; i += TSimd.Width)
            largest = TSimd.Max(largest, TSimd.Load(values + i));
        return TSimd.Largest(largest);
    }

    /// <summary>Whole vectors of values become exp(value - offset); their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float ExpAndSum(float* values, int length, float offset)
    {
        var shift = TSimd.Broadcast(offset);
        TVector sum = default;
        for (var i = 0; i < length; i += TSimd.Width)
        {
            var exp = Exp(TSimd.Subtract(TSimd.Load(values + i), shift));
            TSimd.Store(exp, values + i);
            sum = TSimd.Add(sum, exp);
        }
        return TSimd.Sum(sum);
    }

    /// <summary>Whole vectors of values become c tanh(value / c).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softcap(float* values, int length, float cap)
    {
        var times = TSimd.Broadcast(cap);
        var inverse = TSimd.Broadcast(1 / cap);
        for (var i = 0; i < length; i += TSimd.Width)
            TSimd.Store(TSimd.Multiply(times, Tanh(TSimd.Multiply(inverse, TSimd.Load(values + i)))), values + i);
    }

    /// <summary>
    /// e^x within 2e-7 of it, 0 below -87.7, and the value of 88.3 above that. With <c>x = n ln 2 + r</c> and |r| at most half of ln 2,
    /// <c>e^x = 2^n e^r</c>, and a polynomial gives e^r. Its coefficients, and ln 2 in two parts whose product with n is exact, are those
    /// of the Cephes library's expf.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        // The second operand of Min and Max survives when it is no number.
        x = TSimd.Min(TSimd.Broadcast(88.3f), TSimd.Max(TSimd.Broadcast(-88), x));
        var n = TSimd.Round(TSimd.Multiply(x, TSimd.Broadcast(1.44269504088896341f)));
        var r = TSimd.MultiplyAdd(n, TSimd.Broadcast(-0.693359375f), x);
        r = TSimd.MultiplyAdd(n, TSimd.Broadcast(2.12194440e-4f), r);
        var p = TSimd.MultiplyAdd(TSimd.Broadcast(1.9875691500e-4f), r, TSimd.Broadcast(1.3981999507e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(8.3334519073e-3f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(4.1665795894e-2f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(1.6666665459e-1f));
        p = TSimd.MultiplyAdd(p, r, TSimd.Broadcast(5.0000001201e-1f));
        p = TSimd.MultiplyAdd(p, TSimd.Multiply(r, r), TSimd.Add(r, TSimd.Broadcast(1)));
        return TSimd.Multiply(p, TSimd.PowerOfTwo(n));
    }

    /// <summary>
    /// tanh x within 2e-7 of it, relatively. Near 0, where 1 - 2 / (e^2x + 1) loses digits, an odd polynomial with the coefficients of the
    /// Cephes library's tanhf.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x)
    {
        var one = TSimd.Broadcast(1);
        var square = TSimd.Multiply(x, x);
        var p = TSimd.MultiplyAdd(TSimd.Broadcast(-5.70498872745e-3f), square, TSimd.Broadcast(2.06390887954e-2f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-5.37397155531e-2f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(1.33314422036e-1f));
        p = TSimd.MultiplyAdd(p, square, TSimd.Broadcast(-3.33332819422e-1f));
        var near = TSimd.MultiplyAdd(TSimd.Multiply(p, square), x, x);
        var far = TSimd.Subtract(one, TSimd.Divide(TSimd.Broadcast(2), TSimd.Add(Exp(TSimd.Add(x, x)), one)));
        return TSimd.WhereSmall(x, TSimd.Broadcast(0.625f), near, far);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(TVector x)
    {
        var one = TSimd.Broadcast(1);
        return TSimd.Divide(one, TSimd.Add(one, Exp(TSimd.Subtract(default, x))));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TVector LoadSome(float* source, int count, float rest)
    {
        var values = stackalloc float[TSimd.Width];
        for (var i = 0; i < TSimd.Width; i++)
            values[i] = i < count ? source[i] : rest;
        return TSimd.Load(values);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreSome(TVector value, float* target, int count)
    {
        var values = stackalloc float[TSimd.Width];
        TSimd.Store(value, values);
        for (var i = 0; i < count; i++)
            target[i] = values[i];
    }
}
