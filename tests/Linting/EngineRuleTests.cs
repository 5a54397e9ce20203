using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>What is wrong with a file itself comes out as findings, beside those of the rules.</summary>
public sealed class EngineRuleTests
{
    [Fact]
    public void A_syntax_error_is_a_finding_and_the_rules_still_run()
    {
        var text = ScratchFolder.Config + "report_to:wandb\n";
        var findings = Lint.Check(text).Findings;
        var syntax = Assert.Single(findings, f => f.Rule == EngineRules.SyntaxError);
        Assert.Equal(Severity.Error, syntax.Severity);
        Assert.Equal("report_to:wandb", text.Substring(syntax.Span.Start, syntax.Span.Length));
        Assert.Contains(findings, f => f.Rule.Name == "alpha-below-rank");
    }

    [Fact]
    public void A_value_that_could_not_be_read_is_no_missing_one()
    {
        var findings = Lint.Check(ScratchFolder.Config.Replace("lora_alpha: 8", "lora_alpha:8", StringComparison.Ordinal)).Findings;
        Assert.Contains(findings, f => f.Rule == EngineRules.SyntaxError);
        Assert.DoesNotContain(findings, f => f.Rule.Name == "alpha-below-rank");
    }

    [Fact]
    public void Json_that_is_not_strict_is_a_finding_of_its_own()
    {
        var findings = Lint.Check(
            "{\n  \"peft_type\": \"LORA\", // the method\n  \"r\": 8, \"lora_alpha\": 16,\n}\n", "adapter_config.json").Findings;
        Assert.Equal(2, findings.Count(f => f.Rule == EngineRules.NotStrictJson));
        Assert.DoesNotContain(findings, f => f.Rule == EngineRules.SyntaxError);
    }

    [Fact]
    public void A_limit_that_is_passed_is_a_finding()
    {
        var finding = Assert.Single(
            Lint.Check("adapter: lora\nbase_model: x\nx: " + new string('[', 5000)).Findings, f => f.Rule == EngineRules.InputLimit);
        Assert.Contains("100 levels", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_text_are_a_finding_where_the_file_speaks_of_lora()
    {
        byte[] bytes = [.. "# caf"u8, 0xE9, .. "\nadapter: lora\n"u8];
        var finding = Assert.Single(Check(bytes).Findings);
        Assert.Same(EngineRules.UnreadableText, finding.Rule);
        Assert.Equal(5, finding.Span.Start);
        Assert.Empty(Check([.. "# caf"u8, 0xE9]).Findings);
    }

    [Fact]
    public void Templates_of_Helm_charts_are_passed_over() =>
        Assert.Empty(Lint.Check("metadata:\n  name: peft\nspec:\n{{ if .Values.lora }}\n  - a\n  b: 1\n{{ end }}\n").Findings);

    [Fact]
    public void Broken_files_of_others_are_passed_over() =>
        Assert.Empty(Lint.Check("key: \"never closed\nother: [1, 2\n").Findings);

    [Theory]
    [InlineData("loralint-ignore-file syntax-error: I know")]
    [InlineData("loralint-ignore-file LL001")]
    public void A_syntax_error_cannot_be_ignored(string comment)
    {
        var findings = Lint.Check($"# {comment}\nadapter: lora\nbase_model: x\nlora_r:8\n").Findings;
        Assert.Contains(findings, f => f.Rule == EngineRules.SyntaxError);
    }

    [Fact]
    public void A_named_file_that_is_no_text_gets_one_finding()
    {
        using var folder = new ScratchFolder();
        File.WriteAllBytes(folder.PathTo("a.yml"), [0x50, 0x4B, 3, 4, 0, 0, 7, 9]);
        var run = folder.Run("check", "a.yml");
        Assert.Contains("error unreadable-text", run.Out, StringComparison.Ordinal);
        Assert.Contains("the file holds binary data (a NUL byte at offset 4), not text", run.Out, StringComparison.Ordinal);
        Assert.Equal(1, run.Code);
        // A hook names whatever changed; there the same file is nobody's config.
        Assert.Equal(0, folder.Run("check", "a.yml", "--force-exclude").Code);
    }

    [Fact]
    public void A_file_that_is_not_there_ends_the_run_with_its_reason()
    {
        using var folder = new ScratchFolder();
        File.CreateSymbolicLink(folder.PathTo("gone.yml"), folder.PathTo("nowhere.yml"));
        var run = folder.Run("check", "gone.yml");
        Assert.Equal(2, run.Code);
        Assert.Contains("gone.yml", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_cannot_be_decoded_is_never_written_back()
    {
        using var folder = new ScratchFolder();
        byte[] bytes = [.. "adapter: lora\nlora_r: 64\nlora_alpha: 8\n# caf"u8, 0xE9];
        File.WriteAllBytes(folder.PathTo("a.yml"), bytes);
        folder.Run("check", "--fix", "--unsafe-fixes", "a.yml");
        Assert.Equal(bytes, File.ReadAllBytes(folder.PathTo("a.yml")));
    }

    private static LintResult Check(byte[] bytes) =>
        Linter.Check(
            ConfigReader.Read(ByteDecoder.Decode(bytes, bytes.Length), "config.yaml", ConfigLanguage.Yaml), LintOptions.Default,
            NoCompanionFiles.Instance);
}
