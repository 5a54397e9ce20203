using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>Every rule's page says what the rule says of itself, and its examples hold.</summary>
public sealed class RulePageTests
{
    public static TheoryData<string> RuleNames => new(RuleCatalog.Infos.Select(i => i.Name));

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void The_page_is_up_to_date(string name)
    {
        var page = RulePage.Load(RuleCatalog.Find(name)!);
        if (Repository.Updates)
            File.WriteAllText(page.FilePath, page.Expected());
        else
            Assert.Equal(page.Expected(), page.Text);
    }

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void Bad_examples_yield_the_finding_and_good_ones_do_not(string name)
    {
        var rule = RuleCatalog.Find(name)!;
        var page = RulePage.Load(rule);
        var examples = page.Examples.ToList();
        if (EngineRules.All.Contains(rule))
            return;
        Assert.Contains(examples, e => e.IsBad);
        Assert.Contains(examples, e => !e.IsBad);
        foreach (var example in examples)
        {
            var result = Lint.Check(example.Text, example.Path, example.Options, page.Files);
            Assert.True(result.Configs.Count > 0, $"{example}: not recognised as a config");
            var found = result.Findings.Count(f => f.Rule == rule);
            Assert.True(
                found == example.Findings, $"{example}: {found} findings of {name}, expected {example.Findings}. All: {Show(result)}");
            Assert.DoesNotContain(result.Findings, f => f.Rule == EngineRules.RuleFailed);
        }
    }

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void Every_fix_parses_removes_its_finding_and_settles(string name)
    {
        var rule = RuleCatalog.Find(name)!;
        FixSafety? best = null;
        var page = RulePage.Load(rule);
        foreach (var example in page.Examples)
        {
            var text = example.Text;
            var before = Lint.Check(text, example.Path, example.Options, page.Files);
            foreach (var finding in before.Findings.Where(f => f.Rule == rule && f.Fix is { Safety: not FixSafety.Display }))
            {
                best = best is null || finding.Fix!.Safety < best ? finding.Fix!.Safety : best;
                var after = TextEdit.Apply(text, finding.Fix!.Edits);
                Assert.NotEqual(text, after);
                var language = ConfigReader.LanguageOf(example.Path)!.Value;
                var problems = ConfigReader.Read(new SourceText(example.Path, after), language).Problems;
                Assert.True(
                    problems.Count <= ConfigReader.Read(new SourceText(example.Path, text), language).Problems.Count,
                    $"{example}: the fix breaks the file:\n{after}");
                var left = Lint.Check(after, example.Path, example.Options, page.Files).Findings.Count(f => f.Rule == rule);
                Assert.True(left < before.Findings.Count(f => f.Rule == rule), $"{example}: the fix does not remove its finding:\n{after}");
            }
        }

        if (rule.Fix is FixSafety.Safe or FixSafety.Unsafe && !EngineRules.All.Contains(rule))
            Assert.True(best == rule.Fix, $"{name} declares a {rule.Fix} fix; its bad examples offer {best?.ToString() ?? "none"}");
    }

    private static string Show(LintResult result) => string.Join("; ", result.Findings.Select(f => $"{f.Rule.Name}: {f.Message}"));
}
