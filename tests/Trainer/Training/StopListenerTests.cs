using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

public sealed class StopListenerTests
{
    [Theory]
    [InlineData("", true, 0)] // the parent died
    [InlineData("stop\n", true, 0)]
    [InlineData("stop\r\n", true, 0)]
    [InlineData("stop\nstop\n", true, 1)]
    [InlineData("go on\nstopp\n", true, 0)]
    public void Lines_of_a_parent_are_wishes(string input, bool raised, int left)
    {
        var leaves = 0;
        var stop = new StopSignal(() => leaves++);
        StopListener.Listen(stop, new StringReader(input));
        Assert.Equal((raised, left), (stop.IsRaised, leaves));
    }

    [Fact]
    public void A_parent_that_lives_and_says_nothing_stops_nothing()
    {
        var stop = new StopSignal(() => { });
        var reader = new Silence(() => stop.IsRaised);
        StopListener.Listen(stop, reader);
        Assert.False(reader.WasRaised);
        Assert.True(stop.IsRaised);
    }

    // Notes what is raised after other words, then ends.
    private sealed class Silence(Func<bool> isRaised) : TextReader
    {
        private int _lines;

        public bool WasRaised { get; private set; }

        public override string? ReadLine()
        {
            WasRaised |= isRaised();
            return _lines++ < 3 ? "hello" : null;
        }
    }
}
