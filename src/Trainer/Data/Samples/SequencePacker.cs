using System.Numerics;

namespace LoraLint.Trainer.Data.Samples;

/// <summary>
/// Puts samples into as few sequences as best-fit decreasing finds: the longest first, each into the fullest sequence that still has room.
/// It needs at most 11/9 of the least possible number plus a constant (Johnson et al., SIAM J. Comput. 3, 1974).
/// </summary>
/// <remarks>
/// The result is a matter of the lengths alone. So the number of sequences is the same in every epoch, and shuffling has the samples of
/// equal length change places and the sequences change their order.
/// </remarks>
internal static class SequencePacker
{
    /// <summary>The sequence of each sample.</summary>
    /// <param name="lengths">Lengths in descending order, each from 1 to <paramref name="capacity"/>.</param>
    /// <param name="capacity">Tokens of a sequence at most.</param>
    /// <param name="sequences">How many sequences there are.</param>
    public static int[] Pack(ReadOnlySpan<int> lengths, int capacity, out int sequences)
    {
        var sequenceOf = new int[lengths.Length];
        var open = new OpenSequences(capacity);
        sequences = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            var length = lengths[i];
            ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, i == 0 ? capacity : lengths[i - 1]);
            var sequence = open.Take(length, out var space);
            if (sequence < 0)
                (sequence, space) = (sequences++, capacity);
            open.Put(sequence, space - length);
            sequenceOf[i] = sequence;
        }

        return sequenceOf;
    }

    // For each space the sequences that have exactly it left, as a linked list; two levels of bits find the least space that suffices.
    private sealed class OpenSequences
    {
        private readonly int[] _first;
        private readonly List<int> _next = [];
        private readonly ulong[] _words;
        private readonly ulong[] _summary;

        public OpenSequences(int capacity)
        {
            _first = new int[capacity + 1];
            Array.Fill(_first, -1);
            _words = new ulong[capacity / 64 + 1];
            _summary = new ulong[_words.Length / 64 + 1];
        }

        /// <summary>Takes out the sequence with the least space of at least a length; -1 when none has it.</summary>
        public int Take(int length, out int space)
        {
            space = NextSet(length);
            if (space < 0)
                return -1;
            var sequence = _first[space];
            _first[space] = _next[sequence];
            if (_first[space] < 0)
            {
                var word = space >> 6;
                _words[word] &= ~(1UL << (space & 63));
                if (_words[word] == 0)
                    _summary[word >> 6] &= ~(1UL << (word & 63));
            }

            return sequence;
        }

        /// <summary>Puts in a sequence with a space left.</summary>
        public void Put(int sequence, int space)
        {
            if (sequence == _next.Count)
                _next.Add(-1);
            _next[sequence] = _first[space];
            _first[space] = sequence;
            var word = space >> 6;
            _words[word] |= 1UL << (space & 63);
            _summary[word >> 6] |= 1UL << (word & 63);
        }

        private int NextSet(int space)
        {
            var word = space >> 6;
            if (word >= _words.Length)
                return -1;
            var bits = _words[word] & (ulong.MaxValue << (space & 63));
            if (bits != 0)
                return (word << 6) + BitOperations.TrailingZeroCount(bits);
            word++;
            for (var block = word >> 6; block < _summary.Length; block++)
            {
                var words = _summary[block] & (block == word >> 6 ? ulong.MaxValue << (word & 63) : ulong.MaxValue);
                if (words == 0)
                    continue;
                word = (block << 6) + BitOperations.TrailingZeroCount(words);
                return (word << 6) + BitOperations.TrailingZeroCount(_words[word]);
            }

            return -1;
        }
    }
}
