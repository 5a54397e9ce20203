using LoraLint.Advisor.Advice.Sweeps;
using LoraLint.Advisor.Commands;

namespace LoraLint.Tests.Advice.Sweeps;

public sealed class SweepSettingTests
{
    [Fact]
    public void A_list_and_a_range_are_read()
    {
        var list = SweepSetting.Parse("rank=4, 8,16,8");
        Assert.Equal(("rank", false), (list.Name, list.IsRange));
        Assert.Equal([4.0, 8, 16], list.Values);
        var range = SweepSetting.Parse("learning_rate=1e-5..1e-3");
        Assert.Equal(("learning_rate", true), (range.Name, range.IsRange));
        Assert.Equal([1e-5, 1e-3], range.Values);
    }

    [Theory]
    [InlineData("rank", "NAME=V1,V2")]
    [InlineData("rnak=4", "rnak is none of rank, alpha")]
    [InlineData("rank=4.5", "whole numbers")]
    [InlineData("rank=0", "whole numbers")]
    [InlineData("dropout=a", "a is no number")]
    [InlineData("dropout=-1", "-1 is no number from 0 on")]
    [InlineData("learning_rate=1e-3..1e-5", "the first end of a range is below the second")]
    public void What_is_neither_is_said(string text, string message) =>
        Assert.Contains(message, Assert.Throws<UserMistakeException>(() => SweepSetting.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Rates_lie_by_their_logarithms_and_shares_come_back()
    {
        var rate = SweepSetting.Parse("learning_rate=1e-5..1e-3");
        Assert.Equal(1e-4, rate.At(0.5), 12);
        var dropout = SweepSetting.Parse("dropout=0..0.2");
        Assert.Equal(0.1, dropout.At(0.5), 12);
        foreach (var share in new[] { 0, 0.25, 0.5, 0.75, 1 })
        {
            Assert.Equal(share, rate.ShareOf(rate.At(share)), 2);
            Assert.Equal(share, dropout.ShareOf(dropout.At(share)), 9);
        }

        var rank = SweepSetting.Parse("rank=4..64");
        Assert.All(Enumerable.Range(0, 11), i => Assert.Equal(Math.Floor(rank.At(i / 10.0)), rank.At(i / 10.0)));
        var list = SweepSetting.Parse("rank=4,8,16");
        Assert.Equal([4.0, 8, 16], new[] { 0, 0.4, 0.99 }.Select(list.At));
    }
}
