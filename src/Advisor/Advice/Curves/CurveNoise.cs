namespace LoraLint.Advisor.Advice.Curves;

/// <summary>
/// How much a curve jitters from point to point, its trend left out, and how alike neighbouring points are.
/// </summary>
/// <param name="Deviation">The standard deviation of a point about the smooth curve, in the curve's unit.</param>
/// <param name="Correlation">Of neighbouring points, 0 to 0.8.</param>
internal readonly record struct CurveNoise(double Deviation, double Correlation)
{
    // Var(D2) / Var(D1) of an AR(1) process is 1 + correlation.
    private const double MostCorrelation = 0.8;

    /// <summary>
    /// Estimates it from differences of points one and two apart, whose medians neither a slow trend nor some spikes move: for noise with
    /// correlation c, Var(x_i+1 - x_i) = 2 s² (1 - c) and Var(x_i+2 - x_i) = 2 s² (1 - c²) (von Neumann 1941; an AR(1) process).
    /// </summary>
    /// <param name="values">The values in order.</param>
    public static CurveNoise Of(ReadOnlySpan<double> values)
    {
        if (values.Length < 4)
            return new CurveNoise(double.NaN, 0);
        var near = Spread(values, 1);
        var far = Spread(values, 2);
        // A correlation from a handful of points is noise itself.
        var correlation = values.Length < 30 || near == 0 ? 0 : Math.Clamp(far * far / (near * near) - 1, 0, MostCorrelation);
        return new CurveNoise(near / Math.Sqrt(2 * (1 - correlation)), correlation);
    }

    /// <summary>The standard error of the trimmed mean of so many neighbouring points.</summary>
    /// <remarks>
    /// The mean of n points with correlation c has the variance s²/n (1 + c)/(1 - c); trimming costs a tenth where the noise is normal.
    /// </remarks>
    public double ErrorOfMean(int count) => 1.1 * Deviation * Math.Sqrt((1 + Correlation) / (1 - Correlation) / count);

    private static double Spread(ReadOnlySpan<double> values, int apart)
    {
        var differences = new double[values.Length - apart];
        for (var i = 0; i < differences.Length; i++)
            differences[i] = values[i + apart] - values[i];
        var median = RobustStatistics.Median(differences);
        return RobustStatistics.NormalMad * RobustStatistics.Median(differences.Select(d => Math.Abs(d - median)));
    }
}
