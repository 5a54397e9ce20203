using Microsoft.CodeAnalysis;

namespace LoraLint.Tests.Roslyn;

/// <summary>For every rule that can speak of C#: where it does, and what its fix makes of the code.</summary>
public sealed class CodeFixTests
{
    /// <summary>Code, the finding as its code and the text under it, and the code after its fix; null where there is none.</summary>
    public static TheoryData<string, string, string?> Rows => new()
    {
        {
            "new LoraOptions { RankPattern = new Dictionary<string, int> { [\"q_proj\"] = 8, [\"q_proj\"] = 16 } }", "LL008 \"q_proj\"",
            null
        },
        { "new OptimizerOptions { Schedule = \"Cosine\" }", "LL014 \"Cosine\"", "new OptimizerOptions { Schedule = \"cosine\" }" },
        { "new OptimizerOptions { Name = \"adam\" }", "LL014 \"adam\"", "new OptimizerOptions { Name = \"adamw\" }" },
        { "new QuantizationOptions { Type = \"nf5\" }", "LL014 \"nf5\"", "new QuantizationOptions { Type = \"nf4\" }" },
        { "new TrainingOptions { Precision = \"float64\" }", "LL014 \"float64\"", null },
        { "new TrainingOptions { MicroBatchSize = 0 }", "LL020 0", null },
        { "new OptimizerOptions { Beta2 = double.NaN }", "LL020 double.NaN", null },
        { "new TrainingOptions { Save = new Cadence(-1) }", "LL020 -1", null },
        { "new LoraOptions { Rank = 0 }", "LL101 0", null },
        { "new LoraConfig { R = -8 }", "LL101 -8", null },
        { "new HandLoraOptions { Rank = 8.5 }", "LL102 8.5", null },
        { "new LoraOptions { Rank = 512 }", "LL103 512", null },
        { "new LoraOptions { Rank = 64, Alpha = 16 }", "LL104 16", "new LoraOptions { Rank = 64, Alpha = 128 }" },
        { "new LoraOptions { Rank = 16, Alpha = 40 }", "LL105 40", "new LoraOptions { Rank = 16, Alpha = 32 }" },
        { "new LoraOptions { Rank = 128 }", "LL106 128", "new LoraOptions { Rank = 128, Alpha = 256 }" },
        { "new LoraConfig { R = 256, }", "LL106 256", "new LoraConfig { R = 256, LoraAlpha = 512, }" },
        { "new LoraOptions { Alpha = 0 }", "LL107 0", "new LoraOptions { Alpha = 32 }" },
        {
            "new TrainingRun { Lora = new() { Rank = 16, Alpha = 1 }, Optimizer = new() { LearningRate = 2e-5 } }", "LL108 1", null
        },
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
        { "new LoraOptions { Rank = 512, Alpha = 1024, Dropout = 0.3 }", "LL123 0.3", null },
        {
            "new LoraOptions { TargetPattern = \"q_proj\" }", "LL130 \"q_proj\"",
            "new LoraOptions { TargetPattern = \".*\\\\.q_proj\" }"
        },
        {
            "new LoraOptions { TargetPattern = \"all-linear\" }", "LL130 \"all-linear\"", "new LoraOptions { TargetsAllLinear = true }"
        },
        {
            "new LoraOptions { TargetModules = new[] { \"q_proj,v_proj\" } }", "LL131 \"q_proj,v_proj\"",
            "new LoraOptions { TargetModules = new[] { \"q_proj\", \"v_proj\" } }"
        },
        {
            "new LoraOptions { TargetModules = [\"q_proj\", \".*up_proj\"] }", "LL132 \".*up_proj\"",
            "new LoraOptions { TargetPattern = \"(.*\\\\.)?q_proj|.*up_proj\" }"
        },
        {
            "new LoraOptions { TargetModules = [\"all-linear\"] }", "LL133 \"all-linear\"",
            "new LoraOptions { TargetsAllLinear = true }"
        },
        {
            "new LoraOptions { TargetModules = [\"q_proj\", \"v_proj\"] }", "LL134 [\"q_proj\", \"v_proj\"]",
            "new LoraOptions { TargetsAllLinear = true }"
        },
        { "new LoraConfig { TargetModules = [\"q_proj\", \"v_proj\"] }", "LL134 [\"q_proj\", \"v_proj\"]", null },
        { "new LoraOptions { Rank = 4, TargetsAllLinear = true }", "LL135 4", null },
        { "new LoraOptions { TargetModules = [] }", "LL136 []", null },
        {
            "new LoraConfig { TargetModules = [\"q_proj\", \"up_proj\", \"embed_tokens\"], ModulesToSave = [\"embed_tokens\"] }",
            "LL137 \"embed_tokens\"", "new LoraConfig { TargetModules = [\"q_proj\", \"up_proj\"], ModulesToSave = [\"embed_tokens\"] }"
        },
        {
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\", \"lm_head\"] }", "LL138 \"lm_head\"",
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\"] }"
        },
        { "new LoraOptions { TargetPattern = \".*q_proj\", Layers = [0, 1] }", "LL140 [0, 1]", null },
        { "new LoraOptions { LayersPattern = [\"h\"] }", "LL141 [\"h\"]", null },
        {
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\"], Layers = [1], LayersPattern = [\"q_proj\"] }", "LL142 \"q_proj\"",
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\"], Layers = [1] }"
        },
        { "new LoraOptions { Layers = [-1] }", "LL143 -1", null },
        { "new LoraOptions { Rank = 8, Layers = [] }", "LL144 []", "new LoraOptions { Rank = 8 }" },
        { "new LoraOptions { TargetPattern = \"*q_proj\" }", "LL146 \"*q_proj\"", "new LoraOptions { TargetPattern = \".*q_proj\" }" },
        {
            "new LoraOptions { TargetModules = [\"q_proj\", \"model.layers.5.self_attn.v_proj\"], Layers = [0, 1] }",
            "LL147 \"model.layers.5.self_attn.v_proj\"",
            "new LoraOptions { TargetModules = [\"q_proj\", \"self_attn.v_proj\"], Layers = [0, 1] }"
        },
        {
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\", \"q_proj\"] }", "LL148 \"q_proj\"",
            "new LoraOptions { TargetModules = [\"q_proj\", \"up_proj\"] }"
        },
        { "new TrainingRun { Lora = new() { Init = LoraInit.Pissa }, Quantization = new() }", "LL154 LoraInit.Pissa", null },
        { "new LoraOptions { Bias = LoraBias.LoraOnly }", "LL156 LoraBias.LoraOnly", "new LoraOptions { Bias = LoraBias.None }" },
        { "new HandLoraOptions { Bias = \"all\" }", "LL156 \"all\"", "new HandLoraOptions { Bias = \"none\" }" },
        {
            "new LoraOptions { RankPattern = new Dictionary<string, int> { [\"^q_proj\"] = 8 } }", "LL157 \"^q_proj\"",
            "new LoraOptions { RankPattern = new Dictionary<string, int> { [\"q_proj\"] = 8 } }"
        },
        { "new LoraOptions { AlphaPattern = new Dictionary<string, double> { [\"q_proj\"] = 0 } }", "LL159 0", null },
        {
            InRun("TargetModules = [\"query_key_value\"]"), "LL170 [\"query_key_value\"]",
            InRun("TargetModules = [\"q_proj\", \"k_proj\", \"v_proj\"]")
        },
        { InRun("TargetModules = [\"q_proj\", \"up_proj\", \"wo\"]"), "LL171 \"wo\"", InRun("TargetModules = [\"q_proj\", \"up_proj\"]") },
        { InRun("TargetModules = [\"q_proj\", \"mlp\"]"), "LL173 \"mlp\"", null },
        { InRun("TargetModules = [\"q_proj\", \"experts.gate_up_proj\"]", Mixture), "LL174 \"experts.gate_up_proj\"", null },
        { InRun("TargetModules = [\"q_proj\", \"gate\"]", Mixture), "LL175 \"gate\"", InRun("TargetModules = [\"q_proj\"]", Mixture) },
        { InRun("TargetModules = [\"q_proj\", \"up_proj\"], Layers = [0, 99]"), "LL176 99", null },
        { InRun("Rank = 2048, Alpha = 4096, TargetModules = [\"q_proj\", \"k_proj\"]"), "LL177 2048", null },
        {
            InRun("TargetModules = [\"q_proj\"], RankPattern = new Dictionary<string, int> { [\"up_proj\"] = 8 }"), "LL178 \"up_proj\"",
            null
        },
        {
            InRun("TargetModules = [\"q_proj\"], AlphaPattern = new Dictionary<string, double> { [\"up_proj\"] = 8 }"),
            "LL179 \"up_proj\"", null
        },
        { InRun("TargetModules = [\"q_proj\"], ModulesToSave = [\"score\"]"), "LL180 \"score\"", null },
        {
            InRun("TargetModules = [\"q_proj\"], ModulesToSave = [\"norm\"]", "Qwen/Qwen3-0.6B"), "LL181 \"norm\"",
            InRun("TargetModules = [\"q_proj\"], ModulesToSave = [\"model.norm\"]", "Qwen/Qwen3-0.6B")
        },
        { InRun("TargetModules = [\"q_proj\"], ExcludeModules = [\"q_proj\"]"), "LL182 [\"q_proj\"]", null },
        {
            InRun("TargetModules = [\"q_proj\", \"gate_proj\"]", Mixture), "LL186 \"gate_proj\"",
            InRun("TargetModules = [\"q_proj\", \"gate_proj\", \"up_proj\"]", Mixture)
        },
        {
            "new LoraOptions { Rank = 8, Alpha = 16, RankPattern = new Dictionary<string, int> { [\"down_proj\"] = 64 } }", "LL168 64", null
        },
        {
            InRun("TargetModules = [\"model.layers.0.self_attn.o_proj\", \"model.layers.1.mlp.up_proj\"]"),
            "LL188 [\"model.layers.0.self_attn.o_proj\", \"model.layers.1.mlp.up_proj\"]", null
        },
        {
            InRun("TargetModules = [\"q_proj\"], ModulesToSave = [\"embed_tokens\", \"lm_head\"]"),
            "LL602 [\"embed_tokens\", \"lm_head\"]", null
        },
        { "new HandLoraOptions { LoadIn4Bit = true, QuantizationType = \"fp4\" }", "LL203 \"fp4\"",
            "new HandLoraOptions { LoadIn4Bit = true, QuantizationType = \"nf4\" }" },
        { "new QuantizationOptions { Type = \"fp4\" }", "LL203 \"fp4\"", "new QuantizationOptions { Type = \"nf4\" }" },
        {
            "new TrainingRun { Quantization = new(), Training = new() { Precision = \"fp32\" } }", "LL204 \"fp32\"",
            "new TrainingRun { Quantization = new(), Training = new() { Precision = \"bf16\" } }"
        },
        { "new QuantizationOptions { Double = false }", "LL206 false", "new QuantizationOptions { Double = true }" },
        {
            "new TrainingRun { Data = new() { Train = [new() { Path = \"a.jsonl\" }] }, Optimizer = new() { LearningRate = 1e-6 } }",
            "LL301 1e-6", null
        },
        { "new OptimizerOptions { LearningRate = 0.01 }", "LL302 0.01", null },
        { "new TrainingRun { Quantization = new(), Optimizer = new() { LearningRate = 5e-4 } }", "LL303 5e-4", null },
        { "new OptimizerOptions { LearningRate = 0 }", "LL304 0", null },
        {
            "new OptimizerOptions { WarmupRatio = 0.03, WarmupSteps = 10 }", "LL305 0.03", "new OptimizerOptions { WarmupSteps = 10 }"
        },
        { "new OptimizerOptions { WarmupRatio = 5 }", "LL306 5", null },
        { "new TrainingRun { Optimizer = new() { WarmupSteps = 100 }, Training = new() { MaxSteps = 50 } }", "LL307 100", null },
        {
            "new TrainingOptions { Evaluate = Cadence.Never, EarlyStoppingPatience = 3 }", "LL312 3", null
        },
        { "new TrainingOptions { Epochs = 3, MaxSteps = 10 }", "LL315 10", null },
        { "new TrainingOptions { Epochs = 0 }", "LL316 0", null },
        { "new TrainingOptions { MicroBatchSize = 64, GradientAccumulationSteps = 64 }", "LL317 64", null },
        { "new HandLoraOptions { BatchSize = 4096 }", "LL317 4096", null },
        { "new TrainingOptions { Epochs = 8, Evaluate = new(0) }", "LL319 8", null },
        { "new OptimizerOptions { WeightDecay = 0.5 }", "LL321 0.5", null },
        {
            InRun("TargetsAllLinear = true", data: "MaxSequenceLength = 4096", model: "openai-community/gpt2"), "LL407 4096",
            InRun("TargetsAllLinear = true", data: "MaxSequenceLength = 1024", model: "openai-community/gpt2")
        },
        { "new TrainingRun { OutputDirectory = \"hf_abcdefghijklmnopqrstuvwxyz12345678\" }", "LL720 OutputDirectory", null },
    };

    private const string Mixture = "Qwen/Qwen3-30B-A3B";

    // Settings that a base model of the catalog is needed for.
    private static string InRun(string lora, string model = "meta-llama/Llama-3.1-8B", string? data = null) =>
        $"new TrainingRun {{ BaseModel = \"{model}\", {(data is null ? "" : $"Data = new() {{ {data} }}, ")}Lora = new() {{ {lora} }} }}";

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
