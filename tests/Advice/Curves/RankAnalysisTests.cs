using LoraLint.Advisor.Advice.Curves;

namespace LoraLint.Tests.Advice.Curves;

public sealed class RankAnalysisTests
{
    [Fact]
    public void A_clear_elbow_has_three_votes()
    {
        var found = RankAnalysis.Of(Trials((4, 1.30), (8, 1.15), (16, 1.0), (32, 0.999), (64, 1.001), (128, 0.9985)));
        Assert.Equal((16, 16, 16, 16), (found.Chosen, found.Kneedle, found.MarginalGain, found.OneStandardError));
        Assert.False(found.IsUncertain);
        Assert.False(found.IsFlat);
        Assert.False(found.GainsAtEnd);
        Assert.Equal([12, 16, 20, 24], found.Refinement);
        Assert.Equal([16, 128], found.Confirm);
        Assert.Contains(found.Words, w => w.Contains("Rank 16", StringComparison.Ordinal));
    }

    [Fact]
    public void A_task_that_takes_rank_k_gains_most_from_the_last_doubling_before_it()
    {
        // What r of 32 equal directions leave: 1 - r/32.
        var trials = Trials([.. new[] { 1, 2, 4, 8, 16, 32, 64 }.Select(r => (r, 1 + 0.5 * Math.Max(0, 1 - r / 32.0)))]);
        Assert.Equal(32, RankAnalysis.Of(trials).Chosen);
    }

    [Fact]
    public void Noise_alone_gives_the_smallest_rank_and_nothing_to_refine()
    {
        var found = RankAnalysis.Of(Trials((4, 1.002), (8, 0.999), (16, 1.001), (32, 0.998), (64, 1.0)));
        Assert.True(found.IsFlat);
        Assert.Equal(4, found.Chosen);
        Assert.Empty(found.Refinement);
        Assert.Null(found.Kneedle);
    }

    [Fact]
    public void A_curve_that_still_falls_asks_for_a_larger_rank()
    {
        var found = RankAnalysis.Of(Trials((4, 1.6), (8, 1.4), (16, 1.2), (32, 1.0)));
        Assert.Equal(32, found.Chosen);
        Assert.True(found.GainsAtEnd);
        Assert.Contains(found.Words, w => w.Contains("try 64", StringComparison.Ordinal));
    }

    [Fact]
    public void Unstable_runs_and_losses_that_are_none_do_not_count()
    {
        var trials = Trials((4, 1.30), (8, 1.15), (16, 1.0), (32, 0.999)).ToList();
        var with = RankAnalysis.Of(
        [
            .. trials, new RankTrial(64, 0.5) { IsStable = false }, new RankTrial(128, double.NaN),
            new RankTrial(256, double.PositiveInfinity),
        ]);
        Assert.Equal(RankAnalysis.Of(trials).Chosen, with.Chosen);
        Assert.Equal([64, 128, 256], with.LeftOut.Select(t => t.Rank));
        Assert.Contains(with.Words, w => w.Contains("64, 128, 256", StringComparison.Ordinal));
    }

    [Fact]
    public void Too_few_trials_give_no_votes_but_words()
    {
        var none = RankAnalysis.Of([]);
        Assert.Null(none.Chosen);
        Assert.True(none.IsUncertain);
        Assert.NotEmpty(none.Words);
        var one = RankAnalysis.Of(Trials((8, 1.0)));
        Assert.Equal(8, one.Chosen);
        Assert.True(one.IsUncertain);
        var two = RankAnalysis.Of(Trials((8, 1.2), (16, 1.0)));
        Assert.Equal(16, two.Chosen);
    }

    [Fact]
    public void The_order_of_the_trials_and_the_unit_of_the_loss_do_not_matter()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var trials = SyntheticRanks.Of(seed).Trials;
            var found = RankAnalysis.Of(trials);
            Assert.Equal(found.Chosen, RankAnalysis.Of([.. trials.Reverse()]).Chosen);
            var scaled = trials.Select(t => t with { ValidationLoss = t.ValidationLoss * 1024, StandardError = t.StandardError * 1024 });
            Assert.Equal(found.Chosen, RankAnalysis.Of([.. scaled]).Chosen);
            Assert.Contains(found.Trials, t => t.Rank == found.Chosen);
            Assert.Equal(found.Chosen, found.Confirm[0]);
        }
    }

    [Fact]
    public void A_rank_below_1_or_twice_is_a_defect_of_the_caller()
    {
        Assert.Throws<ArgumentException>(() => RankAnalysis.Of(Trials((0, 1), (2, 1))));
        Assert.Throws<ArgumentException>(() => RankAnalysis.Of(Trials((2, 1), (2, 1.1))));
    }

    [Theory]
    [InlineData(16, new[] { 12, 16, 20, 24 })]
    [InlineData(8, new[] { 8, 12 })]
    [InlineData(4, new[] { 4, 8 })]
    [InlineData(64, new[] { 48, 64, 80, 96 })]
    [InlineData(2, new int[0])]
    public void Refinement_is_in_multiples_of_4(int rank, int[] expected) => Assert.Equal(expected, RankAnalysis.Around(rank));

    [Fact]
    public void The_smaller_rank_wins_unless_the_larger_is_better_beyond_the_error()
    {
        var small = new RankTrial(16, 1.010) { StandardError = 0.006 };
        Assert.Equal(16, RankAnalysis.Settle(small, new RankTrial(32, 1.004) { StandardError = 0.006 }));
        Assert.Equal(32, RankAnalysis.Settle(small, new RankTrial(32, 0.990) { StandardError = 0.006 }));
        Assert.Equal(16, RankAnalysis.Settle(new RankTrial(32, 1.2), new RankTrial(16, 1.2)));
    }

    [Fact]
    public void A_run_becomes_a_trial_with_its_lowest_median_of_three_and_its_faults()
    {
        double[] validation = [2.0, 1.5, 1.0, 1.4, 1.3, 1.35, 1.6];
        var train = Enumerable.Range(1, 70).Select(i => new CurvePoint(i, 2 - i / 100.0)).ToList();
        var curves = new RunCurves
        {
            TrainLoss = train, ValidationLoss = [.. validation.Select((v, i) => new CurvePoint(10 * (i + 1), v))],
        };
        var run = Diagnosis.Of(curves);
        var trial = RankTrial.Of(8, run, [run.Stability.Roughness]);
        Assert.Equal((8, 1.3, true), (trial.Rank, trial.ValidationLoss, trial.IsStable));
        Assert.True(RankTrial.Of(8, Diagnosis.Of(curves), []).IsStable);
        Assert.False(RankTrial.Of(8, run, [0.1 * run.Stability.Roughness, 0.1 * run.Stability.Roughness]).IsStable);
        var diverged = curves with { TrainLoss = [.. train.Select(p => p.Step > 40 ? p with { Value = 5 } : p)] };
        Assert.False(RankTrial.Of(8, Diagnosis.Of(diverged), []).IsStable);
        var blind = RankTrial.Of(8, Diagnosis.Of(curves with { ValidationLoss = [] }), []);
        Assert.Equal([blind], RankAnalysis.Of([blind]).LeftOut);
    }

    private static RankTrial[] Trials(params (int Rank, double Loss)[] trials) =>
        [.. trials.Select(t => new RankTrial(t.Rank, t.Loss))];
}
