using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

public sealed class LearningRateScheduleTests
{
    // What the functions of transformers' optimization.py give in Python for 2e-4 times lambda(0), lambda(1) ...
    [Theory]
    [InlineData("constant", 0, new[] { 0.0002, 0.0002, 0.0002, 0.0002 })]
    [InlineData("constant", 2, new[] { 0.0, 0.0001, 0.0002, 0.0002, 0.0002, 0.0002 })]
    [InlineData("linear", 0, new[] { 0.0002, 0.00015000000000000001, 0.0001, 5e-05 })]
    [InlineData("linear", 2, new[] { 0.0, 0.0001, 0.0002, 0.00015000000000000001, 0.0001, 5e-05 })]
    [InlineData("linear", 3, new[]
    {
        0.0, 6.666666666666667e-05, 0.00013333333333333334, 0.0002, 0.00017142857142857143, 0.00014285714285714287,
        0.00011428571428571428, 8.571428571428571e-05, 5.714285714285714e-05, 2.857142857142857e-05,
    })]
    [InlineData("cosine", 0, new[] { 0.0002, 0.00017071067811865476, 0.0001, 2.9289321881345254e-05 })]
    [InlineData("cosine", 2, new[] { 0.0, 0.0001, 0.0002, 0.00017071067811865476, 0.0001, 2.9289321881345254e-05 })]
    [InlineData("cosine", 3, new[]
    {
        0.0, 6.666666666666667e-05, 0.00013333333333333334, 0.0002, 0.0001900968867902419, 0.00016234898018587337,
        0.00012225209339563145, 7.774790660436858e-05, 3.7651019814126654e-05, 9.903113209758096e-06,
    })]
    public void Rates_are_those_of_transformers(string name, int warmup, double[] expected)
    {
        var schedule = new LearningRateSchedule(name, 2e-4, warmup, expected.Length);
        for (var step = 1; step <= expected.Length; step++)
            Assert.Equal(expected[step - 1], schedule.At(step), 1e-18);
    }

    [Theory]
    [InlineData(0.03, null, 100, 3)]
    [InlineData(0.03, null, 101, 4)]
    [InlineData(0.07, null, 100, 8)] // 0.07 * 100 is 7.000000000000001, in Python too
    [InlineData(0.0, null, 100, 0)]
    [InlineData(0.5, 7, 100, 7)]
    [InlineData(0.5, 0, 100, 0)]
    public void The_warmup_is_a_share_rounded_up_or_a_number_of_steps(double ratio, int? steps, int all, int expected) =>
        Assert.Equal(expected, LearningRateSchedule.Of(new OptimizerOptions { WarmupRatio = ratio, WarmupSteps = steps }, all).WarmupSteps);

    [Fact]
    public void A_warmup_longer_than_the_run_never_reaches_the_peak() =>
        Assert.Equal(0.4, new LearningRateSchedule("cosine", 1, 10, 5).At(5), 1e-15);

    [Fact]
    public void Another_schedule_is_an_error_that_names_it() =>
        Assert.Contains("polynomial", Assert.Throws<TrainerException>(() => new LearningRateSchedule("polynomial", 1, 0, 5).At(1)).Message);
}
