using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>How many vectors a tile is wide, known at compile time.</summary>
internal interface ITileWidth
{
    /// <summary>1, 2 or 3.</summary>
    static abstract int Vectors { get; }
}

/// <summary>One vector.</summary>
internal readonly struct OneVector : ITileWidth
{
    public static int Vectors => 1;
}

/// <summary>Two vectors.</summary>
internal readonly struct TwoVectors : ITileWidth
{
    public static int Vectors => 2;
}

/// <summary>Three vectors.</summary>
internal readonly struct ThreeVectors : ITileWidth
{
    public static int Vectors => 3;
}

/// <summary>
/// The innermost loops of all products. A tile of the result, some rows high and one to three vectors wide, stays in registers while
/// the loop runs over the summed index k:
/// <code>
/// sum(r, j) = sum over k of a[r * aRow + k * aDepth] * b[k * bDepth + j]
/// c(r, j) = alpha sum(r, j)     or     c(r, j) += alpha sum(r, j)
/// </code>
/// A step loads a row of b once for all rows of the tile, and multiplies it with one value of a per row. With 8 rows of 3 vectors there
/// are 24 sums in flight, 11 loads for 24 multiply-adds: the arithmetic units never wait, neither for loads nor for the sum before.
/// Every sum runs over k in order whatever the tile's size, so that a value does not depend on which tile it falls into.
/// </summary>
internal static unsafe class Tile<TSimd, TVector, TWidth>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TWidth : struct, ITileWidth
{
    /// <summary>Computes <paramref name="rows"/> rows, in tiles as high as the registers allow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows(
        int rows, nint depth, float* a, nint aRow, nint aDepth, float* b, nint bDepth, float* c, nint cRow, float alpha, bool accumulate)
    {
        if (TSimd.TileRows == 8)
            for (; rows >= 8; rows -= 8, a += 8 * aRow, c += 8 * cRow)
                Eight(depth, a, aRow, aDepth, b, bDepth, c, cRow, alpha, accumulate);
        for (; rows >= 4; rows -= 4, a += 4 * aRow, c += 4 * cRow)
            Four(depth, a, aRow, aDepth, b, bDepth, c, cRow, alpha, accumulate);
        for (; rows > 0; rows--, a += aRow, c += cRow)
            One(depth, a, aDepth, b, bDepth, c, alpha, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight(
        nint depth, float* a, nint aRow, nint aDepth, float* b, nint bDepth, float* c, nint cRow, float alpha, bool accumulate)
    {
        TVector c00 = default, c01 = default, c02 = default;
        TVector c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default;
        TVector c30 = default, c31 = default, c32 = default;
        TVector c40 = default, c41 = default, c42 = default;
        TVector c50 = default, c51 = default, c52 = default;
        TVector c60 = default, c61 = default, c62 = default;
        TVector c70 = default, c71 = default, c72 = default;
        var a1 = a + aRow;
        var a2 = a + 2 * aRow;
        var a3 = a + 3 * aRow;
        var a4 = a + 4 * aRow;
        var a5 = a + 5 * aRow;
        var a6 = a + 6 * aRow;
        var a7 = a + 7 * aRow;
        Prefetch(c, cRow);
        for (nint k = 0, at = 0; k < depth; k++, at += aDepth, b += bDepth)
        {
            var b0 = TSimd.Load(b);
            var b1 = TWidth.Vectors > 1 ? TSimd.Load(b + TSimd.Width) : default;
            var b2 = TWidth.Vectors > 2 ? TSimd.Load(b + 2 * TSimd.Width) : default;
            Step(TSimd.Broadcast(a[at]), b0, b1, b2, ref c00, ref c01, ref c02);
            Step(TSimd.Broadcast(a1[at]), b0, b1, b2, ref c10, ref c11, ref c12);
            Step(TSimd.Broadcast(a2[at]), b0, b1, b2, ref c20, ref c21, ref c22);
            Step(TSimd.Broadcast(a3[at]), b0, b1, b2, ref c30, ref c31, ref c32);
            Step(TSimd.Broadcast(a4[at]), b0, b1, b2, ref c40, ref c41, ref c42);
            Step(TSimd.Broadcast(a5[at]), b0, b1, b2, ref c50, ref c51, ref c52);
            Step(TSimd.Broadcast(a6[at]), b0, b1, b2, ref c60, ref c61, ref c62);
            Step(TSimd.Broadcast(a7[at]), b0, b1, b2, ref c70, ref c71, ref c72);
        }
        Write(c, c00, c01, c02, alpha, accumulate);
        Write(c + cRow, c10, c11, c12, alpha, accumulate);
        Write(c + 2 * cRow, c20, c21, c22, alpha, accumulate);
        Write(c + 3 * cRow, c30, c31, c32, alpha, accumulate);
        Write(c + 4 * cRow, c40, c41, c42, alpha, accumulate);
        Write(c + 5 * cRow, c50, c51, c52, alpha, accumulate);
        Write(c + 6 * cRow, c60, c61, c62, alpha, accumulate);
        Write(c + 7 * cRow, c70, c71, c72, alpha, accumulate);
    }

    /// <summary>
    /// Asks for eight rows of c while the sums are still to be computed: they mostly lie in memory, and writing them would wait.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(float* c, nint cRow)
    {
        if (!Sse.IsSupported)
            return;
        for (var row = 0; row < 8; row++, c += cRow)
        {
            Sse.Prefetch0(c);
            Sse.Prefetch0(c + TSimd.Width * (TWidth.Vectors - 1));
            if (TWidth.Vectors > 2)
                Sse.Prefetch0(c + TSimd.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four(
        nint depth, float* a, nint aRow, nint aDepth, float* b, nint bDepth, float* c, nint cRow, float alpha, bool accumulate)
    {
        TVector c00 = default, c01 = default, c02 = default;
        TVector c10 = default, c11 = default, c12 = default;
        TVector c20 = default, c21 = default, c22 = default;
        TVector c30 = default, c31 = default, c32 = default;
        var a1 = a + aRow;
        var a2 = a + 2 * aRow;
        var a3 = a + 3 * aRow;
        for (nint k = 0, at = 0; k < depth; k++, at += aDepth, b += bDepth)
        {
            var b0 = TSimd.Load(b);
            var b1 = TWidth.Vectors > 1 ? TSimd.Load(b + TSimd.Width) : default;
            var b2 = TWidth.Vectors > 2 ? TSimd.Load(b + 2 * TSimd.Width) : default;
            Step(TSimd.Broadcast(a[at]), b0, b1, b2, ref c00, ref c01, ref c02);
            Step(TSimd.Broadcast(a1[at]), b0, b1, b2, ref c10, ref c11, ref c12);
            Step(TSimd.Broadcast(a2[at]), b0, b1, b2, ref c20, ref c21, ref c22);
            Step(TSimd.Broadcast(a3[at]), b0, b1, b2, ref c30, ref c31, ref c32);
        }
        Write(c, c00, c01, c02, alpha, accumulate);
        Write(c + cRow, c10, c11, c12, alpha, accumulate);
        Write(c + 2 * cRow, c20, c21, c22, alpha, accumulate);
        Write(c + 3 * cRow, c30, c31, c32, alpha, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(nint depth, float* a, nint aDepth, float* b, nint bDepth, float* c, float alpha, bool accumulate)
    {
        TVector c00 = default, c01 = default, c02 = default;
        for (nint k = 0, at = 0; k < depth; k++, at += aDepth, b += bDepth)
        {
            var b0 = TSimd.Load(b);
            var b1 = TWidth.Vectors > 1 ? TSimd.Load(b + TSimd.Width) : default;
            var b2 = TWidth.Vectors > 2 ? TSimd.Load(b + 2 * TSimd.Width) : default;
            Step(TSimd.Broadcast(a[at]), b0, b1, b2, ref c00, ref c01, ref c02);
        }
        Write(c, c00, c01, c02, alpha, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(
        TVector x, TVector b0, TVector b1, TVector b2, ref TVector sum0, ref TVector sum1, ref TVector sum2)
    {
        sum0 = TSimd.MultiplyAdd(x, b0, sum0);
        if (TWidth.Vectors > 1)
            sum1 = TSimd.MultiplyAdd(x, b1, sum1);
        if (TWidth.Vectors > 2)
            sum2 = TSimd.MultiplyAdd(x, b2, sum2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(float* c, TVector sum0, TVector sum1, TVector sum2, float alpha, bool accumulate)
    {
        WriteVector(c, sum0, alpha, accumulate);
        if (TWidth.Vectors > 1)
            WriteVector(c + TSimd.Width, sum1, alpha, accumulate);
        if (TWidth.Vectors > 2)
            WriteVector(c + 2 * TSimd.Width, sum2, alpha, accumulate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteVector(float* c, TVector sum, float alpha, bool accumulate)
    {
        var factor = TSimd.Broadcast(alpha);
        TSimd.Store(accumulate ? TSimd.MultiplyAdd(factor, sum, TSimd.Load(c)) : TSimd.Multiply(factor, sum), c);
    }
}
