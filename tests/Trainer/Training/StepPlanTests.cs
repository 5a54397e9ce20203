using LoraLint.Rules.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

public sealed class StepPlanTests
{
    [Theory]
    [InlineData(7, 2, 1.0, null, 4)]
    [InlineData(8, 2, 1.0, null, 4)]
    [InlineData(1, 16, 1.0, null, 1)]
    [InlineData(7, 2, 3.0, null, 12)]
    [InlineData(7, 2, 0.5, null, 2)]
    [InlineData(7, 2, 0.3, null, 2)]
    [InlineData(7, 2, 1.3, null, 6)]
    [InlineData(7, 2, 1.0, 9, 9)]
    public void Steps_are_epochs_rounded_up_or_max_steps(int microBatches, int accumulation, double epochs, int? maxSteps, int steps) =>
        Assert.Equal(steps, StepPlan.Of(
            new TrainingOptions { Epochs = epochs, MaxSteps = maxSteps, GradientAccumulationSteps = accumulation }, microBatches).Steps);

    [Fact]
    public void An_epoch_takes_each_micro_batch_once_and_its_last_step_those_that_are_left()
    {
        var plan = new StepPlan(7, 3, 6);
        Assert.Equal(
            [(0, 0..3), (0, 3..6), (0, 6..7), (1, 0..3), (1, 3..6), (1, 6..7)], Enumerable.Range(1, 6).Select(plan.At));
        Assert.Equal(2, plan.EpochAfter(6));
        Assert.Equal(1 / 3.0, plan.EpochAfter(1));
    }

    [Theory]
    [InlineData(null, null, new[] { 3, 6, 7 })] // each epoch of three, and the end
    [InlineData(2, null, new[] { 2, 4, 6, 7 })]
    [InlineData(0, null, new int[0])]
    [InlineData(100, null, new[] { 7 })]
    [InlineData(null, 0.25, new[] { 2, 4, 6, 7 })] // 1.75 steps, rounded up
    public void A_cadence_falls_on_steps_and_on_the_last(int? steps, double? share, int[] due)
    {
        var plan = new StepPlan(3, 1, 7);
        Assert.Equal(due, Enumerable.Range(1, 7).Where(step => plan.IsDue(new Cadence(steps, share), step)));
    }
}
