using System.Text;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>
/// Unigram language model: of all ways to cut a word into tokens the one with the highest sum of scores, found by Viterbi's algorithm.
/// </summary>
internal sealed class UnigramModel : TokenModel
{
    /// <summary>How much less an unknown character scores than the worst token: SentencePiece's kUnkPenalty.</summary>
    private const double UnknownPenalty = 10;
    private readonly string[] _tokens;
    private readonly double[] _scores;
    private readonly Dictionary<string, int> _ids = [];
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsByText;

    /// <summary>The trie of tokens: from a node and a UTF-16 unit to the next node. Node 0 is the root.</summary>
    private readonly Dictionary<ulong, int> _edges = [];

    /// <summary>The token that ends at a node, or -1.</summary>
    private readonly List<int> _ends = [-1];
    private readonly int[]? _bytes;
    private readonly int _unknown;
    private readonly double _unknownScore;
    private readonly string _file;

    private UnigramModel(string file, string[] tokens, double[] scores, int unknown, bool fallsBackToBytes)
    {
        (_file, _tokens, _scores, _unknown) = (file, tokens, scores, unknown);
        _unknownScore = scores.Min() - UnknownPenalty;
        for (var id = 0; id < tokens.Length; id++)
        {
            // The later of two equal tokens is the one that counts.
            _ids[tokens[id]] = id;
            var node = 0;
            foreach (var unit in tokens[id])
            {
                if (!_edges.TryGetValue(Edge(node, unit), out var next))
                {
                    next = _ends.Count;
                    _ends.Add(-1);
                    _edges.Add(Edge(node, unit), next);
                }
                node = next;
            }
            _ends[node] = id;
        }
        _ends[0] = -1;
        _idsByText = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        if (fallsBackToBytes)
            _bytes = [.. Enumerable.Range(0, 256).Select(value => _ids.GetValueOrDefault($"<0x{value:X2}>", -1))];
    }

    public override int Count => _tokens.Length;

    public override int Size => _tokens.Length;

    public override int? Find(ReadOnlySpan<char> token) => _idsByText.TryGetValue(token, out var id) ? id : null;

    public override string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    public override void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        // Per place: the best path that ends there, its last token and where that begins.
        var score = new double[word.Length + 1];
        var token = new int[word.Length + 1];
        var start = new int[word.Length + 1];
        Array.Fill(start, -1);
        for (var at = 0; at < word.Length;)
        {
            Rune.DecodeFromUtf16(word[at..], out _, out var width);
            var hasCharacter = false;
            var node = 0;
            for (var end = at; end < word.Length && _edges.TryGetValue(Edge(node, word[end]), out node); end++)
            {
                if (_ends[node] < 0)
                    continue;
                Offer(at, end + 1, _ends[node], _scores[_ends[node]]);
                hasCharacter |= end + 1 - at == width;
            }
            if (!hasCharacter)
                Offer(at, at + width, _unknown, _unknownScore);
            at += width;
        }

        void Offer(int from, int to, int id, double gain)
        {
            if (start[to] >= 0 && !(score[from] + gain > score[to]))
                return;
            (score[to], token[to], start[to]) = (score[from] + gain, id, from);
        }

        var cuts = new List<(int Start, int End)>();
        for (var end = word.Length; end > 0; end = start[end])
        {
            if (token[end] < 0)
                throw new TrainerException(
                    $"{_file}: model: unk_id is missing, and the text has a character that no token covers: '{word[start[end]..end]}'");
            // Unknown characters in a row are one unknown text.
            if (token[end] == _unknown && cuts.Count > 0 && token[cuts[^1].End] == _unknown && cuts[^1].Start == end)
                cuts[^1] = (start[end], cuts[^1].End);
            else
                cuts.Add((start[end], end));
        }
        for (var i = cuts.Count - 1; i >= 0; i--)
            AddCut(word[cuts[i].Start..cuts[i].End], ids);
    }

    private void AddCut(ReadOnlySpan<char> text, List<int> ids)
    {
        if (_idsByText.TryGetValue(text, out var id))
        {
            ids.Add(id);
            return;
        }
        if (_bytes is not null)
        {
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            if (bytes.All(value => _bytes[value] >= 0))
            {
                ids.AddRange(bytes.Select(value => _bytes[value]));
                return;
            }
        }
        ids.Add(_unknown);
    }

    private static ulong Edge(int node, char unit) => (ulong)(uint)node << 16 | unit;

    /// <summary>Reads a Unigram model.</summary>
    public static new UnigramModel Read(JsonPlace place)
    {
        var vocabulary = place.Get("vocab");
        if (vocabulary.Length is 0 or > HighestId)
            throw vocabulary.Wrong($"{vocabulary.Length} tokens; 1 to {HighestId} are supported");
        var tokens = new string[vocabulary.Length];
        var scores = new double[tokens.Length];
        var id = 0;
        foreach (var entry in vocabulary.Elements())
        {
            var pair = entry.Length == 2 ? entry.Elements().ToArray() : throw entry.Wrong("a token and its score belong here");
            tokens[id] = pair[0].Text();
            scores[id++] = pair[1].Number(double.MinValue, double.MaxValue);
        }
        var unknown = place.Find("unk_id")?.Whole(0, tokens.Length - 1) ?? -1;
        return new UnigramModel(place.File, tokens, scores, unknown, place.Flag("byte_fallback"));
    }
}
