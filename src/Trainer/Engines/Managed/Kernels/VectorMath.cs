namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>Elementwise work on matrices, and sums. Sums have a fixed order, whatever the number of threads.</summary>
public static unsafe class VectorMath
{
    /// <summary><c>target += factor source</c>.</summary>
    public static void Add(WorkerPool pool, Matrix target, Matrix source, float factor = 1)
    {
        CheckSameShape(target, source);
        pool.Run(target.Rows, (row, _) =>
        {
            var t = target.Row(row);
            var s = source.Row(row);
            for (var i = 0; i < target.Columns; i++)
                t[i] += factor * s[i];
        });
    }

    /// <summary><c>target = source</c>.</summary>
    public static void Copy(WorkerPool pool, Matrix target, Matrix source)
    {
        CheckSameShape(target, source);
        pool.Run(target.Rows, (row, _) => source.RowSpan(row).CopyTo(target.RowSpan(row)));
    }

    /// <summary><c>target *= factor</c>.</summary>
    public static void Scale(WorkerPool pool, Matrix target, float factor) =>
        pool.Run(target.Rows, (row, _) =>
        {
            foreach (ref var value in target.RowSpan(row))
                value *= factor;
        });

    /// <summary>Adds a bias of shape (columns) to each row.</summary>
    public static void AddToRows(WorkerPool pool, Matrix target, float* bias) =>
        pool.Run(target.Rows, (row, _) =>
        {
            var t = target.Row(row);
            for (var i = 0; i < target.Columns; i++)
                t[i] += bias[i];
        });

    /// <summary>Adds the sum of each column to <paramref name="sums"/>, shape (columns): the gradient of a bias.</summary>
    public static void AddColumnSums(WorkerPool pool, Matrix source, float* sums)
    {
        const int Block = 64;
        pool.Run((source.Columns + Block - 1) / Block, (job, _) =>
        {
            for (var column = job * Block; column < Math.Min(source.Columns, (job + 1) * Block); column++)
            {
                var sum = 0.0;
                for (var row = 0; row < source.Rows; row++)
                    sum += source.Row(row)[column];
                sums[column] += (float)sum;
            }
        });
    }

    /// <summary>The sum of squares, in double precision.</summary>
    public static double SumOfSquares(float* values, long count)
    {
        var sum = 0.0;
        for (var i = 0L; i < count; i++)
            sum += (double)values[i] * values[i];
        return sum;
    }

    private static void CheckSameShape(Matrix a, Matrix b)
    {
        if (a.Rows != b.Rows || a.Columns != b.Columns)
            throw new ArgumentException("the shapes of the operands do not fit");
    }
}
