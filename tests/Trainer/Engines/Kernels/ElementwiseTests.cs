using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Tests.Trainer.Engines.Kernels;

public sealed unsafe class ElementwiseTests
{
    private const double Tolerance = 2e-6;
    private static readonly int[] Widths = [1, 3, 4, 8, 15, 16, 17, 33, 64, 100];

    public static TheoryData<SimdLevel> Levels => Values.LevelData();

    [Theory]
    [MemberData(nameof(Levels))]
    public void Gates_match_their_definition_and_its_slope(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        foreach (var activation in Enum.GetValues<Activation>())
            foreach (var width in Widths)
            {
                using var gate = new Values(5, width, 1, gap: 2);
                using var up = new Values(5, width, 2, gap: 1);
                using var dh = new Values(5, width, 3);
                using var h = new Values(5, width, 4, gap: 3);
                using var dGate = new Values(5, width, 5, gap: 1);
                using var dUp = new Values(5, width, 6);
                VectorMath.Scale(pool, gate.View, 6);
                Gates.Forward(pool, activation, gate.View, up.View, h.View);
                Gates.Backward(pool, activation, gate.View, up.View, dh.View, dGate.View, dUp.View);
                var (g, u, d) = (gate.ToDouble(), up.ToDouble(), dh.ToDouble());
                h.AssertClose(Map(g, (value, i, j) => Activate(activation, value) * u[i, j]), Tolerance, "h");
                dUp.AssertClose(Map(g, (value, i, j) => Activate(activation, value) * d[i, j]), Tolerance, "dUp");
                dGate.AssertClose(
                    Map(g, (value, i, j) => Slope(x => Activate(activation, x), value) * u[i, j] * d[i, j]), Tolerance, "dGate");

                // In place, as the backward pass over preallocated memory does it.
                Gates.Backward(pool, activation, gate.View, up.View, dh.View, gate.View, up.View);
                Assert.Equal(dGate.ToArray(), gate.ToArray());
                Assert.Equal(dUp.ToArray(), up.ToArray());
            }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Gates_of_extreme_values_are_their_limits(SimdLevel level)
    {
        using var pool = new WorkerPool(1, level);
        using var gate = new Values(1, 6, 1);
        using var up = new Values(1, 6, 2);
        using var h = new Values(1, 6, 3);
        float[] extremes = [-1e4f, -100, -30, 30, 100, 1e4f];
        extremes.CopyTo(gate.View.RowSpan(0));
        up.View.RowSpan(0).Fill(1);
        foreach (var activation in Enum.GetValues<Activation>())
        {
            Gates.Forward(pool, activation, gate.View, up.View, h.View);
            for (var i = 0; i < 3; i++)
                Assert.Equal(0, h.View[0, i], 1e-10);
            Assert.Equal(extremes[3..], h.View.RowSpan(0)[3..].ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void A_value_that_is_no_number_stays_none(SimdLevel level)
    {
        using var pool = new WorkerPool(1, level);
        using var gate = new Values(1, 40, 1);
        using var up = new Values(1, 40, 2);
        using var h = new Values(1, 40, 3);
        gate.View[0, 3] = float.NaN;
        foreach (var activation in Enum.GetValues<Activation>())
        {
            Gates.Forward(pool, activation, gate.View, up.View, h.View);
            Assert.True(float.IsNaN(h.View[0, 3]));
            Assert.False(float.IsNaN(h.View[0, 4]));
        }
        Assert.True(double.IsNaN(OutputHead.CrossEntropy(pool, gate.View, [5], 0, 1, wantsGradient: true)));
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Norms_match_their_definition_and_its_gradient(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        foreach (var size in Widths)
            foreach (var groups in new[] { 1, 3 })
                foreach (var addsOne in new[] { false, true })
                    CheckNorm(pool, size, groups, addsOne);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Rotary_turns_pairs_and_back(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        foreach (var (headSize, half) in new[] { (2, 1), (8, 4), (64, 32), (50, 25), (96, 20) })
        {
            using var x = new Values(7, 3 * headSize, 1, gap: 1);
            using var cosines = new Values(9, half, 2);
            using var sines = new Values(9, half, 3);
            int[] positions = [0, 1, 2, 0, 8, 4, 5];
            var before = x.ToDouble();
            var expected = (double[,])before.Clone();
            for (var row = 0; row < 7; row++)
                for (var head = 0; head < 3; head++)
                    for (var i = 0; i < half; i++)
                    {
                        var (a, b) = (before[row, head * headSize + i], before[row, head * headSize + half + i]);
                        double cosine = cosines.View[positions[row], i], sine = sines.View[positions[row], i];
                        expected[row, head * headSize + i] = a * cosine - b * sine;
                        expected[row, head * headSize + half + i] = b * cosine + a * sine;
                    }
            Rotary.Apply(pool, x.View, headSize, cosines.View, sines.View, positions, backward: false);
            x.AssertClose(expected, Tolerance, "turned");

            // The backward map is the transpose of the forward map F: <F before, y> = <before, F' y>.
            using var y = new Values(7, 3 * headSize, 4);
            var forward = x.ToDouble().Cast<double>().Zip(y.ToDouble().Cast<double>(), (a, b) => a * b).Sum();
            Rotary.Apply(pool, y.View, headSize, cosines.View, sines.View, positions, backward: true);
            var backward = before.Cast<double>().Zip(y.ToDouble().Cast<double>(), (a, b) => a * b).Sum();
            Assert.Equal(forward, backward, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void AdamW_follows_its_definition_over_steps(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        const int Count = 8195;
        using var value = new Values(1, Count, 1);
        using var first = new Values(1, Count, 2);
        using var second = new Values(1, Count, 3);
        first.View.Clear();
        second.View.Clear();
        var (w, m, v) = (value.ToDouble(), new double[Count], new double[Count]);
        for (var step = 1; step <= 3; step++)
        {
            using var gradient = new Values(1, Count, 10 + step);
            var g = gradient.ToDouble();
            AdamW.Update(
                pool, new(step, 1e-2, 0.9, 0.95, 1e-8, 0.1, 0.5), value.Data, gradient.Data, first.Data, second.Data, Count);
            for (var i = 0; i < Count; i++)
            {
                var scaled = 0.5 * g[0, i];
                m[i] = 0.9 * m[i] + 0.1 * scaled;
                v[i] = 0.95 * v[i] + 0.05 * scaled * scaled;
                w[0, i] -= 1e-2 * 0.1 * w[0, i];
                w[0, i] -= 1e-2 * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-8);
            }
            Assert.All(gradient.ToArray(), rest => Assert.Equal(0, rest));
        }
        value.AssertClose(w, Tolerance, "value");
    }

    [Fact]
    public void Sums_of_columns_biases_and_squares_match_naive_ones()
    {
        using var pool = new WorkerPool(2);
        foreach (var columns in Widths)
        {
            using var x = new Values(40, columns, 1, gap: 1);
            using var bias = new Values(1, columns, 2);
            using var sums = new Values(1, columns, 3);
            var expected = sums.ToDouble();
            var plain = x.ToDouble();
            foreach (var (_, j, value) in Cells(plain))
                expected[0, j] += value;
            VectorMath.AddColumnSums(pool, x.View, sums.Data);
            sums.AssertClose(expected, Tolerance, "column sums");
            VectorMath.AddToRows(pool, x.View, bias.Data);
            x.AssertClose(Map(plain, (value, _, j) => value + bias.View[0, j]), Tolerance, "bias");
        }
        using var many = new Values(1, 5000, 4);
        var squares = many.ToArray().Sum(value => (double)value * value);
        Assert.Equal(squares, VectorMath.SumOfSquares(many.Data, 5000), squares * 1e-6);
    }

    private static void CheckNorm(WorkerPool pool, int size, int groups, bool addsOne)
    {
        const float Epsilon = 1e-3f;
        const int Rows = 4;
        using var x = new Values(Rows, groups * size, 1, gap: 2);
        using var weight = new Values(1, size, 2);
        using var dy = new Values(Rows, groups * size, 3, gap: 1);
        using var y = new Values(Rows, groups * size, 4);
        using var dx = new Values(Rows, groups * size, 5, gap: 1);
        using var inverse = new Values(Rows, groups, 6);
        using var dWeight = new Values(1, size, 7);
        var (values, factors, gradients) = (x.ToDouble(), weight.ToDouble(), dy.ToDouble());

        double Factor(int i) => factors[0, i % size] + (addsOne ? 1 : 0);
        double Inverse(int row, int group) =>
            1 / Math.Sqrt(Enumerable.Range(group * size, size).Sum(i => values[row, i] * values[row, i]) / size + Epsilon);
        var r = new double[Rows, groups];
        foreach (var (row, group, _) in Cells(r))
            r[row, group] = Inverse(row, group);

        RmsNorm.Forward(pool, x.View, weight.Data, size, Epsilon, addsOne, y.View, inverse.Data);
        y.AssertClose(Map(values, (value, row, i) => Factor(i) * value * r[row, i / size]), Tolerance, "y");
        inverse.AssertClose(r, Tolerance, "r");

        var expectedWeight = dWeight.ToDouble();
        foreach (var (row, i, value) in Cells(values))
            expectedWeight[0, i % size] += gradients[row, i] * value * r[row, i / size];
        var added = dx.ToDouble();
        var expected = Map(values, (value, row, i) =>
        {
            // dy/dx by finite differences of the loss dy·y, over the value's own group.
            double Loss(double change)
            {
                var group = Enumerable.Range(i / size * size, size).Select(j => (j, X: values[row, j] + (j == i ? change : 0))).ToArray();
                var scale = 1 / Math.Sqrt(group.Sum(cell => cell.X * cell.X) / size + Epsilon);
                return group.Sum(cell => gradients[row, cell.j] * Factor(cell.j) * cell.X * scale);
            }
            return (Loss(1e-5) - Loss(-1e-5)) / 2e-5;
        });
        RmsNorm.Backward(pool, x.View, weight.Data, size, addsOne, inverse.Data, dy.View, dx.View, true, dWeight.Data);
        dx.AssertClose(Values.Sum(expected, 1, added), 5e-6, "dx");
        dWeight.AssertClose(expectedWeight, Tolerance, "dWeight");
        RmsNorm.Backward(pool, x.View, weight.Data, size, addsOne, inverse.Data, dy.View, dy.View, false, null);
        dy.AssertClose(expected, 5e-6, "dx in place");
    }

    private static double Activate(Activation activation, double g) => activation == Activation.Silu
        ? g / (1 + Math.Exp(-g))
        : 0.5 * g * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g)));

    private static double Slope(Func<double, double> function, double at) => (function(at + 1e-5) - function(at - 1e-5)) / 2e-5;

    private static double[,] Map(double[,] values, Func<double, int, int, double> function)
    {
        var result = new double[values.GetLength(0), values.GetLength(1)];
        foreach (var (row, column, value) in Cells(values))
            result[row, column] = function(value, row, column);
        return result;
    }

    private static IEnumerable<(int Row, int Column, double Value)> Cells(double[,] values)
    {
        for (var row = 0; row < values.GetLength(0); row++)
            for (var column = 0; column < values.GetLength(1); column++)
                yield return (row, column, values[row, column]);
    }
}
