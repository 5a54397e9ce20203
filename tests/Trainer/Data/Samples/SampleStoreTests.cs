using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data.Samples;

/// <summary>Tokens kept.</summary>
public sealed class SampleStoreTests
{
    [Fact]
    public void Samples_come_back_as_they_were_also_across_chunks()
    {
        var store = new SampleStore();
        var samples = new List<int[]>();
        foreach (var length in (int[])[3, 700_000, 1, 700_000, 2_500_000, 0, 5])
        {
            var sample = Enumerable.Range(0, length).Select(i => SampleStore.Mark(i * 7 % 50_000, i % 3 != 0)).ToArray();
            store.Add(sample, SampleStore.Hash(sample));
            samples.Add(sample);
        }

        Assert.Equal(samples.Count, store.Count);
        Assert.Equal(samples.Sum(sample => (long)sample.Length), store.Tokens);
        for (var i = 0; i < samples.Count; i++)
        {
            var back = new int[store.Length(i)];
            store.CopyTo(i, back);
            Assert.True(samples[i].AsSpan().SequenceEqual(back));
            Assert.Equal(samples[i].Skip(1).Count(token => token >= 0), store.Supervised(i));
            Assert.Equal(SampleStore.Hash(samples[i]), store.Hash(i));
        }

        Assert.Equal(49_999, store.HighestToken);
    }

    [Fact]
    public void The_hash_tells_tokens_and_masks_apart()
    {
        int[][] samples = [[], [0], [~0], [0, 0], [1, 2, 3], [1, 2, ~3], [1, ~2, 3], [3, 2, 1]];
        Assert.Equal(samples.Length, samples.Select(sample => SampleStore.Hash(sample)).Distinct().Count());
        Assert.Equal(SampleStore.Hash([1, ~2]), SampleStore.Hash([1, ~2]));
    }
}
