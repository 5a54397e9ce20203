using LoraLint.Trainer.Data.Tokenizers.Patterns;

namespace LoraLint.Tests.Trainer.Tokenizers;

public class TokenPatternTests
{
    [Theory]
    [InlineData("a|ab", "abab", "a|a")]
    [InlineData("ab|a", "abaab", "ab|a|ab")]
    [InlineData(@"\s+(?!\S)|\s+", "a   b", "  | ")]
    [InlineData(@"\s*[\r\n]+|\s+", " \n \n  ", " \n \n|  ")]
    [InlineData(@"\p{N}{1,3}", "1234567", "123|456|7")]
    [InlineData(@"\p{L}+", "a𐐀b", "a𐐀b")]
    [InlineData(@"[^\s\p{L}]+", "😀a👍🏽", "😀|👍🏽")]
    [InlineData(@"(?i:'s|'ll)", "It'S 'ſ 'Ll", "'S|'ſ|'Ll")]
    [InlineData(@"(?i)ab|c", "AB C", "AB|C")]
    [InlineData(@"a*+a", "aaa", "")]
    [InlineData(@"(?>a+)b|a", "aab", "aab")]
    [InlineData(@"a+?", "aa", "a|a")]
    [InlineData(@"(?<=x)a", "xa a", "a")]
    [InlineData(@"(?<!x|yz)a", "xa yza ba", "a")]
    [InlineData(@"(?:ab){2}", "ababab", "abab")]
    [InlineData(@"(?:ab|c){1,}d", "abccd", "abccd")]
    [InlineData(@"x{,2}y", "xxxy", "xxy")]
    [InlineData(@"a{x}", "a{x}", "a{x}")]
    [InlineData(@"[a-c&&[^b]]+", "abca", "a|ca")]
    [InlineData(@"[\]\-\\]+", @"a]-\b", @"]-\")]
    [InlineData(@"[]a]+", "a]", "a]")]
    [InlineData(@"^b$", "a\nb\nc", "b")]
    [InlineData(@"\Ab|b\z", "b\nb b", "b|b")]
    [InlineData(@"\bno\b", "no nono no", "no|no")]
    [InlineData(@"\x{1F600}|\u0041|\x42", "😀AB", "😀|A|B")]
    [InlineData(@".", "a\n𐐀", "a|𐐀")]
    [InlineData(@"\P{L}|\p{^L}", "a1", "1")]
    [InlineData(@"", "ab", "||")]
    [InlineData(@"a*", "ba", "|a")]
    public void Matches_are_those_of_Oniguruma(string pattern, string text, string expected)
    {
        var matches = new List<(int Start, int End)>();
        new TokenPattern(pattern).FindAll(text, matches);
        Assert.Equal(expected, string.Join('|', matches.Select(match => text[match.Start..match.End])));
    }

    [Theory]
    [InlineData("*a", "a * behind nothing, at character 2")]
    [InlineData("a)", "a ) that opens nowhere, at character 2")]
    [InlineData("[b-a]", "a range whose ends are the wrong way round")]
    [InlineData("[a", "a set that does not end")]
    [InlineData("a{3,2}", "a repetition whose bounds are the wrong way round")]
    [InlineData("[[:alpha:]]", "a POSIX set, which is not supported")]
    [InlineData(@"\X", @"the escape \X, which is not supported")]
    [InlineData(@"(?<=a+)b", "a look behind whose length varies")]
    [InlineData(@"\", "a backslash at the end")]
    [InlineData(@"(?#x)", "a group of an unknown kind")]
    public void What_is_not_supported_is_told_with_its_place(string pattern, string message) =>
        Assert.Contains(message, Assert.Throws<FormatException>(() => new TokenPattern(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void Groups_nested_too_deep_are_refused() =>
        Assert.Throws<FormatException>(() => new TokenPattern(new string('(', 100_000)));
}
