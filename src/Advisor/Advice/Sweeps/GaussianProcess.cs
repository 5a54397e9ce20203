namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// A Gaussian process over the unit cube (Rasmussen and Williams 2006, algorithm 2.1): what the values may be where nobody looked. Matérn
/// 5/2
/// covariance, values standardized; length scale and noise are those of a small grid with the highest likelihood.
/// </summary>
internal sealed class GaussianProcess
{
    private static readonly double[] s_scales = [0.1, 0.2, 0.35, 0.6, 1.0, 2.0], s_noises = [1e-6, 1e-3, 1e-2, 1e-1];

    private readonly double[][] _points;
    private readonly double[] _weights;
    private readonly double[][] _factor;
    private readonly double _mean, _deviation, _scale;

    /// <summary>Fits values at points.</summary>
    /// <param name="points">At least one, each coordinate from 0 to 1.</param>
    /// <param name="values">Finite.</param>
    public GaussianProcess(IReadOnlyList<double[]> points, IReadOnlyList<double> values)
    {
        _points = [.. points];
        _mean = values.Average();
        _deviation = Math.Sqrt(values.Average(v => (v - _mean) * (v - _mean)));
        if (_deviation < 1e-12)
            _deviation = 1;
        var standardized = values.Select(v => (v - _mean) / _deviation).ToArray();
        var best = double.NegativeInfinity;
        (_factor, _weights) = ([], []);
        foreach (var scale in s_scales)
        {
            foreach (var noise in s_noises)
            {
                var factor = Cholesky(scale, noise);
                var weights = Backward(factor, Forward(factor, standardized));
                var likelihood = (-0.5 * standardized.Zip(weights, (y, w) => y * w).Sum())
                    - factor.Select((row, i) => Math.Log(row[i])).Sum();
                if (likelihood <= best)
                    continue;
                (best, _factor, _weights, _scale) = (likelihood, factor, weights, scale);
            }
        }
    }

    /// <summary>What is expected at a point, and how unsure that is (a standard deviation, without the noise of a trial).</summary>
    public (double Mean, double Deviation) At(double[] point)
    {
        var covariances = _points.Select(p => Covariance(p, point, _scale)).ToArray();
        var mean = covariances.Zip(_weights, (k, w) => k * w).Sum();
        var v = Forward(_factor, covariances);
        var variance = Math.Max(0, 1 - v.Sum(x => x * x));
        return (_mean + (_deviation * mean), _deviation * Math.Sqrt(variance));
    }

    /// <summary>
    /// How much below the lowest value so far a point is expected to come (expected improvement: Jones, Schonlau, Welch 1998, eq. 15).
    /// </summary>
    public double ImprovementAt(double[] point, double lowest)
    {
        var (mean, deviation) = At(point);
        if (deviation <= 0)
            return Math.Max(0, lowest - mean);
        var z = (lowest - mean) / deviation;
        return ((lowest - mean) * Cumulative(z)) + (deviation * Math.Exp(-0.5 * z * z) / Math.Sqrt(2 * Math.PI));
    }

    private static double Covariance(double[] a, double[] b, double scale)
    {
        var distance = Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Sum());
        var r = Math.Sqrt(5) * distance / scale;
        return (1 + r + (r * r / 3)) * Math.Exp(-r);
    }

    private double[][] Cholesky(double scale, double noise)
    {
        var n = _points.Length;
        var factor = new double[n][];
        for (var i = 0; i < n; i++)
        {
            factor[i] = new double[n];
            for (var j = 0; j <= i; j++)
            {
                var sum = Covariance(_points[i], _points[j], scale) + (i == j ? noise : 0);
                for (var k = 0; k < j; k++)
                    sum -= factor[i][k] * factor[j][k];
                factor[i][j] = i == j ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / factor[j][j];
            }
        }

        return factor;
    }

    private static double[] Forward(double[][] factor, double[] right)
    {
        var solved = new double[right.Length];
        for (var i = 0; i < right.Length; i++)
        {
            var sum = right[i];
            for (var k = 0; k < i; k++)
                sum -= factor[i][k] * solved[k];
            solved[i] = sum / factor[i][i];
        }

        return solved;
    }

    private static double[] Backward(double[][] factor, double[] right)
    {
        var solved = new double[right.Length];
        for (var i = right.Length - 1; i >= 0; i--)
        {
            var sum = right[i];
            for (var k = i + 1; k < right.Length; k++)
                sum -= factor[k][i] * solved[k];
            solved[i] = sum / factor[i][i];
        }

        return solved;
    }

    // The normal distribution by Abramowitz and Stegun 7.1.26: off by 1.5e-7 at most, far below what a choice of trials needs.
    private static double Cumulative(double z)
    {
        var x = Math.Abs(z) / Math.Sqrt(2);
        var t = 1 / (1 + (0.3275911 * x));
        var polynomial = (((((((1.061405429 * t) - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t) + 0.254829592) * t;
        var erf = 1 - (polynomial * Math.Exp(-x * x));
        return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
    }
}
