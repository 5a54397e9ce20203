using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>What the editor shows is what <c>check</c> reports.</summary>
public sealed class DiagnosticsTests
{
    public static TheoryData<string> Configs()
    {
        var data = new TheoryData<string>();
        foreach (var folder in new[] { Repository.PathTo("tests", "golden"), Repository.PathTo("examples") })
        {
            foreach (var path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                if (Path.GetExtension(path) is ".yml" or ".yaml" or ".json" or ".toml" or ".py" or ".ipynb" or ".sh"
                    && !path.Contains(Path.Combine("golden", "output"), StringComparison.Ordinal))
                    data.Add(Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'));
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void The_diagnostics_of_a_config_are_the_findings_of_check(string config)
    {
        var path = Repository.PathTo(config);
        var findings = FindingsOf(path);
        using var client = new LspClient(Repository.Root);
        var uri = DocumentUri.Of(path);
        client.Open(uri, File.ReadAllText(path), Path.GetExtension(path).TrimStart('.'));
        var diagnostics = client.Diagnostics(uri, 1);

        Assert.Equal(findings.Count, diagnostics.Count);
        foreach (var (finding, diagnostic) in findings.Zip(diagnostics))
        {
            Assert.Equal((string?)finding!["name"], (string?)diagnostic!["code"]);
            Assert.Equal((string?)finding["code"], (string?)diagnostic["data"]!["code"]);
            Assert.Equal((string?)finding["message"], (string?)diagnostic["message"]);
            Assert.Equal((string?)finding["help"], (string?)diagnostic["codeDescription"]!["href"]);
            Assert.Equal(
                finding["severity"]!.ToString() switch { "error" => 1, "warning" => 2, _ => 3 }, (int)diagnostic["severity"]!);
            AssertSamePlace(finding, diagnostic["range"]!);
            AssertSameFix(finding["fix"], diagnostic["data"]!["fix"]);
            Assert.Equal(finding["related"]!.AsArray().Count, diagnostic["relatedInformation"]?.AsArray().Count ?? 0);
        }

        Assert.Equal(0, client.Stop());
    }

    [Fact]
    public void A_notebooks_cell_is_a_script_of_its_own_and_its_fix_changes_the_literal_alone()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        const string uri = "vscode-notebook-cell:/home/somebody/train.ipynb#W2sZmlsZQ%3D%3D";
        client.Open(uri, "from peft import LoraConfig\nc = LoraConfig(\n    r=64, target_modules=\"q_proj\",\n)\n", "python");
        var found = Assert.Single(client.Diagnostics(uri, 1), d => (string?)d!["code"] == "target-modules-bare-string")!;
        var edit = Assert.Single(found["data"]!["fix"]!["edits"]!.AsArray())!;
        Assert.Equal("[\"q_proj\"]", (string?)edit["newText"]);
        Assert.Equal(found["range"]!.ToJsonString(), edit["range"]!.ToJsonString());
        Assert.Equal((2, 25), ((int)found["range"]!["start"]!["line"]!, (int)found["range"]!["start"]!["character"]!));
        client.Change(uri, 2, "import os\n");
        Assert.Empty(client.Diagnostics(uri, 2));
    }

    [Fact]
    public void A_finding_shows_the_place_in_the_partner_file_too()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("ds.json", """{ "gradient_clipping": 0.5, "train_micro_batch_size_per_gpu": "auto" }""");
        const string text = """
            base_model: NousResearch/Meta-Llama-3.1-8B
            adapter: lora
            lora_r: 16
            lora_alpha: 32
            lora_target_linear: true
            sequence_len: 2048
            max_grad_norm: 1.0
            deepspeed: ds.json

            """;
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, text);
        var found = client.Diagnostics(uri, 1).Single(d => (string?)d!["code"] == "ds-value-mismatch")!;
        var related = Assert.Single(found["relatedInformation"]!.AsArray())!;
        Assert.Equal(DocumentUri.Of(scratch.PathTo("ds.json")), (string?)related["location"]!["uri"]);
        Assert.Equal(2, (int)related["location"]!["range"]!["start"]!["character"]!);

        // The partner is open and edited: what is in the editor counts, and the first file is told of it.
        client.Open(DocumentUri.Of(scratch.PathTo("ds.json")), """{ "gradient_clipping": "auto" }""", "json");
        Assert.DoesNotContain(client.Diagnostics(uri, 1), d => (string?)d!["code"] == "ds-value-mismatch");
    }

    [Fact]
    public void A_settings_file_has_its_mistakes_told()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("loralint.yaml"));
        client.Open(uri, "rules:\n  alpha-bellow-rank: off\n");
        var mistake = Assert.Single(client.Diagnostics(uri, 1))!;
        Assert.StartsWith("no rule is called 'alpha-bellow-rank'", (string?)mistake["message"], StringComparison.Ordinal);
        Assert.Equal((1, 2), ((int)mistake["range"]!["start"]!["line"]!, (int)mistake["range"]!["start"]!["character"]!));
    }

    [Fact]
    public void Settings_that_change_on_disk_count_when_a_file_is_saved()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, ScratchFolder.Config);
        Assert.Contains(client.Diagnostics(uri, 1), d => (string?)d!["code"] == "alpha-below-rank");
        scratch.Write("loralint.yaml", "ignore: [alpha-below-rank]\n");
        client.Tell("textDocument/didSave", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = uri } });
        Assert.DoesNotContain(client.Diagnostics(uri, 1), d => (string?)d!["code"] == "alpha-below-rank");
        scratch.Write("loralint.yaml", "exclude: ['t.yml']\n");
        client.Tell("textDocument/didSave", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = uri } });
        Assert.Empty(client.Diagnostics(uri, 1));
        // Settings that make no sense are told, and what held before holds on.
        scratch.Write("loralint.yaml", "exclude: {}\nprofil: strict\n");
        client.Tell("textDocument/didSave", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = uri } });
        Assert.Empty(client.Diagnostics(uri, 1));
        Assert.Contains(client.PassedOver, m => (string?)m["method"] == "window/showMessage"
            && ((string?)m["params"]!["message"])!.Contains("unknown key 'profil'", StringComparison.Ordinal));
    }

    // Editors ask for hints, symbols and actions right behind each change, before the server has had time to check.
    [Fact]
    public void A_question_that_comes_before_the_check_does_not_cost_the_diagnostics()
    {
        using var client = new LspClient(null);
        const string uri = "untitled:run";
        client.Open(uri, ScratchFolder.Config);
        for (var version = 2; version < 100; version++)
        {
            client.Change(uri, version, ScratchFolder.Config + new string('\n', version));
            client.Start("textDocument/hover", LspClient.At(uri, 2, 1));
            Assert.NotEmpty(client.Diagnostics(uri, version));
        }
    }

    [Fact]
    public void A_profile_of_the_editor_counts()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root, options: """{"profile":"documented"}""");
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, ScratchFolder.Config);
        Assert.Equal(2, (int)client.Diagnostics(uri, 1).Single(d => (string?)d!["code"] == "alpha-below-rank")!["severity"]!);
        client.Tell("workspace/didChangeConfiguration", (JsonObject)JsonNode.Parse("""{"settings":{"loralint":{"profile":null}}}""")!);
        Assert.Equal(3, (int)client.Diagnostics(uri, 1).Single(d => (string?)d!["code"] == "alpha-below-rank")!["severity"]!);
    }

    [Fact]
    public void A_client_that_asks_is_not_told()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root, """{"textDocument":{"diagnostic":{}}}""");
        Assert.NotNull(client.Hello["capabilities"]!["diagnosticProvider"]);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, ScratchFolder.Config);
        var report = client.Ask("textDocument/diagnostic", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = uri } });
        Assert.Equal("full", (string?)report["kind"]);
        Assert.Contains(report["items"]!.AsArray(), d => (string?)d!["code"] == "alpha-below-rank");
        Assert.Equal(0, client.Stop());
        Assert.DoesNotContain(client.PassedOver, m => (string?)m["method"] == "textDocument/publishDiagnostics"
            && m["params"]!["diagnostics"]!.AsArray().Count > 0);
    }

    [Fact]
    public void Positions_are_counted_as_agreed()
    {
        using var scratch = new ScratchFolder();
        var uri = DocumentUri.Of(scratch.PathTo("t.json"));
        // An emoji is two units of UTF-16 and four bytes of UTF-8; the ü one and two.
        const string text =
            """{"peft_type": "LORA", "base_model_name_or_path": "grün/😀", "r": 8, "lora_alpha": 4, "target_modules": ["q_proj"]}""";
        var start = text.IndexOf(", \"lora_alpha\": 4", StringComparison.Ordinal) + ", \"lora_alpha\": ".Length;
        using (var client = new LspClient(scratch.Root))
        {
            Assert.Equal("utf-16", (string?)client.Hello["capabilities"]!["positionEncoding"]);
            client.Open(uri, text, "json");
            Assert.Equal(start, CharacterOf(client.Diagnostics(uri, 1)));
        }

        using (var client = new LspClient(scratch.Root, """{"general":{"positionEncodings":["utf-16","utf-8"]}}"""))
        {
            Assert.Equal("utf-8", (string?)client.Hello["capabilities"]!["positionEncoding"]);
            client.Open(uri, text, "json");
            Assert.Equal(start + 3, CharacterOf(client.Diagnostics(uri, 1)));
        }

        static int CharacterOf(JsonArray diagnostics) =>
            (int)diagnostics.Single(d => (string?)d!["code"] == "alpha-below-rank")!["range"]!["start"]!["character"]!;
    }

    private static JsonArray FindingsOf(string path)
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("check", "--format", "json", "--force-exclude", path);
        var files = JsonNode.Parse(run.Out)!["files"]!.AsArray();
        return files.Count == 0 ? [] : files[0]!["findings"]!.AsArray();
    }

    private static void AssertSamePlace(JsonNode expected, JsonNode range)
    {
        foreach (var end in new[] { "start", "end" })
        {
            Assert.Equal((int)expected[end]!["line"]! - 1, (int)range[end]!["line"]!);
            Assert.Equal((int)expected[end]!["column"]! - 1, (int)range[end]!["character"]!);
        }
    }

    private static void AssertSameFix(JsonNode? expected, JsonNode? actual)
    {
        Assert.Equal(expected is null, actual is null);
        if (expected is null)
            return;
        Assert.Equal((string?)expected["title"], (string?)actual!["title"]);
        Assert.Equal((string?)expected["safety"], (string?)actual["safety"]);
        Assert.Equal(expected["edits"]!.AsArray().Count, actual["edits"]!.AsArray().Count);
        foreach (var (theirs, ours) in expected["edits"]!.AsArray().Zip(actual["edits"]!.AsArray()))
        {
            Assert.Equal((string?)theirs!["text"], (string?)ours!["newText"]);
            AssertSamePlace(theirs, ours["range"]!);
        }
    }
}
