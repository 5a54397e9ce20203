namespace LoraLint.Tests.Trainer.Tokenizers;

public class ReferenceTests
{
    public static TheoryData<string> Names => [.. ReferenceTokenizers.Names];

    [Fact]
    public void Strings_are_many_and_of_many_scripts()
    {
        Assert.True(ReferenceTokenizers.Strings.Length >= 2000);
        Assert.Equal(14, ReferenceTokenizers.Names.Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ids_are_those_of_the_Rust_library(string name)
    {
        var tokenizer = ReferenceTokenizers.Load(name);
        var expected = ReferenceTokenizers.ExpectedOf(name);
        Assert.Equal(ReferenceTokenizers.Strings.Length, expected.Ids.Length);
        for (var i = 0; i < expected.Ids.Length; i++)
            Assert.Equal((ReferenceTokenizers.Strings[i], Text(expected.Ids[i])),
                (ReferenceTokenizers.Strings[i], Text(tokenizer.Encode(ReferenceTokenizers.Strings[i], addSpecialTokens: true))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoded_texts_are_those_of_the_Rust_library(string name)
    {
        var tokenizer = ReferenceTokenizers.Load(name);
        var expected = ReferenceTokenizers.ExpectedOf(name);
        for (var i = 0; i < expected.Ids.Length; i++)
        {
            string[] texts = expected.Decoded[i] ?? [ReferenceTokenizers.Strings[i]];
            Assert.Equal(texts[0], tokenizer.Decode(expected.Ids[i], skipSpecialTokens: false));
            Assert.Equal(texts[^1], tokenizer.Decode(expected.Ids[i], skipSpecialTokens: true));
        }
    }

    [Fact]
    public void Cached_words_give_the_same_ids_again_on_several_threads()
    {
        var tokenizer = ReferenceTokenizers.Load("llama-3");
        var expected = ReferenceTokenizers.ExpectedOf("llama-3");
        Parallel.For(0, 3 * expected.Ids.Length, i => Assert.Equal(
            expected.Ids[i % expected.Ids.Length],
            tokenizer.Encode(ReferenceTokenizers.Strings[i % expected.Ids.Length], addSpecialTokens: true)));
    }

    private static string Text(int[] ids) => string.Join(' ', ids);
}
