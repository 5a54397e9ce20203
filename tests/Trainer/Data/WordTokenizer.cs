using System.Text.RegularExpressions;
using LoraLint.Trainer.Data;

namespace LoraLint.Tests.Trainer.Data;

/// <summary>
/// A tokenizer that can be followed by eye: special tokens, words with the space before them, runs of line breaks and other characters
/// each are a token. As with real ones, a run of line breaks is one token however it came about, so that cutting a text changes its tokens.
/// </summary>
internal sealed partial class WordTokenizer : ITokenizer
{
    private readonly List<string> _texts = [];
    private readonly Dictionary<string, int> _ids = [];

    /// <summary>Whether there is a begin of the sequence, which is added before every text.</summary>
    public bool HasBegin { get; init; }

    /// <summary>Whether there is an end of the sequence.</summary>
    public bool HasEnd { get; init; } = true;

    /// <summary>
    /// Whether a text gets a space in front, as SentencePiece does for Llama 2, so that the parts of a text have other tokens.
    /// </summary>
    public bool AddsSpace { get; init; }

    /// <summary>Characters that were encoded.</summary>
    public long Characters { get; private set; }

    public int VocabularySize => _texts.Count;

    public int? BeginOfSequence => HasBegin ? IdOf("<s>") : null;

    public int? EndOfSequence => HasEnd ? IdOf("</s>") : null;

    public int? Find(string token) => _ids.TryGetValue(token, out var id) ? id : null;

    public int[] Encode(string text, bool addSpecialTokens)
    {
        Characters += text.Length;
        if (AddsSpace && text.Length > 0)
            text = " " + text;
        var ids = Pattern().Matches(text).Select(match => IdOf(match.Value));
        return addSpecialTokens && HasBegin ? [IdOf("<s>"), .. ids] : [.. ids];
    }

    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens) => string.Concat(ids.ToArray().Select(id => _texts[id]));

    /// <summary>Marked tokens as text, each between bars; those that are supervised in brackets.</summary>
    public string Show(IEnumerable<int> marked) =>
        string.Join('|', marked.Select(token => token >= 0 ? $"[{_texts[token]}]" : _texts[~token])).Replace("\n", "\\n");

    private int IdOf(string text)
    {
        if (_ids.TryGetValue(text, out var id))
            return id;
        _texts.Add(text);
        return _ids[text] = _texts.Count - 1;
    }

    [GeneratedRegex(@"</?s>|<\|\w+\|>|\n+| ?\w+|[^\w\n]")]
    private static partial Regex Pattern();
}
