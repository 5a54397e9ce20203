using LoraLint.Tests.Trainer.Tokenizers;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data.Samples;

/// <summary>Masks with the tokenizers of the model families, on the strings that these are checked with.</summary>
public sealed class FamilyTokensTests
{
    public static TheoryData<string> Tokenizers() => [.. ReferenceTokenizers.Names];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void A_conversation_has_the_tokens_of_its_whole_text_in_every_template(string name)
    {
        var tokenizer = ReferenceTokenizers.Load(name);
        var encoder = new SampleEncoder(tokenizer, maskPrompt: true);
        foreach (var template in ChatTemplate.All)
        {
            foreach (var strings in ReferenceTokenizers.Strings.Where(text => !string.IsNullOrWhiteSpace(text)).Take(400).Chunk(4))
            {
                var row = new RenderedRow(
                    template.Render([.. strings.Select((text, i) => new ChatMessage(i % 2 == 0 ? "user" : "assistant", text))], false),
                    HasSpecialTokens: true);
                var marked = encoder.Encode(row, new DataPlace("data.jsonl", 1));
                Assert.Equal(tokenizer.Encode(TextOf(row), addSpecialTokens: false), marked.Select(Token));
                Assert.Contains(marked, token => token >= 0);
                Assert.Contains(marked, token => token < 0);
            }
        }
    }

    // Decoding gives the text back where no normalizer and no stripping token changed it, so that the text of tokens says where they lie.
    [Theory]
    [InlineData("qwen2")]
    [InlineData("smollm2")]
    [InlineData("llama-3")]
    [InlineData("phi-4")]
    [InlineData("tekken")]
    public void What_is_learned_is_the_answer_and_at_most_a_token_that_reaches_into_it(string name)
    {
        var tokenizer = ReferenceTokenizers.Load(name);
        var encoder = new SampleEncoder(tokenizer, maskPrompt: true);
        var exact = 0;
        foreach (var strings in ReferenceTokenizers.Strings.Where(text => text.Trim().Length > 0).Take(1000).Chunk(2))
        {
            var (question, answer) = (strings[0], strings[^1]);
            var row = new RenderedRow([new ChatSegment(question + "\n", false), new ChatSegment(answer, true)], HasSpecialTokens: true);
            if (tokenizer.Decode(tokenizer.Encode(TextOf(row), addSpecialTokens: false), skipSpecialTokens: false) != TextOf(row))
                continue;
            var marked = encoder.Encode(row, new DataPlace("data.jsonl", 1));
            var first = Array.FindIndex(marked, token => token >= 0);
            Assert.All(marked[first..], token => Assert.True(token >= 0));
            var before = tokenizer.Decode([.. marked[..first].Select(Token)], skipSpecialTokens: false);
            Assert.StartsWith(before, question + "\n");
            if (!char.IsAsciiLetter(answer[0]))
                continue;
            exact++;
            Assert.Equal(question + "\n", before);
        }

        Assert.InRange(exact, 50, 1000);
    }

    private static string TextOf(RenderedRow row) => string.Concat(row.Segments.Select(segment => segment.Text));

    private static int Token(int marked) => marked >= 0 ? marked : ~marked;
}
