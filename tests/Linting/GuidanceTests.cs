using System.Globalization;
using System.Text.RegularExpressions;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>
/// docs/guidance.md has every statement of both articles once, with what it became; LORALINT_UPDATE=1 writes the column of the rules.
/// </summary>
public sealed partial class GuidanceTests
{
    private static readonly string s_path = Repository.PathTo("docs", "guidance.md");

    private static readonly string[] s_statements =
    [
        .. Enumerable.Range(1, 37).Select(n => "1." + n.ToString(CultureInfo.InvariantCulture)),
        .. Enumerable.Range(1, 59).Select(n => "2." + n.ToString(CultureInfo.InvariantCulture)),
    ];

    [Fact]
    public void Every_statement_has_one_row_and_became_something()
    {
        Assert.Equal([], MistakesIn(File.ReadAllText(s_path)));
        Assert.Equal(96, s_statements.Length);
    }

    [Fact]
    public void The_rules_of_a_statement_are_those_that_name_it()
    {
        var enforced = RuleCatalog.Infos.SelectMany(i => i.Guidance.Select(g => (Number: g, i.Name)))
            .GroupBy(p => p.Number).ToDictionary(g => g.Key, g => g.Select(p => p.Name).ToList());
        Assert.Empty(enforced.Keys.Except(s_statements));
        var text = File.ReadAllText(s_path);
        var expected = Row().Replace(text, row =>
        {
            var links = enforced.GetValueOrDefault(row.Groups["number"].Value)?.Select(n => $"[{n}](rules/{n}.md)") ?? [];
            return $"| {row.Groups["number"].Value} | {row.Groups["statement"].Value} | {row.Groups["became"].Value} | "
                + $"{string.Join(", ", links)} |".TrimStart();
        });
        if (Repository.Updates)
            File.WriteAllText(s_path, expected);
        Assert.Equal(expected, text);
    }

    [Fact]
    public void A_row_that_is_gone_twice_there_empty_or_of_no_rule_is_found()
    {
        var text = File.ReadAllText(s_path);
        var row = Row().Matches(text).Single(m => m.Groups["number"].Value == "2.31").Value;
        Assert.Equal(["2.31 has 0 rows"], MistakesIn(text.Replace(row, "", StringComparison.Ordinal)));
        Assert.Equal(["2.31 has 2 rows"], MistakesIn(text.Replace(row, row + "\n" + row, StringComparison.Ordinal)));
        Assert.Equal(["2.31 became nothing"], MistakesIn(text.Replace(row, "| 2.31 | A statement. |  | |", StringComparison.Ordinal)));
        Assert.Equal(
            ["3.1 is no statement"], MistakesIn(text.Replace(row, row + "\n| 3.1 | A statement. | a rule | |", StringComparison.Ordinal)));
        var link = row.Replace(" | |", ", [no-such-rule](rules/no-such-rule.md) | |", StringComparison.Ordinal);
        Assert.Equal(["no rule is called no-such-rule"], MistakesIn(text.Replace(row, link, StringComparison.Ordinal)));
    }

    private static List<string> MistakesIn(string text)
    {
        var rows = Row().Matches(text).ToLookup(m => m.Groups["number"].Value);
        var mistakes = s_statements.Where(n => rows[n].Count() != 1)
            .Select(n => $"{n} has {rows[n].Count().ToString(CultureInfo.InvariantCulture)} rows").ToList();
        mistakes.AddRange(rows.Select(r => r.Key).Except(s_statements).Select(n => $"{n} is no statement"));
        mistakes.AddRange(rows.SelectMany(r => r).Where(r => r.Groups["became"].Value.Trim().Length == 0)
            .Select(r => $"{r.Groups["number"].Value} became nothing"));
        mistakes.AddRange(RuleLink().Matches(text).Select(m => m.Groups["rule"].Value).Where(n => RuleCatalog.Find(n) is null)
            .Select(n => $"no rule is called {n}"));
        return mistakes;
    }

    [GeneratedRegex(@"(?m)^\| (?<number>[0-9]+\.[0-9]+) \| (?<statement>[^|\n]+?) \| (?<became>[^|\n]*?) \| ?(?<rules>[^|\n]*)\|$")]
    private static partial Regex Row();

    [GeneratedRegex(@"\]\(rules/(?<rule>[a-z0-9-]+)\.md\)")]
    private static partial Regex RuleLink();
}
