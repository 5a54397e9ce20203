using FsCheck;
using FsCheck.Fluent;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Tests.Trainer.Data.Samples;

/// <summary>Which tokens are learned. Supervised ones stand in brackets.</summary>
public sealed class SampleEncoderTests
{
    private static readonly DataPlace Place = new("data.jsonl", 1);

    [Fact]
    public void Of_a_conversation_every_answer_and_its_end_are_learned()
    {
        var tokenizer = new WordTokenizer();
        var row = Chat(("system", "Be brief"), ("user", "Hi"), ("assistant", "Hello you"), ("user", "Bye"), ("assistant", "Ciao"));
        Assert.Equal(
            "<|im_start|>|system|\\n|Be| brief|<|im_end|>|\\n|<|im_start|>|user|\\n|Hi|<|im_end|>|\\n|<|im_start|>|assistant|\\n|"
            + "[Hello]|[ you]|[<|im_end|>]|\\n|<|im_start|>|user|\\n|Bye|<|im_end|>|\\n|<|im_start|>|assistant|\\n|[Ciao]|[<|im_end|>]|\\n",
            tokenizer.Show(new SampleEncoder(tokenizer, maskPrompt: true).Encode(row, Place)));
    }

    [Fact]
    public void Without_mask_everything_is_learned()
    {
        var tokenizer = new WordTokenizer { HasBegin = true };
        Assert.Equal(
            "[<|im_start|>]|[user]|[\\n]|[Hi]|[<|im_end|>]|[\\n]",
            tokenizer.Show(new SampleEncoder(tokenizer, maskPrompt: false).Encode(Chat(("user", "Hi")), Place)));
        Assert.Equal(
            "[<s>]|[a]|[ b]|[</s>]",
            tokenizer.Show(new SampleEncoder(tokenizer, maskPrompt: false).Encode(Prompt("a", " b"), Place)));
    }

    [Theory]
    [InlineData(false, "Q:", " an answer", "Q|:|[ an]|[ answer]|[</s>]")]
    [InlineData(true, "Q:", " an answer", "<s>|Q|:|[ an]|[ answer]|[</s>]")]
    [InlineData(true, "", "answer", "<s>|[answer]|[</s>]")]
    [InlineData(false, "", "answer", "[answer]|[</s>]")]
    // One token that reaches over the boundary belongs to the answer.
    [InlineData(false, "two lines:\n", "\nanswer", "two| lines|:|[\\n\\n]|[answer]|[</s>]")]
    [InlineData(false, "un", "known thing", "[unknown]|[ thing]|[</s>]")]
    [InlineData(true, "an un", "known", "<s>|an|[ unknown]|[</s>]")]
    // An end that the text has already is not doubled.
    [InlineData(false, "a", " b</s>", "a|[ b]|[</s>]")]
    public void Of_a_completion_everything_and_the_end_are_learned(bool hasBegin, string prompt, string completion, string expected)
    {
        var tokenizer = new WordTokenizer { HasBegin = hasBegin };
        Assert.Equal(expected, tokenizer.Show(new SampleEncoder(tokenizer, maskPrompt: true).Encode(Prompt(prompt, completion), Place)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_tokens_are_those_of_the_whole_text_and_the_mask_is_exact_to_the_token(bool addsSpace)
    {
        var words = Gen.Elements("\n", "\n\n", " ", "word", " word", "w", ".", "<|im_end|>", "é").ListOf()
            .Select(parts => string.Concat(parts));
        var turns = from user in words from answer in words select (user, answer);
        Prop.ForAll(
            turns.ListOf().Where(list => list.Count > 0).ToArbitrary(),
            list =>
            {
                var tokenizer = new WordTokenizer { AddsSpace = addsSpace };
                var row = Chat([.. list.SelectMany(turn => new[] { ("user", turn.user), ("assistant", turn.answer) })]);
                var text = string.Concat(row.Segments.Select(segment => segment.Text));
                var marked = new SampleEncoder(tokenizer, maskPrompt: true).Encode(row, Place);
                Assert.Equal(tokenizer.Encode(text, addSpecialTokens: false), marked.Select(token => token >= 0 ? token : ~token));

                // A token is learned when any character of it is of an answer.
                var isAnswer = row.Segments.SelectMany(segment => Enumerable.Repeat(segment.IsAnswer, segment.Text.Length)).ToArray();
                var end = addsSpace ? -1 : 0;
                foreach (var token in marked)
                {
                    var start = Math.Max(0, end);
                    end += tokenizer.Decode([token >= 0 ? token : ~token], skipSpecialTokens: false).Length;
                    Assert.Equal(isAnswer[start..Math.Max(start, end)].Contains(true), token >= 0);
                }
            }).Check(Properties.Runs(200));
    }

    [Fact]
    public void A_long_conversation_is_encoded_about_twice()
    {
        var tokenizer = new WordTokenizer();
        var row = Chat([.. Enumerable.Range(0, 200).SelectMany(i => new[] { ("user", "Tell me"), ("assistant", "one two three") })]);
        var length = row.Segments.Sum(segment => segment.Text.Length);
        new SampleEncoder(tokenizer, maskPrompt: true).Encode(row, Place);
        Assert.InRange(tokenizer.Characters, length, 2 * length);
    }

    [Fact]
    public void An_answer_without_a_token_to_end_it_is_an_error()
    {
        var encoder = new SampleEncoder(new WordTokenizer { HasEnd = false }, maskPrompt: true);
        var error = Assert.Throws<TrainerException>(() => encoder.Encode(Prompt("a", "b"), Place));
        Assert.StartsWith("data.jsonl:1: the tokenizer names no eos_token", error.Message);
    }

    private static RenderedRow Prompt(string prompt, string completion) =>
        new([new ChatSegment(prompt, false), new ChatSegment(completion, true)], HasSpecialTokens: false);

    private static RenderedRow Chat(params (string Role, string Content)[] turns) => new(
        ChatTemplate.ByName("chatml").Render(
            [.. turns.Select(turn => new ChatMessage(turn.Role, turn.Content))], addGenerationPrompt: false),
        HasSpecialTokens: true);
}
