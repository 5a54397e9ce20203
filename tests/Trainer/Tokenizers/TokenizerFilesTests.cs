namespace LoraLint.Tests.Trainer.Tokenizers;

public class TokenizerFilesTests
{
    [Fact]
    public void Begin_and_end_of_the_sequence_are_those_of_the_config()
    {
        var tokenizer = ReferenceTokenizers.Load("llama-3",
            """{"bos_token": "<|begin_of_text|>", "eos_token": {"__type": "AddedToken", "content": "<|eot_id|>"}}""");
        Assert.Equal(tokenizer.Find("<|begin_of_text|>"), tokenizer.BeginOfSequence);
        Assert.Equal(tokenizer.Find("<|eot_id|>"), tokenizer.EndOfSequence);
        Assert.Null(ReferenceTokenizers.Load("llama-3").EndOfSequence);
        Assert.Null(tokenizer.Find("<|none|>"));
    }

    [Fact]
    public void The_vocabulary_reaches_to_the_highest_added_token()
    {
        var tokenizer = ReferenceTokenizers.Load("llama-3");
        Assert.Equal(tokenizer.Find("<|eot_id|>") + 1, tokenizer.VocabularySize);
    }

    [Fact]
    public void Special_tokens_are_added_only_when_asked_for()
    {
        var tokenizer = ReferenceTokenizers.Load("llama-2");
        var plain = tokenizer.Encode("Hello there", addSpecialTokens: false);
        Assert.Equal([tokenizer.Find("<s>")!.Value, .. plain], tokenizer.Encode("Hello there", addSpecialTokens: true));
        Assert.Equal("Hello there", tokenizer.Decode(plain, skipSpecialTokens: false));
    }

    [Fact]
    public void Llama_classes_add_what_their_config_says()
    {
        const string config =
            """
            {"tokenizer_class": "LlamaTokenizer", "add_bos_token": false, "add_eos_token": true, "bos_token": "<s>", "eos_token": "</s>"}
            """;
        var tokenizer = ReferenceTokenizers.Load("llama-2", config);
        Assert.Equal([.. tokenizer.Encode("a", addSpecialTokens: false), tokenizer.Find("</s>")!.Value],
            tokenizer.Encode("a", addSpecialTokens: true));
    }

    [Fact]
    public void Flags_of_added_tokens_in_the_config_count()
    {
        var plain = ReferenceTokenizers.Load("llama-2");
        var stripping = ReferenceTokenizers.Load("llama-2",
            """
            {"added_tokens_decoder": {"2": {"content": "</s>", "lstrip": false, "normalized": false, "rstrip": true, "special": true}}}
            """);
        Assert.NotEqual(plain.Encode("</s>  a", addSpecialTokens: false), stripping.Encode("</s>  a", addSpecialTokens: false));
        Assert.Equal(plain.Encode("</s>a", addSpecialTokens: false), stripping.Encode("</s>  a", addSpecialTokens: false));
    }

    [Theory]
    [InlineData("\ud800")]
    [InlineData("a\udc00b")]
    [InlineData("\ud83d \ude00\ud83d\ude00")]
    [InlineData("x\ud83d")]
    public void Halves_of_surrogate_pairs_count_as_replacement_characters(string text)
    {
        var repaired = string.Concat(text.EnumerateRunes());
        Assert.Contains('\ufffd', repaired);
        foreach (var name in ReferenceTokenizers.Names)
        {
            var tokenizer = ReferenceTokenizers.Load(name);
            Assert.Equal(tokenizer.Encode(repaired, addSpecialTokens: true), tokenizer.Encode(text, addSpecialTokens: true));
        }
    }

    [Fact]
    public void A_long_text_without_a_pre_tokenizer_is_cut_without_changing_its_tokens()
    {
        // Joined by a space, each string begins a word of its own there: what the whole gives is what the parts give.
        var tokenizer = ReferenceTokenizers.Load("llama-2");
        var texts = ReferenceTokenizers.Strings.Where(text => text.Length > 0 && text.All(char.IsAsciiLetterOrDigit)).ToArray();
        Assert.True(texts.Length > 20);
        Assert.Equal(texts.SelectMany(text => tokenizer.Encode(text, addSpecialTokens: false)),
            tokenizer.Encode(string.Join(' ', texts), addSpecialTokens: false));
    }

    [Fact]
    public void Ids_that_no_token_has_are_left_out_of_the_text()
    {
        var tokenizer = ReferenceTokenizers.Load("qwen2");
        Assert.Equal("", tokenizer.Decode([-1, int.MaxValue, 1 << 21], skipSpecialTokens: false));
    }
}
