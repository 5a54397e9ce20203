using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>Notebooks whose cells the editor holds.</summary>
public sealed class NotebookTests
{
    private const string Capabilities = """{"notebookDocument":{"synchronization":{}},"textDocument":{"publishDiagnostics":{}}}""";

    private static string Cell(int number) => $"vscode-notebook-cell:/tune.ipynb#{number}";

    private static void Open(LspClient editor, string uri, IReadOnlyList<string> cells) =>
        editor.Tell("notebookDocument/didOpen", new JsonObject
        {
            ["notebookDocument"] = new JsonObject
            {
                ["uri"] = uri, ["notebookType"] = "jupyter-notebook", ["version"] = 1,
                ["cells"] = new JsonArray([.. cells.Select((_, i) => new JsonObject { ["kind"] = 2, ["document"] = Cell(i) })]),
            },
            ["cellTextDocuments"] = new JsonArray([.. cells.Select((text, i) => new JsonObject
            {
                ["uri"] = Cell(i), ["languageId"] = "python", ["version"] = 1, ["text"] = text,
            })]),
        });

    // The code cells of a notebook as an editor gives them, and where `check` finds what in which.
    private static (List<string> Cells, List<string> Findings) Checked(string file)
    {
        var source = new SourceText(file, File.ReadAllText(file));
        using var json = JsonDocument.Parse(source.Text);
        var cells = new List<string>();
        var numbers = new Dictionary<int, int>();
        foreach (var (index, cell) in json.RootElement.GetProperty("cells").EnumerateArray().Index())
        {
            if (cell.GetProperty("cell_type").GetString() != "code")
                continue;
            numbers[index + 1] = cells.Count;
            var text = cell.GetProperty("source");
            cells.Add(text.ValueKind == JsonValueKind.Array
                ? string.Concat(text.EnumerateArray().Select(l => l.GetString())) : text.GetString()!);
        }

        var document = ConfigReader.Read(source, ConfigLanguage.Notebook);
        var findings = Linter.Check(document, LintOptions.Default, NoCompanionFiles.Instance).Findings.Select(f =>
        {
            var place = document.Source.Cells!.PositionAt(f.Span.Start)!.Value;
            return $"{numbers[place.Cell]}:{place.Line} {f.Rule.Name} {f.Message}";
        });
        return (cells, [.. findings]);
    }

    [Theory]
    [InlineData("notebook.ipynb")]
    [InlineData("unsloth-notebook.ipynb")]
    public void The_cells_have_the_findings_of_the_file(string name)
    {
        var (cells, expected) = Checked(Repository.PathTo("tests", "golden", "code", name));
        using var scratch = new ScratchFolder();
        using var editor = new LspClient(scratch.Root, Capabilities);
        Open(editor, DocumentUri.Of(scratch.PathTo(name)), cells);
        var shown = new List<string>();
        for (var i = 0; i < cells.Count; i++)
        {
            shown.AddRange(editor.Diagnostics(Cell(i), 1).Select(d =>
                $"{i}:{(int)d!["range"]!["start"]!["line"]! + 1} {(string?)d["code"]} {(string?)d["message"]}"));
        }

        Assert.NotEmpty(expected);
        Assert.Equal(expected, shown);
        Assert.Equal(0, editor.Stop());
    }

    [Fact]
    public void A_change_in_one_cell_is_told_in_another()
    {
        using var scratch = new ScratchFolder();
        using var editor = new LspClient(scratch.Root, Capabilities);
        Open(
            editor, DocumentUri.Of(scratch.PathTo("a.ipynb")),
            ["RANK = 8", "from peft import LoraConfig\nLoraConfig(r=RANK, lora_alpha=16)"]);
        Assert.Empty(editor.Diagnostics(Cell(0), 1));
        Assert.Empty(editor.Diagnostics(Cell(1), 1));
        editor.Tell("notebookDocument/didChange", JsonNode.Parse($$"""
            {"notebookDocument": {"uri": "{{DocumentUri.Of(scratch.PathTo("a.ipynb"))}}", "version": 2},
             "change": {"cells": {"textContent": [
               {"document": {"uri": "{{Cell(0)}}", "version": 2}, "changes": [{"text": "RANK = 0"}]}]} } }
            """)!.AsObject());
        Assert.Empty(editor.Diagnostics(Cell(0), 2));
        var found = Assert.Single(editor.Diagnostics(Cell(1), 1));
        Assert.Equal("rank-not-positive", (string?)found!["code"]);
        Assert.Equal("""{"line":1,"character":13}""", found["range"]!["start"]!.ToJsonString());
    }

    [Fact]
    public void The_settings_beside_the_notebook_hold_for_its_cells()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "rules:\n  rank-not-positive: off\n");
        using var editor = new LspClient(scratch.Root, Capabilities);
        Open(editor, DocumentUri.Of(scratch.PathTo("a.ipynb")), ["from peft import LoraConfig\nLoraConfig(r=0, lora_alpha=16)"]);
        Assert.Empty(editor.Diagnostics(Cell(0), 1));
    }

    [Fact]
    public void A_comment_at_the_end_of_a_cell_says_nothing_about_the_next()
    {
        using var scratch = new ScratchFolder();
        using var editor = new LspClient(scratch.Root, Capabilities);
        Open(editor, DocumentUri.Of(scratch.PathTo("a.ipynb")),
        [
            "from peft import LoraConfig\n# loralint-ignore rank-not-positive: here",
            "\n\t# loralint-ignore rank-not-positive: there\n\nLoraConfig(r=0)",
            "LoraConfig(r=0)",
        ]);
        Assert.Equal("unused-suppression", (string?)Assert.Single(editor.Diagnostics(Cell(0), 1))!["code"]);
        Assert.Empty(editor.Diagnostics(Cell(1), 1));
        Assert.Equal("rank-not-positive", (string?)Assert.Single(editor.Diagnostics(Cell(2), 1))!["code"]);
    }

    [Fact]
    public void A_client_that_knows_no_notebooks_is_offered_none()
    {
        using var editor = new LspClient(null);
        Assert.Null(editor.Hello["capabilities"]!["notebookDocumentSync"]);
    }
}
