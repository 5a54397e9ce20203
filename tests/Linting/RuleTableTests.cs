using System.Text;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>The table of all rules in docs/rules/README.md is written from the catalog.</summary>
public sealed class RuleTableTests
{
    private static readonly (char Hundred, string Title)[] s_groups =
    [
        ('0', "Reading, keys and values"), ('1', "Rank, alpha, dropout, modules, layers, initialisation, bias"),
        ('2', "Quantization and precision"),
        ('3', "Learning rate, schedule, batch, evaluation"), ('4', "Data and sequences"), ('5', "Distributed training"), ('6', "Memory"),
        ('7', "Output, merging, safety"), ('9', "One framework's keys"),
    ];

    [Fact]
    public void The_table_lists_every_rule()
    {
        var path = Repository.PathTo("docs", "rules", "README.md");
        var expected = Table();
        if (Repository.Updates)
            File.WriteAllText(path, expected);
        Assert.Equal(expected, File.ReadAllText(path));
        Assert.All(RuleCatalog.Infos, rule => Assert.Contains($"[{rule.Name}]", expected, StringComparison.Ordinal));
    }

    private static string Table()
    {
        var text = new StringBuilder("# Rules\n\n");
        text.Append(
            "Written from the rule catalog by `LORALINT_UPDATE=1 dotnet test`. Severities are the defaults; a single finding can be\n")
            .Append("weaker than its rule. Rules marked * rise to warning in the profile `documented`.\n");
        foreach (var (hundred, title) in s_groups)
        {
            var rules = RuleCatalog.Infos.Where(i => i.Code[2] == hundred).ToList();
            if (rules.Count == 0)
                continue;
            text.Append(
                System.Globalization.CultureInfo.InvariantCulture,
                $"\n## {title}\n\n| code | name | what it finds | severity | fix | formats |\n|---|---|---|---|---|---|\n");
            foreach (var rule in rules)
            {
                var severity = RuleInfo.SeverityOf(rule.Category).ToString().ToLowerInvariant() + (rule.Guidance.Count > 0 ? " *" : "");
                var formats = rule.Formats.Count == 0 ? "all" : string.Join(", ", rule.Formats);
                text.Append(System.Globalization.CultureInfo.InvariantCulture,
                    $"| {rule.Code} | [{rule.Name}]({rule.Name}.md) | {rule.Summary} | {severity} "
                    + $"| {rule.Fix?.ToString().ToLowerInvariant() ?? ""} | {formats} |\n");
            }
        }

        return text.Append("\n\\* enforces documented guidance of the two articles the product comes from.\n").ToString();
    }
}
