using FsCheck;
using FsCheck.Fluent;
using Microsoft.CodeAnalysis;

namespace LoraLint.Tests.Roslyn;

/// <summary>Code as it is while somebody types, hostile code, and many threads at once.</summary>
public sealed class RobustnessTests
{
    private const string Whole =
        "const int R = 64; var s = new[] { \"q_proj\", \"v_proj\" }; var l = new LoraOptions { Rank = R, Alpha = 16, TargetModules = s }; "
        + "var w = l with { Dropout = 5, RankPattern = new Dictionary<string, int> { [\"a\"] = 1, { \"b\", 2 } } }; "
        + "var c = new TrainingRun { Lora = w, Optimizer = { LearningRate = 0.1 }, Quantization = new() { Type = \"fp4\" } };";

    [Fact]
    public void Half_written_code_never_makes_the_analyzer_fail()
    {
        var code = CSharpCode.InMethod(Whole);
        var start = code.IndexOf(Whole, StringComparison.Ordinal);
        for (var i = 0; i <= Whole.Length; i += 7)
            CSharpCode.Analyse(CSharpCode.Compile(code[..(start + i)]));
    }

    [Fact]
    public void Code_with_pieces_cut_out_or_swapped_never_makes_the_analyzer_fail()
    {
        var code = CSharpCode.InMethod(Whole);
        Prop.ForAll(
            Gen.Choose(0, code.Length).Two()
                .Zip(Gen.Elements("", "{", "}", "(", "= new(", "with {", "\"", "[..", "null", ",,")).ToArbitrary(),
            cut =>
            {
                var (from, to) = (Math.Min(cut.Item1.Item1, cut.Item1.Item2), Math.Max(cut.Item1.Item1, cut.Item1.Item2));
                to = Math.Min(to, from + 40);
                CSharpCode.Analyse(CSharpCode.Compile(code[..from] + cut.Item2 + code[to..]));
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));
    }

    [Theory]
    [InlineData("static readonly int A = B; static readonly int B = A; public static object X = new LoraConfig { R = A, LoraAlpha = B };")]
    [InlineData("static LoraConfig X = Y with { R = 1 }; static LoraConfig Y = X with { R = 2 };")]
    [InlineData("static readonly LoraConfig X = Y with { R = 1 }; static readonly LoraConfig Y = X with { LoraAlpha = 2 };")]
    [InlineData("static object M() { var c = new LoraConfig { R = c.R, LoraAlpha = c.LoraAlpha }; return c; }")]
    public void Values_that_refer_to_each_other_end_somewhere(string members) =>
        CSharpCode.Analyse(CSharpCode.Compile($"public static class P {{ {members} }}" + CSharpCode.UserType));

    [Fact]
    public void Deep_nesting_ends_somewhere()
    {
        const int Depth = 60;
        var deep = string.Concat(Enumerable.Repeat("new LoraConfig { R = 1 } with { R = ", Depth)) + "1"
            + string.Concat(Enumerable.Repeat(" }", Depth));
        CSharpCode.Analyse(CSharpCode.Compile(CSharpCode.InMethod($"var c = {deep};")));
    }

    [Fact]
    public void Many_files_at_once_give_what_each_gives_alone()
    {
        var files = Enumerable.Range(0, 60).Select(i =>
            $"public static class P{i} {{ public static object X = new LoraConfig {{ R = {i + 1}, LoraAlpha = {(i + 1) * 3} }}; }}")
            .ToArray();
        var together = CSharpCode.Find([.. files, CSharpCode.UserType]);
        var alone = files.SelectMany(f => CSharpCode.Find(f, CSharpCode.UserType)).ToList();
        Assert.NotEmpty(alone);
        Assert.Equal(Messages(alone), Messages(together));
    }

    private static IEnumerable<string> Messages(IEnumerable<Diagnostic> diagnostics) =>
        diagnostics.Select(d => d.Id + d.GetMessage()).Order(StringComparer.Ordinal);
}
