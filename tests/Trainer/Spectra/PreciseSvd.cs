namespace LoraLint.Tests.Trainer.Spectra;

/// <summary>
/// Singular values by one-sided Jacobi rotations in 28 decimal digits: slow, plain, and with twelve digits to spare over what it is
/// compared with.
/// </summary>
internal static class PreciseSvd
{
    public static double[] Values(double[,] matrix)
    {
        var (rows, columns) = (matrix.GetLength(0), matrix.GetLength(1));
        var a = new decimal[columns][];
        for (var j = 0; j < columns; j++)
            a[j] = [.. Enumerable.Range(0, rows).Select(i => (decimal)matrix[i, j])];
        for (var sweep = 0; sweep < 40; sweep++)
        {
            for (var p = 0; p < columns; p++)
            {
                for (var q = p + 1; q < columns; q++)
                    Rotate(a[p], a[q]);
            }
        }

        return [.. a.Select(column => (double)Root(Dot(column, column))).OrderDescending().Take(Math.Min(rows, columns))];
    }

    private static void Rotate(decimal[] p, decimal[] q)
    {
        var (alpha, beta, gamma) = (Dot(p, p), Dot(q, q), Dot(p, q));
        if (Math.Abs(gamma) <= 1e-26m)
            return;
        var zeta = (beta - alpha) / (2 * gamma);
        // Far from 45 degrees the square would leave the type's range.
        var t = Math.Abs(zeta) > 1e13m ? 1 / (2 * zeta) : Math.Sign(zeta == 0 ? 1 : zeta) / (Math.Abs(zeta) + Root(1 + (zeta * zeta)));
        var c = 1 / Root(1 + (t * t));
        var s = c * t;
        for (var i = 0; i < p.Length; i++)
            (p[i], q[i]) = ((c * p[i]) - (s * q[i]), (s * p[i]) + (c * q[i]));
    }

    private static decimal Dot(decimal[] a, decimal[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static decimal Root(decimal value)
    {
        if (value <= 0)
            return 0;
        var root = (decimal)Math.Sqrt((double)value);
        for (var i = 0; i < 4 && root > 0; i++)
            root = (root + (value / root)) / 2;
        return root;
    }
}
