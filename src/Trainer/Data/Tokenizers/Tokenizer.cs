using System.Text;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>
/// The pipeline of a tokenizer.json: added tokens are taken out, what is between them is normalized and split into words, the model turns
/// words into ids, and the post-processor adds what goes around them. Safe for several threads.
/// </summary>
internal sealed class Tokenizer : ITokenizer
{
    private readonly TokenModel _model;
    private readonly Normalizer? _normalizer;
    private readonly PreTokenizer? _preTokenizer;
    private readonly PostProcessor _postProcessor;
    private readonly Decoder? _decoder;
    private readonly Dictionary<string, AddedToken> _added;
    private readonly Dictionary<int, AddedToken> _addedById;
    private readonly AddedTokenFinder _plain;
    private readonly AddedTokenFinder _normalized;

    public Tokenizer(TokenizerParts parts)
    {
        (_model, _normalizer, _preTokenizer) = (parts.Model, parts.Normalizer, parts.PreTokenizer);
        (_postProcessor, _decoder) = (parts.PostProcessor, parts.Decoder);
        (BeginOfSequence, EndOfSequence) = (parts.BeginOfSequence, parts.EndOfSequence);
        _added = parts.AddedTokens.ToDictionary(token => token.Content);
        _addedById = parts.AddedTokens.ToDictionary(token => token.Id);
        VocabularySize = Math.Max(_model.Size, parts.AddedTokens.Select(token => token.Id + 1).DefaultIfEmpty().Max());

        // Where two tokens have the same text after normalization, special ones come first.
        var tokens = parts.AddedTokens.OrderBy(token => !token.IsSpecial).ToArray();
        _plain = new AddedTokenFinder(tokens.Where(token => !token.IsNormalized).Select(token => (token, token.Content)));
        _normalized = new AddedTokenFinder(tokens.Where(token => token.IsNormalized)
            .Select(token => (token, _normalizer?.Apply(token.Content) ?? token.Content))
            .Where(pair => pair.Item2.Length > 0));
    }

    public int VocabularySize { get; }

    public int? BeginOfSequence { get; }

    public int? EndOfSequence { get; }

    public int? Find(string token) => _added.TryGetValue(token, out var added) ? added.Id : _model.Find(token);

    public int[] Encode(string text, bool addSpecialTokens)
    {
        var pieces = new List<Piece>();
        var whole = Piece.Of(Repair(text), isFirst: true);
        if (whole.Length > 0)
            _plain.Split(whole, pieces);
        pieces = Normalize(pieces);
        if (_preTokenizer is not null)
            pieces = _preTokenizer.Apply(pieces);

        var ids = new List<int>(text.Length / 3 + 8);
        if (addSpecialTokens)
            ids.AddRange(_postProcessor.Before);
        foreach (var piece in pieces)
        {
            if (piece.Token >= 0)
                ids.Add(piece.Token);
            else
                _model.Encode(piece.Text, ids);
        }
        if (addSpecialTokens)
            ids.AddRange(_postProcessor.After);
        return [.. ids];
    }

    private List<Piece> Normalize(List<Piece> pieces)
    {
        var normalized = new List<Piece>(pieces.Count);
        foreach (var piece in pieces)
        {
            if (piece.Token >= 0)
            {
                normalized.Add(piece);
                continue;
            }
            var text = _normalizer is null ? piece : Piece.Of(_normalizer.Apply(piece.Text.ToString()), piece.IsFirst);
            if (text.Length > 0)
                _normalized.Split(text, normalized);
        }
        return normalized;
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var tokens = new List<string>(ids.Length);
        foreach (var id in ids)
        {
            var added = _addedById.GetValueOrDefault(id);
            if ((added?.Content ?? _model.TokenOf(id)) is { } token && !(skipSpecialTokens && added is { IsSpecial: true }))
                tokens.Add(token);
        }
        return _decoder is null ? string.Join(' ', tokens) : string.Concat(_decoder.Apply(tokens));
    }

    /// <summary>Halves of surrogate pairs become U+FFFD: they are no text, and the library never sees any.</summary>
    private static string Repair(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else
                return new StringBuilder(text.Length).AppendJoin("", text.EnumerateRunes()).ToString();
        }
        return text;
    }
}

/// <summary>What a tokenizer is made of.</summary>
internal sealed record TokenizerParts(
    TokenModel Model, Normalizer? Normalizer, PreTokenizer? PreTokenizer, PostProcessor PostProcessor, Decoder? Decoder,
    IReadOnlyList<AddedToken> AddedTokens, int? BeginOfSequence, int? EndOfSequence);
