using System.Numerics.Tensors;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>Elementwise work on matrices, and sums. Sums have a fixed order, whatever the number of threads.</summary>
public static unsafe class VectorMath
{
    /// <summary><c>target += factor source</c>.</summary>
    public static void Add(WorkerPool pool, Matrix target, Matrix source, float factor = 1)
    {
        CheckSameShape(target, source);
        pool.RunRows(
            target.Rows,
            row => TensorPrimitives.MultiplyAdd(source.RowSpan(row), factor, target.RowSpan(row), target.RowSpan(row)));
    }

    /// <summary><c>target = source</c>.</summary>
    public static void Copy(WorkerPool pool, Matrix target, Matrix source)
    {
        CheckSameShape(target, source);
        pool.RunRows(target.Rows, row => source.RowSpan(row).CopyTo(target.RowSpan(row)));
    }

    /// <summary><c>target *= factor</c>.</summary>
    public static void Scale(WorkerPool pool, Matrix target, float factor) =>
        pool.RunRows(target.Rows, row => TensorPrimitives.Multiply(target.RowSpan(row), factor, target.RowSpan(row)));

    /// <summary>Adds a bias of shape (columns) to each row.</summary>
    public static void AddToRows(WorkerPool pool, Matrix target, float* bias) =>
        pool.RunRows(
            target.Rows,
            row => TensorPrimitives.Add(target.RowSpan(row), new ReadOnlySpan<float>(bias, target.Columns), target.RowSpan(row)));

    /// <summary>Adds the sum of each column to <paramref name="sums"/>, shape (columns): the gradient of a bias.</summary>
    public static void AddColumnSums(WorkerPool pool, Matrix source, float* sums)
    {
        const int Block = 16;
        pool.Run((source.Columns + Block - 1) / Block, (job, _) =>
        {
            var first = job * Block;
            var count = Math.Min(Block, source.Columns - first);
            var totals = stackalloc double[Block];
            for (var row = 0; row < source.Rows; row++)
            {
                var values = source.Row(row) + first;
                for (var i = 0; i < count; i++)
                    totals[i] += values[i];
            }
            for (var i = 0; i < count; i++)
                sums[first + i] += (float)totals[i];
        });
    }

    /// <summary>The sum of squares: of 1024 values each in single precision, and of those sums in double precision.</summary>
    public static double SumOfSquares(float* values, long count)
    {
        const int Part = 1024;
        var sum = 0.0;
        for (var start = 0L; start < count; start += Part)
            sum += TensorPrimitives.SumOfSquares(new ReadOnlySpan<float>(values + start, (int)Math.Min(Part, count - start)));
        return sum;
    }

    private static void CheckSameShape(Matrix a, Matrix b)
    {
        if (a.Rows != b.Rows || a.Columns != b.Columns)
            throw new ArgumentException("the shapes of the operands do not fit");
    }
}
