using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;

namespace LoraLint.Trainer.Data.Samples;

/// <summary>
/// Makes marked tokens (see <see cref="SampleStore.Mark"/>) out of text of which some stretches are answers.
/// </summary>
/// <remarks>
/// The tokens are those of the whole text, as the model sees it when it is used: encoding stretch by stretch would split what the
/// tokenizer joins, such as the line break of a header and one that an answer begins with. Where a stretch begins among the tokens is found
/// by encoding what lies before it: as far as these tokens are those of the whole text, they cover the text before and nothing else. When
/// the two part before the stretch begins, a token reaches over the boundary; it belongs to the answer, because the model has to write it.
/// What lies before is encoded from the last boundary that was found exact, and from the very beginning only when that does not agree with
/// the whole, so that the cost is about twice that of encoding.
/// </remarks>
/// <param name="tokenizer">The model's.</param>
/// <param name="maskPrompt">Whether answers alone are supervised; if not, everything is.</param>
internal sealed class SampleEncoder(ITokenizer tokenizer, bool maskPrompt)
{
    /// <summary>Encodes a row.</summary>
    /// <exception cref="TrainerException">Its end cannot be marked because the model has no token for it.</exception>
    public int[] Encode(RenderedRow row, DataPlace place)
    {
        var text = string.Concat(row.Segments.Select(segment => segment.Text));
        var addSpecialTokens = !row.HasSpecialTokens;
        var tokens = tokenizer.Encode(text, addSpecialTokens);
        var marked = maskPrompt ? Masked(row.Segments, text, tokens, addSpecialTokens) : [.. tokens];
        if (row.HasSpecialTokens)
            return marked;
        if (tokenizer.EndOfSequence is { } end)
        {
            if (tokens.Length > 0 && tokens[^1] == end)
                marked[^1] = end;
            else
                marked = [.. marked, end];
        }
        else if (!row.IsDocument)
        {
            throw place.Error("the tokenizer names no eos_token, so that answers would have no end; use a chat format");
        }

        return marked;
    }

    private int[] Masked(IReadOnlyList<ChatSegment> segments, string text, int[] tokens, bool addSpecialTokens)
    {
        var boundaries = new Boundaries(tokenizer, text, tokens, addSpecialTokens);
        var marked = new int[tokens.Length];
        var (end, token) = (0, 0);
        for (var i = 0; i < segments.Count; i++)
        {
            end += segments[i].Text.Length;
            var next = i == segments.Count - 1 ? tokens.Length : Math.Max(token, boundaries.Find(end));
            for (; token < next; token++)
                marked[token] = SampleStore.Mark(tokens[token], segments[i].IsAnswer);
        }

        return marked;
    }

    private sealed class Boundaries(ITokenizer tokenizer, string text, int[] tokens, bool addSpecialTokens)
    {
        // The last place where text and tokens are known to end together.
        private int _text;
        private int _tokens;

        /// <summary>How many tokens lie wholly before a place in the text.</summary>
        public int Find(int place)
        {
            if (_tokens > 0)
            {
                var rest = tokenizer.Encode(text[_text..place], addSpecialTokens: false);
                if (tokens.AsSpan(_tokens).StartsWith(rest))
                    return Remember(place, _tokens + rest.Length);
            }

            var before = tokenizer.Encode(text[..place], addSpecialTokens);
            var common = tokens.AsSpan().CommonPrefixLength(before);
            return common == before.Length ? Remember(place, common) : common;
        }

        private int Remember(int place, int count)
        {
            (_text, _tokens) = (place, count);
            return count;
        }
    }
}
