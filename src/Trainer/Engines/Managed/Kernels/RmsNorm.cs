using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// RMSNorm over groups of n neighbouring values x with a weight w: <c>y = w x r</c> where <c>r = 1 / sqrt(mean(x^2) + epsilon)</c>.
/// A group is a whole row, or a head for the norms of queries and keys. Gemma multiplies by 1 + w.
/// </summary>
public static unsafe class RmsNorm
{
    /// <summary>Computes y, and r for the backward pass.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="x">Shape (T, groups * n).</param>
    /// <param name="weight">Shape (n).</param>
    /// <param name="size">n; divides the columns of <paramref name="x"/>.</param>
    /// <param name="epsilon">What is added to the mean square.</param>
    /// <param name="addsOne">Whether 1 + weight is the factor.</param>
    /// <param name="y">Shape of x; may be x.</param>
    /// <param name="inverseRms">r, shape (T, groups).</param>
    public static void Forward(
        WorkerPool pool, Matrix x, float* weight, int size, float epsilon, bool addsOne, Matrix y, float* inverseRms)
    {
        var groups = Groups(x, size);
        delegate*<float*, float*, int, float, float, float*, float> compute = pool.Level switch
        {
            SimdLevel.Avx512 => &NormRows<Simd512, Vector512<float>>.Forward,
            SimdLevel.Avx2 => &NormRows<Simd256, Vector256<float>>.Forward,
            _ => &NormRows<Simd128, Vector128<float>>.Forward,
        };
        var one = addsOne ? 1f : 0f;
        pool.RunRows(x.Rows, row =>
        {
            for (var group = 0; group < groups; group++)
                inverseRms[(long)row * groups + group] =
                    compute(x.Row(row) + group * size, weight, size, epsilon, one, y.Row(row) + group * size);
        });
    }

    /// <summary>
    /// Gradients. With <c>g = dy w</c>: <c>dx = r (g - x r^2 mean(g x))</c> and <c>dw = sum of dy x r over all groups</c>.
    /// </summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="x">Of the forward pass.</param>
    /// <param name="weight">Of the forward pass.</param>
    /// <param name="size">Of the forward pass.</param>
    /// <param name="addsOne">Of the forward pass.</param>
    /// <param name="inverseRms">r of the forward pass.</param>
    /// <param name="dy">Gradient of y.</param>
    /// <param name="dx">Gradient of x; may be <paramref name="dy"/>.</param>
    /// <param name="accumulate">Whether the gradient is added to <paramref name="dx"/>, as behind a residual branch.</param>
    /// <param name="dWeight">The gradient of the weight is added here, shape (n); null for a frozen weight.</param>
    public static void Backward(
        WorkerPool pool, Matrix x, float* weight, int size, bool addsOne, float* inverseRms, Matrix dy, Matrix dx, bool accumulate,
        float* dWeight)
    {
        var groups = Groups(x, size);
        delegate*<float*, float*, int, float, float, float*, float*, bool, void> compute = pool.Level switch
        {
            SimdLevel.Avx512 => &NormRows<Simd512, Vector512<float>>.Backward,
            SimdLevel.Avx2 => &NormRows<Simd256, Vector256<float>>.Backward,
            _ => &NormRows<Simd128, Vector128<float>>.Backward,
        };
        if (dWeight != null)
            AddWeightGradient(pool, x, size, inverseRms, dy, dWeight);
        var one = addsOne ? 1f : 0f;
        pool.RunRows(x.Rows, row =>
        {
            for (var group = 0; group < groups; group++)
            {
                var start = group * size;
                compute(
                    x.Row(row) + start, weight, size, inverseRms[(long)row * groups + group], one, dy.Row(row) + start,
                    dx.Row(row) + start, accumulate);
            }
        });
    }

    /// <summary>A job sums some columns over all rows and groups, in their order.</summary>
    private static void AddWeightGradient(WorkerPool pool, Matrix x, int size, float* inverseRms, Matrix dy, float* dWeight)
    {
        const int Block = 16;
        var groups = Groups(x, size);
        pool.Run((size + Block - 1) / Block, (job, _) =>
        {
            var first = job * Block;
            var count = Math.Min(Block, size - first);
            var sums = stackalloc double[Block];
            for (var row = 0; row < x.Rows; row++)
                for (var group = 0; group < groups; group++)
                {
                    var values = x.Row(row) + group * size + first;
                    var gradients = dy.Row(row) + group * size + first;
                    var r = inverseRms[(long)row * groups + group];
                    for (var i = 0; i < count; i++)
                        sums[i] += gradients[i] * values[i] * r;
                }
            for (var i = 0; i < count; i++)
                dWeight[first + i] += (float)sums[i];
        });
    }

    private static int Groups(Matrix x, int size)
    {
        var (groups, rest) = Math.DivRem(x.Columns, size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rest, 0, nameof(size));
        return groups;
    }
}
