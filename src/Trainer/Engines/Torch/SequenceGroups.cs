using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// The sequences of a micro batch in groups of about the same length, each padded to its longest, so that attention runs over rectangles. A
/// token sees those before it in its own sequence alone, so padding behind the end changes nothing and needs no mask.
/// </summary>
internal sealed class SequenceGroups
{
    /// <summary>Rows of a group's rectangle, over its tokens, at most.</summary>
    private const double MostPadding = 1.25;

    private SequenceGroups(IReadOnlyList<SequenceGroup> groups, Tensor? order) => (Groups, Order) = (groups, order);

    /// <summary>The groups.</summary>
    public IReadOnlyList<SequenceGroup> Groups { get; }

    /// <summary>
    /// For each token its row among the rows of all groups one behind the other, shape (T); null when they are the tokens as they are.
    /// </summary>
    public Tensor? Order { get; }

    /// <summary>All tensors of it.</summary>
    public IEnumerable<Tensor> Indices => Groups.Select(group => group.Rows).Append(Order).OfType<Tensor>();

    /// <summary>The groups of a micro batch.</summary>
    /// <param name="starts">Where each sequence starts, and T at the end.</param>
    /// <param name="device">Where the indices are used.</param>
    public static SequenceGroups Of(int[] starts, Device device)
    {
        var lengths = Enumerable.Range(0, starts.Length - 1).Select(i => starts[i + 1] - starts[i]).ToArray();
        if (lengths.All(length => length == lengths[0]))
            return new SequenceGroups([new SequenceGroup(lengths.Length, lengths[0], null)], null);

        var groups = new List<SequenceGroup>();
        var order = new long[starts[^1]];
        var row = 0L;
        foreach (var members in Gather(lengths))
        {
            var length = lengths[members[0]];
            var rows = new List<long>();
            foreach (var sequence in members)
            {
                for (var i = 0; i < length; i++)
                {
                    // Padding repeats the last token: its outputs are not taken, so no gradient comes back through it.
                    rows.Add(starts[sequence] + Math.Min(i, lengths[sequence] - 1));
                    if (i < lengths[sequence])
                        order[starts[sequence] + i] = row;
                    row++;
                }
            }

            groups.Add(new SequenceGroup(members.Count, length, HostMemory.Upload(rows.ToArray(), device)));
        }

        return new SequenceGroups(groups, HostMemory.Upload(order, device));
    }

    // From the longest down, as long as little is padded.
    private static List<List<int>> Gather(int[] lengths)
    {
        var groups = new List<List<int>>();
        var tokens = 0L;
        foreach (var sequence in Enumerable.Range(0, lengths.Length).OrderByDescending(i => lengths[i]))
        {
            if (groups.Count > 0 && (groups[^1].Count + 1L) * lengths[groups[^1][0]] <= MostPadding * (tokens + lengths[sequence]))
            {
                groups[^1].Add(sequence);
                tokens += lengths[sequence];
            }
            else
            {
                groups.Add([sequence]);
                tokens = lengths[sequence];
            }
        }

        return groups;
    }
}

/// <summary>Sequences that attention computes together.</summary>
/// <param name="Count">How many.</param>
/// <param name="Length">Of the longest.</param>
/// <param name="Rows">The token of each row of the rectangle, shape (Count * Length); null for all tokens in their order.</param>
internal sealed record SequenceGroup(int Count, int Length, Tensor? Rows);
