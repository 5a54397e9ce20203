using LoraLint.Trainer.Spectra;

namespace LoraLint.Tests.Trainer.Spectra;

public sealed class HashedTextsTests
{
    private static readonly string[] s_kinds =
    [
        "the cat sat on a mat", "red green blue and yellow paint", "seven ships sailed north at dawn",
        "Interest rates fell again in March", "knead the dough for ten minutes",
    ];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Kinds_of_texts_that_repeat_have_one_direction_less_than_there_are(int kinds)
    {
        var texts = Enumerable.Range(0, 60).Select(i => s_kinds[i % kinds]).ToList();
        var spectrum = HashedTexts.Measure(texts);
        Assert.Equal(kinds - 1, spectrum.Values.Count(v => v > 1e-6));
        Assert.Equal(kinds - 1, spectrum.EnergyRank(0.999));
        Assert.InRange(spectrum.ParticipationRatio, 0.9 * (kinds - 1), kinds - 1 + 1e-9);
    }

    [Fact]
    public void Texts_that_are_alike_have_no_direction() =>
        Assert.Equal(0, HashedTexts.Measure([.. Enumerable.Repeat("the same", 9)]).EffectiveRank);

    [Fact]
    public void Case_and_punctuation_do_not_matter_and_the_order_of_words_does()
    {
        Assert.Equal(0, HashedTexts.Measure(["The cat: sat!", "the CAT sat"]).EffectiveRank);
        Assert.True(HashedTexts.Measure(["the cat sat", "sat the cat"]).EffectiveRank > 0);
    }

    [Fact]
    public void More_varied_texts_have_more_directions()
    {
        var random = new Random(1);
        List<string> OfWords(int words) =>
            [.. Enumerable.Range(0, 80).Select(_ => string.Join(' ', Enumerable.Range(0, 12).Select(_ => "w" + random.Next(words))))];
        var (narrow, wide) = (HashedTexts.Measure(OfWords(6)), HashedTexts.Measure(OfWords(600)));
        Assert.True(wide.EffectiveRank > 1.3 * narrow.EffectiveRank, $"{wide.EffectiveRank} {narrow.EffectiveRank}");
    }

    [Fact]
    public void The_order_of_the_texts_does_not_matter()
    {
        var random = new Random(2);
        var texts = Enumerable.Range(0, 30).Select(i => $"{s_kinds[i % 5]} {i} {random.Next(9)}").ToList();
        var there = HashedTexts.Measure(texts);
        var back = HashedTexts.Measure([.. Enumerable.Reverse(texts)]);
        Assert.All(there.Values.Zip(back.Values), pair => Assert.Equal(pair.First, pair.Second, 6));
    }

    [Fact]
    public void A_text_without_words_is_a_text() =>
        Assert.Equal(1, HashedTexts.Measure(["", "?!", "words", "words"]).EnergyRank(0.99));
}
