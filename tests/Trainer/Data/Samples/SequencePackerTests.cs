using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data.Samples;

/// <summary>Samples in sequences.</summary>
public sealed class SequencePackerTests
{
    [Theory]
    [InlineData(10, "", "")]
    [InlineData(10, "10 10", "0 1")]
    [InlineData(10, "6 5 4 3", "0 1 0 1")]
    // The fullest sequence that has room: 3 goes beside 7 though 6 has room too.
    [InlineData(10, "7 6 3 3 1", "0 1 0 1 1")]
    [InlineData(1, "1 1 1", "0 1 2")]
    [InlineData(200, "130 120 70 50 30", "0 1 0 1 1")]
    public void The_longest_go_first_each_into_the_fullest_sequence_with_room(int capacity, string lengths, string expected)
    {
        var sequenceOf = SequencePacker.Pack(Numbers(lengths), capacity, out _);
        Assert.Equal(Numbers(expected), sequenceOf);
    }

    [Fact]
    public void No_sequence_is_over_its_length_and_few_are_needed()
    {
        var cases = from capacity in Gen.OneOf(Gen.Choose(1, 100), Gen.Choose(4000, 9000))
                    from lengths in Gen.Choose(1, capacity).ListOf()
                    select (capacity, lengths: lengths.OrderDescending().ToArray());
        Prop.ForAll(
            cases.ToArbitrary(),
            given =>
            {
                var sequenceOf = SequencePacker.Pack(given.lengths, given.capacity, out var sequences);
                var sums = new int[sequences];
                for (var i = 0; i < sequenceOf.Length; i++)
                    sums[sequenceOf[i]] += given.lengths[i];
                Assert.All(sums, sum => Assert.InRange(sum, 1, given.capacity));
                Assert.Equal(BestFit(given.lengths, given.capacity), sequenceOf.Length == 0 ? 0 : sequences);
                var least = (given.lengths.Sum() + given.capacity - 1) / given.capacity;
                Assert.InRange(sequences, least, Math.Max(least, given.lengths.Sum() * 2 / given.capacity + 1));
            }).Check(Properties.Runs(500));
    }

    [Theory]
    [InlineData(10, "11")]
    [InlineData(10, "0")]
    [InlineData(10, "3 4")]
    public void Lengths_out_of_range_or_order_are_refused(int capacity, string lengths) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SequencePacker.Pack(Numbers(lengths), capacity, out _));

    // The same by looking at every open sequence.
    private static int BestFit(int[] lengths, int capacity)
    {
        var spaces = new List<int>();
        foreach (var length in lengths)
        {
            var fullest = spaces.Where(space => space >= length).DefaultIfEmpty(-1).Min();
            if (fullest < 0)
                spaces.Add(capacity - length);
            else
                spaces[spaces.IndexOf(fullest)] -= length;
        }

        return spaces.Count;
    }

    private static int[] Numbers(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
}
