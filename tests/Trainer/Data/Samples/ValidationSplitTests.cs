using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data.Samples;

/// <summary>What is held out.</summary>
public sealed class ValidationSplitTests
{
    [Theory]
    [InlineData(10, 0.2, 2)]
    [InlineData(10, 0.25, 2)]
    [InlineData(10, 0.01, 1)]
    [InlineData(2, 0.5, 1)]
    [InlineData(10, 1, 1)]
    [InlineData(10, 9, 9)]
    [InlineData(10, 3.7, 3)]
    public void A_share_or_a_number_is_held_out(int count, double split, int expected)
    {
        var (train, heldOut) = ValidationSplit.Split(StoreOf(Enumerable.Range(0, count)), [.. Enumerable.Range(0, count)], split, seed: 1);
        Assert.Equal(expected, heldOut.Length);
        Assert.Equal(count - expected, train.Length);
    }

    [Theory]
    [InlineData(10, 10)]
    [InlineData(1, 0.5)]
    [InlineData(10, 0.99)]
    [InlineData(10, -0.1)]
    [InlineData(10, double.NaN)]
    [InlineData(10, double.PositiveInfinity)]
    public void What_leaves_nothing_to_train_on_is_an_error(int count, double split) =>
        Assert.Contains(
            $"of {count} samples",
            Assert.Throws<TrainerException>(
                () => ValidationSplit.Split(StoreOf(Enumerable.Range(0, count)), [.. Enumerable.Range(0, count)], split, seed: 1)).Message);

    [Fact]
    public void Each_sample_is_on_one_side_and_which_depends_on_seed_and_sample_alone()
    {
        var cases = from count in Gen.Choose(2, 200)
                    from seed in Gen.Choose(int.MinValue, int.MaxValue)
                    from share in Gen.Choose(1, 50)
                    from order in Gen.Shuffle(Enumerable.Range(0, count).ToArray())
                    select (count, seed, share: share / 100.0, order);
        Prop.ForAll(
            cases.ToArbitrary(),
            given =>
            {
                int[] all = [.. Enumerable.Range(0, given.count)];
                var (train, heldOut) = ValidationSplit.Split(StoreOf(all), all, given.share, given.seed);
                Assert.Equal(all, train.Concat(heldOut).Order());
                Assert.Equal(train.Order(), train);
                Assert.Equal(heldOut.Order(), heldOut);

                // The same samples in another order of the file.
                var (_, shuffled) = ValidationSplit.Split(StoreOf(given.order), all, given.share, given.seed);
                Assert.Equal(heldOut, shuffled.Select(sample => given.order[sample]).Order());
            }).Check(Properties.Runs(200));
    }

    [Fact]
    public void Another_seed_holds_out_others_and_rows_that_are_added_move_few()
    {
        int[] all = [.. Enumerable.Range(0, 1100)];
        int[] Held(int count, long seed) => ValidationSplit.Split(StoreOf(all), all[..count], 0.1, seed).HeldOut;
        Assert.InRange(Held(1000, 1).Intersect(Held(1000, 2)).Count(), 1, 30);
        Assert.InRange(Held(1000, 1).Intersect(Held(1100, 1)).Count(), 80, 100);
    }

    // One sample for each number, told apart by it.
    private static SampleStore StoreOf(IEnumerable<int> numbers)
    {
        var store = new SampleStore();
        foreach (var number in numbers)
            store.Add([number, number], SampleStore.Hash([number, number]));
        return store;
    }
}
