using System.Text.Json;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Reading;

/// <summary>What scripts have too much of is told at the first that is not read, and what stands before it is checked.</summary>
public sealed class CodeLimitTests
{
    private const string Import = "from peft import LoraConfig\n";
    private const string Adapter = "c = LoraConfig(r=8, lora_alpha=16)\n";

    private static ConfigDocument Read(ConfigLanguage language, string text) => ConfigReader.Read(new SourceText("a", text), language);

    private static string Many(int count, Func<int, string> one) => string.Concat(Enumerable.Range(0, count).Select(one));

    /// <summary>
    /// A script, one more than the limit of something, what is told, the text that is underlined and how many runs are read.
    /// </summary>
    public static TheoryData<ConfigLanguage, string, string, string, int> TooMany => new()
    {
        { ConfigLanguage.Python, Import + Many(201, i => $"c{i} = LoraConfig(r=8)\n"), "more adapters than 200", "LoraConfig", 200 },
        { ConfigLanguage.Python, "from transformers import TrainingArguments\n" + Import + Adapter
            + Many(1000, i => $"TrainingArguments('o{i}')\n"), "more calls that configure training than 1,000", "TrainingArguments", 1 },
        { ConfigLanguage.Python, Import + "c = LoraConfig(" + Many(1001, i => $"k{i}={i}, ") + ")\n",
            "the call has more arguments than 1,000", "k1000", 1 },
        { ConfigLanguage.Python, Import + Adapter + Many(1001, i => $"c.k{i} = {i}\n"), "assigned to one name than 1,000", "k1000", 1 },
        { ConfigLanguage.Shell, Many(201, i => $"swift sft --lora_rank {i}\n"), "more commands that train than 200", "swift", 200 },
        { ConfigLanguage.Shell, "trl sft --lora_r 8\nswift sft " + Many(1001, i => $"--lora_k{i} {i} "),
            "more settings than 1,000", "--lora_k1000", 1 },
        { ConfigLanguage.Shell, "llamafactory-cli train lora.yaml " + Many(1001, i => $"k{i}={i} "),
            "more settings than 1,000", "k1000=1000", 0 },
    };

    [Theory]
    [MemberData(nameof(TooMany), DisableDiscoveryEnumeration = true)]
    public void The_first_that_is_not_read_is_told(ConfigLanguage language, string text, string message, string place, int runs)
    {
        var document = Read(language, text);
        var problem = Assert.Single(document.Problems);
        Assert.Equal(ReadProblemKind.Limit, problem.Kind);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(place, document.Source.Slice(problem.Span));
        Assert.Equal(runs, document.Roots.Count);
        // One less is read in silence.
        var last = text.LastIndexOf(place, StringComparison.Ordinal);
        var isWithin = text[..last] + (language == ConfigLanguage.Python && text[last - 1] == ' ' ? ")" : "");
        Assert.Empty(Read(language, isWithin.Replace("c200 = )", "", StringComparison.Ordinal)).Problems);
    }

    [Fact]
    public void A_notebook_tells_it_at_the_cell()
    {
        var cell = Import + Many(201, i => $"c{i} = LoraConfig(r=8)\n");
        var text = "{\"cells\": [{\"cell_type\": \"code\", \"source\": " + JsonSerializer.Serialize(cell) + "}]}";
        var document = Read(ConfigLanguage.Notebook, text);
        var problem = Assert.Single(document.Problems);
        Assert.Equal("LoraConfig", document.Source.Slice(problem.Span));
        Assert.Equal(new CellPosition(1, 202), document.Source.Cells!.PositionAt(problem.Span.Start));
    }

    [Fact]
    public void A_notebook_with_more_values_than_are_read_says_so()
    {
        var text = "{\"cells\": [{\"cell_type\": \"code\", \"source\": \"" + Import.Trim() + "\", \"outputs\": ["
            + string.Join(',', Enumerable.Repeat('1', ReadLimits.MaxNodes + 9)) + "]}]}";
        Assert.Equal(ReadProblemKind.Limit, Assert.Single(Read(ConfigLanguage.Notebook, text).Problems).Kind);
    }

    [Fact]
    public void Of_several_limits_the_first_is_told()
    {
        var document = Read(ConfigLanguage.Python, Import + Many(1200, i => $"c{i} = LoraConfig(r=8)\n"));
        Assert.Contains("more adapters than 200", Assert.Single(document.Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1000, 0)]
    [InlineData(1001, 1)]
    [InlineData(100_000, 1)]
    public void A_thousand_ignore_comments_are_read(int count, int told)
    {
        var text = Import + Many(count, _ => "# loralint-ignore alpha-below-rank: seen\n") + "c = LoraConfig(r=64, lora_alpha=16)\n";
        var findings = Linter.Check(Read(ConfigLanguage.Python, text), LintOptions.Default, NoCompanionFiles.Instance).Findings;
        Assert.Equal(told, findings.Count(f => f.Rule == EngineRules.InputLimit && f.Message.Contains("1,000", StringComparison.Ordinal)));
        Assert.DoesNotContain(findings, f => f.Rule.Name == "alpha-below-rank");
    }
}
