using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data.Samples;

/// <summary>Long documents in several sequences.</summary>
public sealed class DocumentCutterTests
{
    [Theory]
    [InlineData(4, 0, "")]
    [InlineData(4, 1, "")]
    [InlineData(4, 3, "0 1 2")]
    [InlineData(4, 4, "0 1 2 3")]
    [InlineData(4, 5, "0 1 2 3|3 4")]
    [InlineData(4, 7, "0 1 2 3|3 4 5 6")]
    [InlineData(2, 4, "0 1|1 2|2 3")]
    public void A_sequence_begins_with_the_last_token_of_the_one_before(int longest, int length, string expected) =>
        Assert.Equal(expected, string.Join('|', Cut(longest, [length]).Select(part => string.Join(' ', part))));

    [Fact]
    public void Every_token_but_the_first_is_predicted_once_however_the_document_comes()
    {
        var cases = from longest in Gen.OneOf(Gen.Choose(2, 9), Gen.Choose(1000, 1500))
                    from pieces in Gen.Choose(0, 2 * longest).ListOf()
                    select (longest, pieces: pieces.ToArray());
        Prop.ForAll(
            cases.ToArbitrary(),
            given =>
            {
                var parts = Cut(given.longest, given.pieces);
                Assert.All(parts, part => Assert.InRange(part.Length, 2, given.longest));
                Assert.Equal(Enumerable.Range(0, given.pieces.Sum()).Skip(1), parts.SelectMany(part => part.Skip(1)));
                Assert.All(parts, part => Assert.Equal(part[0], part[1] - 1));
            }).Check(Properties.Runs(300));
    }

    private static List<int[]> Cut(int longest, int[] pieces)
    {
        var parts = new List<int[]>();
        var cutter = new DocumentCutter(longest, part => parts.Add(part.ToArray()));
        var next = 0;
        foreach (var length in pieces)
        {
            cutter.Add([.. Enumerable.Range(next, length)]);
            next += length;
        }

        cutter.Finish();
        return parts;
    }
}
