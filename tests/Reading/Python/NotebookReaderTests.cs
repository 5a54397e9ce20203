using System.Text.Json;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading.Python;

public sealed class NotebookReaderTests
{
    private static string Notebook(params string[][] cells) => JsonSerializer.Serialize(new
    {
        cells = cells.Select(c => new { cell_type = "code", source = c }),
        nbformat = 4,
    });

    private static ConfigDocument Read(string text) => ConfigReader.Read(new SourceText("a.ipynb", text), ConfigLanguage.Notebook);

    [Fact]
    public void Cells_are_one_script_and_places_are_those_of_the_file()
    {
        var text = Notebook(["RANK = 8\n"], ["from peft import LoraConfig\n", "c = LoraConfig(r=RANK, bias=\"a\\tb\")"]);
        var document = Read(text);
        var root = Assert.Single(document.Roots);
        Assert.Equal("8", root.Find("r")!.Value.Text);
        Assert.Equal("RANK", document.Source.Slice(root.Find("r")!.Value.Span));
        Assert.Equal(@"\u0022a\\tb\u0022", document.Source.Slice(root.Find("bias")!.Value.Span));
        Assert.Equal(new CellPosition(2, 2), document.Source.Cells!.PositionAt(root.Span.Start));
    }

    [Theory]
    [InlineData("%pip install peft\n")]
    [InlineData("!pip install 'peft\n")]
    [InlineData("!pip install \\\n  \"(\n")]
    [InlineData("?LoraConfig(\n")]
    [InlineData("    %time (\n")]
    public void Magics_and_shell_lines_are_passed_over(string line)
    {
        var lines = line.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l + "\n").ToArray();
        Assert.Single(Read(Notebook([.. lines, "LoraConfig(r=8)"])).Roots);
    }

    [Theory]
    [InlineData("%%bash\n", 0)]
    [InlineData("%%writefile train.py\n", 0)]
    [InlineData("%%time\n", 1)]
    [InlineData("%%capture out\n", 1)]
    public void A_magic_of_a_whole_cell_says_what_the_cell_is(string magic, int roots) =>
        Assert.Equal(roots, Read(Notebook([magic, "LoraConfig(r=8)"])).Roots.Count);

    [Theory]
    [InlineData("{\"cells\": [{\"cell_type\": \"markdown\", \"source\": [\"LoraConfig(r=8)\"]}]}")]
    [InlineData("{\"cells\": [{\"cell_type\": \"raw\", \"source\": \"LoraConfig(r=8)\"}]}")]
    [InlineData("{\"cells\": \"LoraConfig(r=8)\"}")]
    [InlineData("[\"LoraConfig(r=8)\"]")]
    [InlineData("{\"cells\": [{\"cell_type\": \"code\", \"source\": [1, null, {\"LoraConfig\": 2}]}, 3]}")]
    [InlineData("LoraConfig(r=8)")]
    public void What_is_no_code_of_a_notebook_has_no_roots(string text) => Assert.Empty(Read(text).Roots);

    [Fact]
    public void A_fix_keeps_the_notebook_a_notebook()
    {
        var text = Notebook(
        [
            "LoraConfig(\n", "    target_modules=[\"q_proj\",\n", "        \"v_proj\"], layers_to_transform=[],\n",
            "    task_type=\"causal_lm\",\n", "    bias=\"None\")",
        ]);
        var fixedText = Lint.Fixed(text, "a.ipynb");
        Assert.NotEqual(text, fixedText);
        using var json = JsonDocument.Parse(fixedText);
        var lines = json.RootElement.GetProperty("cells")[0].GetProperty("source").EnumerateArray();
        var source = string.Concat(lines.Select(l => l.GetString()));
        Assert.Contains("task_type=\"CAUSAL_LM\"", source, StringComparison.Ordinal);
        Assert.Contains("bias=\"none\"", source, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ignore_comment_counts_for_its_own_line_or_the_next()
    {
        var text = OnLines(Notebook(["LoraConfig(r=8,\n", "  lora_dropout=0.9)  # loralint-ignore dropout-high\n"]));
        Assert.DoesNotContain(Lint.Check(text, "a.ipynb").Findings, f => f.Rule.Name == "dropout-high");
        text = OnLines(Notebook(["# loralint-ignore dropout-high\n", "LoraConfig(r=8, lora_dropout=0.9)\n"]));
        Assert.DoesNotContain(
            Lint.Check(text, "a.ipynb").Findings, f => f.Rule.Name == "dropout-high" || f.Rule == EngineRules.UnusedSuppression);
    }

    // As notebooks are saved: each line of code on a line of its own.
    private static string OnLines(string json) => json.Replace("\\n\",", "\\n\",\n", StringComparison.Ordinal)
        .Replace("[\"", "[\n\"", StringComparison.Ordinal);

    [Theory]
    [InlineData("c = LoraConfig(\n    r=64,\n    lora_alpha=8,  # loralint-ignore alpha-below-rank: tried\n)\n", false)]
    [InlineData("c = LoraConfig(\n    r=64,\n\t# loralint-ignore alpha-below-rank: tried\n\n\n    lora_alpha=8,\n)\n", false)]
    [InlineData("# loralint-ignore alpha-below-rank: of the next line\nx = 1\nc = LoraConfig(\n    r=64,\n    lora_alpha=8,\n)\n", true)]
    [InlineData("c = LoraConfig(\n    r=64,  # loralint-ignore alpha-below-rank: another line\n    lora_alpha=8,\n)\n", true)]
    [InlineData("# loralint-ignore-file alpha-below-rank: all of it\nc = LoraConfig(r=64, lora_alpha=8)\n", false)]
    public void An_ignore_comment_counts_for_a_line_of_its_cell_however_the_JSON_is_broken(string cell, bool isFound)
    {
        var lines = cell.Split('\n').SkipLast(1).Select(l => l + "\n").ToArray();
        var options = new JsonSerializerOptions { WriteIndented = true };
        var parsed = JsonDocument.Parse(Notebook(["x = 1\n"], lines)).RootElement;
        string[] texts = [Notebook(["x = 1\n"], lines), Notebook(["x = 1\n"], [cell]), JsonSerializer.Serialize(parsed, options)];
        foreach (var text in texts)
        {
            var names = Lint.Check(text, "a.ipynb").Findings.Select(f => f.Rule.Name).ToList();
            Assert.Equal(isFound, names.Contains("alpha-below-rank"));
            Assert.Equal(isFound, names.Contains("unused-suppression"));
        }
    }

    [Fact]
    public void An_ignore_comment_at_the_end_of_a_cell_says_nothing_about_the_next()
    {
        var names = Lint.Check(Notebook(["# loralint-ignore alpha-below-rank: x\n"], ["c = LoraConfig(r=64, lora_alpha=8)"]), "a.ipynb")
            .Findings.Select(f => f.Rule.Name).ToList();
        Assert.Contains("alpha-below-rank", names);
        Assert.Contains("unused-suppression", names);
    }
}
