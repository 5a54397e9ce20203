using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines;

/// <summary>Rotary embeddings whose angles depend on the length of the sequence.</summary>
public class RotaryLengthTests
{
    private static readonly double[] s_short = [1, 0.5];
    private static readonly double[] s_long = [0.25, 0.125];

    private static readonly RotaryEmbedding s_longRope = new(s_short, 2) { ShortPositions = 4, LongInverseFrequencies = _ => s_long };

    // A frequency that falls with the length, so that sequences of all lengths differ.
    private static readonly RotaryEmbedding s_dynamic = new(s_short, 1)
    {
        ShortPositions = 4, LongInverseFrequencies = tokens => [1, 2.0 / tokens],
    };

    [Fact]
    public void Each_sequence_of_a_batch_has_the_angles_of_its_own_length()
    {
        using var tables = new RotaryTables(s_longRope);
        tables.Arrange([0, 1, 2, 3, 0, 1, 2, 3, 4, 0], [0, 4, 9, 10], length: tokens => tokens);
        // Position 3 of the sequence of 4 tokens turns by 3 and 1.5, that of 5 tokens by 0.75 and 0.375; cosines and sines are doubled.
        Assert.Equal([-1.979985f, 0.1414744f], Row(tables.Cosines, tables.Rows[3]), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal([0.2822400f, 1.9949900f], Row(tables.Sines, tables.Rows[3]), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal([1.4633777f, 1.8610152f], Row(tables.Cosines, tables.Rows[7]), (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.Equal([1.3632775f, 0.7325451f], Row(tables.Sines, tables.Rows[7]), (a, b) => Math.Abs(a - b) < 1e-6);
        // A shorter pass needs no other tables.
        var rows = tables.Cosines.Rows;
        tables.Arrange([0, 1], [0, 2], length: tokens => tokens);
        Assert.Equal(rows, tables.Cosines.Rows);
    }

    [Fact]
    public void Dynamic_angles_follow_each_length()
    {
        using var tables = new RotaryTables(s_dynamic);
        tables.Arrange([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5, 6, 7], [0, 5, 13], length: tokens => tokens);
        // 4 * 2/5 and 7 * 2/8.
        Assert.Equal(Math.Cos(1.6), tables.Cosines.RowSpan(tables.Rows[4])[1], 1e-6);
        Assert.Equal(Math.Cos(1.75), tables.Cosines.RowSpan(tables.Rows[12])[1], 1e-6);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("phi3")]
    public void Short_and_long_sequences_compute_what_models_with_those_angles_alone_do(string family)
    {
        using var both = Make(family, LongRopeOf);
        using var near = Make(family, rope => rope);
        using var far = Make(family, rope => rope with { InverseFrequencies = LongOf(rope) });
        using var engine = both.Start(both.Plan());
        using var nearEngine = near.Start(near.Plan());
        using var farEngine = far.Start(far.Plan());
        var packed = both.Batch([8, 9, 3, 17]);
        var logits = engine.LastLogits(packed);
        for (var sequence = 0; sequence < 4; sequence++)
        {
            var single = SequenceOf(packed, sequence);
            var other = single.Length > 8 ? farEngine : nearEngine;
            var expected = other.LastLogits(single);
            Assert.Equal(
                expected, logits[(sequence * expected.Length)..((sequence + 1) * expected.Length)], (a, b) => Math.Abs(a - b) < 1e-5);
            if (single.Supervised == 0)
                continue;
            engine.Accumulate(single, 1, 0);
            other.Accumulate(single, 1, 0);
            Assert.Equal(GradientCheck.Gradients(other), GradientCheck.Gradients(engine));
            GradientCheck.Clear(engine);
            GradientCheck.Clear(other);
        }

        var longest = SequenceOf(packed, 3);
        Assert.NotEqual(nearEngine.LastLogits(longest), engine.LastLogits(longest));
    }

    [Fact]
    public void A_decoder_that_grows_beyond_the_short_length_goes_on_with_the_long_angles_and_back()
    {
        using var model = Make("llama", LongRopeOf);
        using var engine = model.Start(model.Plan());
        var tokens = model.Batch([20]).Tokens;
        using var decoder = engine.CreateDecoder(20);
        for (var length = 1; length <= tokens.Length; length++)
            AssertNear(Whole(engine, tokens[..length]), decoder.Next([tokens[length - 1]]));
        decoder.Truncate(6);
        AssertNear(Whole(engine, tokens[..7]), decoder.Next([tokens[6]]));
        AssertNear(Whole(engine, tokens[..12]), decoder.Next(tokens.AsSpan(7, 5)));
        decoder.Truncate(10);
        AssertNear(Whole(engine, tokens[..11]), decoder.Next([tokens[10]]));
        decoder.Truncate(0);
        AssertNear(Whole(engine, tokens[..3]), decoder.Next(tokens.AsSpan(0, 3)));
    }

    [Fact]
    public void Beyond_the_trained_length_a_decoder_has_the_dynamic_angles_of_its_capacity()
    {
        using var model = Make("llama", DynamicOf);
        using var engine = model.Start(model.Plan());
        var tokens = model.Batch([15]).Tokens;
        using var decoder = engine.CreateDecoder(15);
        for (var length = 1; length < tokens.Length; length++)
        {
            var logits = decoder.Next([tokens[length - 1]]).ToArray();
            if (length <= 8)
                AssertNear(Whole(engine, tokens[..length]), logits);
        }

        AssertNear(Whole(engine, tokens), decoder.Next([tokens[^1]]));
    }

    private static TinyModel Make(string family, Func<RotaryEmbedding, RotaryEmbedding> change) =>
        TinyModel.Make(family, change: config => config with { Ropes = [.. config.Ropes.Select(change)] });

    private static RotaryEmbedding LongRopeOf(RotaryEmbedding rope)
    {
        var beyond = LongOf(rope);
        return rope with { ShortPositions = 8, LongInverseFrequencies = _ => beyond };
    }

    private static RotaryEmbedding DynamicOf(RotaryEmbedding rope) => rope with
    {
        ShortPositions = 8, LongInverseFrequencies = tokens => [.. rope.InverseFrequencies.Select(f => f * 8 / tokens)],
    };

    private static double[] LongOf(RotaryEmbedding rope) => [.. rope.InverseFrequencies.Select((f, i) => f / (2 + i))];

    private static float[] Row(LoraLint.Trainer.Engines.Managed.Kernels.Matrix matrix, int row) => matrix.RowSpan(row).ToArray();

    private static float[] Whole(ManagedEngine engine, int[] tokens) =>
        engine.LastLogits(new TokenBatch(tokens, [.. tokens.Select(_ => TokenBatch.Ignored)], [0, tokens.Length]));

    private static TokenBatch SequenceOf(TokenBatch batch, int sequence)
    {
        var range = batch.Starts[sequence]..batch.Starts[sequence + 1];
        return new TokenBatch(batch.Tokens[range], batch.Targets[range], [0, batch.Starts[sequence + 1] - batch.Starts[sequence]]);
    }

    private static void AssertNear(float[] expected, ReadOnlySpan<float> actual) =>
        Assert.Equal(expected, actual.ToArray(), (a, b) => Math.Abs(a - b) < 1e-4);
}
