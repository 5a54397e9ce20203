using System.Numerics.Tensors;

namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>
/// A small dense matrix in double precision, row by row, with the few decompositions that initialisation and inspection need.
/// </summary>
internal sealed class DenseMatrix
{
    private const int MaxSweeps = 60;

    /// <summary>A matrix of zeros.</summary>
    public DenseMatrix(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        Values = new double[(long)rows * columns];
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>All values, row by row.</summary>
    public double[] Values { get; }

    /// <summary>A value.</summary>
    public double this[int row, int column]
    {
        get => Values[(row * Columns) + column];
        set => Values[(row * Columns) + column] = value;
    }

    /// <summary>A row.</summary>
    public Span<double> Row(int row) => Values.AsSpan(row * Columns, Columns);

    /// <summary>The transpose.</summary>
    public DenseMatrix Transpose()
    {
        var result = new DenseMatrix(Columns, Rows);
        for (var i = 0; i < Rows; i++)
        {
            for (var j = 0; j < Columns; j++)
                result[j, i] = this[i, j];
        }

        return result;
    }

    /// <summary>This times another. Each value is one sum in order, whatever the number of threads.</summary>
    public DenseMatrix Times(DenseMatrix other)
    {
        var result = new DenseMatrix(Rows, other.Columns);
        for (var i = 0; i < Rows; i++)
        {
            for (var k = 0; k < Columns; k++)
                TensorPrimitives.MultiplyAdd(other.Row(k), this[i, k], result.Row(i), result.Row(i));
        }

        return result;
    }

    /// <summary>The products of all pairs of rows: this times its transpose.</summary>
    public DenseMatrix RowGram()
    {
        var result = new DenseMatrix(Rows, Rows);
        for (var i = 0; i < Rows; i++)
        {
            for (var j = 0; j <= i; j++)
                result[i, j] = result[j, i] = TensorPrimitives.Dot<double>(Row(i), Row(j));
        }

        return result;
    }

    /// <summary>
    /// Makes the rows orthonormal by Gram and Schmidt, each pass twice, which is as good as Householder's way ("twice is enough", Giraud et
    /// al. 2005). A row that depends on those before it becomes zero.
    /// </summary>
    public void OrthonormaliseRows()
    {
        for (var i = 0; i < Rows; i++)
        {
            var row = Row(i);
            var before = TensorPrimitives.Norm<double>(row);
            for (var pass = 0; pass < 2; pass++)
            {
                for (var j = 0; j < i; j++)
                    TensorPrimitives.MultiplyAdd(Row(j), -TensorPrimitives.Dot<double>(row, Row(j)), row, row);
            }

            var norm = TensorPrimitives.Norm<double>(row);
            if (norm <= 1e-12 * before || norm == 0)
                row.Clear();
            else
                TensorPrimitives.Divide(row, norm, row);
        }
    }

    /// <summary>
    /// Eigenvalues, descending, and eigenvectors of a symmetric matrix by cyclic Jacobi rotations, which find small eigenvalues to full
    /// relative precision.
    /// </summary>
    /// <returns>Vectors as rows.</returns>
    public (double[] Values, DenseMatrix Vectors) SymmetricEigen()
    {
        var n = Rows;
        var work = new DenseMatrix(n, n);
        Values.CopyTo(work.Values, 0);
        var vectors = new DenseMatrix(n, n);
        for (var i = 0; i < n; i++)
            vectors[i, i] = 1;
        for (var sweep = 0; sweep < MaxSweeps; sweep++)
        {
            var hasTurned = false;
            for (var p = 0; p < n; p++)
            {
                for (var q = p + 1; q < n; q++)
                {
                    var size = Math.Abs(work[p, q]);
                    if (size <= 1e-15 * Math.Sqrt(Math.Abs(work[p, p] * work[q, q])) || size <= 1e-300)
                        continue;
                    hasTurned = true;
                    Rotate(work, vectors, p, q);
                }
            }

            if (!hasTurned)
                break;
        }

        var values = Diagonal(work).ToArray();
        var order = Enumerable.Range(0, n).OrderByDescending(i => values[i]).ToArray();
        var sorted = new DenseMatrix(n, n);
        for (var i = 0; i < n; i++)
            vectors.Row(order[i]).CopyTo(sorted.Row(i));
        return ([.. order.Select(i => values[i])], sorted);
    }

    private static IEnumerable<double> Diagonal(DenseMatrix matrix) => Enumerable.Range(0, matrix.Rows).Select(i => matrix[i, i]);

    // One rotation in the plane of p and q that makes their product zero (Golub and Van Loan, 8.5).
    private static void Rotate(DenseMatrix work, DenseMatrix vectors, int p, int q)
    {
        var tau = (work[q, q] - work[p, p]) / (2 * work[p, q]);
        var t = (tau >= 0 ? 1 : -1) / (Math.Abs(tau) + Math.Sqrt(1 + (tau * tau)));
        var c = 1 / Math.Sqrt(1 + (t * t));
        var s = t * c;
        for (var k = 0; k < work.Rows; k++)
        {
            var (kp, kq) = (work[k, p], work[k, q]);
            work[k, p] = (c * kp) - (s * kq);
            work[k, q] = (s * kp) + (c * kq);
        }

        Turn(work.Row(p), work.Row(q), c, s);
        Turn(vectors.Row(p), vectors.Row(q), c, s);
        work[p, q] = work[q, p] = 0;
    }

    private static void Turn(Span<double> p, Span<double> q, double c, double s)
    {
        for (var k = 0; k < p.Length; k++)
            (p[k], q[k]) = ((c * p[k]) - (s * q[k]), (s * p[k]) + (c * q[k]));
    }
}
