using FsCheck;
using FsCheck.Fluent;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>Whatever a config turns into under an editor's keystrokes, linting holds its promises.</summary>
public sealed class MutatedConfigTests
{
    private static readonly (string Name, string Text)[] s_configs =
    [
        .. Directory.GetFiles(Repository.PathTo("tests", "golden"), "*", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Repository.PathTo("examples"), "*", SearchOption.AllDirectories))
            .Where(f => Path.GetExtension(f) is ".yml" or ".yaml" or ".json" or ".toml")
            .Where(f => !f.Contains("/output/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(f => (Path.GetFileName(f), File.ReadAllText(f))),
    ];

    [Fact]
    public void No_rule_fails_and_every_span_and_edit_lies_inside_the_text() => Check.One(
        Support.Properties.Runs(1500),
        Prop.ForAll(Mutated().ToArbitrary(), mutant =>
        {
            var result = Lint.Check(mutant.Text, mutant.Name);
            foreach (var finding in result.Findings)
            {
                Assert.NotSame(EngineRules.RuleFailed, finding.Rule);
                Assert.InRange(finding.Span.Start, 0, mutant.Text.Length);
                Assert.InRange(finding.Span.End, finding.Span.Start, mutant.Text.Length);
                foreach (var edit in finding.Fix?.Edits ?? [])
                    Assert.InRange(edit.Span.End, edit.Span.Start, mutant.Text.Length);
                if (finding.Fix is { } fix)
                    TextEdit.Apply(mutant.Text, fix.Edits);
            }
        }));

    [Fact]
    public void Safe_fixes_settle_and_leave_no_more_syntax_errors_than_before() => Check.One(
        Support.Properties.Runs(600),
        Prop.ForAll(Mutated().ToArbitrary(), mutant =>
        {
            var after = Lint.Fixed(mutant.Text, mutant.Name);
            Assert.True(
                Problems(after, mutant.Name) <= Problems(mutant.Text, mutant.Name), $"broken by fixes:\n{mutant.Text}\n=>\n{after}");
        }));

    private static int Problems(string text, string name) =>
        ConfigReader.Read(new SourceText(name, text), ConfigReader.LanguageOf(name)!.Value).Problems.Count;

    private static Gen<Mutant> Mutated() =>
        from config in Gen.Elements(s_configs)
        from count in Gen.Choose(1, 6)
        from edits in Gen.ArrayOf(Mutation.Any(), count)
        select new Mutant(config.Name, edits.Aggregate(config.Text, (text, edit) => edit(text)));

    private sealed record Mutant(string Name, string Text)
    {
        public override string ToString() => $"{Name}:\n{Text}";
    }
}
