using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>
/// Byte pair encoding: a word starts as its characters, and the pair of neighbours with the lowest rank becomes one token until no pair
/// is known. The order of merges is the tokenizers library's (models/bpe/word.rs, version 0.22.2) to the letter.
/// </summary>
internal sealed class BytePairModel : TokenModel
{
    private const int LongestCachedWord = 256;
    private const int MostCachedWords = 100_000;

    /// <summary>What SentencePiece writes for a space.</summary>
    private const char SpaceMark = '\u2581';
    private const int LongPart = 32;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsByText;
    private readonly string?[] _tokens;
    private readonly Dictionary<ulong, Merge> _merges;
    private readonly int _unknown;
    private readonly bool _fusesUnknown;
    private readonly bool _ignoresMerges;
    private readonly string _continuingPrefix;
    private readonly string _endSuffix;

    /// <summary>
    /// The ids of the tokens &lt;0x00&gt; to &lt;0xFF&gt;, -1 where there is none; null when characters do not fall back to them.
    /// </summary>
    private readonly int[]? _bytes;

    /// <summary>The ids of tokens of one UTF-16 unit; -1 where there is none.</summary>
    private readonly int[] _characters = new int[char.MaxValue + 1];

    /// <summary>Neighbouring UTF-16 units inside of the results of merges, where words may be cut anywhere else; null where not.</summary>
    private readonly HashSet<uint>? _joined;
    private readonly ConcurrentDictionary<string, int[]> _cache = new();
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _cacheByText;
    private int _cached;

    private BytePairModel(JsonPlace place, Dictionary<string, int> ids, string?[] tokens, Dictionary<ulong, Merge> merges)
    {
        (_ids, _tokens, _merges) = (ids, tokens, merges);
        _idsByText = ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _cacheByText = _cache.GetAlternateLookup<ReadOnlySpan<char>>();
        _fusesUnknown = place.Flag("fuse_unk");
        _ignoresMerges = place.Flag("ignore_merges");
        _continuingPrefix = place.Text("continuing_subword_prefix", "")!;
        _endSuffix = place.Text("end_of_word_suffix", "")!;
        _unknown = place.Find("unk_token") is not { } unknown ? -1
            : ids.TryGetValue(unknown.Text(), out var id) ? id
            : throw unknown.Wrong($"the token '{unknown.Text()}' is not in the vocabulary");
        if (place.Flag("byte_fallback"))
            _bytes = [.. Enumerable.Range(0, 256).Select(value => ids.GetValueOrDefault($"<0x{value:X2}>", -1))];
        if (place.Find("dropout") is { } dropout && dropout.Value is not { ValueKind: JsonValueKind.Number } number
            || place.Find("dropout") is { } rate && rate.Value.GetDouble() != 0)
            throw place.Get("dropout").Wrong("dropout of merges makes a text's tokens random, which is not supported; set it to null");
        _joined = FindJoined();
        Array.Fill(_characters, -1);
        foreach (var (token, tokenId) in ids)
            if (token.Length == 1)
                _characters[token[0]] = tokenId;
    }

    public override int Count => _ids.Count;

    public override int Size => _tokens.Length;

    public override int? Find(ReadOnlySpan<char> token) => _idsByText.TryGetValue(token, out var id) ? id : null;

    public override string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    public override void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_ignoresMerges && _idsByText.TryGetValue(word, out var whole))
        {
            ids.Add(whole);
            return;
        }
        while (word.Length > 0)
        {
            var length = CutLength(word);
            EncodePart(word[..length], ids);
            word = word[length..];
        }
    }

    private void EncodePart(ReadOnlySpan<char> word, List<int> ids)
    {
        if (_cacheByText.TryGetValue(word, out var known))
        {
            ids.AddRange(known);
            return;
        }
        var merged = EncodeAnew(word);
        ids.AddRange(merged);
        if (word.Length <= LongestCachedWord && Volatile.Read(ref _cached) < MostCachedWords && _cache.TryAdd(word.ToString(), merged))
            Interlocked.Increment(ref _cached);
    }

    /// <summary>
    /// The units that merges can join. Two neighbours that no merged token holds next to each other stay in different tokens, so a word
    /// can be cut between them and its parts be looked up in the cache: files without a pre-tokenizer make a whole text one word. That is
    /// exact as long as every character has a token or bytes of its own, and merges know nothing of bytes.
    /// </summary>
    private HashSet<uint>? FindJoined()
    {
        if (_bytes is null || _bytes.Contains(-1) || _ignoresMerges || _continuingPrefix.Length + _endSuffix.Length > 0)
            return null;
        var bytes = _bytes.ToHashSet();
        var joined = new HashSet<uint>();
        foreach (var (pair, merge) in _merges)
        {
            if (bytes.Contains((int)(pair >> 32)) || bytes.Contains((int)(uint)pair))
                return null;
            var token = _tokens[merge.Result]!;
            for (var i = 1; i < token.Length; i++)
                joined.Add((uint)token[i - 1] << 16 | token[i]);
        }
        return joined;
    }

    /// <summary>Where the first part of a word ends: in front of a space's stand-in, or anywhere once the part is long.</summary>
    private int CutLength(ReadOnlySpan<char> word)
    {
        if (_joined is null)
            return word.Length;
        for (var i = 1; i < word.Length; i++)
            if ((word[i] == SpaceMark || i >= LongPart) && !char.IsLowSurrogate(word[i])
                && !_joined.Contains((uint)word[i - 1] << 16 | word[i]))
                return i;
        return word.Length;
    }

    private int[] EncodeAnew(ReadOnlySpan<char> word)
    {
        var symbols = new List<int>(word.Length);
        var unknown = false;
        for (var at = 0; at < word.Length;)
        {
            Rune.DecodeFromUtf16(word[at..], out _, out var length);
            var id = FindCharacter(word.Slice(at, length), isFirst: at == 0, isLast: at + length == word.Length, out var text);
            at += length;
            if (id >= 0)
            {
                if (unknown)
                    symbols.Add(_unknown);
                unknown = false;
                symbols.Add(id);
            }
            else if (!AddBytes(text ?? word.Slice(at - length, length), symbols) && _unknown >= 0)
            {
                // A pending unknown token is written when the next known one comes, or at the end; until then others join it.
                if (unknown && !_fusesUnknown)
                    symbols.Add(_unknown);
                unknown = true;
            }
        }
        if (unknown)
            symbols.Add(_unknown);
        return MergeAll([.. symbols]);
    }

    private int FindCharacter(ReadOnlySpan<char> character, bool isFirst, bool isLast, out string? text)
    {
        text = null;
        var prefix = isFirst ? "" : _continuingPrefix;
        var suffix = isLast ? _endSuffix : "";
        if (prefix.Length + suffix.Length > 0)
            return _ids.GetValueOrDefault(text = $"{prefix}{character}{suffix}", -1);
        return character.Length == 1 ? _characters[character[0]] : _idsByText.TryGetValue(character, out var id) ? id : -1;
    }

    private bool AddBytes(ReadOnlySpan<char> text, List<int> symbols)
    {
        if (_bytes is null)
            return false;
        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        foreach (var value in bytes)
            if (_bytes[value] < 0)
                return false;
        foreach (var value in bytes)
            symbols.Add(_bytes[value]);
        return true;
    }

    /// <summary>
    /// Merges with a queue of candidates by rank and then by place: n log n for a word of n characters, which matters where a whole text is
    /// one word, as in SentencePiece's files.
    /// </summary>
    private int[] MergeAll(int[] symbols)
    {
        var count = symbols.Length;
        if (count < 2)
            return symbols;
        var (previous, next) = (new int[count], new int[count]);
        var queue = new PriorityQueue<(int At, int Result), ulong>(count);
        for (var i = 0; i < count; i++)
            (previous[i], next[i]) = (i - 1, i + 1);
        for (var i = 0; i + 1 < count; i++)
            Offer(i, symbols[i], symbols[i + 1], queue);

        const int gone = -1;
        var left = count;
        while (queue.TryDequeue(out var candidate, out _))
        {
            var (at, result) = candidate;
            if (symbols[at] == gone || next[at] == count)
                continue;
            var right = next[at];

            // The pair may have changed since it was queued.
            if (!_merges.TryGetValue(Pair(symbols[at], symbols[right]), out var merge) || merge.Result != result)
                continue;
            (symbols[at], symbols[right]) = (result, gone);
            left--;
            next[at] = next[right];
            if (next[at] < count)
                previous[next[at]] = at;
            if (previous[at] >= 0)
                Offer(previous[at], symbols[previous[at]], result, queue);
            if (next[at] < count)
                Offer(at, result, symbols[next[at]], queue);
        }
        var merged = new int[left];
        for (int i = 0, from = 0; i < left; i++, from = next[from])
            merged[i] = symbols[from];
        return merged;
    }

    private void Offer(int at, int first, int second, PriorityQueue<(int At, int Result), ulong> queue)
    {
        if (_merges.TryGetValue(Pair(first, second), out var merge))
            queue.Enqueue((at, merge.Result), (ulong)(uint)merge.Rank << 32 | (uint)at);
    }

    private static ulong Pair(int first, int second) => (ulong)(uint)first << 32 | (uint)second;

    /// <summary>Reads a BPE model.</summary>
    public static new BytePairModel Read(JsonPlace place)
    {
        var vocabulary = place.Get("vocab");
        var ids = new Dictionary<string, int>();
        foreach (var (token, id) in vocabulary.Members())
        {
            if (!ids.TryAdd(token, id.Whole(0, HighestId)))
                throw id.Wrong("the token is there twice");
        }
        if (ids.Count == 0)
            throw vocabulary.Wrong("the vocabulary is empty");
        var tokens = new string?[ids.Values.Max() + 1];
        foreach (var (token, id) in ids)
        {
            if (tokens[id] is { } other)
                throw vocabulary.Wrong($"the tokens '{other}' and '{token}' have the same id {id}");
            tokens[id] = token;
        }
        return new BytePairModel(place, ids, tokens, ReadMerges(place, ids));
    }

    private static Dictionary<ulong, Merge> ReadMerges(JsonPlace place, Dictionary<string, int> ids)
    {
        var list = place.Get("merges");
        var skipped = place.Text("continuing_subword_prefix", "")!.Length;
        var merges = new Dictionary<ulong, Merge>(list.Length);
        var rank = 0;
        foreach (var merge in list.Elements())
        {
            var (first, second) = ReadMerge(merge);
            if (first is null)
                continue;
            if (second.Length < skipped)
                throw merge.Wrong($"'{second}' lacks the prefix of tokens inside of words");
            merges[Pair(Id(first), Id(second))] = new Merge(rank++, Id(string.Concat(first, second.AsSpan(skipped))));

            int Id(string token) =>
                ids.TryGetValue(token, out var id) ? id : throw merge.Wrong($"the token '{token}' is not in the vocabulary");
        }
        return merges;
    }

    /// <summary>"a b" or ["a", "b"]; no tokens for the comment that old merges.txt files begin with.</summary>
    private static (string? First, string Second) ReadMerge(JsonPlace place)
    {
        if (place.Value.ValueKind == JsonValueKind.Array)
        {
            var pair = place.Elements().Select(part => part.Text()).ToArray();
            return pair.Length == 2 ? (pair[0], pair[1]) : throw place.Wrong($"{pair.Length} tokens where two belong");
        }
        var text = place.Text();
        if (text.StartsWith("#version", StringComparison.Ordinal))
            return (null, "");
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space >= 0 && text.IndexOf(' ', space + 1) < 0
            ? (text[..space], text[(space + 1)..])
            : throw place.Wrong($"'{text}' where two tokens with a space between belong");
    }

    /// <param name="Rank">Lower ranks are merged first.</param>
    /// <param name="Result">The token that the pair becomes.</param>
    private readonly record struct Merge(int Rank, int Result);
}
