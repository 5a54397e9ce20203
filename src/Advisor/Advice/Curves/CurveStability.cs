namespace LoraLint.Advisor.Advice.Curves;

/// <summary>How smoothly a training went.</summary>
/// <remarks>
/// The loss is held against its exponential moving average e (decay 0.9, corrected for its start as Adam's averages are). Roughness is
/// median |l - e| / median e: with one sequence a step 0.1 to 0.2 is usual, so it is compared between runs of the same batch (twice the
/// median of a sweep is rough) rather than with a fixed number. A spike is a loss above the average before it by 6 median absolute
/// deviations and by a quarter; a gradient spike a norm above 10 times the median of the run and of the points around it (norms fall with
/// the loss, so those of the first steps are high without being spikes), or above 100, which Axolotl's documentation calls unstable.
/// </remarks>
/// <param name="Roughness">Jitter against the level; NaN without a training loss.</param>
/// <param name="Spikes">The steps at which a spike of the loss begins.</param>
/// <param name="GradientSpikes">The steps at which a spike of the gradient norm begins.</param>
/// <param name="Points">Logged losses.</param>
/// <param name="NotFinite">The first step with a loss or a gradient norm that is no finite number, or null.</param>
internal sealed record CurveStability(
    double Roughness, IReadOnlyList<int> Spikes, IReadOnlyList<int> GradientSpikes, int Points, int? NotFinite)
{
    private const double Decay = 0.9;
    private const double SpikeDeviations = 6;
    private const double SpikeShare = 0.25;
    private const double GradientFactor = 10;
    private const double GradientLimit = 100;
    private const double MostSpikes = 0.01;

    // Points on either side that a gradient norm is held against.
    private const int Around = 25;

    /// <summary>
    /// Whether it counts as stable by itself: all finite, and spikes of the loss at no more than 1 % of the points. One or two do not
    /// count: in a short run they are more than 1 %.
    /// </summary>
    public bool IsStable => NotFinite is null && Spikes.Count <= Math.Max(2, MostSpikes * Points);

    /// <summary>Whether it is more than twice as rough as the runs of a sweep are in the middle.</summary>
    public bool IsRougherThan(IEnumerable<double> roughness) => Roughness > 2 * RobustStatistics.Median(roughness.Where(double.IsFinite));

    /// <summary>Measures a run.</summary>
    public static CurveStability Of(RunCurves curves)
    {
        var losses = curves.TrainLoss.Where(p => double.IsFinite(p.Value)).ToList();
        var average = Average(losses);
        var apart = losses.Select((p, i) => p.Value - average[i].Value).ToList();
        var level = RobustStatistics.Median(average.Select(p => p.Value));
        var deviation = apart.Count == 0 ? 0 : RobustStatistics.MedianAbsoluteDeviation(apart);
        var spikes = new List<int>();
        var wasSpike = false;
        for (var i = 1; i < losses.Count; i++)
        {
            var before = average[i - 1].Value;
            var isSpike = losses[i].Value > before + SpikeDeviations * deviation && losses[i].Value > before * (1 + SpikeShare);
            if (isSpike && !wasSpike)
                spikes.Add(losses[i].Step);
            wasSpike = isSpike;
        }

        return new CurveStability(
            RobustStatistics.Median(apart.Select(Math.Abs)) / level, spikes, GradientSpikesOf(curves.GradientNorm), losses.Count,
            FirstNotFinite(curves));
    }

    /// <summary>The exponential moving average at each point.</summary>
    /// <param name="points">Finite values in order.</param>
    public static IReadOnlyList<CurvePoint> Average(IReadOnlyList<CurvePoint> points)
    {
        var result = new CurvePoint[points.Count];
        var (average, weight) = (0.0, 0.0);
        for (var i = 0; i < result.Length; i++)
        {
            average = Decay * average + (1 - Decay) * points[i].Value;
            weight = Decay * weight + (1 - Decay);
            result[i] = new CurvePoint(points[i].Step, average / weight);
        }

        return result;
    }

    private static List<int> GradientSpikesOf(IReadOnlyList<CurvePoint> norms)
    {
        var limit = GradientFactor * RobustStatistics.Median(norms.Select(p => p.Value).Where(double.IsFinite));
        var spikes = new List<int>();
        var wasSpike = false;
        for (var i = 0; i < norms.Count; i++)
        {
            var norm = norms[i].Value;
            var isSpike = norm > GradientLimit || (limit > 0 && norm > limit && norm > GradientFactor * LevelAt(i));
            if (isSpike && !wasSpike)
                spikes.Add(norms[i].Step);
            wasSpike = isSpike;
        }

        return spikes;

        double LevelAt(int index)
        {
            var first = Math.Max(0, index - Around);
            return RobustStatistics.Median(
                norms.Skip(first).Take(index + Around + 1 - first).Select(p => p.Value).Where(double.IsFinite));
        }
    }

    // With fp16 a gradient that overflows is skipped, and the loss scale goes down: single ones are no failure.
    private static int? FirstNotFinite(RunCurves curves)
    {
        var wrong = curves.TrainLoss.Concat(curves.ValidationLoss).Where(p => !double.IsFinite(p.Value)).Select(p => p.Step).ToList();
        var norms = curves.GradientNorm.Where(p => !double.IsFinite(p.Value)).Select(p => p.Step).ToList();
        if (norms.Count > 0 && (norms[^1] == curves.GradientNorm[^1].Step || norms.Count > 0.1 * curves.GradientNorm.Count))
            wrong.AddRange(norms);
        return wrong.Count == 0 ? null : wrong.Min();
    }
}
