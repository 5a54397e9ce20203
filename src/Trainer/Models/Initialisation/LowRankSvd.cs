using System.Numerics.Tensors;

namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>
/// The largest singular values and vectors of a big matrix by randomised subspace iteration (Halko, Martinsson, Tropp, arXiv 0909.4061,
/// algorithm 4.4), as torch.svd_lowrank does. Exact up to rounding where the subspace is the whole space.
/// </summary>
internal static class LowRankSvd
{
    private const int Oversampling = 10;
    private const int Iterations = 4;

    /// <summary>Decomposes a matrix whose rows are read again and again.</summary>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="rank">How many singular values are wanted, the smaller side at most.</param>
    /// <param name="readRow">Fills a row; called from several threads.</param>
    /// <param name="random">Where the subspace starts.</param>
    /// <param name="threads">Threads that work. The result does not depend on it.</param>
    /// <returns>Left vectors as rows (rank, rows), singular values descending, right vectors as rows (rank, columns).</returns>
    public static (DenseMatrix Left, double[] Values, DenseMatrix Right) Decompose(
        int rows, int columns, int rank, Action<int, Span<float>> readRow, CounterRandom random, int threads)
    {
        var size = Math.Min(rank + Math.Max(Oversampling, rank / 2), Math.Min(rows, columns));
        var basis = new DenseMatrix(size, columns);
        for (var i = 0; i < basis.Values.Length; i++)
            basis.Values[i] = random.Normal(i);
        var left = new DenseMatrix(size, rows);
        for (var i = 0; i <= Iterations; i++)
        {
            basis.OrthonormaliseRows();
            left = Project(rows, columns, basis, readRow, threads);
            left.OrthonormaliseRows();
            basis = ProjectBack(rows, columns, left, readRow, threads);
        }

        // left (size, rows) is orthonormal and basis = left * matrix (size, columns): the small side decides.
        var (squares, turns) = basis.RowGram().SymmetricEigen();
        var values = squares.Take(rank).Select(s => Math.Sqrt(Math.Max(s, 0))).ToArray();
        var turned = FirstRows(turns, rank);
        var right = turned.Times(basis);
        for (var i = 0; i < rank; i++)
        {
            if (values[i] > 0)
                TensorPrimitives.Divide(right.Row(i), values[i], right.Row(i));
        }

        return (turned.Times(left), values, right);
    }

    // Y = basis * matrix^T: each row of the matrix gives a column of Y.
    private static DenseMatrix Project(int rows, int columns, DenseMatrix basis, Action<int, Span<float>> readRow, int threads)
    {
        var result = new DenseMatrix(basis.Rows, rows);
        Parallel.For(
            0, rows, new ParallelOptions { MaxDegreeOfParallelism = threads }, () => (new float[columns], new double[columns]),
            (row, _, scratch) =>
            {
                readRow(row, scratch.Item1);
                Widen(scratch.Item1, scratch.Item2);
                for (var i = 0; i < basis.Rows; i++)
                    result[i, row] = TensorPrimitives.Dot<double>(basis.Row(i), scratch.Item2);
                return scratch;
            },
            _ => { });
        return result;
    }

    // Y = left * matrix: threads share out the rows of Y, so that each sum runs over the matrix's rows in order.
    private static DenseMatrix ProjectBack(int rows, int columns, DenseMatrix left, Action<int, Span<float>> readRow, int threads)
    {
        var result = new DenseMatrix(left.Rows, columns);
        var parts = Math.Min(threads, left.Rows);
        Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = threads }, part =>
        {
            var narrow = new float[columns];
            var wide = new double[columns];
            for (var row = 0; row < rows; row++)
            {
                readRow(row, narrow);
                Widen(narrow, wide);
                for (var i = part; i < left.Rows; i += parts)
                    TensorPrimitives.MultiplyAdd(wide, left[i, row], result.Row(i), result.Row(i));
            }
        });
        return result;
    }

    private static void Widen(ReadOnlySpan<float> narrow, Span<double> wide)
    {
        for (var i = 0; i < narrow.Length; i++)
            wide[i] = narrow[i];
    }

    private static DenseMatrix FirstRows(DenseMatrix matrix, int count)
    {
        var result = new DenseMatrix(count, matrix.Columns);
        matrix.Values.AsSpan(0, result.Values.Length).CopyTo(result.Values);
        return result;
    }
}
