using LoraLint.Advisor.Advice.Curves;

namespace LoraLint.Tests.Advice.Curves;

public sealed class CurveStatisticsTests
{
    [Fact]
    public void A_fall_and_rise_is_the_best_of_all_that_fall_and_rise()
    {
        var random = new Random(7);
        for (var n = 1; n <= 40; n++)
        {
            var values = Enumerable.Range(0, n).Select(_ => (double)random.Next(-9, 10)).ToArray();
            var falling = FallingByDefinition(values);
            Assert.Equal(Squares(values, falling), ValleyFit.Of(values).Falling, 9);
            var best = Enumerable.Range(1, n).Select(turn =>
            {
                var rising = FallingByDefinition([.. values[turn..].Reverse()]).Reverse();
                return Squares(values, [.. FallingByDefinition(values[..turn]), .. rising]);
            }).Min();
            var smooth = ValleyFit.Smooth(values);
            Assert.Equal(best, ValleyFit.Of(values).Valley, 9);
            Assert.Equal(best, Squares(values, smooth), 9);
            Assert.Equal(
                Squares(values, [.. FallingByDefinition([.. values.Reverse()]).Reverse()]), ValleyFit.Rising(values), 9);
        }
    }

    [Fact]
    public void Noise_and_its_correlation_are_found_under_a_trend_with_spikes()
    {
        foreach (var correlation in new[] { 0, 0.3, 0.6 })
        {
            var random = new Random(11);
            var state = 0.0;
            var values = Enumerable.Range(0, 4000).Select(i =>
            {
                var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                state = correlation * state + Math.Sqrt(1 - correlation * correlation) * normal;
                return 10 - i / 1000.0 + 0.2 * state + (i % 97 == 0 ? 5 : 0);
            }).ToArray();
            var noise = CurveNoise.Of(values);
            Assert.InRange(noise.Correlation, correlation - 0.1, correlation + 0.1);
            Assert.InRange(noise.Deviation, 0.17, 0.24);
        }
    }

    [Fact]
    public void The_slope_of_Theil_and_Sen_ignores_a_fifth_of_wild_points()
    {
        var points = Enumerable.Range(0, 50)
            .Select(i => new CurvePoint(i * 10, i % 5 == 0 ? 1000 : 3 - 0.02 * i + 0.001 * (i % 3))).ToList();
        var (slope, low, high) = RobustStatistics.TheilSen(points);
        Assert.InRange(slope, -0.0022, -0.0018);
        Assert.InRange(slope, low, high);
        Assert.Equal(double.PositiveInfinity, RobustStatistics.TheilSen(points[..3]).High);
    }

    [Fact]
    public void The_interval_of_a_trend_holds_it_in_nineteen_of_twenty_cases()
    {
        var inside = 0;
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var points = Enumerable.Range(0, 30)
                .Select(i => new CurvePoint(i, 0.1 * i + random.NextDouble() - random.NextDouble())).ToList();
            var (_, low, high) = RobustStatistics.TheilSen(points);
            inside += low <= 0.1 && high >= 0.1 ? 1 : 0;
        }

        Assert.InRange(inside, 368, 396);
    }

    [Fact]
    public void Means_and_medians()
    {
        Assert.Equal(2.5, RobustStatistics.Median([4, 1, 2, 3]));
        Assert.True(double.IsNaN(RobustStatistics.Median([])));
        Assert.Equal(2, RobustStatistics.TrimmedMean([1, 100, 2]));
        Assert.Equal(3, RobustStatistics.TrimmedMean([-50, 2, 3, 4, 900]));
        Assert.Equal(1, RobustStatistics.MedianAbsoluteDeviation([1, 2, 3, 4, 500]));
    }

    // The max-min formula of isotonic regression, turned round.
    private static double[] FallingByDefinition(double[] values)
    {
        var n = values.Length;
        return [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, i + 1).Min(
            from => Enumerable.Range(i, n - i).Max(to => values[from..(to + 1)].Average())))];
    }

    private static double Squares(double[] values, double[] fitted) => values.Zip(fitted, (v, f) => (v - f) * (v - f)).Sum();
}
