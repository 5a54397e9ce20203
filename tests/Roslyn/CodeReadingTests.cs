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
    [InlineData("var l = new[] { \"q_proj\" }; var c = new LoraOptions { TargetModules = [..l] };")]
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
