namespace LoraLint.Advisor.Advice.Curves;

/// <summary>A training loss that rose lastingly above where it had been, or left the finite numbers.</summary>
/// <param name="Step">The first step of the rise, or of the value that is no number.</param>
/// <param name="LowestStep">The step in the middle of the lowest stretch.</param>
/// <param name="Lowest">The mean loss of that stretch.</param>
/// <param name="Last">The mean loss of the run's last stretch; not finite when values were not.</param>
internal sealed record Divergence(int Step, int LowestStep, double Lowest, double Last)
{
    /// <summary>Whether the loss became NaN or infinite.</summary>
    public bool IsNotFinite => !double.IsFinite(Last);
}

/// <summary>Finds divergence in a training loss.</summary>
/// <remarks>
/// The last stretch of the curve is held against the lowest earlier stretch of the same length, for three lengths: a tenth, a fifth and
/// a third of the points. Each stretch counts as its trimmed mean, with a standard error from its own noise. The loss has diverged when
/// for some length the difference is
/// <list type="bullet">
/// <item>beyond chance: above se (2.3 sqrt(2) + sqrt(2 ln k)), where the second root is about how far the lowest of k means of equal
/// stretches lies below their common mean by chance alone, and 2.3 the 99 % point of the normal distribution;</item>
/// <item>not small: at least 8 % of the lowest level and 5 % of what was learned before, so that a run that came close to zero and jitters
/// there has not diverged;</item>
/// <item>lasting: the last stretch is not on its way down again, as it is after a warm restart or a spike.</item>
/// </list>
/// A run that breaks at its first updates is found by its first value: a level at the end half as high again and 6 deviations above it.
/// The three lengths trade place against noise: the short one sees what happened at the very end, the long one what is hidden in noise.
/// </remarks>
internal static class DivergenceTest
{
    private const double LeastRise = 0.08;
    private const double LeastShareOfFall = 0.05;
    private const double LeastRiseAtStart = 0.5;
    private const int FewestPoints = 8;
    private static readonly double[] s_lengths = [0.1, 0.2, 0.33];

    /// <summary>Looks at a training loss; null when it has not diverged.</summary>
    public static Divergence? Find(IReadOnlyList<CurvePoint> trainLoss)
    {
        var finite = trainLoss.Where(p => double.IsFinite(p.Value)).ToList();
        // Trainers skip the step of a single overflow in fp16; what stays out of the finite numbers has diverged.
        if (trainLoss.Count > 0 && !double.IsFinite(trainLoss[^1].Value))
        {
            var first = trainLoss.Count;
            while (first > 0 && !double.IsFinite(trainLoss[first - 1].Value))
                first--;
            var lowest = finite.Count > 0 ? finite.MinBy(p => p.Value) : new CurvePoint(0, double.NaN);
            return new Divergence(trainLoss[first].Step, lowest.Step, lowest.Value, double.NaN);
        }

        if (finite.Count < FewestPoints)
            return null;
        var values = finite.Select(p => p.Value).ToArray();
        foreach (var share in s_lengths)
        {
            if (Find(finite, values, Math.Max(3, (int)(share * values.Length))) is { } found)
                return found;
        }

        return FindAtStart(finite, values);
    }

    // A run that breaks at its first updates has no stretch before that, but one value: so the rise has to be larger and clearer.
    private static Divergence? FindAtStart(List<CurvePoint> points, double[] values)
    {
        var length = Math.Max(3, values.Length / 3);
        var level = RobustStatistics.TrimmedMean(values.AsSpan(values.Length - length));
        var rise = level - values[0];
        return rise > LeastRiseAtStart * Math.Abs(values[0]) && rise > 6 * CurveNoise.Of(values).Deviation
            ? new Divergence(points[1].Step, points[0].Step, values[0], level) : null;
    }

    private static Divergence? Find(List<CurvePoint> points, double[] values, int length)
    {
        var last = values.AsSpan(values.Length - length);
        var level = RobustStatistics.TrimmedMean(last);
        var stride = Math.Max(1, length / 2);
        var first = RobustStatistics.TrimmedMean(values.AsSpan(0, Math.Min(3, values.Length)));
        var (lowest, lowestAt) = (double.MaxValue, 0);
        var stretches = 0;
        for (var from = 0; from + length <= values.Length - length; from += stride)
        {
            stretches++;
            var mean = RobustStatistics.TrimmedMean(values.AsSpan(from, length));
            if (mean < lowest)
                (lowest, lowestAt) = (mean, from);
        }

        if (stretches == 0)
            return null;
        var rise = level - lowest;
        if (rise < LeastRise * Math.Abs(lowest) || rise < LeastShareOfFall * Math.Max(0, first - lowest))
            return null;
        var (errorThere, errorHere) = (ErrorAround(values, lowestAt, length), ErrorAround(values, values.Length - length, length));
        var error = Math.Sqrt((errorThere * errorThere + errorHere * errorHere) / 2);
        if (rise < error * (2.3 * Math.Sqrt(2) + Math.Sqrt(2 * Math.Log(stretches))) || IsRecovering(points, length, lowest, level))
            return null;
        return new Divergence(OnsetOf(points, values, lowestAt, lowest, level), points[lowestAt + length / 2].Step, lowest, level);
    }

    // The noise is taken from a longer stretch than the mean, as a spread needs more points than a level.
    private static double ErrorAround(double[] values, int from, int length)
    {
        var wanted = Math.Min(values.Length, Math.Max(length, 16));
        var start = Math.Clamp(from + length / 2 - wanted / 2, 0, values.Length - wanted);
        return CurveNoise.Of(values.AsSpan(start, wanted)).ErrorOfMean(length);
    }

    // At the pace of its last stretch, would the loss be back within a tenth of the run?
    private static bool IsRecovering(List<CurvePoint> points, int length, double lowest, double level)
    {
        var tail = RobustStatistics.Thin(points.GetRange(points.Count - length, length), 60);
        var (slope, _, high) = RobustStatistics.TheilSen(tail);
        var ahead = 0.1 * Math.Max(1, points[^1].Step - points[0].Step);
        return high < 0 && level + slope * ((points[^1].Step - tail[0].Step) / 2.0 + ahead) < lowest * (1 + LeastRise);
    }

    // The last place before the end where a short mean was still nearer to the lowest level than to the last one.
    private static int OnsetOf(List<CurvePoint> points, double[] values, int lowestAt, double lowest, double level)
    {
        var length = Math.Clamp(values.Length / 50, 3, 25);
        for (var from = values.Length - length; from > lowestAt; from--)
        {
            if (RobustStatistics.TrimmedMean(values.AsSpan(from, length)) < lowest + 0.25 * (level - lowest))
                return points[Math.Min(from + length, points.Count - 1)].Step;
        }

        return points[lowestAt].Step;
    }
}
