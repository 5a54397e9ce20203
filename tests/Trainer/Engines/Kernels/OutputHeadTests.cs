using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines.Kernels;

public sealed unsafe class OutputHeadTests
{
    public static TheoryData<SimdLevel> Levels => Values.LevelData();

    [Theory]
    [MemberData(nameof(Levels))]
    public void Loss_and_gradient_match_a_naive_computation(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        foreach (var vocabulary in new[] { 1, 2, 15, 16, 17, 50, 1100 })
            foreach (var softcap in new[] { 0f, 3f })
                Check(pool, rows: 6, inputs: 20, vocabulary, softcap);
    }

    [Fact]
    public void Rows_beyond_a_chunk_are_computed_like_those_in_it()
    {
        // A vocabulary so large that the rows fall into several chunks.
        const int Vocabulary = 600_000;
        var rows = 2 * OutputHead.ChunkRows(Vocabulary) + 3;
        using var pool = new WorkerPool(2);
        Check(pool, rows, inputs: 2, Vocabulary, softcap: 0);
    }

    [Fact]
    public void Chunks_of_logits_fit_into_their_memory()
    {
        foreach (var vocabulary in new[] { 1, 32_000, 49_152, 151_936, 262_144, 2_000_000 })
        {
            var rows = OutputHead.ChunkRows(vocabulary);
            Assert.InRange(rows, 8, 512);
            Assert.True(rows == 8 || (long)rows * vocabulary * sizeof(float) <= 72 << 20);
        }
    }

    [Fact]
    public void Improbable_targets_have_a_finite_loss()
    {
        using var pool = new WorkerPool(1);
        using var logits = new Values(1, 40, 1);
        logits.View.Clear();
        logits.View[0, 0] = 500;
        Assert.Equal(500, OutputHead.CrossEntropy(pool, logits.View, [7], 0, 1, wantsGradient: true), 1e-4);
        Assert.Equal(1, logits.View[0, 0], 1e-6);
        Assert.Equal(-1, logits.View[0, 7], 1e-6);
    }

    [Fact]
    public void A_target_outside_of_the_vocabulary_is_refused()
    {
        using var pool = new WorkerPool(1);
        using var logits = new Values(1, 4, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => OutputHead.CrossEntropy(pool, logits.View, [4], 0, 1, false));
        Assert.Throws<ArgumentOutOfRangeException>(() => OutputHead.CrossEntropy(pool, logits.View, [-1], 0, 1, false));
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Results_are_the_same_bits_for_any_number_of_threads(SimdLevel level)
    {
        using var hidden = new Values(40, 30, 1);
        using var w = new Values(500, 30, 2);
        var head = new StoredMatrix(StorageType.Float32, (nint)w.Data, 500, 30);
        var targets = Enumerable.Range(0, 40).Select(i => i * 7).ToArray();
        (double, float[])? expected = null;
        for (var threads = 1; threads <= 3; threads++)
        {
            using var pool = new WorkerPool(threads, level);
            using var gradient = new Values(40, 30, 3);
            var loss = OutputHead.LossAndGradient(pool, hidden.View, head, targets, 5, 0.1f, gradient.View);
            expected ??= (loss, gradient.ToArray());
            Assert.Equal(expected.Value.Item1, loss);
            Assert.Equal(expected.Value.Item2, gradient.ToArray());
        }
    }

    private static void Check(WorkerPool pool, int rows, int inputs, int vocabulary, float softcap)
    {
        const float Scale = 0.25f;
        using var hidden = new Values(rows, inputs, 1, gap: 1);
        using var w = new Values(vocabulary, inputs, 2);
        using var gradient = new Values(rows, inputs, 3, gap: 2);
        var head = new StoredMatrix(StorageType.Float32, (nint)w.Data, vocabulary, inputs);
        var targets = Enumerable.Range(0, rows).Select(row => (int)(row * 7919L % vocabulary)).ToArray();
        var loss = OutputHead.LossAndGradient(pool, hidden.View, head, targets, softcap, Scale, gradient.View);
        Assert.Equal(loss, OutputHead.LossAndGradient(pool, hidden.View, head, targets, softcap, Scale, null));

        var weights = w.ToDouble();
        var states = hidden.ToDouble();
        var expectedLoss = 0.0;
        var expected = new double[rows, inputs];
        var logits = new double[vocabulary];
        for (var row = 0; row < rows; row++)
        {
            for (var j = 0; j < vocabulary; j++)
            {
                var logit = 0.0;
                for (var k = 0; k < inputs; k++)
                    logit += states[row, k] * weights[j, k];
                logits[j] = softcap > 0 ? softcap * Math.Tanh(logit / softcap) : logit;
            }
            var sum = logits.Sum(Math.Exp);
            expectedLoss += Math.Log(sum) - logits[targets[row]];
            for (var j = 0; j < vocabulary; j++)
            {
                var slope = Math.Exp(logits[j]) / sum - (j == targets[row] ? 1 : 0);
                if (softcap > 0)
                    slope *= 1 - logits[j] / softcap * (logits[j] / softcap);
                for (var k = 0; k < inputs; k++)
                    expected[row, k] += Scale * slope * weights[j, k];
            }
        }
        Assert.Equal(expectedLoss, loss, 1e-6 * Math.Max(1, expectedLoss));
        gradient.AssertClose(expected, 2e-6, $"gradient over {vocabulary} tokens");
    }
}
