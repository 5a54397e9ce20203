using LoraLint.Trainer.Engines.Managed;

namespace LoraLint.Tests.Trainer.Engines;

public class DropoutTests
{
    [Fact]
    public void The_generator_gives_the_known_answer_of_philox()
    {
        // Random123's kat_vectors: philox4x32, 10 rounds, counter and key zero.
        var (a, b, c, d) = new Dropout(0.5, 0).Draw(0, 0, 0);

        Assert.Equal([0x6627e8d5UL, 0xe169c58dUL, 0xbc57ac4cUL, 0x9b00dbd8UL], [a[0], b[0], c[0], d[0]]);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Elements_are_dropped_at_the_rate_and_the_others_scaled_up(double rate)
    {
        var dropped = Mask(new Dropout(rate, 42), rows: 400, columns: 500);

        Assert.Equal(rate, dropped.Count(value => value == 0) / (double)dropped.Length, 0.005);
        Assert.All(dropped.Where(value => value != 0), value => Assert.Equal(1 / (1 - rate), value, 1e-5));
        Assert.Equal(1, dropped.Average(), 0.02);
    }

    [Fact]
    public void Each_row_column_module_and_key_draws_for_itself()
    {
        var first = Mask(new Dropout(0.5, 42), rows: 64, columns: 77);

        Assert.Equal(first, Mask(new Dropout(0.5, 42), rows: 64, columns: 77));
        foreach (var other in new[] { Mask(new Dropout(0.5, 43), 64, 77), Mask(new Dropout(0.5, 42 + (1UL << 32)), 64, 77), Mask(new Dropout(0.5, 42), 64, 77, module: 1) })
            Assert.Equal(0.5, first.Zip(other).Count(pair => pair.First == pair.Second) / (double)first.Length, 0.05);
        for (var shift = 1; shift < 100; shift++)
            Assert.Equal(0.5, first.Zip(first.Skip(shift)).Count(pair => pair.First == pair.Second) / (double)(first.Length - shift), 0.05);
    }

    [Fact]
    public unsafe void A_mask_can_be_added_to_what_is_there()
    {
        var dropout = new Dropout(0.25, 9);
        var x = Enumerable.Range(1, 45).Select(i => (float)i).ToArray();
        var y = new float[45];
        var sum = Enumerable.Repeat(100f, 45).ToArray();
        fixed (float* source = x, target = y, added = sum)
        {
            dropout.Apply(3, 8, source, target, 45);
            dropout.Apply(3, 8, source, added, 45, add: true);
        }

        Assert.Equal(y.Select(value => value + 100), sum);
    }

    private static unsafe float[] Mask(Dropout dropout, int rows, int columns, int module = 0)
    {
        var ones = Enumerable.Repeat(1f, columns).ToArray();
        var values = new float[rows * columns];
        fixed (float* x = ones, y = values)
            for (var row = 0; row < rows; row++)
                dropout.Apply(module, row, x, y + row * columns, columns);
        return values;
    }
}
