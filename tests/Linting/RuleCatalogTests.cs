using System.Text.RegularExpressions;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>What rules say of themselves follows the conventions that users and tools rely on.</summary>
public sealed partial class RuleCatalogTests
{
    public static TheoryData<string> RuleNames => new(RuleCatalog.Infos.Select(i => i.Name));

    [Fact]
    public void Codes_and_names_are_unique()
    {
        Assert.Equal(RuleCatalog.Infos.Count, RuleCatalog.Infos.Select(i => i.Code).Distinct().Count());
        Assert.Equal(RuleCatalog.Infos.Count, RuleCatalog.Infos.Select(i => i.Name).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void A_rule_describes_itself_well(string name)
    {
        var rule = RuleCatalog.Find(name)!;
        Assert.Matches(KebabCase(), rule.Name);
        Assert.True(rule.Name.Length <= 44, "names stay short enough for a comment");
        Assert.Matches("^LL[0-9]{3}$", rule.Code);
        foreach (var sentence in new[] { rule.Summary, rule.Why })
        {
            Assert.True(char.IsUpper(sentence[0]) || !char.IsLetter(sentence[0]), $"starts with a capital: {sentence}");
            Assert.EndsWith(".", sentence, StringComparison.Ordinal);
            Assert.DoesNotContain("don't", sentence, StringComparison.OrdinalIgnoreCase);
        }

        Assert.NotEmpty(rule.Sources);
        Assert.All(rule.Formats, f => Assert.Contains(
            f, FormatCatalog.All.Concat(FormatCatalog.OfCode).Select(known => known.Name).Append(CSharpFormat.FormatName)));
        Assert.All(rule.Options, o => Assert.Matches(KebabCase(), o.Name));
        Assert.All(rule.Guidance, g => Assert.Matches("^[12][.][0-9]{1,2}$", g));
    }

    [Fact]
    public void Every_page_belongs_to_a_rule()
    {
        var names = RuleCatalog.Infos.Select(i => i.Name + ".md").Append("README.md").ToHashSet();
        Assert.All(Directory.GetFiles(Repository.PathTo("docs", "rules"), "*.md"), f => Assert.Contains(Path.GetFileName(f), names));
    }

    [GeneratedRegex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
    private static partial Regex KebabCase();
}
