namespace LoraLint.Tests.Roslyn;

/// <summary>Which values the analyzer knows, and which it does not guess.</summary>
public sealed class CodeReadingTests
{
    // In each the rank is 64 and alpha 16, which LL104 speaks of at alpha.
    [Theory]
    [InlineData("var c = new LoraOptions { Rank = 64, Alpha = 16 };", "16")]
    [InlineData("LoraOptions c = new() { Rank = 64, Alpha = 16 };", "16")]
    [InlineData("var c = new LoraOptions() with { Rank = 64, Alpha = 16 };", "16")]
    [InlineData("const int R = 60; var c = new LoraOptions { Rank = R + 4, Alpha = 4.0 * 4 };", "4.0 * 4")]
    [InlineData("var r = 64; var a = 16.0; var c = new LoraOptions { Rank = r, Alpha = a };", "a")]
    [InlineData("var c = new LoraOptions { Rank = (int)64, Alpha = (double)(16) };", "(double)(16)")]
    [InlineData("var c = new LoraOptions { Rank = given, Alpha = 16 } with { Rank = 64 };", "new LoraOptions { Rank = given, Alpha = 16 }")]
    [InlineData("var b = new LoraOptions { Alpha = 16 }; var c = b with { Rank = 64 };", "b")]
    [InlineData("var c = new TrainingRun { Lora = new() { Rank = 64, Alpha = 16 } };", "16")]
    [InlineData("var c = new TrainingRun { Lora = new LoraOptions { Rank = 64 } with { Alpha = 16 } };", "16")]
    [InlineData("var c = new LoraConfig { R = 64, LoraAlpha = 16 };", "16")]
    public void Values_are_followed_to_where_they_are_fixed(string statement, string place) =>
        Assert.Contains("LL104 " + place, CSharpCode.Shown(CSharpCode.Find(CSharpCode.InMethod(statement))));

    [Theory]
    [InlineData("var c = new LoraOptions { Rank = given, Alpha = 16 };")]
    [InlineData("var r = 64; r = given; var c = new LoraOptions { Rank = r, Alpha = 16 };")]
    [InlineData("var r = 64; r++; var c = new LoraOptions { Rank = r, Alpha = 16 };")]
    [InlineData("var r = 64; int.TryParse(\"8\", out r); var c = new LoraOptions { Rank = r, Alpha = 16 };")]
    [InlineData("var c = new LoraOptions { Rank = given > 3 ? 64 : 8, Alpha = 16 };")]
    [InlineData("LoraOptions b = null!; var c = b with { Alpha = 16 };")]
    [InlineData("var b = new LoraOptions { Rank = 64 }; b = null!; var c = b with { Alpha = 16 };")]
    public void Values_that_cannot_be_known_are_not_guessed(string statement) =>
        Assert.DoesNotContain(CSharpCode.Find(CSharpCode.InMethod(statement)), d => d.Id is "LL104" or "LL108");

    [Theory]
    [InlineData("[\"q_proj\", \"k_proj\"]")]
    [InlineData("new[] { \"q_proj\", \"k_proj\" }")]
    [InlineData("new string[] { \"q_proj\", \"k_proj\" }")]
    [InlineData("new List<string> { \"q_proj\", \"k_proj\" }")]
    [InlineData("new List<string>() { \"q_proj\", \"k\" + \"_proj\" }")]
    public void Lists_are_read_in_every_spelling(string list) => Assert.Contains(
        "LL134 " + list, CSharpCode.Shown(CSharpCode.Find(CSharpCode.InMethod($"var c = new LoraOptions {{ TargetModules = {list} }};"))));

    [Theory]
    [InlineData("var l = new List<string> { \"q_proj\" }; l.Add(\"up_proj\"); var c = new LoraOptions { TargetModules = l };")]
    [InlineData("var l = new[] { \"q_proj\" }; l[0] = \"up_proj\"; var c = new LoraOptions { TargetModules = [..l] };")]
    [InlineData("var c = new LoraOptions { TargetModules = [.. given > 1 ? new[] { \"q_proj\" } : [], \"q_proj\"] };")]
    [InlineData("var l = new List<string> { \"q_proj\" }; l.Add(\"up_proj\"); var c = new LoraOptions { TargetModules = [..l] };")]
    [InlineData("var l = new[] { \"q_proj\" }; l[0] = \"up_proj\"; var c = new LoraOptions { TargetModules = l };")]
    public void Lists_that_may_change_are_unknown(string statement) =>
        Assert.DoesNotContain(CSharpCode.Find(CSharpCode.InMethod(statement)), d => d.Id == "LL134");

    [Fact]
    public void Static_readonly_fields_and_constants_are_followed()
    {
        const string Code =
            """
            using LoraLint.Rules.Runs;
            public static class Settings
            {
                private static readonly string[] s_targets = ["q_proj", "v_proj"];
                private static readonly int s_rank = 64;
                public const double Alpha = 16;
                public static readonly LoraOptions Lora = new() { Rank = s_rank, Alpha = Alpha, TargetModules = s_targets };
            }
            """;
        Assert.Equal(["LL104 Alpha", "LL134 s_targets"], CSharpCode.Shown(CSharpCode.Find(Code)));
    }

    [Fact]
    public void A_literal_field_of_another_file_is_followed()
    {
        const string Use =
            "public static class P { public static object X = new LoraConfig { R = D.Rank, LoraAlpha = 16 }; }" + CSharpCode.UserType;
        const string Fields = "public static class D { public static readonly int Rank = 64; }";
        Assert.Contains("LL104 16", CSharpCode.Shown(CSharpCode.Find(Use, Fields)));
    }

    [Fact]
    public void A_field_that_a_static_constructor_assigns_is_unknown()
    {
        const string Code = "public static class P { static readonly int R = 64; static P() { R = 8; } "
            + "public static object Make() => new LoraConfig { R = R, LoraAlpha = 16 }; }" + CSharpCode.UserType;
        Assert.DoesNotContain(CSharpCode.Find(Code), d => d.Id == "LL104");
    }

    [Fact]
    public void Constructor_arguments_count_by_the_names_of_their_parameters()
    {
        const string Code =
            """
            public sealed record TinyLoraOptions(int Rank, double Alpha = 8, double Dropout = 0);
            public sealed class MyLoraConfig
            {
                public MyLoraConfig(double loraAlpha, int r) { R = r; Alpha = loraAlpha; }
                public int R { get; }
                public double Alpha { get; }
            }
            public static class P
            {
                public static object A() => new TinyLoraOptions(64, 32);
                public static object B() => new TinyLoraOptions(Alpha: 31, Rank: 64);
                public static object C() => new MyLoraConfig(30, 64);
                public static MyLoraConfig D() => new(29, r: 64);
            }
            """;
        Assert.Equal(
            ["LL104 32", "LL104 31", "LL104 30", "LL104 29"],
            CSharpCode.Shown(CSharpCode.Find(Code).Where(d => d.Id == "LL104")));
    }

    [Theory]
    [InlineData("var l = new[] { \"q_proj\" }; var c = new LoraOptions { TargetModules = [..l, \"v_proj\"] };", "[..l, \"v_proj\"]")]
    [InlineData("var c = new LoraOptions { TargetModules = [.. new[] { \"q_proj\", \"v_proj\" }] };",
        "[.. new[] { \"q_proj\", \"v_proj\" }]")]
    public void Spread_elements_bring_their_items(string statement, string list) => Assert.Contains(
        "LL134 " + list, CSharpCode.Shown(CSharpCode.Find(CSharpCode.InMethod(statement))));

    [Fact]
    public void A_list_that_several_configs_spread_is_known_and_edited_nowhere()
    {
        const string Code =
            """
            using LoraLint.Rules.Runs;
            public static class P
            {
                private static readonly string[] s_base = ["q_proj", "v_proj,o_proj"];
                public static LoraOptions A = new() { TargetModules = [.. s_base] };
                public static LoraOptions B = new() { TargetModules = [.. s_base, "k_proj"] };
            }
            """;
        var found = CSharpCode.Find(Code).Where(d => d.Id == "LL131").ToList();
        Assert.Equal(["LL131 .. s_base", "LL131 .. s_base"], CSharpCode.Shown(found));
        Assert.All(found, d => Assert.Null(CSharpCode.Fix(Code, d)));
    }

    [Fact]
    public void Nameof_and_decimals_are_constants()
    {
        Assert.Contains("LL131 nameof(Code.A) + \",v_proj\"", CSharpCode.Shown(CSharpCode.Find(
            "public static class Code { public const int A = 1; public static object X = new LoraLint.Rules.Runs.LoraOptions "
            + "{ TargetModules = [nameof(Code.A) + \",v_proj\"] }; }")));
        Assert.Contains("LL104 16.5m", CSharpCode.Shown(CSharpCode.Find(CSharpCode.InMethod(
            "var c = new HandLoraOptions { Rank = 64, Alpha = 16.5m };"))));
        Assert.Contains("LL104 half", CSharpCode.Shown(CSharpCode.Find(CSharpCode.InMethod(
            "const decimal half = 33m / 2; var c = new HandLoraOptions { Rank = 64, Alpha = half };"))));
        Assert.Contains(CSharpCode.Find(CSharpCode.InMethod("var c = new HandLoraOptions { Rank = 256 };")),
            d => d.Id == "LL106" && d.GetMessage().Contains("defaults to 16", StringComparison.Ordinal));
    }

    // In each the rank is 64 and alpha 16 when everything is assigned.
    [Theory]
    [InlineData("var c = new HandLoraOptions(); c.Rank = 64; c.Alpha = 16m;", "16m")]
    [InlineData("HandLoraOptions c = new(); c.Rank = 64; c.Alpha = 16; System.Console.WriteLine(c);", "16")]
    [InlineData("var c = new HandLoraOptions { Alpha = 16 }; var other = 1; c.Rank = 60 + 4; if (given > 1) other++;", "16")]
    [InlineData("var c = new HandLoraOptions { Rank = 8, Alpha = 16 }; c.Rank = 64;", "16")]
    public void Members_assigned_once_in_a_straight_line_are_known(string statements, string place)
    {
        var found = CSharpCode.Find(CSharpCode.InMethod(statements));
        Assert.Contains("LL104 " + place, CSharpCode.Shown(found));
        Assert.DoesNotContain(found, d => d.Id == "LL008");
    }

    [Theory]
    [InlineData("var c = new HandLoraOptions(); c.Rank = 64; if (given > 1) c.Alpha = 16;")]
    [InlineData("var c = new HandLoraOptions(); c.Rank = 64; c.Alpha = 16; c.Alpha = 128;")]
    [InlineData("var c = new HandLoraOptions(); c.Alpha = 16; System.Console.WriteLine(c); c.Rank = 64;")]
    [InlineData("var c = new HandLoraOptions(); c.Alpha = 16; c.Rank = 64; c = new HandLoraOptions();")]
    [InlineData("var c = new HandLoraOptions(); c.Alpha = 16; System.Action a = () => c.Rank = 64;")]
    [InlineData("var c = new HandLoraOptions(); c.Rank = 64; c.Alpha += 16;")]
    [InlineData("var c = new HandLoraOptions { Alpha = 16 }; while (given > 1) { c.Rank = 64; }")]
    public void Members_that_may_have_other_values_when_it_counts_are_unknown(string statements) => Assert.DoesNotContain(
        CSharpCode.Find(CSharpCode.InMethod(statements)), d => d.Id is "LL104" or "LL106" or "LL108");

    [Fact]
    public void A_list_that_is_added_to_through_its_member_is_unknown()
    {
        const string Code =
            """
            using System.Collections.Generic;
            public sealed class LoraConfig { public int Rank { get; set; } = 8; public List<string> TargetModules { get; set; } = new(); }
            public static class P
            {
                public static object A() { var c = new LoraConfig { TargetModules = new() { "q_proj" } }; return c; }
                public static object B()
                {
                    var c = new LoraConfig { TargetModules = new() { "q_proj" } };
                    c.TargetModules.Add("up");
                    return c;
                }
            }
            """;
        Assert.Single(CSharpCode.Find(Code), d => d.Id == "LL134");
    }

    [Fact]
    public void The_fix_of_a_value_assigned_later_is_made_where_it_stands()
    {
        var code = CSharpCode.InMethod("var c = new HandLoraOptions(); c.Rank = 64; c.Alpha = 16;");
        var diagnostic = Assert.Single(CSharpCode.Find(code), d => d.Id == "LL104");
        Assert.Equal(code.Replace("c.Alpha = 16", "c.Alpha = 128"), CSharpCode.Fix(code, diagnostic));
    }

    [Theory]
    [InlineData("new TrainingOptions { EarlyStoppingPatience = 3, Evaluate = new Cadence(0) }", true)]
    [InlineData("new TrainingOptions { EarlyStoppingPatience = 3, Evaluate = new(Steps: 0) }", true)]
    [InlineData("new TrainingOptions { EarlyStoppingPatience = 3, Evaluate = Cadence.Never }", true)]
    [InlineData("new TrainingOptions { EarlyStoppingPatience = 3, Evaluate = Cadence.EachEpoch }", false)]
    [InlineData("new TrainingOptions { EarlyStoppingPatience = 3, Evaluate = new(given) }", false)]
    [InlineData("new TrainingOptions { EarlyStoppingPatience = 3 }", false)]
    [InlineData("new TrainingRun { Data = new() { Train = [] }, Training = new() { EarlyStoppingPatience = 3 } }", true)]
    [InlineData("new TrainingRun { Data = new() { ValidationSplit = 0.1 }, Training = new() { EarlyStoppingPatience = 3 } }", false)]
    [InlineData("new TrainingRun { Training = new() { EarlyStoppingPatience = 3 } }", false)]
    public void When_something_recurs_is_read_in_every_spelling(string creation, bool isFound) => Assert.Equal(
        isFound, CSharpCode.Find(CSharpCode.InMethod($"var c = {creation};")).Any(d => d.Id == "LL312"));

    [Theory]
    [InlineData("public sealed class XLoraConfig { public int Rank = 8; public double Alpha = 16; public bool Bias = true; "
        + "public int Layers = 4; public int BatchSize = 512; public int GradientAccumulationSteps = 1; }")]
    [InlineData("public sealed class XLoraConfig { public int Rank = 8; public double Alpha = 16; public string Init = \"xavier\"; "
        + "public string Optimizer = \"lion\"; public string Precision = \"int3\"; }")]
    public void Members_whose_meaning_is_not_certain_say_nothing(string type) => Assert.Empty(CSharpCode.Find(
        type + " public static class P { public static object X = new XLoraConfig { Rank = 16, Alpha = 32 }; "
        + "public static object Y() { var c = new XLoraConfig { Rank = 8 }; return c; } }"));

    [Fact]
    public void Members_assigned_behind_the_creation_are_unknown()
    {
        const string Code =
            """
            public sealed class LoraConfig { public int Rank { get; set; } = 8; public double Alpha { get; set; } = 8; }
            public static class P
            {
                public static object Make(double alpha)
                {
                    var config = new LoraConfig { Rank = 64 };
                    config.Alpha = alpha;
                    return config;
                }
            }
            """;
        Assert.DoesNotContain(CSharpCode.Find(Code), d => d.Id is "LL104" or "LL106" or "LL108");
    }

    [Fact]
    public void Defaults_are_those_that_the_type_declares()
    {
        const string Code = "public static class P { public static object X = new LoraConfig { R = 256 }; }" + CSharpCode.UserType;
        Assert.Contains(CSharpCode.Find(Code), d => d.Id == "LL106" && d.GetMessage().Contains("defaults to 16", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("public sealed record LoRaConfig { public double Frequency { get; init; } public int SpreadingFactor { get; init; } }\n"
        + "public static class P { public static object X = new LoRaConfig { Frequency = 868, SpreadingFactor = 7 }; }")]
    [InlineData("public sealed record Card { public int Rank { get; init; } public double Alpha { get; init; } }\n"
        + "public static class P { public static object X = new Card { Rank = 64, Alpha = 1 }; }")]
    [InlineData("public sealed record LoraOptions { public string Rank { get; init; } = \"\"; public double Alpha { get; init; } }\n"
        + "public static class P { public static object X = new LoraOptions { Rank = \"64\", Alpha = 1 }; }")]
    public void Other_types_are_passed_over(string code) => Assert.Empty(CSharpCode.Find(code));

    [Fact]
    public void A_part_is_told_of_once_with_the_run_it_belongs_to()
    {
        const string Statement = "var l = new LoraOptions { Rank = 64, Alpha = 16 }; var c = new TrainingRun { Lora = l };";
        Assert.Equal(["LL104 16"], CSharpCode.Shown(CSharpCode.Find(CSharpCode.InMethod(Statement))));
    }

    [Fact]
    public void Settings_of_different_parts_are_judged_together()
    {
        const string Statement =
            "var c = new TrainingRun { Lora = new() { Rank = 8, Alpha = 256 }, Optimizer = new() { LearningRate = 2e-4 } };";
        Assert.Contains("LL109 256", CSharpCode.Shown(CSharpCode.Find(CSharpCode.InMethod(Statement))));
    }
}
