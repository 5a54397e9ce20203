namespace LoraLint.Advisor.Advice.Curves;

/// <summary>
/// Statistics that a few wild values do not move. All of them are pure; a list without values gives NaN.
/// </summary>
internal static class RobustStatistics
{
    /// <summary>What the median absolute deviation of normal noise is multiplied by for its standard deviation: 1/Φ⁻¹(3/4).</summary>
    public const double NormalMad = 1.4826;

    /// <summary>The value in the middle; of an even number of values the mean of the two.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var ordered = values.ToArray();
        Array.Sort(ordered);
        return ordered.Length == 0 ? double.NaN : (ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]) / 2;
    }

    /// <summary>The median distance to the median, not scaled.</summary>
    public static double MedianAbsoluteDeviation(IReadOnlyCollection<double> values)
    {
        var median = Median(values);
        return Median(values.Select(v => Math.Abs(v - median)));
    }

    /// <summary>The mean without a fifth of the values at each end; of three values that is their median.</summary>
    public static double TrimmedMean(ReadOnlySpan<double> values)
    {
        var ordered = values.ToArray();
        Array.Sort(ordered);
        var cut = ordered.Length < 3 ? 0 : (int)Math.Ceiling(0.2 * ordered.Length);
        var sum = 0.0;
        for (var i = cut; i < ordered.Length - cut; i++)
            sum += ordered[i];
        return sum / (ordered.Length - 2 * cut);
    }

    /// <summary>
    /// The slope of a line through points that up to 29 % of wild points do not turn, with its 95 % interval: the median of the slopes of
    /// all pairs (Theil 1950), its interval from the variance of Kendall's S (Sen, JASA 63, 1968).
    /// </summary>
    /// <param name="points">At most a few hundred, as all pairs are looked at.</param>
    /// <returns>The slope a step; the interval is infinite for fewer than four points.</returns>
    public static (double Slope, double Low, double High) TheilSen(IReadOnlyList<CurvePoint> points)
    {
        var slopes = new List<double>(points.Count * (points.Count - 1) / 2);
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = i + 1; j < points.Count; j++)
            {
                if (points[j].Step != points[i].Step)
                    slopes.Add((points[j].Value - points[i].Value) / (points[j].Step - points[i].Step));
            }
        }

        if (slopes.Count == 0)
            return (0, double.NegativeInfinity, double.PositiveInfinity);
        slopes.Sort();
        var slope = (slopes[(slopes.Count - 1) / 2] + slopes[slopes.Count / 2]) / 2;
        if (points.Count < 4)
            return (slope, double.NegativeInfinity, double.PositiveInfinity);
        double n = points.Count;
        var reach = 1.96 * Math.Sqrt(n * (n - 1) * (2 * n + 5) / 18);
        var low = (int)Math.Floor((slopes.Count - reach) / 2);
        var high = (int)Math.Ceiling((slopes.Count + reach) / 2);
        return (
            slope, low < 0 ? double.NegativeInfinity : slopes[low],
            high >= slopes.Count ? double.PositiveInfinity : slopes[high]);
    }

    /// <summary>A curve as at most so many points: each the trimmed mean of a stretch of equal length.</summary>
    public static IReadOnlyList<CurvePoint> Thin(IReadOnlyList<CurvePoint> points, int most)
    {
        if (points.Count <= most)
            return points;
        var thinned = new CurvePoint[most];
        var values = points.Select(p => p.Value).ToArray();
        for (var i = 0; i < most; i++)
        {
            var (from, to) = ((int)((long)i * points.Count / most), (int)((long)(i + 1) * points.Count / most));
            thinned[i] = new CurvePoint(points[(from + to) / 2].Step, TrimmedMean(values.AsSpan(from, to - from)));
        }

        return thinned;
    }
}
