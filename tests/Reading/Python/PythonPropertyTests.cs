using FsCheck;
using FsCheck.Fluent;
using LoraLint.Advisor.Reading.Python;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading.Python;

public sealed class PythonPropertyTests
{
    private const string Script = """"
        from peft import LoraConfig, get_peft_model  # both
        from unsloth import FastLanguageModel
        R: int = 2 * 8
        D = {"r": R, 'lora_alpha': 32, **more}
        def make(name="x", *args, **kwargs) -> dict[str, int]:
            if name == f"{R!r:>{10}}" and (y := 3):
                return LoraConfig(r=R, target_modules=["q_proj", r'v\d'] + [a for a in b], lora_dropout=.1, **D)
            for i in range(3): args[i] += 1; other = """text
            """

        config = make(); config.r = -0x1F
        model = FastLanguageModel.get_peft_model(model, 16, use_rslora=not True, lambda x: x)
        trainer = SFTTrainer(model, args=TrainingArguments("out", learning_rate=2e-4, \
            warmup_ratio=1_0.5e-3), peft_config=config)
        """";

    private static readonly string[] s_pieces =
    [
        "LoraConfig(", "r=", "8", ")", "(", "[", "]", "{", "}", ",", ":", "=", "\n", "    ", "\t", "'", "\"", "'''", "\"\"\"", "f\"{",
        "\\", "\\\n",
        "#", "def f(", "if x:", "else:", "for i in", "lambda", "import peft as", "from a import (", "x", "x.y", "*", "**", "+", "-",
        "1e5", "0x",
        "\r", "\u4e2d", "\ud83d", "\0", ";", "@", "class A:", "global x", ":=", "TrainingArguments(", "match x:", "case",
        "exec(", "torch.float16",
    ];

    private static void HoldsFor(string text)
    {
        var document = PythonReader.Read(new SourceText("a.py", text));
        foreach (var root in document.Roots)
            IsInside(root, text);
        foreach (var comment in document.Comments)
            Assert.Equal('#', text[comment.Span.Start]);
        Linter.Check(document, LintOptions.Default, NoCompanionFiles.Instance);
    }

    private static void IsInside(ConfigNode node, string text)
    {
        Assert.InRange(node.Span.Start, 0, text.Length);
        Assert.InRange(node.Span.End, node.Span.Start, text.Length);
        foreach (var entry in node.Entries)
        {
            Assert.InRange(entry.KeySpan.End, entry.KeySpan.Start, text.Length);
            IsInside(entry.Value, text);
        }

        foreach (var item in node.Items)
            IsInside(item, text);
    }

    [Fact]
    public void A_script_under_an_editors_keystrokes_is_read()
    {
        Assert.NotEmpty(PythonReader.Read(new SourceText("a.py", Script)).Roots);
        Check.One(Properties.Runs(1000), Prop.ForAll(Mutation.Any().ListOf().ToArbitrary(), mutations =>
            HoldsFor(mutations.Take(30).Aggregate(Script, (text, mutate) => mutate(text)))));
    }

    [Fact]
    public void Any_text_of_Pythons_parts_is_read() =>
        Check.One(Properties.Runs(1000), Prop.ForAll(Gen.Elements(s_pieces).ListOf().ToArbitrary(), pieces =>
            HoldsFor("LoraConfig(r=8)\n" + string.Concat(pieces))));

    [Fact]
    public void Random_text_is_read() => Check.One(Properties.Runs(300), Prop.ForAll<string>(text => HoldsFor("LoraConfig(r=8)\n" + text)));

    // Each would take minutes, or end the process, where time were not linear and depth not bounded.
    [Theory]
    [InlineData("(")]
    [InlineData("[")]
    [InlineData("(]")]
    [InlineData("f\"{")]
    [InlineData("LoraConfig(r=")]
    [InlineData("LoraConfig(r=[")]
    [InlineData("LoraConfig(r={'a':(")]
    [InlineData("-")]
    [InlineData("2**")]
    [InlineData("for ")]
    [InlineData("lambda ")]
    [InlineData("a=")]
    [InlineData("a,")]
    [InlineData("a.")]
    [InlineData("'a' ")]
    [InlineData("'")]
    [InlineData("if a: ")]
    [InlineData("import a as ")]
    [InlineData("\\")]
    [InlineData("#")]
    [InlineData("x;")]
    [InlineData("1e")]
    public void A_long_line_of_one_part_is_read(string part)
    {
        var line = string.Concat(Enumerable.Repeat(part, 500_000 / part.Length));
        var document = PythonReader.Read(new SourceText("a.py", $"LoraConfig(r=8)\nLoraConfig(r={line}"));
        Assert.NotNull(document);
        Assert.NotNull(PythonReader.Read(new SourceText("a.py", $"LoraConfig(r=8)\n{line}")));
    }

    [Fact]
    public void Names_that_double_a_list_do_not_fill_the_memory()
    {
        var text = "a0 = ['x', 'y']\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"a{i + 1} = a{i} + a{i}\n"));
        var lists = "b0 = ['x']\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"b{i + 1} = [b{i}, b{i}]\n"));
        HoldsFor(text + lists + "LoraConfig(target_modules=a100, modules_to_save=b15)");
        HoldsFor(string.Concat(Enumerable.Range(0, 100_000).Select(i => $"c{i + 1} = c{i} + 1\n")) + "LoraConfig(r=c100000)");
    }
}
