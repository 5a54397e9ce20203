using LoraLint.Trainer.Generation;

namespace LoraLint.Tests.Trainer.Generation;

public sealed class SamplerTests
{
    private static readonly float[] Logits = [1f, 3f, 2f, 3f, -50f];

    [Fact]
    public void Temperature_zero_takes_the_likeliest_token_and_the_lowest_id_among_equals()
    {
        Assert.Equal(1, new Sampler(0, 1, 7).Draw(Logits, 0));
    }

    [Fact]
    public void The_same_seed_and_position_draw_the_same_token()
    {
        var sampler = new Sampler(1, 1, 7);
        var drawn = Enumerable.Range(0, 50).Select(i => sampler.Draw(Logits, i)).ToList();
        Assert.Equal(drawn, Enumerable.Range(0, 50).Select(i => sampler.Draw(Logits, i)));
        Assert.NotEqual(drawn, Enumerable.Range(0, 50).Select(i => (sampler with { Seed = 8 }).Draw(Logits, i)));
    }

    [Fact]
    public void Tokens_are_drawn_as_often_as_their_softmax_says()
    {
        var sampler = new Sampler(1, 1, 3);
        const int draws = 20_000;
        var counts = new int[Logits.Length];
        for (var i = 0; i < draws; i++)
            counts[sampler.Draw(Logits, i)]++;
        var total = Logits.Sum(l => Math.Exp(l));
        for (var token = 0; token < Logits.Length; token++)
        {
            var expected = draws * Math.Exp(Logits[token]) / total;
            Assert.InRange(counts[token], expected - 5 * Math.Sqrt(expected) - 1, expected + 5 * Math.Sqrt(expected) + 1);
        }
    }

    [Fact]
    public void The_nucleus_leaves_out_the_tail_and_never_everything()
    {
        var narrow = new Sampler(1, 0.5, 3);
        Assert.All(Enumerable.Range(0, 500), i => Assert.Contains(narrow.Draw(Logits, i), new[] { 1, 3 }));
        Assert.Equal(1, new Sampler(1, 1e-9, 3).Draw(Logits, 0));
    }
}
