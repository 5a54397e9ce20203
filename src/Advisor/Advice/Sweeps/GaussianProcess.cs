using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// A Gaussian process over the unit cube (Rasmussen and Williams 2006, algorithm 2.1): what the values may be where nobody looked. The
/// covariance is Matérn 5/2 and the values are standardized; length scale and noise are those of a small grid with the highest likelihood.
/// </summary>
internal sealed class GaussianProcess
{
    private static readonly double[] s_scales = [0.1, 0.2, 0.35, 0.6, 1.0, 2.0], s_noises = [1e-6, 1e-3, 1e-2, 1e-1];

    private readonly IReadOnlyList<double[]> _points;
    private readonly Cholesky<double> _factor;
    private readonly Vector<double> _weights;
    private readonly double _mean, _deviation, _scale;

    /// <summary>Fits values at points.</summary>
    /// <param name="points">At least one, each coordinate from 0 to 1.</param>
    /// <param name="values">Finite.</param>
    public GaussianProcess(IReadOnlyList<double[]> points, IReadOnlyList<double> values)
    {
        _points = points;
        _mean = values.Average();
        _deviation = Math.Sqrt(values.Average(v => (v - _mean) * (v - _mean)));
        if (_deviation < 1e-12)
            _deviation = 1;
        var standardized = Vector<double>.Build.DenseOfEnumerable(values.Select(v => (v - _mean) / _deviation));
        var fits =
            from scale in s_scales
            from noise in s_noises
            let factor = Covariances(scale, noise).Cholesky()
            let weights = factor.Solve(standardized)
            select (Likelihood: -0.5 * ((standardized * weights) + factor.DeterminantLn), factor, weights, scale);
        (_, _factor, _weights, _scale) = fits.MaxBy(f => f.Likelihood);
    }

    /// <summary>What is expected at a point, and how unsure that is (a standard deviation, without the noise of a trial).</summary>
    public (double Mean, double Deviation) At(double[] point)
    {
        var covariances = Vector<double>.Build.Dense(_points.Count, i => Covariance(_points[i], point, _scale));
        var variance = Math.Max(0, 1 - (covariances * _factor.Solve(covariances)));
        return (_mean + (_deviation * (covariances * _weights)), _deviation * Math.Sqrt(variance));
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
        return ((lowest - mean) * Normal.CDF(0, 1, z)) + (deviation * Normal.PDF(0, 1, z));
    }

    private Matrix<double> Covariances(double scale, double noise) =>
        Matrix<double>.Build.Dense(
            _points.Count, _points.Count, (i, j) => Covariance(_points[i], _points[j], scale) + (i == j ? noise : 0));

    private static double Covariance(double[] a, double[] b, double scale)
    {
        var r = Math.Sqrt(5) * MathNet.Numerics.Distance.Euclidean(a, b) / scale;
        return (1 + r + (r * r / 3)) * Math.Exp(-r);
    }
}
