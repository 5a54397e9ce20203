using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using LoraLint.Trainer.Engines.Torch;
using TorchSharp;

namespace LoraLint.Tests.Trainer.Engines.Torch;

[Collection("torch")]
public sealed class SequenceGroupsTests
{
    [Fact]
    public void Each_token_has_its_row_and_little_is_padded()
    {
        var lengths = Gen.Choose(1, 40).NonEmptyListOf().Select(list => list.ToArray());
        Prop.ForAll(lengths.ToArbitrary(), Check).QuickCheckThrowOnFailure();

        static void Check(int[] lengths)
        {
            using var scope = torch.NewDisposeScope();
            var starts = lengths.Aggregate(new List<int> { 0 }, (list, length) => [.. list, list[^1] + length]).ToArray();
            var groups = SequenceGroups.Of(starts, torch.CPU);
            if (lengths.Distinct().Count() == 1)
            {
                Assert.Null(groups.Order);
                Assert.Equal((lengths.Length, lengths[0]), (groups.Groups.Single().Count, groups.Groups.Single().Length));
                return;
            }

            // The token of each row of all rectangles, one behind the other.
            var rows = groups.Groups.SelectMany(group => Longs(group.Rows!)).ToArray();
            var order = Longs(groups.Order!);
            Assert.Equal(Enumerable.Range(0, starts[^1]).Select(token => (long)token), order.Select(row => rows[row]));
            Assert.True(rows.Length <= 1.25 * starts[^1] + 1e-9, $"{rows.Length} rows for {starts[^1]} tokens");

            // A sequence lies in one row of a rectangle from its first token on.
            var first = 0;
            foreach (var group in groups.Groups)
            {
                for (var i = 0; i < group.Count; i++)
                {
                    var row = rows.AsSpan(first + i * group.Length, group.Length).ToArray();
                    var sequence = Array.IndexOf(starts, (int)row[0]);
                    Assert.Equal(Enumerable.Range(0, group.Length).Select(j => starts[sequence] + (long)Math.Min(j, lengths[sequence] - 1)), row);
                }

                first += group.Count * group.Length;
            }
        }
    }

    private static long[] Longs(torch.Tensor tensor) => MemoryMarshal.Cast<byte, long>(tensor.bytes).ToArray();
}
