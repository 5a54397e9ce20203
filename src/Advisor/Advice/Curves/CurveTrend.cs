namespace LoraLint.Advisor.Advice.Curves;

/// <summary>
/// Where a loss that neither diverges nor overfits goes: whether it fell at all, whether it is still falling, when it came to rest. Levels
/// are trimmed means of stretches; slopes are Theil and Sen's with their intervals, so that noise alone gives no trend.
/// </summary>
internal sealed record CurveTrend
{
    /// <summary>From so many evaluations on the validation loss tells the trend.</summary>
    public const int FewestEvaluations = 6;

    // A loss that fell by less from its first twentieth to its end has learned nothing.
    private const double LeastFall = 0.05;

    // Over the last third of the run.
    private const double StillFalling = 0.025;

    // The fewest that Theil and Sen's interval says anything of.
    private const int FewestInTail = 5;

    // Of the gain of the whole run.
    private const double Rest = 0.02;
    private const double Hump = 0.15;
    private const double Straight = 0.6;
    private const int MostPoints = 240;
    private const int FewestPoints = 12;

    /// <summary>The level at the start, about a twentieth of the points, and at the end, a tenth; null with too few points.</summary>
    public (double Start, double End)? Levels { get; private init; }

    /// <summary>
    /// Whether the training loss did not fall: with 95 % confidence by less than 5 % from its first points to its lowest stretch.
    /// </summary>
    public bool IsFlat { get; private init; }

    /// <summary>
    /// The fall over the last third of the run against the level it began at, such as 0.04, where it is at least 2.5 % and no chance; else
    /// null. From the validation loss when it has at least six points, else the training loss.
    /// </summary>
    public double? FallAtEnd { get; private init; }

    /// <summary>
    /// Whether the fall is nearly a straight line: the second half of the run brought at least 0.6 times as much as the first.
    /// </summary>
    public bool IsStraight { get; private init; }

    /// <summary>
    /// The highest level in the first two fifths of the run against the first one, where it is at least 15 % above it and no chance; with
    /// its step. A loss that climbs before it falls had too high a learning rate for its start.
    /// </summary>
    public (int Step, double Rise)? EarlyHump { get; private init; }

    /// <summary>
    /// The step from which on the validation loss gained no more than 2 % of all it gained, where that is before the middle of the run.
    /// </summary>
    public int? RestStep { get; private init; }

    /// <summary>Measures the trend.</summary>
    public static CurveTrend Of(RunCurves curves)
    {
        var train = curves.TrainLoss.Where(p => double.IsFinite(p.Value)).ToList();
        var validation = curves.ValidationLoss.Where(p => double.IsFinite(p.Value)).ToList();
        var trend = train.Count < FewestPoints ? new CurveTrend() : OfTrain(train);
        var isFalling = validation.Count >= FewestEvaluations ? validation : train.Count >= FewestPoints ? train : null;
        return trend with { FallAtEnd = isFalling is null ? null : FallOf(isFalling), RestStep = RestOf(validation) };
    }

    private static CurveTrend OfTrain(List<CurvePoint> points)
    {
        var values = points.Select(p => p.Value).ToArray();
        var first = Math.Max(3, values.Length / 20);
        var last = Math.Max(3, values.Length / 10);
        var (start, startError) = Level(values, 0, first);
        var (end, endError) = Level(values, values.Length - last, last);
        var (middle, _) = Level(values, (values.Length - last) / 2, last);
        var fall = start - end;
        var bound = fall + 1.96 * Math.Sqrt(startError * startError + endError * endError);
        return new CurveTrend
        {
            Levels = (start, end),
            IsFlat = bound < LeastFall * Math.Abs(start) && bound > -LeastFall * Math.Abs(start),
            IsStraight = fall > 0 && middle - end >= Straight * (start - middle),
            EarlyHump = HumpOf(points, values, first, start, startError),
        };
    }

    private static (int Step, double Rise)? HumpOf(List<CurvePoint> points, double[] values, int length, double start, double startError)
    {
        (int Step, double Rise)? found = null;
        // The trimmed mean of three points lets two spikes through.
        length = Math.Max(5, length);
        var highest = start + Math.Max(Hump * Math.Abs(start), 0);
        for (var from = length; from + length <= values.Length * 2 / 5; from += Math.Max(1, length / 2))
        {
            var (level, error) = Level(values, from, length);
            if (level <= highest || level - start < 4 * Math.Sqrt(error * error + startError * startError))
                continue;
            highest = level;
            found = (points[from + length / 2].Step, (level - start) / Math.Abs(start));
        }

        return found;
    }

    private static double? FallOf(List<CurvePoint> points)
    {
        var count = Math.Max(FewestInTail, points.Count - points.Count * 2 / 3);
        var tail = RobustStatistics.Thin(points.GetRange(points.Count - count, count), MostPoints);
        var (slope, _, high) = RobustStatistics.TheilSen(tail);
        var (first, middle, last) = (LevelOf(0), LevelOf(1), LevelOf(2));
        var fall = -slope * (points[^1].Step - points[0].Step) / 3 / Math.Abs(first);
        // The pace at the end counts too: a curve that came to rest within the last third is not still falling.
        return high < 0 && Math.Min(fall, 3 * (middle - last) / Math.Abs(first)) >= StillFalling ? fall : null;

        double LevelOf(int third) => RobustStatistics.Median(
            tail.Skip(third * tail.Count / 3).Take((third + 1) * tail.Count / 3 - third * tail.Count / 3).Select(p => p.Value));
    }

    private static int? RestOf(List<CurvePoint> points)
    {
        if (points.Count < FewestEvaluations)
            return null;
        var smooth = ValleyFit.Smooth([.. points.Select(p => p.Value)]);
        var lowest = smooth.Min();
        var jitter = OverfittingTest.JitterOf(points) * Math.Abs(lowest);
        var gained = smooth[0] - lowest;
        // Where next to nothing was gained, when it was cannot be said.
        if (gained < 4 * jitter)
            return null;
        var at = Array.FindIndex(smooth, value => value <= lowest + Math.Max(Rest * gained, 0.5 * jitter));
        return at >= 0 && points[at].Step < points[^1].Step / 2 ? points[at].Step : null;
    }

    private static (double Level, double Error) Level(double[] values, int from, int count)
    {
        var level = RobustStatistics.TrimmedMean(values.AsSpan(from, count));
        var wanted = Math.Min(values.Length, Math.Max(count, 16));
        var start = Math.Clamp(from + count / 2 - wanted / 2, 0, values.Length - wanted);
        return (level, CurveNoise.Of(values.AsSpan(start, wanted)).ErrorOfMean(count));
    }
}
