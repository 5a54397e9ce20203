using System.Diagnostics;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>Hostile and accidental input: one clear problem, in time that grows with the text, never a crash.</summary>
public sealed class ReadLimitTests
{
    // Far more than any case takes on a busy machine, and far less than what a quadratic reader would.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Texts that nest without end, in every way the languages have.</summary>
    public static TheoryData<ConfigLanguage, string> Deep => new()
    {
        { ConfigLanguage.Yaml, Repeat("[", 100_000) },
        { ConfigLanguage.Yaml, "a: " + Repeat("[", 100_000) + Repeat("]", 100_000) },
        { ConfigLanguage.Yaml, Repeat("[\n", 100_000) },
        { ConfigLanguage.Yaml, Repeat("{a: ", 100_000) },
        { ConfigLanguage.Yaml, Repeat("[a: ", 100_000) },
        { ConfigLanguage.Yaml, Repeat("- ", 100_000) + "x" },
        { ConfigLanguage.Yaml, Repeat("? ", 100_000) + "x" },
        { ConfigLanguage.Yaml, string.Concat(Enumerable.Range(0, 2000).Select(i => new string(' ', i) + "a:\n")) },
        { ConfigLanguage.Yaml, "a0: &a0 [x]\n" + string.Concat(Enumerable.Range(0, 5000).Select(i => $"a{i + 1}: &a{i + 1} [*a{i}]\n")) },
        { ConfigLanguage.Json, Repeat("[", 1_000_000) },
        { ConfigLanguage.Json, Repeat("{\"a\":", 100_000) },
        { ConfigLanguage.Json, Repeat("[", 100_000) + Repeat("]", 100_000) },
        { ConfigLanguage.Toml, "a = " + Repeat("[", 1_000_000) },
        { ConfigLanguage.Toml, "a = " + Repeat("{a=", 100_000) },
        { ConfigLanguage.Toml, "[" + Repeat("a.", 100_000) + "a]\nb = 1\n" },
        { ConfigLanguage.Toml, Repeat("a.", 100_000) + "a = 1\n" },
    };

    /// <summary>Texts with more values than are read, written or by alias.</summary>
    public static TheoryData<ConfigLanguage, string> Large => new()
    {
        { ConfigLanguage.Yaml, "a: [" + Repeat("1,", ReadLimits.MaxNodes + 9) + "]" },
        { ConfigLanguage.Yaml, Bomb() },
        { ConfigLanguage.Yaml, "a: &a {" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"k{i}: 1,")) + "}\n"
            + string.Concat(Enumerable.Range(0, 1000).Select(i => $"b{i}: {{<<: *a}}\n")) },
        { ConfigLanguage.Yaml, Repeat("---\na: 1\n", ReadLimits.MaxNodes / 3 + 9) },
        { ConfigLanguage.Json, "[" + Repeat("1,", ReadLimits.MaxNodes + 9) + "1]" },
        { ConfigLanguage.Toml, "a = [" + Repeat("1,", ReadLimits.MaxNodes + 9) + "1]" },
        { ConfigLanguage.Toml, Repeat("[[l]]\n", ReadLimits.MaxNodes + 9) },
    };

    /// <summary>Texts on which careless readers take time that grows with the square of their length.</summary>
    public static TheoryData<ConfigLanguage, string> Slow => new()
    {
        { ConfigLanguage.Yaml, "a: " + Repeat("{{", 1_000_000) },
        { ConfigLanguage.Yaml, "a: " + Repeat("{{ x }} ", 300_000) },
        { ConfigLanguage.Yaml, Repeat("{% a\n", 500_000) },
        { ConfigLanguage.Yaml, "a: " + Repeat("\"{{ \"}} ", 300_000) },
        { ConfigLanguage.Yaml, "a: " + Repeat("'", 2_000_000) },
        { ConfigLanguage.Yaml, "a: \"" + Repeat("b: word\n", 200_000) },
        { ConfigLanguage.Yaml, Repeat("b:word\nc: 1\n", 200_000) },
        { ConfigLanguage.Yaml, "a: [\n" + Repeat("b: 1\n", 200_000) },
        { ConfigLanguage.Yaml, "a:\n" + Repeat("\tb: 1\n", 200_000) },
        { ConfigLanguage.Yaml, string.Concat(Enumerable.Range(0, 1000).Select(i => $"k{i}:\n  a: [\nq,\n]\n")) },
        { ConfigLanguage.Yaml, Repeat("a: &a 1\n", 50_000) },
        { ConfigLanguage.Yaml, "a: 1\n" + Repeat("%x\n", 100_000) },
        { ConfigLanguage.Yaml, Repeat("# c\n", 500_000) },
        { ConfigLanguage.Json, "[" + Repeat("[}", 500_000) },
        { ConfigLanguage.Json, "[" + Repeat("/*", 500_000) },
        { ConfigLanguage.Json, "[" + Repeat("{%", 500_000) },
        { ConfigLanguage.Json, "[" + Repeat("${", 500_000) },
        { ConfigLanguage.Json, "[\"" + Repeat("\\x", 500_000) + "\"]" },
        { ConfigLanguage.Json, "[" + Repeat("\"abc\n", 200_000) },
        { ConfigLanguage.Toml, "a = [\n" + Repeat("1,\n", 100_000) + "]" },
        { ConfigLanguage.Toml, Repeat("a = '''\n", 200_000) },
        { ConfigLanguage.Toml, Repeat("junk\n", 300_000) },
        { ConfigLanguage.Toml, "a = " + Repeat("\"", 2_000_000) },
        { ConfigLanguage.Toml, string.Concat(Enumerable.Range(0, 50_000).Select(i => $"[t{i}]\nx = 1\n")) },
    };

    [Theory]
    [MemberData(nameof(Deep), DisableDiscoveryEnumeration = true)]
    public void Nesting_without_end_is_one_problem(ConfigLanguage language, string text)
    {
        var document = Timed(language, text);
        Assert.Equal(ReadProblemKind.Limit, Assert.Single(document.Problems).Kind);
        Assert.Contains("deeper than 100 levels", document.Problems[0].Message, StringComparison.Ordinal);
        // Keys of two levels each may add to what brackets nest.
        Assert.True(Depth(document) <= ReadLimits.MaxDepth + 1);
    }

    [Theory]
    [MemberData(nameof(Large), DisableDiscoveryEnumeration = true)]
    public void Values_without_end_are_one_problem(ConfigLanguage language, string text)
    {
        var document = Timed(language, text);
        Assert.Equal(ReadProblemKind.Limit, Assert.Single(document.Problems).Kind);
        Assert.Contains("more than 500,000 values", document.Problems[0].Message, StringComparison.Ordinal);
        Assert.True(Count(document) <= ReadLimits.MaxNodes + 10);
    }

    [Theory]
    [MemberData(nameof(Slow), DisableDiscoveryEnumeration = true)]
    public void Time_grows_with_the_text_and_problems_do_not(ConfigLanguage language, string text)
    {
        var document = Timed(language, text);
        Assert.True(document.Problems.Count <= 2 * ReadLimits.MaxProblems);
        Assert.All(document.Problems, p => Assert.InRange(p.Span.End, p.Span.Start, text.Length));
    }

    [Fact]
    public void What_stands_before_the_limit_is_read()
    {
        var document = Tree.Read("lora_r: 8\nx: " + Repeat("[", 5000) + "\nlora_alpha: 16\n", ConfigLanguage.Yaml);
        Assert.Equal("8", document.Roots[0].Find("lora_r")!.Value.Text);
        Assert.Equal("Limit 2:103 «»", Tree.Problems(document));
    }

    [Fact]
    public void An_alias_that_would_be_too_much_is_unknown()
    {
        var document = Tree.Read(Bomb(), ConfigLanguage.Yaml);
        Assert.Contains(Tree.Written(document), n => n.IsUnknown && n.Text.StartsWith('*'));
    }

    private static ConfigDocument Timed(ConfigLanguage language, string text)
    {
        var watch = Stopwatch.StartNew();
        var document = Tree.Read(text, language);
        Assert.True(watch.Elapsed < s_patience, $"took {watch.Elapsed}");
        return document;
    }

    // Ten times ten times ... : every level refers to the one above ten times.
    private static string Bomb() => "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        + string.Concat(
            Enumerable.Range(0, 30).Select(i => $"a{i + 1}: &a{i + 1} [{string.Join(',', Enumerable.Repeat("*a" + i, 10))}]\n"));

    private static int Depth(ConfigDocument document) => document.Roots.Select(Depth).DefaultIfEmpty().Max();

    private static int Depth(ConfigNode node) =>
        node.Entries.Select(e => Depth(e.Value)).Concat(node.Items.Select(Depth)).DefaultIfEmpty().Max() + 1;

    private static long Count(ConfigDocument document) => document.Roots.Sum(Count);

    private static long Count(ConfigNode node) => 1 + node.Entries.Sum(e => Count(e.Value)) + node.Items.Sum(Count);

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
