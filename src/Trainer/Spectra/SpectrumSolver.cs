using System.Numerics.Tensors;
using LoraLint.Trainer.Models.Initialisation;

namespace LoraLint.Trainer.Spectra;

/// <summary>
/// Finds the spectrum of a matrix over the products of its rows, or of its columns where those are fewer: the eigenvalues of A A^T are the
/// squares of A's singular values. Squaring halves the digits: values below about 1e-8 of the largest are noise and count as 0. The result
/// does not depend on the number of threads.
/// </summary>
/// <param name="threads">Threads that work, 1 or more.</param>
/// <param name="largestExact">The smaller side up to which all singular values of a matrix are found.</param>
/// <param name="approximated">How many are found beyond it.</param>
internal sealed class SpectrumSolver(
    int threads, int largestExact = SpectrumSolver.LargestExact, int approximated = SpectrumSolver.Approximated)
{
    /// <summary>The usual limit of exact spectra.</summary>
    public const int LargestExact = 1024;

    /// <summary>The usual number of values beyond it.</summary>
    public const int Approximated = 128;

    /// <summary>The spectrum of rows around their mean, or around zero.</summary>
    /// <param name="rows">The rows, all of one length.</param>
    /// <param name="isCentred">Whether the mean row is taken off first, as for principal components.</param>
    /// <exception cref="TrainerException">A value is no finite number.</exception>
    public Spectrum OfRows(IReadOnlyList<float[]> rows, bool isCentred)
    {
        var (count, columns) = (rows.Count, rows[0].Length);
        var wide = new DenseMatrix(count, columns);
        for (var i = 0; i < count; i++)
            TensorPrimitives.ConvertChecked<float, double>(rows[i], wide.Row(i));
        if (isCentred)
        {
            var mean = new double[columns];
            for (var i = 0; i < count; i++)
                TensorPrimitives.MultiplyAdd(wide.Row(i), 1.0 / count, mean, mean);
            for (var i = 0; i < count; i++)
                TensorPrimitives.Subtract(wide.Row(i), mean, wide.Row(i));
        }

        return OfGram(Gram(count <= columns ? wide : wide.Transpose()), count, columns);
    }

    /// <summary>The spectrum that belongs to products of rows (or of columns), shape (n, n); the products are overwritten.</summary>
    /// <param name="gram">The products.</param>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    public static Spectrum OfGram(DenseMatrix gram, int rows, int columns)
    {
        RequireFinite(gram.Values);
        var squares = SymmetricEigenvalues.Of(gram);
        var noise = squares[0] * squares.Length * 2.2e-16;
        return new Spectrum(rows, columns, [.. squares.Select(s => s > noise ? Math.Sqrt(s) : 0)]);
    }

    /// <summary>The spectrum of a matrix: whole where one side is small, else the largest values by randomised iteration.</summary>
    /// <param name="values">Row by row.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="random">Where the iteration starts.</param>
    /// <exception cref="TrainerException">A value is no finite number.</exception>
    public Spectrum OfMatrix(float[] values, int rows, int columns, CounterRandom random)
    {
        if (Math.Min(rows, columns) <= largestExact)
        {
            return OfRows([.. Enumerable.Range(0, rows).Select(i => values.AsSpan(i * columns, columns).ToArray())], isCentred: false);
        }

        var energy = values.Sum(v => (double)v * v);
        RequireFinite([energy]);
        var (_, largest, _) = LowRankSvd.Decompose(
            rows, columns, approximated, (row, target) => values.AsSpan(row * columns, columns).CopyTo(target), random, threads);
        return new Spectrum(rows, columns, largest, energy);
    }

    // Each product is one sum in order, whoever computes it.
    private DenseMatrix Gram(DenseMatrix rows)
    {
        var gram = new DenseMatrix(rows.Rows, rows.Rows);
        Parallel.For(0, rows.Rows, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            for (var j = 0; j <= i; j++)
                gram[i, j] = gram[j, i] = TensorPrimitives.Dot<double>(rows.Row(i), rows.Row(j));
        });
        return gram;
    }

    private static void RequireFinite(ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
            {
                throw new TrainerException(
                    "a value is no finite number, so there is no spectrum: the model's weights are damaged");
            }
        }
    }
}
