using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

public sealed class StopSignalTests
{
    private int _left;

    [Fact]
    public void The_first_wish_ends_the_run_and_the_second_the_process()
    {
        var stop = new StopSignal(() => _left++);
        Assert.False(stop.IsRaised);
        stop.Raise();
        Assert.True(stop.IsRaised);
        Assert.Equal(0, _left);
        stop.Raise();
        stop.Raise();
        Assert.Equal(1, _left);
    }

    [Fact]
    public void A_parent_that_dies_after_its_wish_does_not_count_twice()
    {
        var stop = new StopSignal(() => _left++);
        stop.Raise();
        stop.RaiseOnce();
        stop.RaiseOnce();
        Assert.True(stop.IsRaised);
        Assert.Equal(0, _left);
        stop.Raise();
        Assert.Equal(1, _left);
    }
}
