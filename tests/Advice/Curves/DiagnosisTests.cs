using LoraLint.Advisor.Advice.Curves;
using LoraLint.Rules.Linting;

namespace LoraLint.Tests.Advice.Curves;

public sealed class DiagnosisTests
{
    private const int Steps = 400;

    [Fact]
    public void A_run_that_went_well_has_no_verdict()
    {
        var found = Diagnosis.Of(Run());
        Assert.Empty(found.Verdicts);
        Assert.Null(found.InBrief());
        Assert.True(found.Stability.IsStable);
    }

    [Fact]
    public void A_loss_that_becomes_no_number_is_an_error_at_its_step()
    {
        var run = Run();
        var verdict = Only(run with { TrainLoss = [.. run.TrainLoss.Select(p => p.Step < 300 ? p : p with { Value = double.NaN })] });
        Assert.Equal(("not-finite", Severity.Error, 300), (verdict.Name, verdict.Severity, verdict.Step));
    }

    [Fact]
    public void Single_gradients_that_overflow_are_no_failure_and_lasting_ones_are()
    {
        var run = Run();
        var single = run with { GradientNorm = Changed(run.GradientNorm, s => s is 3 or 90, double.PositiveInfinity) };
        Assert.DoesNotContain("not-finite", Names(single, Severity.Info));
        var lasting = run with { GradientNorm = Changed(run.GradientNorm, s => s >= 350, double.NaN) };
        Assert.Equal(("not-finite", 350), (Only(lasting).Name, Only(lasting).Step));
    }

    [Fact]
    public void A_loss_of_zeros_and_a_gradient_of_zeros_are_told_apart()
    {
        var run = Run();
        var norms = Changed(run.GradientNorm, s => s > 40, 0);
        var losses = Changed(run.TrainLoss, s => s > 40, 0);
        Assert.Equal(["loss-zero"], Names(run with { TrainLoss = losses, GradientNorm = norms }, Severity.Info));
        var frozen = Run(loss: _ => 2) with { GradientNorm = Changed(run.GradientNorm, _ => true, 0) };
        Assert.Equal(["frozen"], Names(frozen, Severity.Warning));
        Assert.Equal(1, Diagnosis.Of(frozen).Verdicts[0].Step);
    }

    [Fact]
    public void Divergence_names_its_step_the_levels_and_the_learning_rate()
    {
        var run = Run(loss: s => Healthy(s) + (s > 250 ? 2 : 0)) with { ValidationLoss = [] };
        var verdict = Diagnosis.Of(run).Verdicts[0];
        Assert.Equal(("diverged", Severity.Error), (verdict.Name, verdict.Severity));
        Assert.InRange(verdict.Step!.Value, 245, 265);
        Assert.Contains("Lower the learning rate by 2 to 5 times (the peak is 2e-4)", verdict.Advice, StringComparison.Ordinal);
        var early = Diagnosis.Of(Run(loss: s => Healthy(s) + (s > 60 ? 2 : 0))).Verdicts[0];
        Assert.Contains("So early it is the learning rate", early.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_breaks_at_its_second_step_has_diverged()
    {
        double[] losses = [1.637, 11.807, 11.605, 10.383, 10.374, 10.374, 10.374, 10.374, 10.374, 10.374];
        var found = Diagnosis.Of(new RunCurves { TrainLoss = [.. losses.Select((l, i) => new CurvePoint(i + 1, l))] });
        Assert.Equal(("diverged", 2), (found.Verdicts[0].Name, found.Verdicts[0].Step));
        Assert.Null(Diagnosis.Of(new RunCurves { TrainLoss = [.. losses[1..].Select((l, i) => new CurvePoint(i, l))] }).Divergence);
    }

    [Fact]
    public void The_evaluation_to_go_back_to_is_the_lowest_one_also_near_the_start()
    {
        double[] values = [2.4, 2.25, 2.18, 2.5, 2.7, 2.9, 3.1, 3.2, 3.4, 3.6];
        var run = Run() with { ValidationLoss = [.. values.Select((v, i) => new CurvePoint(40 * i, v))] };
        Assert.Equal(80, Only(run).Step);
    }

    [Fact]
    public void Overfitting_names_the_evaluation_to_go_back_to()
    {
        var verdict = Only(Run(validation: s => 1.2 + 0.8 * Math.Exp(-s / 60.0) + 0.3 * Math.Max(0, s - 200) / 200.0));
        Assert.Equal(("overfitting", Severity.Warning, 200), (verdict.Name, verdict.Severity, verdict.Step));
        Assert.Contains("epoch 1.5", verdict.Finding, StringComparison.Ordinal);
        Assert.Contains("step 200", verdict.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void A_validation_loss_that_rises_with_the_training_loss_is_divergence_alone()
    {
        static double Rising(int s) => Healthy(s) + (s > 250 ? 1.5 : 0);
        Assert.Equal(["diverged"], Names(Run(loss: Rising, validation: s => 1.1 * Rising(s)), Severity.Warning));
    }

    [Fact]
    public void Three_rises_within_the_jitter_are_no_overfitting()
    {
        double[] values = [1.9, 1.5, 1.3, 1.255, 1.26, 1.252, 1.257, 1.254, 1.257, 1.261];
        var run = Run() with { ValidationLoss = [.. values.Select((v, i) => new CurvePoint(40 * (i + 1), v))] };
        Assert.Equal(["trained-too-long"], Names(run, Severity.Info));
    }

    [Fact]
    public void Gradients_that_fall_with_the_loss_are_no_spikes_and_one_that_stands_out_where_they_are_high_is()
    {
        var norms = Enumerable.Range(1, 500).Select(s => new CurvePoint(s, (s < 40 ? 1.4 : 0.1) * (s % 2 == 0 ? 1 : 0.6))).ToList();
        Assert.Empty(CurveStability.Of(new RunCurves { GradientNorm = norms }).GradientSpikes);
        norms[9] = new CurvePoint(10, 20);
        norms[299] = new CurvePoint(300, 2);
        Assert.Equal([10, 300], CurveStability.Of(new RunCurves { GradientNorm = norms }).GradientSpikes);
    }

    [Fact]
    public void Spikes_of_the_loss_or_the_gradient_are_instability()
    {
        var losses = Only(Run(loss: s => Healthy(s) * (s % 50 == 7 ? 2.5 : 1)));
        Assert.Equal(("unstable", 7), (losses.Name, losses.Step));
        var run = Run();
        var gradients = Only(run with { GradientNorm = Changed(run.GradientNorm, s => s % 60 == 0, 150) });
        Assert.Equal(("unstable", 60), (gradients.Name, gradients.Step));
        Assert.Contains("6 times", gradients.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_climbs_first_had_too_high_a_learning_rate()
    {
        var verdict = Only(Run(loss: s => Healthy(s) + 1.5 * Math.Exp(-(s - 70) * (s - 70) / 800.0)));
        Assert.Equal("learning-rate-high", verdict.Name);
        Assert.InRange(verdict.Step!.Value, 40, 100);
    }

    [Fact]
    public void A_loss_that_does_not_fall_has_learned_nothing()
    {
        var verdict = Only(Run(loss: _ => 2, validation: _ => 2.1));
        Assert.Equal("nothing-learned", verdict.Name);
    }

    [Fact]
    public void A_loss_that_still_falls_is_told_by_how_the_run_ended()
    {
        var run = Run(loss: s => 3 - 2.0 * s / Steps, validation: s => 3.1 - 2.0 * s / Steps);
        Assert.Equal("learning-rate-low", Only(run).Name);
        Assert.Equal("stopped-too-early", Only(run with { PlannedSteps = 2 * Steps }).Name);
        var bent = Run(loss: s => 1 + 2 * Math.Pow(1 + s / 10.0, -0.5), validation: s => 1 + 2 * Math.Pow(1 + s / 10.0, -0.5));
        Assert.Equal("underfitting", Only(bent).Name);
    }

    [Fact]
    public void From_the_training_loss_alone_no_later_epoch_is_called_underfitting()
    {
        var run = Run(loss: s => 3 - 2.5 * s / Steps) with { ValidationLoss = [] };
        Assert.Equal(["no-validation"], Names(run, Severity.Info));
        var first = run with { Epoch = [.. run.Epoch.Select(p => p with { Value = p.Value / 3 })] };
        Assert.Contains("learning-rate-low", Names(first, Severity.Info));
    }

    [Fact]
    public void A_second_half_without_gain_was_too_long()
    {
        var verdict = Only(Run(loss: s => 1 + 2 * Math.Exp(-s / 10.0), validation: s => 1.1 + 2 * Math.Exp(-s / 10.0)));
        Assert.Equal(("trained-too-long", Severity.Info), (verdict.Name, verdict.Severity));
        Assert.InRange(verdict.Step!.Value, 40, 80);
    }

    [Fact]
    public void A_very_low_training_loss_is_a_hint_and_more_when_nothing_was_held_out()
    {
        var run = Run(loss: s => 0.05 + 2 * Math.Exp(-s / 40.0));
        Assert.Equal(Severity.Info, Only(run).Severity);
        var blind = Diagnosis.Of(run with { ValidationLoss = [], Epoch = [.. run.Epoch.Select(p => p with { Value = 2 * p.Value })] });
        Assert.Equal(("train-loss-very-low", Severity.Warning), (blind.Verdicts[0].Name, blind.Verdicts[0].Severity));
    }

    [Fact]
    public void The_adapter_tells_of_modules_without_effect_and_of_ranks_that_are_full()
    {
        var full = Enumerable.Range(0, 5).Select(i => new ModuleSpectrum($"m{i}", 8, 7.6, false)).ToList();
        Assert.Equal("adapter-saturated", Only(Run() with { Modules = full }).Name);
        Assert.Empty(Diagnosis.Of(Run() with { Modules = [.. full.Select(m => m with { EffectiveRank = 4 })] }).Verdicts);
        var unused = Only(Run() with { Modules = [new ModuleSpectrum("m", 8, 0, true), new ModuleSpectrum("n", 8, 4, false)] });
        Assert.Equal("unused-modules", unused.Name);
        Assert.Contains("1 of 2", unused.Finding, StringComparison.Ordinal);
    }

    [Fact]
    public void The_gravest_comes_first_and_every_verdict_has_advice_and_a_source()
    {
        var run = Run(loss: s => Healthy(s) + (s > 250 ? 2 : 0)) with { ValidationLoss = [] };
        var found = Diagnosis.Of(run);
        Assert.True(found.Verdicts.Count >= 2);
        Assert.Equal(found.Verdicts.OrderByDescending(v => v.Severity), found.Verdicts);
        Assert.All(found.Verdicts, v =>
        {
            Assert.NotEmpty(v.Sources);
            Assert.EndsWith(".", v.Advice, StringComparison.Ordinal);
            Assert.False(v.Finding.EndsWith('.'));
        });
        Assert.StartsWith("the training loss rose", found.InBrief(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(13)]
    public void Runs_of_few_steps_are_diagnosed_without_a_claim(int steps)
    {
        var run = Run();
        var few = Diagnosis.Of(run with
        {
            TrainLoss = [.. run.TrainLoss.Take(steps)], GradientNorm = [.. run.GradientNorm.Take(steps)], ValidationLoss = [],
            PlannedSteps = steps,
        });
        Assert.DoesNotContain(few.Verdicts, v => v.Severity > Severity.Info);
    }

    [Fact]
    public void Losses_that_are_zero_negative_or_no_numbers_break_nothing()
    {
        var random = new Random(3);
        for (var seed = 0; seed < 300; seed++)
        {
            double[] odd = [0, -1, -1e300, 1e300, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon];
            var count = random.Next(60);
            IReadOnlyList<CurvePoint> Curve() => [.. Enumerable.Range(0, count).Select(
                i => new CurvePoint(i, random.Next(2) == 0 ? random.NextDouble() : odd[random.Next(odd.Length)]))];
            var found = Diagnosis.Of(new RunCurves
            {
                TrainLoss = Curve(), ValidationLoss = Curve(), GradientNorm = Curve(), LearningRate = Curve(),
            });
            Assert.All(found.Verdicts, v => Assert.NotEmpty(v.Finding));
        }
    }

    private static double Healthy(int step) => 1 + 1.5 * Math.Exp(-step / 70.0);

    // A run of 400 steps in three epochs with 3 % of noise, evaluated every 20 steps with a jitter of 0.2 %.
    private static RunCurves Run(Func<int, double>? loss = null, Func<int, double>? validation = null)
    {
        var random = new Random(17);
        double Noise() => random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5;
        var (train, held) = (loss ?? Healthy, validation ?? (s => 1.1 + 1.5 * Math.Exp(-s / 70.0)));
        var steps = Enumerable.Range(1, Steps).ToList();
        return new RunCurves
        {
            TrainLoss = [.. steps.Select(s => new CurvePoint(s, train(s) * (1 + 0.06 * Noise())))],
            GradientNorm = [.. steps.Select(s => new CurvePoint(s, 0.5 + 0.2 * Noise()))],
            LearningRate = [.. steps.Select(s => new CurvePoint(s, 2e-4))],
            Epoch = [.. steps.Select(s => new CurvePoint(s, 3.0 * s / Steps))],
            ValidationLoss = [.. steps.Where(s => s % 20 == 0).Select(s => new CurvePoint(s, held(s) * (1 + 0.004 * Noise())))],
            PlannedSteps = Steps,
            Files = ["metrics.jsonl"],
        };
    }

    private static IReadOnlyList<CurvePoint> Changed(IReadOnlyList<CurvePoint> curve, Func<int, bool> where, double value) =>
        [.. curve.Select(p => where(p.Step) ? p with { Value = value } : p)];

    private static Verdict Only(RunCurves curves) => Assert.Single(Diagnosis.Of(curves).Verdicts);

    private static IEnumerable<string> Names(RunCurves curves, Severity least) =>
        Diagnosis.Of(curves).Verdicts.Where(v => v.Severity >= least).Select(v => v.Name);
}
