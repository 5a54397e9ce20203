using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>Products of matrices. Each output value is summed by one job in a fixed order, whatever the number of threads.</summary>
public static unsafe class Gemm
{
    /// <summary>A linear layer forwards: <c>y = x W^T</c>, or <c>y += x W^T</c>.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="x">Input, shape (T, in).</param>
    /// <param name="w">Weight, shape (out, in).</param>
    /// <param name="y">Output, shape (T, out).</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="y"/>.</param>
    public static void MultiplyTransposed(WorkerPool pool, Matrix x, FrozenMatrix w, Matrix y, bool accumulate)
    {
        CheckShapes(x.Columns == w.Columns && y.Rows == x.Rows && y.Columns == w.Rows);
        switch (pool.Level)
        {
            case SimdLevel.Avx512:
                Products<Simd512, Vector512<float>>.MultiplyTransposed(pool, x, w, y, accumulate);
                break;
            case SimdLevel.Avx2:
                Products<Simd256, Vector256<float>>.MultiplyTransposed(pool, x, w, y, accumulate);
                break;
            default:
                Products<Simd128, Vector128<float>>.MultiplyTransposed(pool, x, w, y, accumulate);
                break;
        }
    }

    /// <summary>A linear layer backwards: <c>dx = dy W</c>, or <c>dx += dy W</c>.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="dy">Gradient of the output, shape (T, out).</param>
    /// <param name="w">Weight, shape (out, in).</param>
    /// <param name="dx">Gradient of the input, shape (T, in).</param>
    /// <param name="accumulate">Whether the product is added to <paramref name="dx"/>.</param>
    public static void Multiply(WorkerPool pool, Matrix dy, FrozenMatrix w, Matrix dx, bool accumulate)
    {
        CheckShapes(dy.Columns == w.Rows && dx.Rows == dy.Rows && dx.Columns == w.Columns);
        switch (pool.Level)
        {
            case SimdLevel.Avx512:
                Products<Simd512, Vector512<float>>.Multiply(pool, dy, w, dx, accumulate);
                break;
            case SimdLevel.Avx2:
                Products<Simd256, Vector256<float>>.Multiply(pool, dy, w, dx, accumulate);
                break;
            default:
                Products<Simd128, Vector128<float>>.Multiply(pool, dy, w, dx, accumulate);
                break;
        }
    }

    /// <summary>
    /// A product of trainable operands of any shape: <c>c = alpha op(a) op(b)</c>, or <c>c += alpha op(a) op(b)</c>, where op
    /// transposes or does not.
    /// </summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="a">Shape (M, K), or (K, M) when transposed.</param>
    /// <param name="transposeA">Whether <paramref name="a"/> is taken transposed.</param>
    /// <param name="b">Shape (K, N), or (N, K) when transposed.</param>
    /// <param name="transposeB">Whether <paramref name="b"/> is taken transposed.</param>
    /// <param name="c">Shape (M, N); overlaps neither operand.</param>
    /// <param name="alpha">What the product is multiplied by.</param>
    /// <param name="accumulate">Whether it is added to <paramref name="c"/>.</param>
    public static void Multiply(
        WorkerPool pool, Matrix a, bool transposeA, Matrix b, bool transposeB, Matrix c, float alpha, bool accumulate)
    {
        var (m, depth) = transposeA ? (a.Columns, a.Rows) : (a.Rows, a.Columns);
        var (depthOfB, n) = transposeB ? (b.Columns, b.Rows) : (b.Rows, b.Columns);
        CheckShapes(depth == depthOfB && c.Rows == m && c.Columns == n);
        switch (pool.Level)
        {
            case SimdLevel.Avx512:
                Products<Simd512, Vector512<float>>.Multiply(pool, a, transposeA, b, transposeB, c, alpha, accumulate);
                break;
            case SimdLevel.Avx2:
                Products<Simd256, Vector256<float>>.Multiply(pool, a, transposeA, b, transposeB, c, alpha, accumulate);
                break;
            default:
                Products<Simd128, Vector128<float>>.Multiply(pool, a, transposeA, b, transposeB, c, alpha, accumulate);
                break;
        }
    }

    private static void CheckShapes(bool fit)
    {
        if (!fit)
            throw new ArgumentException("the shapes of the operands do not fit");
    }
}
