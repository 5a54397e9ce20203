using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace LoraLint.Trainer.Data.Samples;

/// <summary>
/// The tokens of all samples in memory, four bytes each: a token whose position is not supervised is stored as its complement, so that
/// the loss mask costs nothing. They lie in chunks, so that adding never copies what is there. Beside the tokens a sample costs 28 bytes.
/// </summary>
internal sealed class SampleStore
{
    /// <summary>Tokens that a store takes at most: 8 GiB of memory.</summary>
    public const long MostTokens = int.MaxValue;

    private const int ChunkBits = 20;
    private const int ChunkLength = 1 << ChunkBits;

    private readonly List<int[]> _chunks = [];
    private readonly List<long> _starts = [0];
    private readonly List<int> _supervised = [];
    private readonly List<UInt128> _hashes = [];

    /// <summary>Samples in it.</summary>
    public int Count => _supervised.Count;

    /// <summary>Tokens in it.</summary>
    public long Tokens => _starts[^1];

    /// <summary>The highest token id in it; -1 for none.</summary>
    public int HighestToken { get; private set; } = -1;

    /// <summary>Tokens of a sample.</summary>
    public int Length(int sample) => (int)(_starts[sample + 1] - _starts[sample]);

    /// <summary>Positions of a sample that have a target: the first token is never one.</summary>
    public int Supervised(int sample) => _supervised[sample];

    /// <summary>A hash of a sample's tokens and mask: samples with the same one are the same.</summary>
    public UInt128 Hash(int sample) => _hashes[sample];

    /// <summary>What <see cref="Hash(int)"/> will say of a sample that is added.</summary>
    public static UInt128 Hash(ReadOnlySpan<int> marked)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(marked), hash);
        return new UInt128(BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]));
    }

    /// <summary>How a token is stored.</summary>
    public static int Mark(int token, bool isSupervised) => isSupervised ? token : ~token;

    /// <summary>Positions with a target among marked tokens.</summary>
    public static int CountSupervised(ReadOnlySpan<int> marked)
    {
        var count = 0;
        for (var i = 1; i < marked.Length; i++)
            count += marked[i] >= 0 ? 1 : 0;
        return count;
    }

    /// <summary>Adds a sample.</summary>
    /// <param name="marked">Its tokens, each as <see cref="Mark"/> gives it.</param>
    /// <param name="hash">Its <see cref="Hash(ReadOnlySpan{int})"/>.</param>
    public void Add(ReadOnlySpan<int> marked, UInt128 hash)
    {
        if (Tokens + marked.Length > MostTokens)
        {
            throw new TrainerException(
                $"The data has more than {MostTokens} tokens, which is as many as are kept in memory: train on a part of it");
        }

        foreach (var token in marked)
            HighestToken = Math.Max(HighestToken, token >= 0 ? token : ~token);
        _supervised.Add(CountSupervised(marked));
        _hashes.Add(hash);
        var end = Tokens;
        _starts.Add(end + marked.Length);
        while (marked.Length > 0)
        {
            var chunk = (int)(end >> ChunkBits);
            var offset = (int)(end & (ChunkLength - 1));
            if (chunk == _chunks.Count)
                _chunks.Add(GC.AllocateUninitializedArray<int>(ChunkLength));
            var taken = Math.Min(marked.Length, ChunkLength - offset);
            marked[..taken].CopyTo(_chunks[chunk].AsSpan(offset));
            marked = marked[taken..];
            end += taken;
        }
    }

    /// <summary>Copies a sample's marked tokens.</summary>
    /// <param name="sample">From 0 to below <see cref="Count"/>.</param>
    /// <param name="marked">As long as the sample.</param>
    public void CopyTo(int sample, Span<int> marked)
    {
        if (marked.Length != Length(sample))
            throw new ArgumentException($"Sample {sample} has {Length(sample)} tokens, not {marked.Length}", nameof(marked));
        var start = _starts[sample];
        while (marked.Length > 0)
        {
            var offset = (int)(start & (ChunkLength - 1));
            var taken = Math.Min(marked.Length, ChunkLength - offset);
            _chunks[(int)(start >> ChunkBits)].AsSpan(offset, taken).CopyTo(marked);
            marked = marked[taken..];
            start += taken;
        }
    }
}
