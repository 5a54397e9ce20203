using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Tests.Trainer.Engines.Kernels;

public sealed unsafe class AttentionTests
{
    private const double Tolerance = 3e-6;

    public static TheoryData<SimdLevel> Levels => Values.LevelData();

    [Theory]
    [MemberData(nameof(Levels))]
    public void Sequences_of_every_length_match_a_naive_computation(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        for (var length = 1; length <= 130; length += length < 50 ? 1 : 7)
            Check(pool, new(2, 1, 8, 0.3f, 0, 0), [0, length]);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Sequences_side_by_side_do_not_see_each_other(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        Check(pool, new(4, 2, 16, 0.25f, 0, 0), [0, 1, 50, 50, 81, 180]);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Heads_of_every_grouping_and_size_match_a_naive_computation(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        foreach (var size in new[] { 1, 7, 24, 48, 64, 80, 112 })
            foreach (var (heads, keyHeads) in new[] { (1, 1), (3, 3), (6, 2), (4, 1) })
                Check(pool, new(heads, keyHeads, size, 1 / MathF.Sqrt(size), 0, 0), [0, 37, 70]);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Windows_limit_how_far_back_a_token_sees(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        foreach (var window in new[] { 1, 2, 16, 47, 48, 49, 100, 500 })
            Check(pool, new(2, 1, 16, 0.25f, 0, window), [0, 130, 171]);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Softcaps_bend_scores_and_their_gradients(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        Check(pool, new(2, 2, 16, 1, 2, 0), [0, 61]);
        Check(pool, new(2, 1, 16, 0.25f, 50, 20), [0, 61, 99]);
    }

    [Fact]
    public void Large_scores_neither_overflow_nor_vanish()
    {
        using var pool = new WorkerPool(1);
        Check(pool, new(1, 1, 16, 60, 0, 0), [0, 33], tolerance: 2e-3);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Results_are_the_same_bits_for_any_number_of_threads(SimdLevel level)
    {
        float[]? expected = null;
        for (var threads = 1; threads <= 3; threads++)
        {
            using var pool = new WorkerPool(threads, level);
            using var run = new Run(pool, new(6, 2, 24, 0.2f, 30, 70), [0, 100, 101, 190]);
            float[] results = [.. run.Output.ToArray(), .. run.DQ.ToArray(), .. run.DK.ToArray(), .. run.DV.ToArray()];
            expected ??= results;
            Assert.Equal(expected, results);
        }
    }

    [Fact]
    public void A_gradient_agrees_with_finite_differences_of_the_naive_loss()
    {
        // The naive gradients are what the others are compared with: they are held against the loss itself.
        var shape = new AttentionShape(2, 1, 4, 0.7f, 3, 4);
        int[] starts = [0, 3, 9];
        using var pool = new WorkerPool(1);
        using var run = new Run(pool, shape, starts);
        var inputs = new[] { run.Q.ToDouble(), run.K.ToDouble(), run.V.ToDouble() };
        var slopes = run.DOutput.ToDouble();
        var naive = new NaiveAttention(shape, starts, inputs[0], inputs[1], inputs[2], slopes);
        var gradients = new[] { naive.DQ, naive.DK, naive.DV };
        for (var input = 0; input < 3; input++)
            for (var row = 0; row < 9; row++)
                for (var column = 0; column < inputs[input].GetLength(1); column++)
                {
                    const double Step = 1e-6;
                    double Loss(double change)
                    {
                        var moved = inputs.Select(values => (double[,])values.Clone()).ToArray();
                        moved[input][row, column] += change;
                        var output = new NaiveAttention(shape, starts, moved[0], moved[1], moved[2], slopes).Output;
                        return output.Cast<double>().Zip(slopes.Cast<double>(), (o, s) => o * s).Sum();
                    }
                    Assert.Equal((Loss(Step) - Loss(-Step)) / (2 * Step), gradients[input][row, column], 1e-7);
                }
    }

    [Fact]
    public void Sequences_that_do_not_cover_the_rows_are_refused()
    {
        using var pool = new WorkerPool(1);
        Assert.Throws<ArgumentException>(() => new Run(pool, new(2, 1, 8, 1, 0, 0), [0, 5], tokens: 6));
        Assert.Throws<ArgumentException>(() => new Run(pool, new(3, 2, 8, 1, 0, 0), [0, 5]));
    }

    private static void Check(WorkerPool pool, AttentionShape shape, int[] starts, double tolerance = Tolerance)
    {
        using var run = new Run(pool, shape, starts);
        var naive = new NaiveAttention(
            shape, starts, run.Q.ToDouble(), run.K.ToDouble(), run.V.ToDouble(), run.DOutput.ToDouble());
        var what = $"{shape} over {string.Join(' ', starts)}: ";
        run.Output.AssertClose(naive.Output, tolerance, what + "output");
        run.LogSumExp.AssertClose(naive.LogSumExp, tolerance, what + "log sum exp");
        run.DQ.AssertClose(naive.DQ, tolerance, what + "dq");
        run.DK.AssertClose(naive.DK, tolerance, what + "dk");
        run.DV.AssertClose(naive.DV, tolerance, what + "dv");
    }

    /// <summary>Both passes over random operands.</summary>
    private sealed class Run : IDisposable
    {
        public Run(WorkerPool pool, AttentionShape shape, int[] starts, int? tokens = null)
        {
            var rows = tokens ?? starts[^1];
            var width = shape.Heads * shape.HeadSize;
            var keyWidth = shape.KeyValueHeads * shape.HeadSize;
            Q = new(rows, width, 1, gap: 2);
            K = new(rows, keyWidth, 2, gap: 1);
            V = new(rows, keyWidth, 3);
            DOutput = new(rows, width, 4, gap: 3);
            Output = new(rows, width, 5);
            LogSumExp = new(rows, shape.Heads, 6);
            DQ = new(rows, width, 7, gap: 1);
            DK = new(rows, keyWidth, 8);
            DV = new(rows, keyWidth, 9, gap: 5);
            Attention.Forward(pool, shape, starts, Q.View, K.View, V.View, Output.View, LogSumExp.Data);
            Attention.Backward(
                pool, shape, starts, Q.View, K.View, V.View, Output.View, LogSumExp.Data, DOutput.View, DQ.View, DK.View, DV.View);
        }

        public Values Q { get; }

        public Values K { get; }

        public Values V { get; }

        public Values DOutput { get; }

        public Values Output { get; }

        public Values LogSumExp { get; }

        public Values DQ { get; }

        public Values DK { get; }

        public Values DV { get; }

        public void Dispose()
        {
            foreach (var values in new[] { Q, K, V, DOutput, Output, LogSumExp, DQ, DK, DV })
                values.Dispose();
        }
    }
}
