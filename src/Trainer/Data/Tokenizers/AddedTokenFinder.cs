using System.Buffers;
using System.Text;
using LoraLint.Trainer.Data.Tokenizers.Patterns;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>Finds added tokens in a text: of those that begin first the longest.</summary>
internal sealed class AddedTokenFinder
{
    private readonly Dictionary<ulong, int> _edges = [];
    private readonly List<AddedToken?> _ends = [null];
    private readonly SearchValues<char> _firsts;

    /// <param name="tokens">Tokens and the texts to look for; of two with the same text the first counts.</param>
    public AddedTokenFinder(IEnumerable<(AddedToken Token, string Text)> tokens)
    {
        var firsts = new HashSet<char>();
        foreach (var (token, text) in tokens)
        {
            var node = 0;
            foreach (var unit in text)
            {
                if (!_edges.TryGetValue(Edge(node, unit), out var next))
                {
                    next = _ends.Count;
                    _ends.Add(null);
                    _edges.Add(Edge(node, unit), next);
                }
                node = next;
            }
            firsts.Add(text[0]);
            _ends[node] ??= token;
        }
        _firsts = SearchValues.Create([.. firsts]);
    }

    /// <summary>Splits a piece into added tokens and what lies between them.</summary>
    public void Split(Piece piece, List<Piece> pieces)
    {
        var text = piece.Text;
        var done = 0;
        for (var at = 0; text[at..].IndexOfAny(_firsts) is >= 0 and var skip;)
        {
            at += skip;
            if (Longest(text[at..]) is not (var length, { } token))
            {
                at++;
                continue;
            }
            var (start, end) = (at, at + length);
            at = end;
            if (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
                continue;
            if (token.StripsLeft)
            {
                while (start > 0 && CharacterSet.IsSpace(text[start - 1]))
                    start--;
                start = Math.Max(start, done);
            }
            while (token.StripsRight && end < text.Length && CharacterSet.IsSpace(text[end]))
                end++;
            if (start > done)
                pieces.Add(piece.Slice(done, start - done));
            pieces.Add(piece.Slice(start, end - start) with { Token = token.Id });
            done = end;
        }
        if (done < text.Length)
            pieces.Add(piece.Slice(done, text.Length - done));
    }

    private (int Length, AddedToken? Token) Longest(ReadOnlySpan<char> text)
    {
        var (length, token) = (0, (AddedToken?)null);
        var node = 0;
        for (var i = 0; i < text.Length && _edges.TryGetValue(Edge(node, text[i]), out node); i++)
            if (_ends[node] is { } end)
                (length, token) = (i + 1, end);
        return (length, token);
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeLastFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune.Value);

    private static bool StartsWithWord(ReadOnlySpan<char> text) =>
        Rune.DecodeFromUtf16(text, out var rune, out _) == OperationStatus.Done && IsWord(rune.Value);

    /// <summary>\w of Rust's regex crate, to which the two joiners belong.</summary>
    private static bool IsWord(int point) => CharacterSet.IsWord(point) || point is 0x200C or 0x200D;

    private static ulong Edge(int node, char unit) => (ulong)(uint)node << 16 | unit;
}
