using LoraLint.Tests.Support;
using LoraLint.Tests.Trainer.Data;
using LoraLint.Trainer;
using LoraLint.Trainer.Generation;

namespace LoraLint.Tests.Trainer.Generation;

public class StopTokensTests
{
    [Theory]
    [InlineData("""{"eos_token_id": 7}""", new[] { 0, 7 })]
    [InlineData("""{"eos_token_id": [7, 8.0]}""", new[] { 0, 7, 8 })]
    [InlineData("""{"eos_token_id": null}""", new[] { 0 })]
    public void A_text_ends_at_the_tokenizers_token_and_at_those_of_the_generation_config(string config, int[] expected)
    {
        using var folder = new ScratchFolder();
        folder.Write("generation_config.json", config).Write("config.json", """{"eos_token_id": 9}""");
        Assert.Equal(expected, StopTokens.Of(folder.Root, new WordTokenizer()).Order());
    }

    [Fact]
    public void Without_a_generation_config_the_models_config_counts()
    {
        using var folder = new ScratchFolder();
        folder.Write("config.json", """{"eos_token_id": 9}""");
        Assert.Equal([0, 9], StopTokens.Of(folder.Root, new WordTokenizer()).Order());
    }

    [Theory]
    [InlineData("\"</s>\"", "eos_token_id: \"</s>\" where a whole number belongs")]
    [InlineData("[1, 2.5]", "eos_token_id[1]: 2.5 where a whole number belongs")]
    public void What_is_no_token_is_told(string value, string expected)
    {
        using var folder = new ScratchFolder();
        folder.Write("config.json", $$"""{"eos_token_id": {{value}}}""");
        var error = Assert.Throws<TrainerException>(() => StopTokens.Of(folder.Root, new WordTokenizer()));
        Assert.Equal($"{folder.PathTo("config.json")}: {expected}", error.Message);
    }
}
