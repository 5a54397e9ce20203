using LoraLint.Advisor.Advice.Sweeps;

namespace LoraLint.Tests.Advice.Sweeps;

public sealed class GaussianProcessTests
{
    private static readonly double[][] s_points = [.. Enumerable.Range(0, 8).Select(i => new[] { i / 7.0 })];

    [Fact]
    public void It_goes_through_what_is_known_and_is_unsure_elsewhere()
    {
        var process = new GaussianProcess(s_points, [.. s_points.Select(p => Math.Sin(3 * p[0]))]);
        foreach (var point in s_points)
        {
            Assert.Equal(Math.Sin(3 * point[0]), process.At(point).Mean, 2);
            Assert.True(process.At(point).Deviation < process.At([point[0] + 0.07]).Deviation);
        }

        Assert.Equal(Math.Sin(3 * 0.21), process.At([0.21]).Mean, 1);
    }

    // One point: mean k/(1+n) y and variance 1 - k^2/(1+n), whatever the length scale; standardized, the one value is 0.
    [Fact]
    public void Far_from_all_that_is_known_it_expects_the_mean()
    {
        var process = new GaussianProcess([[0.0, 0.0], [0.1, 0.0]], [1, 3]);
        Assert.Equal(2, process.At([1e6, 1e6]).Mean, 9);
        Assert.Equal(1, process.At([1e6, 1e6]).Deviation, 9);
    }

    [Fact]
    public void Improvement_is_expected_where_less_is_likely_and_nowhere_is_it_below_zero()
    {
        var process = new GaussianProcess(s_points, [.. s_points.Select(p => (p[0] - 0.6) * (p[0] - 0.6))]);
        var lowest = s_points.Min(p => (p[0] - 0.6) * (p[0] - 0.6));
        var improvements = Enumerable.Range(0, 101).Select(i => process.ImprovementAt([i / 100.0], lowest)).ToList();
        Assert.All(improvements, i => Assert.True(i >= 0));
        Assert.InRange(improvements.IndexOf(improvements.Max()), 55, 66);
    }

    // Normal table: expected improvement with mean at the lowest is deviation / sqrt(2 pi).
    [Fact]
    public void Expected_improvement_is_that_of_the_normal_distribution()
    {
        var process = new GaussianProcess([[0.0], [0.1]], [1, 3]);
        Assert.Equal(1 / Math.Sqrt(2 * Math.PI), process.ImprovementAt([1e6], 2), 6);
        Assert.Equal(0.083315, process.ImprovementAt([1e6], 1), 5);
    }

    [Fact]
    public void Points_of_Halton_fill_the_square_evenly()
    {
        var points = Enumerable.Range(0, 256).Select(i => Halton.Point(i, 2, seed: 7)).ToList();
        Assert.All(points, p => Assert.All(p, c => Assert.InRange(c, 0, 0.999999999)));
        var cells = points.GroupBy(p => ((int)(p[0] * 4), (int)(p[1] * 4))).Select(g => g.Count()).ToList();
        Assert.Equal(16, cells.Count);
        Assert.All(cells, c => Assert.InRange(c, 12, 20));
        Assert.NotEqual(Halton.Point(0, 2, 7), Halton.Point(0, 2, 8));
    }
}
