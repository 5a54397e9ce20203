using LoraLint.Trainer;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data.Samples;

/// <summary>Random numbers that are the same everywhere.</summary>
public sealed class SeededRandomTests
{
    // Published first numbers of SplitMix64 for the seed 1234567 (its state after the first addition is what is mixed).
    [Fact]
    public void The_mix_is_that_of_SplitMix64()
    {
        const ulong golden = 0x9E3779B97F4A7C15;
        Assert.Equal(6457827717110365317UL, SplitMix64.Mix(1234567 + golden));
        Assert.Equal(3203168211198807973UL, SplitMix64.Mix(unchecked(1234567 + 2 * golden)));
    }

    // Computed by a few lines of Python. A run that was started by one version and resumed by another must go on with the same order.
    [Theory]
    [InlineData(42, 1, 0, "2 11 8 3 6 10 9 1 0 7 5 4")]
    [InlineData(42, 1, 1, "10 5 1 0 8 7 11 3 6 2 4 9")]
    [InlineData(-1, 2, 0, "2 10 7 8 11 0 6 4 1 3 5 9")]
    public void An_order_is_the_same_on_every_machine_and_in_every_version(long seed, ulong purpose, long epoch, string expected)
    {
        var values = Enumerable.Range(0, 12).ToArray();
        new SeededRandom(seed, purpose, epoch).Shuffle(values);
        Assert.Equal(expected, string.Join(' ', values));
    }

    [Fact]
    public void Every_order_is_as_likely_as_any_other()
    {
        var counts = new Dictionary<string, int>();
        for (var epoch = 0; epoch < 24_000; epoch++)
        {
            var values = new[] { 0, 1, 2, 3 };
            new SeededRandom(7, 1, epoch).Shuffle(values);
            var order = string.Concat(values);
            counts[order] = counts.GetValueOrDefault(order) + 1;
        }

        // 24 orders, 1000 each on average; the deviation is 31.
        Assert.Equal(24, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
    }

    [Fact]
    public void Seeds_purposes_and_epochs_give_orders_of_their_own()
    {
        var orders = new HashSet<string>();
        for (var seed = -3; seed < 3; seed++)
        {
            for (var purpose = 1UL; purpose < 4; purpose++)
            {
                for (var epoch = 0; epoch < 10; epoch++)
                {
                    var values = Enumerable.Range(0, 50).ToArray();
                    new SeededRandom(seed, purpose, epoch).Shuffle(values);
                    Assert.Equal(Enumerable.Range(0, 50), values.Order());
                    Assert.True(orders.Add(string.Join(' ', values)));
                }
            }
        }
    }
}
