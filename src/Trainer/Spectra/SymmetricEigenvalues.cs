using System.Numerics.Tensors;
using LoraLint.Trainer.Models.Initialisation;

namespace LoraLint.Trainer.Spectra;

/// <summary>
/// The eigenvalues of a symmetric matrix without its vectors: Householder reflections make it tridiagonal, implicit QL steps make that
/// diagonal (Golub and Van Loan, Matrix Computations, 8.3). About 4/3 n^3 multiplications, exact to rounding of the largest eigenvalue;
/// <see cref="DenseMatrix.SymmetricEigen"/> is more exact for small ones and many times slower.
/// </summary>
internal static class SymmetricEigenvalues
{
    private const int MostSteps = 60;

    /// <summary>The eigenvalues, descending.</summary>
    /// <param name="matrix">Symmetric; overwritten.</param>
    public static double[] Of(DenseMatrix matrix)
    {
        var (diagonal, below) = MakeTridiagonal(matrix);
        Diagonalise(diagonal, below);
        Array.Sort(diagonal, (a, b) => b.CompareTo(a));
        return diagonal;
    }

    // From the last row up: a reflection H = I - u u^T / h takes row i to (0 ... 0, sigma, a_ii), and
    // H A H = A - u q^T - q u^T with p = A u / h, q = p - (u.p / 2h) u. Both halves of A are kept, so that rows are all that is read.
    private static (double[] Diagonal, double[] Below) MakeTridiagonal(DenseMatrix a)
    {
        var n = a.Rows;
        var below = new double[n];
        var q = new double[n];
        for (var i = n - 1; i > 1; i--)
        {
            var u = a.Row(i)[..i];
            var scale = Math.Abs(TensorPrimitives.MaxMagnitude<double>(u));
            // Nothing to reflect where all but the neighbour is zero.
            if (TensorPrimitives.SumOfMagnitudes<double>(u[..(i - 1)]) == 0)
            {
                below[i] = u[i - 1];
                continue;
            }

            TensorPrimitives.Divide(u, scale, u);
            var squares = TensorPrimitives.SumOfSquares<double>(u);
            var sigma = u[i - 1] >= 0 ? -Math.Sqrt(squares) : Math.Sqrt(squares);
            below[i] = scale * sigma;
            var h = squares - (u[i - 1] * sigma);
            u[i - 1] -= sigma;
            var p = q.AsSpan(0, i);
            for (var j = 0; j < i; j++)
                p[j] = TensorPrimitives.Dot<double>(a.Row(j)[..i], u) / h;
            var half = TensorPrimitives.Dot<double>(u, p) / (2 * h);
            TensorPrimitives.MultiplyAdd(u, -half, p, p);
            for (var j = 0; j < i; j++)
            {
                var row = a.Row(j)[..i];
                TensorPrimitives.MultiplyAdd(u, -p[j], row, row);
                TensorPrimitives.MultiplyAdd(p, -u[j], row, row);
            }
        }

        if (n > 1)
            below[1] = a[1, 0];
        return ([.. Enumerable.Range(0, n).Select(i => a[i, i])], below);
    }

    // Implicit QL with Wilkinson's shift: each sweep drives the entry below the first of a block to zero, and blocks fall apart where such
    // an entry vanishes beside its neighbours.
    private static void Diagonalise(double[] d, double[] below)
    {
        var n = d.Length;
        var e = new double[n];
        Array.Copy(below, 1, e, 0, Math.Max(0, n - 1));
        for (var first = 0; first < n; first++)
        {
            for (var step = 0; ; step++)
            {
                var last = first;
                while (last < n - 1 && Math.Abs(e[last]) > 2.2e-16 * (Math.Abs(d[last]) + Math.Abs(d[last + 1])))
                    last++;
                if (last == first)
                    break;
                if (step == MostSteps)
                    throw new InvalidOperationException("the eigenvalues of a tridiagonal matrix were not found");
                Sweep(d, e, first, last);
            }
        }
    }

    private static void Sweep(double[] d, double[] e, int first, int last)
    {
        var g = (d[first + 1] - d[first]) / (2 * e[first]);
        var r = Length(g, 1);
        g = d[last] - d[first] + (e[first] / (g + (g >= 0 ? Math.Abs(r) : -Math.Abs(r))));
        double s = 1, c = 1, p = 0;
        for (var i = last - 1; i >= first; i--)
        {
            var (f, b) = (s * e[i], c * e[i]);
            r = Length(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                // The block fell apart in the middle of the sweep.
                d[i + 1] -= p;
                e[last] = 0;
                return;
            }

            (s, c) = (f / r, g / r);
            g = d[i + 1] - p;
            r = ((d[i] - g) * s) + (2 * c * b);
            p = s * r;
            d[i + 1] = g + p;
            g = (c * r) - b;
        }

        d[first] -= p;
        e[first] = g;
        e[last] = 0;
    }

    // sqrt(a^2 + b^2) without overflow.
    private static double Length(double a, double b)
    {
        var (large, small) = (Math.Max(Math.Abs(a), Math.Abs(b)), Math.Min(Math.Abs(a), Math.Abs(b)));
        return large == 0 ? 0 : large * Math.Sqrt(1 + (small / large * (small / large)));
    }
}
