using System.Runtime.InteropServices;
using System.Security.Cryptography;
using LoraLint.Trainer.Data.Samples;
using LoraLint.Trainer.Engines;

namespace LoraLint.Trainer.Data;

/// <summary>
/// Which samples make up which micro batch. Everything follows from the samples, the seed and the epoch, so that a run goes on anywhere
/// without replaying what came before. May be used by several threads.
/// </summary>
public sealed class BatchPlan
{
    // Purposes of random numbers.
    private const ulong ShuffleSequences = 1;
    private const ulong ShuffleSamples = 2;

    private readonly SampleStore _store;
    private readonly int _microBatchSize;
    private readonly long? _seed;

    // Samples by rank: in the order of the files, or by descending length when they are packed.
    private readonly int[] _sampleOf;

    // The ranks of a sequence, one sequence behind the other; null for one rank a sequence.
    private readonly int[]? _ranks;
    private readonly int[]? _starts;

    private volatile EpochOrder? _last;

    /// <summary>Plans batches.</summary>
    /// <param name="store">Where the samples are.</param>
    /// <param name="samples">Those that are meant.</param>
    /// <param name="microBatchSize">Sequences of a micro batch, 1 or more; the last of an epoch may have fewer.</param>
    /// <param name="packedLength">Tokens of a packed sequence at most; null for one sample a sequence.</param>
    /// <param name="seed">The seed of the shuffling; null for the same order in every epoch.</param>
    internal BatchPlan(SampleStore store, int[] samples, int microBatchSize, int? packedLength, long? seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(microBatchSize, 1);
        (_store, _microBatchSize, _seed, _sampleOf) = (store, microBatchSize, seed, samples);
        Sequences = samples.Length;
        if (packedLength is { } capacity)
        {
            _sampleOf = [.. samples.OrderByDescending(store.Length)];
            (_ranks, _starts) = Packed(capacity);
            Sequences = _starts.Length - 1;
        }

        MicroBatches = (int)(((long)Sequences + microBatchSize - 1) / microBatchSize);
        foreach (var sample in samples)
        {
            Tokens += store.Length(sample);
            SupervisedTokens += store.Supervised(sample);
            LongestSample = Math.Max(LongestSample, store.Length(sample));
        }

        LongestBatch = Most(rank => store.Length(_sampleOf[rank]));
        MostSupervised = Most(MostSupervisedByRank());
        MostSamples = Most(_ => 1);
        Fingerprint = Fingerprinted(packedLength);
    }

    /// <summary>Samples of an epoch: each is in exactly one micro batch.</summary>
    public int Samples => _sampleOf.Length;

    /// <summary>Sequences of an epoch: samples, or several of them packed into one.</summary>
    public int Sequences { get; }

    /// <summary>Micro batches of an epoch: the same number in every one, packed or not.</summary>
    public int MicroBatches { get; }

    /// <summary>Tokens of an epoch.</summary>
    public long Tokens { get; }

    /// <summary>Positions with a target in an epoch.</summary>
    public long SupervisedTokens { get; }

    /// <summary>Tokens of the longest sample, which is the longest that attention sees.</summary>
    public int LongestSample { get; }

    /// <summary>Tokens that no micro batch of any epoch goes beyond.</summary>
    public int LongestBatch { get; }

    /// <summary>Positions with a target that no micro batch of any epoch goes beyond.</summary>
    public int MostSupervised { get; }

    /// <summary>Samples, which are the sequences of <see cref="TokenBatch"/>, that no micro batch of any epoch goes beyond.</summary>
    public int MostSamples { get; }

    /// <summary>
    /// A hash of all tokens and masks and of what the batches follow from. Where it is the same, so is every batch of every epoch.
    /// </summary>
    public string Fingerprint { get; }

    /// <summary>A micro batch. Samples of one sequence are segments of their own: none attends to another.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="index">From 0 to below <see cref="MicroBatches"/>.</param>
    public TokenBatch Batch(int epoch, int index)
    {
        var samples = SamplesOf(epoch, index);
        var starts = new int[samples.Count + 1];
        for (var i = 0; i < samples.Count; i++)
            starts[i + 1] = starts[i] + _store.Length(samples[i]);
        var tokens = new int[starts[^1]];
        var targets = new int[starts[^1]];
        for (var i = 0; i < samples.Count; i++)
        {
            var marked = tokens.AsSpan(starts[i]..starts[i + 1]);
            _store.CopyTo(samples[i], marked);
            var shifted = targets.AsSpan(starts[i]..starts[i + 1]);
            for (var t = 0; t < marked.Length; t++)
            {
                shifted[t] = t + 1 < marked.Length && marked[t + 1] >= 0 ? marked[t + 1] : TokenBatch.Ignored;
                marked[t] = marked[t] >= 0 ? marked[t] : ~marked[t];
            }
        }

        return new TokenBatch(tokens, targets, starts);
    }

    /// <summary>The positions of a micro batch that have a target, without building it.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="index">From 0 to below <see cref="MicroBatches"/>.</param>
    public int Supervised(int epoch, int index) => SamplesOf(epoch, index).Sum(_store.Supervised);

    /// <summary>The samples of a micro batch in their order, as indices into the store.</summary>
    internal List<int> SamplesOf(int epoch, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, MicroBatches);
        var order = Order(epoch);
        var samples = new List<int>(_microBatchSize);
        var first = index * _microBatchSize;
        foreach (var sequence in order.Sequences.AsSpan(first, Math.Min(_microBatchSize, Sequences - first)))
        {
            foreach (var rank in RanksOf(sequence))
                samples.Add(order.SampleOf[rank]);
        }

        return samples;
    }

    private EpochOrder Order(int epoch)
    {
        if (_seed is null)
            epoch = 0;
        if (_last is { } last && last.Epoch == epoch)
            return last;
        var sequences = Enumerable.Range(0, Sequences).ToArray();
        var sampleOf = _sampleOf;
        if (_seed is { } seed)
        {
            new SeededRandom(seed, ShuffleSequences, epoch).Shuffle(sequences);
            if (_ranks is not null)
            {
                sampleOf = [.. _sampleOf];
                var random = new SeededRandom(seed, ShuffleSamples, epoch);
                ForEachLength((start, end) => random.Shuffle(sampleOf.AsSpan(start, end - start)));
            }
        }

        return _last = new EpochOrder(epoch, sequences, sampleOf);
    }

    private ReadOnlySpan<int> RanksOf(int sequence) => _ranks is null
        ? new ReadOnlySpan<int>([sequence])
        : _ranks.AsSpan(_starts![sequence], _starts[sequence + 1] - _starts[sequence]);

    private (int[] Ranks, int[] Starts) Packed(int capacity)
    {
        var sequenceOf = SequencePacker.Pack([.. _sampleOf.Select(_store.Length)], capacity, out var sequences);
        var starts = new int[sequences + 1];
        foreach (var sequence in sequenceOf)
            starts[sequence + 1]++;
        for (var i = 0; i < sequences; i++)
            starts[i + 1] += starts[i];
        var next = starts[..^1];
        var ranks = new int[sequenceOf.Length];
        for (var rank = 0; rank < ranks.Length; rank++)
            ranks[next[sequenceOf[rank]]++] = rank;
        return (ranks, starts);
    }

    // Calls back with each range of ranks whose samples are equally long; for packed samples only.
    private void ForEachLength(Action<int, int> range)
    {
        for (int start = 0, end; start < _sampleOf.Length; start = end)
        {
            var length = _store.Length(_sampleOf[start]);
            for (end = start + 1; end < _sampleOf.Length && _store.Length(_sampleOf[end]) == length; end++)
            {
            }

            range(start, end);
        }
    }

    // A rank of a packed sequence is taken by another sample of the same length in another epoch.
    private Func<int, int> MostSupervisedByRank()
    {
        if (_ranks is null)
            return rank => _store.Supervised(_sampleOf[rank]);
        var most = new int[_sampleOf.Length];
        ForEachLength((start, end) => most.AsSpan(start, end - start).Fill(
            _sampleOf[start..end].Max(_store.Supervised)));
        return rank => most[rank];
    }

    // The sum over the sequences of a micro batch that have the most: shuffling may bring them together.
    private int Most(Func<int, int> ofRank)
    {
        var sums = new long[Sequences];
        for (var sequence = 0; sequence < Sequences; sequence++)
        {
            foreach (var rank in RanksOf(sequence))
                sums[sequence] += ofRank(rank);
        }

        Array.Sort(sums);
        var most = sums.AsSpan(Math.Max(0, Sequences - _microBatchSize)).ToArray().Sum();
        return most <= Array.MaxLength
            ? (int)most
            : throw new TrainerException($"A micro batch of {_microBatchSize} sequences can have {most} tokens: lower micro_batch_size");
    }

    private string Fingerprinted(int? packedLength)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ReadOnlySpan<long> plan = [_microBatchSize, packedLength ?? 0, _seed is null ? 0 : 1, _seed ?? 0];
        hash.AppendData(MemoryMarshal.AsBytes(plan));
        foreach (var sample in _sampleOf)
        {
            var value = _store.Hash(sample);
            hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in value)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    // The sequences of an epoch in their order, and the sample of each rank.
    private sealed record EpochOrder(int Epoch, int[] Sequences, int[] SampleOf);
}
