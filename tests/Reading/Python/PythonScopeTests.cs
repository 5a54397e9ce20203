using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading.Python;

/// <summary>What a name stands for where it is used: one literal for sure, or nothing that is known.</summary>
public sealed class PythonScopeTests
{
    private const string Import = "from peft import LoraConfig\n";

    private static ConfigDocument Read(string text) => ConfigReader.Read(new SourceText("train.py", text), ConfigLanguage.Python);

    private static string RankOf(string code)
    {
        var value = Assert.Single(Read(code).Roots).Find("r")!.Value;
        return value.IsUnknown ? "?" : value.IsScalar ? value.Text : "[" + string.Join(", ", value.Items.Select(i => i.Text)) + "]";
    }

    [Theory]
    [InlineData("R = 8\nLoraConfig(r=R)", "8")]
    [InlineData("R: int = 8\nLoraConfig(r=R)", "8")]
    [InlineData("R = S = 8\nLoraConfig(r=R)", "8")]
    [InlineData("R, S = 8, 16\nLoraConfig(r=R)", "8")]
    [InlineData("(R, S) = (8, 16)\nLoraConfig(r=R)", "?")]
    [InlineData("R, *S = 8, 16\nLoraConfig(r=R)", "?")]
    [InlineData("R, S = *many, 16\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nR = 16\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nLoraConfig(r=R)\nR = 16", "?")]
    [InlineData("R = 8\nR += 8\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\ndel R\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nfor R in (1, 2): pass\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nwith open('x') as R: pass\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nwith both() as (R, S): pass\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\ntry: pass\nexcept E as R: pass\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nprint(R := 16)\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\n[R for R in range(9)]\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nimport R\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nfrom settings import R\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nexec(open('x').read())\nLoraConfig(r=R)", "?")]
    [InlineData("LoraConfig(r=R)\nR = 8", "?")]
    [InlineData("if x:\n    R = 8\nLoraConfig(r=R)", "?")]
    [InlineData("if x:\n    R = 8\nelse:\n    R = 16\nLoraConfig(r=R)", "?")]
    [InlineData("if x:\n    R = 8\n    LoraConfig(r=R)", "8")]
    [InlineData("if x: R = 8\nLoraConfig(r=R)", "?")]
    [InlineData("while x:\n    R = 8\nLoraConfig(r=R)", "?")]
    [InlineData("match x:\n    case 1:\n        R = 8\nLoraConfig(r=R)", "?")]
    [InlineData("match x:\n    case [R]: pass\nLoraConfig(r=R)", "?")]
    [InlineData("if __name__ == '__main__':\n    R = 8\n    LoraConfig(r=R)", "8")]
    [InlineData("with x:\n    R = 8\nLoraConfig(r=R)", "8")]
    [InlineData("R = 8\ndef f():\n    return LoraConfig(r=R)", "8")]
    [InlineData("R = 8\ndef f(R):\n    return LoraConfig(r=R)", "?")]
    [InlineData("R = 8\ndef f(x, *, R=4):\n    return LoraConfig(r=R)", "?")]
    [InlineData("R = 8\ndef f[R](x):\n    return LoraConfig(r=R)", "?")]
    [InlineData("R = 8\ndef f[T](R: T):\n    return LoraConfig(r=R)", "?")]
    [InlineData("R = 8\nasync def f(R):\n    return LoraConfig(r=R)", "?")]
    [InlineData("R = 8\ndef f():\n    R = 16\n    return LoraConfig(r=R)", "16")]
    [InlineData("R = 8\ndef f():\n    global R\n    R = 16\nLoraConfig(r=R)", "?")]
    [InlineData("def f():\n    R = 8\nLoraConfig(r=R)", "?")]
    [InlineData("R = 8\nclass A:\n    R = 16\n    def f(self):\n        return LoraConfig(r=R)", "8")]
    [InlineData("R = 8\nclass A:\n    R = 16\n    c = LoraConfig(r=R)", "16")]
    [InlineData("L = [1]\nLoraConfig(r=L)", "[1]")]
    [InlineData("L = [1]\nL.append(2)\nLoraConfig(r=L)", "?")]
    [InlineData("L = [1]\nL[0] = 2\nLoraConfig(r=L)", "?")]
    [InlineData("L = [1]\nx = L[0] = 2\nLoraConfig(r=L)", "?")]
    [InlineData("L = [1]\ndel L[0]\nLoraConfig(r=L)", "?")]
    [InlineData("\fR = 8\n\fLoraConfig(r=R)", "8")]
    [InlineData("if x:\n\tR = 8\n        LoraConfig(r=R)", "8")]
    [InlineData("if x:\r    R = 8\r    LoraConfig(r=R)", "8")]
    [InlineData("Größe_ि = 8\nLoraConfig(r=Größe_ि)", "8")]
    [InlineData("R = \\\n    8\nLoraConfig(r=R)", "8")]
    [InlineData("R = 8; LoraConfig(r=R)", "8")]
    [InlineData("type R = int\nR = 8\nLoraConfig(r=R)", "?")]
    public void A_name_is_followed_where_it_surely_stands_for_one_value(string code, string expected) =>
        Assert.Equal(expected, RankOf(Import + code + "\n"));

    [Theory]
    [InlineData("from peft import LoraConfig", 1)]
    [InlineData("from peft import LoraConfig as L; LoraConfig = L", 0)]
    [InlineData("import peft; LoraConfig = peft.LoraConfig", 0)]
    [InlineData("from mine import LoraConfig", 0)]
    [InlineData("from mine import *", 0)]
    [InlineData("from peft import *", 1)]
    [InlineData("class LoraConfig: pass", 0)]
    [InlineData("def LoraConfig(r): pass", 0)]
    [InlineData("from peft import LoraConfig\nfrom mine import LoraConfig", 0)]
    [InlineData("from mine import LoraConfig\nfrom peft import LoraConfig", 1)]
    [InlineData("from peft import LoraConfig\nclass LoraConfig: pass", 0)]
    [InlineData("try:\n    from peft import LoraConfig\nexcept ImportError:\n    from mine import LoraConfig", 1)]
    [InlineData("try:\n    from peft import LoraConfig\nexcept ImportError:\n    LoraConfig = None", 1)]
    [InlineData("def f(LoraConfig): pass", 1)]
    public void A_class_is_the_librarys_when_nothing_else_has_its_name(string before, int roots) =>
        Assert.Equal(roots, Read(before + "\nLoraConfig(r=8)\n").Roots.Count);

    [Fact]
    public void A_pattern_of_match_is_no_call() =>
        Assert.Single(Read(Import + "match x:\n    case LoraConfig(r=8):\n        pass\nc = peft.LoraConfig(r=4)\n").Roots);

    [Fact]
    public void Where_the_value_of_a_name_is_written_is_told_beside_its_use()
    {
        const string Code = Import + "RANK = 64\nALPHA = 8\nc = LoraConfig(r=RANK, lora_alpha=ALPHA)\n";
        var finding = Assert.Single(Lint.Check(Code, "train.py").Findings, f => f.Rule.Name == "alpha-below-rank");
        Assert.Equal("ALPHA", Code.Substring(finding.Span.Start, finding.Span.Length));
        Assert.Null(finding.Fix);
        Assert.Equal(["r=RANK", "8"], finding.Related.Select(r => Code.Substring(r.Span.Start, r.Span.Length)));
    }

    [Fact]
    public void A_script_in_an_encoding_of_its_own_is_passed_over_and_another_one_is_unreadable()
    {
        using var scratch = new ScratchFolder();
        var code = Encoding.Latin1.GetBytes("# Größe\n" + Import + "c = LoraConfig(r=8, lora_alpha=2)\n");
        File.WriteAllBytes(scratch.PathTo("own.py"), [.. "# -*- coding: latin-1 -*-\n"u8, .. code]);
        File.WriteAllBytes(scratch.PathTo("broken.py"), code);
        Assert.Equal(0, scratch.Run("check", "own.py").Code);
        Assert.Contains("unreadable-text", scratch.Run("check", "broken.py").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void More_calls_than_anybody_writes_are_not_looked_at() =>
        Assert.Equal(200, Read(Import + string.Concat(Enumerable.Repeat("LoraConfig(r=8)\n", 5000))).Roots.Count);

    // Scripts made of assignments, branches, functions and changes, whose last value of each name is known while they are made.
    [Fact]
    public void A_script_that_is_made_up_is_read_as_it_was_meant()
    {
        var choices = Gen.ArrayOf(Gen.Choose(0, 1_000_000));
        Check.One(Properties.Runs(500), Prop.ForAll(choices.ToArbitrary(), numbers =>
        {
            var code = new StringBuilder(Import);
            var expected = new Dictionary<string, string>(StringComparer.Ordinal);
            var copies = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var number in numbers)
                AddStatement(code, expected, copies, number);
            code.Append("LoraConfig(\n");
            foreach (var name in expected.Keys)
                code.Append(CultureInfo.InvariantCulture, $"    {name}={name},  # {name}\n");
            code.Append(")\n");
            var root = Assert.Single(Read(code.ToString()).Roots);
            foreach (var (name, value) in expected)
            {
                var read = root.Find(name)!.Value;
                Assert.True((read.IsUnknown ? "?" : read.Text) == value, $"{name} is {read.Text}, not {value}, in\n{code}");
            }
        }));
    }

    private static void AddStatement(
        StringBuilder code, Dictionary<string, string> expected, Dictionary<string, string> copies, int number)
    {
        var name = "n" + (number % 7).ToString(CultureInfo.InvariantCulture);
        var value = number.ToString(CultureInfo.InvariantCulture);
        var isFirst = !expected.ContainsKey(name);
        var other = expected.FirstOrDefault(e => e.Key != name);
        var (text, result) = (number / 7 % 10) switch
        {
            0 => ($"{name} = {value}\n", value),
            1 => ($"{name} = ('{value}'  # note\n    \"x\")\n", value + "x"),
            2 => ($"if ready:\n    {name} = {value}\n", "?"),
            3 => ($"{name}: int = \\\n  {value}; pass\n", value),
            4 => ($"def f{value}({name}=3):\n    {name} = {value}\n    return {name}\n{name} = {value}\n", value),
            5 => ($"for {name} in [{value}]: pass\n", "?"),
            6 when other.Key is not null => ($"{name} = {other.Key}\n", other.Value),
            7 => ($"with x:\n\t{name} = {value}\n", value),
            8 => ($"class C{value}:\n    {name} = 1\n{name} = -{value}\n", "-" + value),
            _ => ($"{name} = f\"{{{value}}}\"\n", "?"),
        };
        code.Append(text);
        expected[name] = isFirst ? result : "?";
        if (number / 7 % 10 == 6 && isFirst && other.Key is not null)
            copies[name] = other.Key;
        // A copy of a name that is bound once more is not known either, nor is a copy of the copy.
        for (var i = 0; i < copies.Count; i++)
        {
            foreach (var (copy, of) in copies.Where(c => expected[c.Value] == "?"))
                expected[copy] = "?";
        }
    }
}
