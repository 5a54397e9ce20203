using LoraLint.Rules.Linting;
using LoraLint.Tests.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>
/// A value that comes from somewhere else (<c>${x}</c>) is never guessed by the rules about quantization, schedule, data and devices.
/// </summary>
public sealed class UnknownTrainingValuesTests
{
    // Here a key is wrong beside another one or without it, whatever its value.
    private static readonly string[] s_notAboutTheValue =
    [
        "batch-fields-inconsistent", "dataset-file-missing", "deepspeed-and-fsdp", "ds-value-mismatch", "loraplus-conflict",
        "merge-into-quantized", "new-tokens-without-embeddings", "secret-in-config", "steps-with-other-strategy", "trl-max-length-default",
    ];

    public static TheoryData<string> RuleNames => new(RuleCatalog.Infos
        .Where(i => i.Code[2] is '2' or '3' or '4' or '5' or '7' && !s_notAboutTheValue.Contains(i.Name)).Select(i => i.Name));

    [Theory]
    [MemberData(nameof(RuleNames))]
    public void A_value_that_cannot_be_known_is_not_reported(string name)
    {
        var page = RulePage.Load(RuleCatalog.Find(name)!);
        var tried = 0;
        foreach (var example in page.Examples.Where(e => e.IsBad && e.Language == "yaml"))
        {
            var result = Lint.Check(example.Text, example.Path, example.Options, page.Files);
            foreach (var finding in result.Findings.Where(f => f.Rule.Name == name))
            {
                var value = example.Text.Substring(finding.Span.Start, finding.Span.Length);
                if (value.Contains('\n') || !example.Text[..finding.Span.Start].EndsWith(": ", StringComparison.Ordinal))
                    continue;
                tried++;
                var text = example.Text[..finding.Span.Start] + "${unknown}" + example.Text[finding.Span.End..];
                var left = Lint.Check(text, example.Path, example.Options, page.Files).Findings;
                Assert.DoesNotContain(left, f => f.Rule.Name == name && f.Span.Start == finding.Span.Start);
                Assert.DoesNotContain(left, f => f.Rule == EngineRules.RuleFailed);
            }
        }

        Assert.True(tried > 0 || page.Examples.All(e => e.Language != "yaml" || !e.IsBad), $"no example of {name} reports a value");
    }
}
