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
        var one = addsOne ? 1f : 0f;
        pool.Run(x.Rows, (row, _) =>
        {
            for (var group = 0; group < groups; group++)
            {
                var source = x.Row(row) + group * size;
                var target = y.Row(row) + group * size;
                var sum = 0f;
                for (var i = 0; i < size; i++)
                    sum += source[i] * source[i];
                var r = 1 / MathF.Sqrt(sum / size + epsilon);
                for (var i = 0; i < size; i++)
                    target[i] = source[i] * r * (one + weight[i]);
                inverseRms[(long)row * groups + group] = r;
            }
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
    /// <param name="dx">Gradient of x; may be <paramref name="dy"/> when <paramref name="dWeight"/> is null.</param>
    /// <param name="accumulate">Whether the gradient is added to <paramref name="dx"/>, as behind a residual branch.</param>
    /// <param name="dWeight">The gradient of the weight is added here, shape (n); null for a frozen weight.</param>
    public static void Backward(
        WorkerPool pool, Matrix x, float* weight, int size, bool addsOne, float* inverseRms, Matrix dy, Matrix dx, bool accumulate,
        float* dWeight)
    {
        var groups = Groups(x, size);
        var one = addsOne ? 1f : 0f;
        if (dWeight != null)
            for (var row = 0; row < x.Rows; row++)
                for (var i = 0; i < x.Columns; i++)
                    dWeight[i % size] += dy.Row(row)[i] * x.Row(row)[i] * inverseRms[(long)row * groups + i / size];
        pool.Run(x.Rows, (row, _) =>
        {
            for (var group = 0; group < groups; group++)
            {
                var source = x.Row(row) + group * size;
                var gradient = dy.Row(row) + group * size;
                var target = dx.Row(row) + group * size;
                var r = inverseRms[(long)row * groups + group];
                var dot = 0f;
                for (var i = 0; i < size; i++)
                    dot += gradient[i] * (one + weight[i]) * source[i];
                var pull = dot * r * r / size;
                for (var i = 0; i < size; i++)
                {
                    var value = r * (gradient[i] * (one + weight[i]) - source[i] * pull);
                    target[i] = accumulate ? target[i] + value : value;
                }
            }
        });
    }

    private static int Groups(Matrix x, int size)
    {
        var (groups, rest) = Math.DivRem(x.Columns, size);
        ArgumentOutOfRangeException.ThrowIfNotEqual(rest, 0, nameof(size));
        return groups;
    }
}
