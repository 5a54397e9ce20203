using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.Samples;
using LoraLint.Trainer.Engines;

namespace LoraLint.Tests.Trainer.Data;

/// <summary>Micro batches.</summary>
public sealed class BatchPlanTests
{
    private static readonly Gen<Given> Plans =
        from length in Gen.Choose(2, 64)
        from samples in Gen.Choose(0, int.MaxValue - 1).SelectMany(seed => Gen.Choose(1, length).Select(count => (seed, count))).ListOf()
        where samples.Count > 0
        from microBatchSize in Gen.Choose(1, 5)
        from isPacked in Gen.Elements(true, false)
        from seed in Gen.Choose(int.MinValue, int.MaxValue)
        select new Given(
            [.. samples.Select(sample => MarkedTokens(sample.seed, sample.count))], microBatchSize, isPacked ? length : null, seed, length);

    [Fact]
    public void Each_sample_comes_once_in_an_epoch_and_no_sequence_is_too_long() => Check(given =>
    {
        var plan = PlanOf(given);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var seen = new List<int>();
            for (var index = 0; index < plan.MicroBatches; index++)
            {
                var samples = plan.SamplesOf(epoch, index);
                Assert.NotEmpty(samples);
                seen.AddRange(samples);
                var tokens = samples.Sum(sample => given.Samples[sample].Length);
                Assert.InRange(tokens, 1, plan.LongestBatch);
                Assert.InRange(tokens, 1, given.MicroBatchSize * given.Length);
                Assert.InRange(samples.Count, 1, plan.MostSamples);
                Assert.InRange(plan.Supervised(epoch, index), 0, plan.MostSupervised);
                if (given.PackedLength is null)
                    Assert.InRange(samples.Count, 1, given.MicroBatchSize);
            }

            Assert.Equal(Enumerable.Range(0, given.Samples.Length), seen.Order());
        }
    });

    [Fact]
    public void Batches_hold_the_samples_tokens_and_targets_as_segments_of_their_own() => Check(given =>
    {
        var plan = PlanOf(given);
        var supervised = 0L;
        for (var index = 0; index < plan.MicroBatches; index++)
        {
            var batch = plan.Batch(1, index);
            var samples = plan.SamplesOf(1, index);
            Assert.Equal(samples.Count, batch.Sequences);
            Assert.Equal(batch.Length, batch.Starts[^1]);
            Assert.Equal(batch.Length, batch.Targets.Length);
            for (var i = 0; i < samples.Count; i++)
            {
                var marked = given.Samples[samples[i]];
                var segment = batch.Starts[i]..batch.Starts[i + 1];
                Assert.Equal(marked.Select(token => token >= 0 ? token : ~token), batch.Tokens[segment]);
                Assert.Equal(
                    marked.Skip(1).Select(token => token >= 0 ? token : TokenBatch.Ignored).Append(TokenBatch.Ignored),
                    batch.Targets[segment]);
            }

            Assert.Equal(batch.Supervised, plan.Supervised(1, index));
            supervised += batch.Supervised;
        }

        Assert.Equal(plan.SupervisedTokens, supervised);
        Assert.Equal(plan.Tokens, given.Samples.Sum(sample => (long)sample.Length));
        Assert.Equal(plan.LongestSample, given.Samples.Max(sample => sample.Length));
    });

    [Fact]
    public void A_batch_follows_from_seed_epoch_and_index_whatever_was_asked_before() => Check(given =>
    {
        var forward = PlanOf(given);
        var backward = PlanOf(given);
        var order = from epoch in Enumerable.Range(0, 3) from index in Enumerable.Range(0, forward.MicroBatches) select (epoch, index);
        var expected = order.ToDictionary(at => at, at => forward.SamplesOf(at.epoch, at.index));
        foreach (var (epoch, index) in order.Reverse())
            Assert.Equal(expected[(epoch, index)], backward.SamplesOf(epoch, index));
        Assert.Equal(forward.Fingerprint, backward.Fingerprint);
    });

    [Fact]
    public void Without_seed_every_epoch_has_the_order_of_the_samples() => Check(given =>
    {
        var plan = PlanOf(given with { PackedLength = null, Seed = null });
        Assert.Equal(
            Enumerable.Range(0, given.Samples.Length),
            Enumerable.Range(0, plan.MicroBatches).SelectMany(index => plan.SamplesOf(5, index)));
    });

    [Theory]
    [InlineData(null)]
    [InlineData(64)]
    public void Epochs_and_seeds_differ_in_their_order(int? packedLength)
    {
        var samples = Enumerable.Range(0, 200).Select(i => MarkedTokens(i, 1 + i % 20)).ToArray();
        var orders = new HashSet<string>();
        for (var seed = 0; seed < 3; seed++)
        {
            var plan = PlanOf(new Given(samples, 4, packedLength, seed, 64));
            for (var epoch = 0; epoch < 3; epoch++)
                Assert.True(orders.Add(string.Join(' ', plan.SamplesOf(epoch, 0).Concat(plan.SamplesOf(epoch, 1)))));
        }
    }

    [Fact]
    public void Packing_lets_samples_of_equal_length_meet_others_in_another_epoch()
    {
        var samples = Enumerable.Range(0, 100).Select(i => MarkedTokens(i, 10 + i % 3)).ToArray();
        var plan = PlanOf(new Given(samples, 1, 40, 1, 40));
        HashSet<int> Companions(int epoch) => Enumerable.Range(0, plan.MicroBatches)
            .Select(index => plan.SamplesOf(epoch, index)).Single(batch => batch.Contains(7)).ToHashSet();
        Assert.False(Companions(0).SetEquals(Companions(1)));
    }

    [Fact]
    public void The_fingerprint_changes_with_tokens_masks_order_and_what_batches_are_made_by()
    {
        int[][] samples = [[1, 2, 3], [4, ~5, 6]];
        var given = new Given(samples, 2, null, 1, 8);
        string[] fingerprints =
        [
            PlanOf(given).Fingerprint,
            PlanOf(given with { Samples = [[1, 2, 4], [4, ~5, 6]] }).Fingerprint,
            PlanOf(given with { Samples = [[1, 2, ~3], [4, ~5, 6]] }).Fingerprint,
            PlanOf(given with { Samples = [samples[1], samples[0]] }).Fingerprint,
            PlanOf(given with { Seed = 2 }).Fingerprint,
            PlanOf(given with { Seed = null }).Fingerprint,
            PlanOf(given with { MicroBatchSize = 3 }).Fingerprint,
            PlanOf(given with { PackedLength = 8 }).Fingerprint,
        ];
        Assert.Equal(fingerprints.Length, fingerprints.Distinct().Count());
        Assert.All(fingerprints, fingerprint => Assert.Matches("^[0-9a-f]{32}$", fingerprint));
    }

    [Fact]
    public void The_largest_batch_is_known_exactly_before_training()
    {
        var plan = PlanOf(new Given([[1], [1, 2, 3], [1, ~2], [1, 2, 3, 4, 5]], 2, null, 1, 8));
        Assert.Equal((8, 6, 2, 5), (plan.LongestBatch, plan.MostSupervised, plan.MostSamples, plan.LongestSample));
        // 5 + 3 fill a sequence of 8, and 2 + 1 another.
        var packed = PlanOf(new Given([[1], [1, 2, 3], [1, ~2], [1, 2, 3, 4, 5]], 1, 8, 1, 8));
        Assert.Equal((8, 6, 2, 2), (packed.LongestBatch, packed.MostSupervised, packed.MostSamples, packed.MicroBatches));
    }

    [Fact]
    public void A_micro_batch_that_no_array_holds_is_an_error()
    {
        var store = new SampleStore();
        store.Add(new int[1 << 20], 1);
        // The same sample over and over costs no memory.
        var samples = new int[4096];
        Assert.Contains(
            "lower micro_batch_size", Assert.Throws<TrainerException>(() => new BatchPlan(store, samples, 4096, null, 1)).Message);
    }

    [Fact]
    public void Places_out_of_range_are_refused()
    {
        var plan = PlanOf(new Given([[1, 2]], 1, null, 1, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.Batch(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.Batch(0, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => plan.Batch(-1, 0));
    }

    private static void Check(Action<Given> holds) => Prop.ForAll(Plans.ToArbitrary(), holds).Check(Properties.Runs(300));

    private static int[] MarkedTokens(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => SampleStore.Mark(random.Next(1000), random.Next(2) == 0))];
    }

    private static BatchPlan PlanOf(Given given)
    {
        var store = new SampleStore();
        foreach (var sample in given.Samples)
            store.Add(sample, SampleStore.Hash(sample));
        return new BatchPlan(store, [.. Enumerable.Range(0, store.Count)], given.MicroBatchSize, given.PackedLength, given.Seed);
    }

    private sealed record Given(int[][] Samples, int MicroBatchSize, int? PackedLength, long? Seed, int Length);
}
