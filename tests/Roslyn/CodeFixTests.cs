using Microsoft.CodeAnalysis;

namespace LoraLint.Tests.Roslyn;

/// <summary>For every rule that can speak of C#: where it does, and what its fix makes of the code.</summary>
public sealed class CodeFixTests
{
    /// <summary>Code, the finding as its code and the text under it, and the code after its fix; null where there is none.</summary>
    public static TheoryData<string, string, string?> Rows => new()
    {
        { "new LoraOptions { Rank = 0 }", "LL101 0", null },
        { "new LoraConfig { R = -8 }", "LL101 -8", null },
        { "new LoraOptions { Rank = 512 }", "LL103 512", null },
        { "new LoraOptions { Rank = 64, Alpha = 16 }", "LL104 16", "new LoraOptions { Rank = 64, Alpha = 128 }" },
        { "new LoraOptions { Rank = 16, Alpha = 40 }", "LL105 40", "new LoraOptions { Rank = 16, Alpha = 32 }" },
        { "new LoraOptions { Rank = 128 }", "LL106 128", "new LoraOptions { Rank = 128, Alpha = 256 }" },
        { "new LoraConfig { R = 256, }", "LL106 256", "new LoraConfig { R = 256, LoraAlpha = 512, }" },
        { "new LoraOptions { Alpha = 0 }", "LL107 0", "new LoraOptions { Alpha = 32 }" },
        {
            "new LoraConfig { R = 8, LoraAlpha = 256, LearningRate = 2e-4 }", "LL109 256",
            "new LoraConfig { R = 8, LoraAlpha = 16, LearningRate = 2e-4 }"
        },
        {
            "new LoraOptions { Rank = 64, Alpha = 128, UseRslora = true }", "LL110 128",
            "new LoraOptions { Rank = 64, Alpha = 16, UseRslora = true }"
        },
        { "new LoraOptions { Dropout = 5 }", "LL120 5", "new LoraOptions { Dropout = 0.05 }" },
        { "new LoraConfig { LoraDropout = 5 }", "LL120 5", "new LoraConfig { LoraDropout = 0.05f }" },
        { "new LoraOptions { Dropout = 0.4 }", "LL122 0.4", null },
        {
            "new LoraOptions { TargetModules = new[] { \"q_proj,v_proj\" } }", "LL131 \"q_proj,v_proj\"",
            "new LoraOptions { TargetModules = new[] { \"q_proj\", \"v_proj\" } }"
        },
        { "new LoraOptions { TargetModules = [\"q_proj\", \".*up_proj\"] }", "LL132 \".*up_proj\"", null },
        {
            "new LoraOptions { TargetModules = [\"all-linear\"] }", "LL133 \"all-linear\"",
            "new LoraOptions { TargetsAllLinear = true }"
        },
        { "new LoraOptions { TargetModules = [\"q_proj\", \"v_proj\"] }", "LL134 [\"q_proj\", \"v_proj\"]", null },
        { "new LoraOptions { TargetModules = [] }", "LL136 []", null },
        {
            "new LoraConfig { TargetModules = [\"q_proj\", \"up_proj\", \"embed_tokens\"], ModulesToSave = [\"embed_tokens\"] }",
            "LL137 \"embed_tokens\"", "new LoraConfig { TargetModules = [\"q_proj\", \"up_proj\"], ModulesToSave = [\"embed_tokens\"] }"
        },
        {
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\", \"lm_head\"] }", "LL138 \"lm_head\"",
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\"] }"
        },
        { "new LoraOptions { TargetPattern = \"*q_proj\" }", "LL146 \"*q_proj\"", "new LoraOptions { TargetPattern = \".*q_proj\" }" },
        { "new QuantizationOptions { Type = \"fp4\" }", "LL203 \"fp4\"", "new QuantizationOptions { Type = \"nf4\" }" },
        { "new QuantizationOptions { Double = false }", "LL206 false", "new QuantizationOptions { Double = true }" },
        { "new OptimizerOptions { LearningRate = 0.01 }", "LL302 0.01", null },
        { "new TrainingRun { Quantization = new(), Optimizer = new() { LearningRate = 5e-4 } }", "LL303 5e-4", null },
        { "new OptimizerOptions { LearningRate = 0 }", "LL304 0", null },
        { "new OptimizerOptions { WarmupRatio = 5 }", "LL306 5", null },
        { "new TrainingRun { Optimizer = new() { WarmupSteps = 100 }, Training = new() { MaxSteps = 50 } }", "LL307 100", null },
        { "new TrainingOptions { Epochs = 3, MaxSteps = 10 }", "LL315 10", null },
        { "new TrainingOptions { Epochs = 0 }", "LL316 0", null },
        { "new TrainingOptions { MicroBatchSize = 64, GradientAccumulationSteps = 64 }", "LL317 64", null },
        { "new OptimizerOptions { WeightDecay = 0.5 }", "LL321 0.5", null },
        { "new TrainingRun { OutputDirectory = \"hf_abcdefghijklmnopqrstuvwxyz12345678\" }", "LL720 OutputDirectory", null },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_rule_speaks_at_the_wrong_value_and_its_fix_is_spelled_in_CSharp(string creation, string finding, string? wanted)
    {
        var code = CSharpCode.InMethod($"var made = {creation};");
        var diagnostic = Assert.Single(CSharpCode.Find(code), d => CSharpCode.Shown([d])[0] == finding);
        var line = diagnostic.Location.GetLineSpan().StartLinePosition;
        Assert.Equal(6, line.Line);
        Assert.Equal(
            $"https://loralint.dev/rules/{Rules.Linting.RuleCatalog.Find(diagnostic.Id)!.Name}", diagnostic.Descriptor.HelpLinkUri);
        var changed = CSharpCode.Fix(code, diagnostic);
        Assert.Equal(wanted is null ? null : CSharpCode.InMethod($"var made = {wanted};"), changed);
        if (changed is not null)
            Assert.DoesNotContain(CSharpCode.Find(changed), d => d.Id == diagnostic.Id);
    }

    [Fact]
    public void A_fix_keeps_the_kind_of_a_list_and_the_layout_around_it()
    {
        var code = CSharpCode.InMethod(
            "var made = new LoraOptions\n        {\n            Rank = 256, // why\n            Dropout = 0,\n        };");
        var diagnostic = Assert.Single(CSharpCode.Find(code), d => d.Id == "LL106");
        Assert.Contains(
            "            Rank = 256,\n            Alpha = 512, // why\n            Dropout = 0,\n", CSharpCode.Fix(code, diagnostic));
    }

    [Theory]
    [InlineData("var b = new LoraOptions { Alpha = 16 }; var c = b with { Rank = 64 };", "LL104")]
    [InlineData("var b = new LoraOptions { Rank = 8, Alpha = 256 }; "
        + "var c = new TrainingRun { Lora = b, Optimizer = new() { LearningRate = 1e-4 } };", "LL109")]
    public void What_is_written_elsewhere_is_not_edited_here(string statement, string id)
    {
        var code = CSharpCode.InMethod(statement);
        var diagnostic = Assert.Single(CSharpCode.Find(code), d => d.Id == id);
        Assert.Equal("b", CSharpCode.Shown([diagnostic])[0].Split(' ')[1]);
        Assert.Null(CSharpCode.Fix(code, diagnostic));
    }

    [Fact]
    public void Fix_All_makes_every_safe_fix_of_a_rule_in_one_change()
    {
        var code = CSharpCode.InMethod(
            "var a = new LoraOptions { TargetModules = [\"q_proj,v_proj\"] }; "
            + "var b = new LoraOptions { TargetModules = [\"k_proj,up_proj\"] };");
        var found = CSharpCode.Find(code).Where(d => d.Id == "LL131").ToList();
        Assert.Equal(2, found.Count);
        var changed = CSharpCode.FixAll(code, found);
        Assert.Equal(
            code.Replace("\"q_proj,v_proj\"", "\"q_proj\", \"v_proj\"").Replace("\"k_proj,up_proj\"", "\"k_proj\", \"up_proj\""),
            changed);
    }

    [Fact]
    public void Fix_All_leaves_fixes_that_are_not_safe_alone()
    {
        var code = CSharpCode.InMethod("var a = new LoraOptions { Rank = 64, Alpha = 16 };");
        Assert.Equal(code, CSharpCode.FixAll(code, [.. CSharpCode.Find(code).Where(d => d.Id == "LL104")]) ?? code);
        Assert.Null(new CodeFixes.UnsafeFixProvider().GetFixAllProvider());
    }

    [Fact]
    public void A_fix_for_a_text_that_has_changed_is_not_offered()
    {
        var code = CSharpCode.InMethod("var a = new LoraOptions { Rank = 64, Alpha = 16 };");
        var diagnostic = Assert.Single(CSharpCode.Find(code), d => d.Id == "LL104");
        Assert.NotNull(CSharpCode.Fix(code, diagnostic));
        Assert.Null(CSharpCode.Fix(code.Replace("Alpha = 16", "Alpha = 17"), diagnostic));
    }

    [Fact]
    public void Severities_are_those_of_the_categories_and_weaker_cases_are_weaker()
    {
        var found = CSharpCode.Find(CSharpCode.InMethod(
            "var a = new LoraOptions { Rank = 0 }; var b = new LoraOptions { Rank = 512 }; "
            + "var c = new LoraOptions { Rank = 1, Alpha = 2 };"));
        Assert.Equal(DiagnosticSeverity.Error, found.First(d => d.Id == "LL101").Severity);
        Assert.Equal(
            [DiagnosticSeverity.Warning, DiagnosticSeverity.Info], found.Where(d => d.Id == "LL103").Select(d => d.Severity));
    }
}
