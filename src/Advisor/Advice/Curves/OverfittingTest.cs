namespace LoraLint.Advisor.Advice.Curves;

/// <summary>A validation loss that rises again while the training loss does not.</summary>
/// <param name="Step">The step from which on it rises: that of the best evaluation before.</param>
/// <param name="Best">The validation loss there.</param>
/// <param name="Last">The validation loss at the end, smoothed.</param>
/// <param name="Evaluations">Evaluations since the best one.</param>
internal sealed record Overfitting(int Step, double Best, double Last, int Evaluations)
{
    /// <summary>The rise against the best, such as 0.05 for 5 %.</summary>
    public double Rise => (Last - Best) / Math.Abs(Best);
}

/// <summary>Finds overfitting in a validation loss.</summary>
/// <remarks>
/// The usual signs, three rises in a row or an end 1 % above the lowest evaluation, come about by chance in many runs whose evaluations
/// jitter by 1 %. So the rise has to be beyond the jitter too. The evaluations are fitted twice, by a curve that only falls and by one that
/// falls and then rises (<see cref="ValleyFit"/>). The run overfits when the second leaves so much less that the root of the difference is
/// above <see cref="Critical"/> jitters, the training loss does not rise along, and the end is more than 1 % above the best.
/// <para>
/// The jitter is the smaller of two estimates: from what the second fit leaves over, with Meyer and Woodroofe's correction for the levels
/// it took (Annals of Statistics 28, 2000), which a bump in the middle makes too large; and from the median distance of an evaluation to
/// the line between its neighbours, which a bump does not move, but the bend of a short curve does. A handful of evaluations cannot tell
/// it either way, so they count together with <see cref="PriorWeight"/> evaluations of a jitter of <see cref="PriorJitter"/>: an
/// evaluation is made on the same rows each time, and moves by well below 1 % from one to the next.
/// </para>
/// </remarks>
internal static class OverfittingTest
{
    /// <summary>The least rise that counts, against the best loss.</summary>
    public const double LeastRise = 0.01;

    private const double Critical = 3;
    private const double PriorJitter = 0.005;
    private const double PriorWeight = 4;
    private const int FewestEvaluations = 3;

    /// <summary>Looks at a validation loss; null when it does not rise.</summary>
    /// <param name="validationLoss">The evaluations in order.</param>
    /// <param name="trainLoss">The training loss.</param>
    /// <param name="divergence">
    /// How the training loss diverged, or null. What the validation loss does behind its lowest stretch belongs to that.
    /// </param>
    public static Overfitting? Find(
        IReadOnlyList<CurvePoint> validationLoss, IReadOnlyList<CurvePoint> trainLoss, Divergence? divergence)
    {
        var points = validationLoss.Where(p => double.IsFinite(p.Value) && !(p.Step > divergence?.LowestStep)).ToList();
        if (points.Count < FewestEvaluations)
            return null;
        var width = points.Count < 8 ? 1 : points.Count < 40 ? 3 : 5;
        var smooth = Smooth(points, width);
        var lowest = smooth.Min();
        var at = Array.IndexOf(smooth, lowest);
        if (smooth[^1] - lowest <= LeastRise * Math.Abs(lowest))
            return null;
        // The checkpoint to take is an evaluation, not a median of some.
        var best = points.GetRange(WindowOf(at, width, points.Count), width).MinBy(p => p.Value);
        var found = new Overfitting(best.Step, best.Value, smooth[^1], points.Count(p => p.Step > best.Step));
        if (found.Evaluations == 0)
            return null;
        var shares = Shares(points);
        var fit = ValleyFit.Of(shares);
        return Math.Sqrt(fit.Falling - fit.Valley) > Critical * JitterOf(points, shares, fit) && !TrainFollows(trainLoss, found)
            ? found : null;
    }

    /// <summary>The jitter of evaluations as a share of the loss, the usual one counted in.</summary>
    public static double JitterOf(IReadOnlyList<CurvePoint> validationLoss)
    {
        var points = validationLoss.Where(p => double.IsFinite(p.Value)).ToList();
        var shares = Shares(points);
        return JitterOf(points, shares, ValleyFit.Of(shares));
    }

    private static double JitterOf(List<CurvePoint> points, double[] shares, ValleyFit fit)
    {
        var left = fit.Valley;
        var weight = Math.Max(0, points.Count - 1.5 * fit.Levels);
        var distances = new List<double>();
        for (var i = 1; i < points.Count - 1; i++)
        {
            var place = (double)(points[i].Step - points[i - 1].Step) / (points[i + 1].Step - points[i - 1].Step);
            var line = shares[i - 1] + place * (shares[i + 1] - shares[i - 1]);
            distances.Add(Math.Abs(shares[i] - line) / Math.Sqrt(1 + place * place + (1 - place) * (1 - place)));
        }

        // A median of absolute values tells as much as 0.37 times as many squares.
        var others = 0.37 * distances.Count;
        var median = distances.Count == 0 ? 0 : RobustStatistics.NormalMad * RobustStatistics.Median(distances);
        return Math.Min(WithPrior(left, weight), WithPrior(others * median * median, others));
    }

    private static double WithPrior(double squares, double weight) =>
        Math.Sqrt((squares + PriorWeight * PriorJitter * PriorJitter) / (weight + PriorWeight));

    // Losses are above 0 and their noise goes with their size, so logarithms make it even; a loss of another kind is only scaled.
    private static double[] Shares(List<CurvePoint> points)
    {
        if (points.All(p => p.Value > 0))
            return [.. points.Select(p => Math.Log(p.Value))];
        var scale = RobustStatistics.Median(points.Select(p => Math.Abs(p.Value)));
        return [.. points.Select(p => scale > 0 ? p.Value / scale : 0)];
    }

    // Whether the training loss rises with the validation loss, by at least half as much and more than by chance.
    private static bool TrainFollows(IReadOnlyList<CurvePoint> trainLoss, Overfitting found)
    {
        var points = trainLoss.Where(p => double.IsFinite(p.Value)).ToList();
        var length = Math.Max(3, points.Count / 8);
        if (points.Count < 3 * length)
            return false;
        var values = points.Select(p => p.Value).ToArray();
        var best = points.FindLastIndex(p => p.Step <= found.Step);
        var from = Math.Clamp(best - length / 2, 0, values.Length - length);
        var then = RobustStatistics.TrimmedMean(values.AsSpan(from, length));
        var change = RobustStatistics.TrimmedMean(values.AsSpan(values.Length - length)) - then;
        var error = Math.Sqrt(2) * CurveNoise.Of(values.AsSpan(from)).ErrorOfMean(length);
        return change > 0.5 * found.Rise * Math.Abs(then) && change > 2 * error;
    }

    // A running median, so that one wild evaluation is neither the best nor the last.
    private static double[] Smooth(List<CurvePoint> points, int width)
    {
        var smooth = new double[points.Count];
        for (var i = 0; i < smooth.Length; i++)
        {
            smooth[i] = RobustStatistics.Median(points.GetRange(WindowOf(i, width, points.Count), width).Select(p => p.Value));
        }

        return smooth;
    }

    // Where the window about a point begins; at the ends it stays inside.
    private static int WindowOf(int at, int width, int count) => Math.Clamp(at - width / 2, 0, count - width);
}
