using LoraLint.Rules.Knowledge.Versions;

namespace LoraLint.Tests.Knowledge.Versions;

/// <summary>What is said of a range holds for all of its releases; what is not certain is not said.</summary>
public sealed class VersionRangeTests
{
    [Theory]
    [InlineData("==0.24.0", "0.24.0", true, false)]
    [InlineData("0.24.0", "0.25", false, true)]
    [InlineData("==0.24.*", "0.24.0", true, false)]
    [InlineData("==0.24.*", "0.25.0", false, true)]
    [InlineData("==0.24.*", "0.24.1", false, false)]
    [InlineData(">=0.20", "0.12.0", true, false)]
    [InlineData(">=0.20", "0.24.0", false, false)]
    [InlineData("<0.20", "0.20.0", false, true)]
    [InlineData("<=0.20", "0.20.0", false, false)]
    [InlineData(">=0.12,<0.20", "0.24.0", false, true)]
    [InlineData("~=1.4.2", "1.5", false, true)]
    [InlineData("~=1.4", "1.5", false, false)]
    [InlineData("~=1.4", "2.0", false, true)]
    [InlineData("^0.24.1", "0.25.0", false, true)]
    [InlineData("^1.2", "2.0", false, true)]
    [InlineData("^1.2", "1.9", false, false)]
    [InlineData("~0.24", "0.25.0", false, true)]
    [InlineData("=0.24", "0.25.0", false, true)]
    [InlineData("=0.24.0=py311_0", "0.24.1", false, true)]
    [InlineData("!=0.21.0", "0.22", false, false)]
    [InlineData("*", "1.0", false, false)]
    [InlineData("0.20 || 0.22", "0.19", true, false)]
    [InlineData("0.20 || 0.22", "0.21", false, false)]
    [InlineData("==0.16.0.post1", "0.16.0", true, false)]
    [InlineData("==2.6.0+cu124", "2.6.0", true, false)]
    [InlineData("==v1.0", "1.0.0", true, false)]
    public void A_range_says_what_holds_for_all_of_it(string specifier, string release, bool isFrom, bool isBefore)
    {
        var range = VersionRange.Parse(specifier)!;
        var at = ReleaseNumber.Parse(release)!;
        Assert.Equal((isFrom, isBefore), (range.IsSurelyFrom(at), range.IsSurelyBefore(at)));
    }

    [Theory]
    [InlineData("==0.20.0.dev0")]
    [InlineData("==0.20.0rc1")]
    [InlineData("==0.20.0a2")]
    public void A_version_before_a_release_may_be_either(string specifier)
    {
        var range = VersionRange.Parse(specifier)!;
        var release = ReleaseNumber.Parse("0.20.0")!;
        Assert.False(range.IsSurelyFrom(release));
        Assert.False(range.IsSurelyBefore(release));
        Assert.True(range.IsSurelyFrom(ReleaseNumber.Parse("0.19.9")!));
    }

    [Theory]
    [InlineData("main")]
    [InlineData("abc1234")]
    [InlineData("1.2.x")]
    [InlineData(">=")]
    [InlineData("99999999999999999999")]
    public void What_is_no_version_is_not_guessed(string specifier) => Assert.Null(VersionRange.Parse(specifier));

    [Fact]
    public void Releases_are_in_order()
    {
        string[] order = ["0.9", "0.10.0.dev1", "0.10", "0.10.1", "1.0.0rc1", "1", "1.0.0.1", "2.0"];
        for (var i = 0; i < order.Length; i++)
        {
            for (var j = 0; j < order.Length; j++)
            {
                var compared = ReleaseNumber.Parse(order[i])!.CompareTo(ReleaseNumber.Parse(order[j]));
                Assert.Equal(Math.Sign(i.CompareTo(j)), Math.Sign(compared));
            }
        }

        Assert.Equal(0, ReleaseNumber.Parse("1.0")!.CompareTo(ReleaseNumber.Parse("1.0.0")));
    }

    [Fact]
    public void Of_two_requirements_what_both_leave_open_is_open()
    {
        var range = VersionRange.Parse("==0.20.0")!.Or(VersionRange.Parse("==0.24.0")!);
        Assert.True(range.IsSurelyFrom(ReleaseNumber.Parse("0.20")!));
        Assert.False(range.IsSurelyFrom(ReleaseNumber.Parse("0.21")!));
        Assert.False(range.IsSurelyBefore(ReleaseNumber.Parse("0.24")!));
        Assert.True(range.IsSurelyBefore(ReleaseNumber.Parse("0.24.1")!));
        Assert.True(VersionRange.Any.Or(range).IsAny);
    }

    [Theory]
    [InlineData("MS_Swift", "ms-swift")]
    [InlineData("mlx.lm", "mlx-lm")]
    [InlineData("A--__B", "a-b")]
    public void A_package_has_one_spelling(string written, string name) => Assert.Equal(name, PackageNames.Normalize(written));
}
