using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>Hover, completion, hints, outline, definition, commands.</summary>
public sealed class FeatureTests
{
    private const string Text = """
        base_model: NousResearch/Meta-Llama-3.1-8B
        adapter: qlora
        load_in_4bit: true
        lora_r: 16
        lora_alpha: 32
        lora_target_modules:
          - q_proj
          - v_proj
        micro_batch_size: 2
        gradient_accumulation_steps: 4
        datasets:
          - path: data/train.jsonl
            type: alpaca
        deepspeed: ds/zero2.json

        """;

    [Fact]
    public void Hovering_tells_what_a_key_does_and_what_its_value_comes_to()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, out var uri);
        var alpha = Hover(client, uri, 4, 3);
        Assert.StartsWith("**lora_alpha** (Axolotl: ", alpha, StringComparison.Ordinal);
        Assert.Contains("Here: `32` (alpha, written)", alpha, StringComparison.Ordinal);
        Assert.Contains("alpha / rank = 32 / 16 = 2", alpha, StringComparison.Ordinal);
        Assert.Contains("Guidance", alpha, StringComparison.Ordinal);
        Assert.Contains("2 × 4 = 8 samples", Hover(client, uri, 9, 32), StringComparison.Ordinal);
        // q_proj and v_proj of 32 layers at rank 16: 32 * 16 * (4096 + 4096 + 4096 + 1024) = 6,815,744.
        var module = Hover(client, uri, 7, 6);
        Assert.Contains("`v_proj`: 32 modules of 4096 × 1024, 2.6M trained parameters", module, StringComparison.Ordinal);
        Assert.Contains("6.8M parameters in 64 modules are trained: 0.085 % of all", module, StringComparison.Ordinal);
        var model = Hover(client, uri, 0, 20);
        Assert.Contains("8.03B parameters in 32 layers", model, StringComparison.Ordinal);
        // Axolotl's defaults: 512 tokens, adamw_torch_fused, no gradient checkpointing.
        Assert.Matches(@"The run takes about [0-9.]+ GB \([0-9.]+ GB to [0-9.]+ GB\) of a card with sequences of 512 tokens \(base", model);
        Assert.Equal("null", client.Ask("textDocument/hover", LspClient.At(uri, 14, 0)).ToString());
    }

    [Fact]
    public void A_client_that_knows_no_markdown_gets_plain_text()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, out var uri, """{"textDocument":{"hover":{"contentFormat":["plaintext"]}}}""");
        var hover = client.Ask("textDocument/hover", LspClient.At(uri, 4, 3));
        Assert.Equal("plaintext", (string?)hover["contents"]!["kind"]);
        Assert.DoesNotContain("**", (string?)hover["contents"]!["value"], StringComparison.Ordinal);
        Assert.DoesNotContain("`", (string?)hover["contents"]!["value"], StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_complete_without_those_that_are_there_and_the_usual_ones_first()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, out var uri, text: Text + "lora_d");
        var items = Complete(client, uri, 14, 6);
        var labels = items.OrderBy(i => (string?)i!["sortText"], StringComparer.Ordinal).Select(i => (string?)i!["label"]).ToList();
        Assert.Contains("lora_dropout", labels);
        Assert.DoesNotContain("lora_r", labels);
        Assert.True(labels.IndexOf("lora_dropout") < labels.IndexOf("accelerator_config"));
        var dropout = items.Single(i => (string?)i!["label"] == "lora_dropout")!;
        Assert.Equal("lora_dropout: ", (string?)dropout["textEdit"]!["newText"]);
        Assert.Equal((14, 0, 6), Edited(dropout));
        var resolved = client.Ask("completionItem/resolve", dropout.DeepClone());
        Assert.Equal("markdown", (string?)resolved["documentation"]!["kind"]);
        Assert.Contains("dropout", (string?)resolved["documentation"]!["value"], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Keys_of_a_list_item_are_those_of_its_mapping()
    {
        using var scratch = new ScratchFolder();
        const string line = "    type: alpaca\n";
        using var client = Opened(scratch, out var uri, text: Text.Replace(line, line + "    \n", StringComparison.Ordinal));
        var labels = Complete(client, uri, 13, 4).Select(i => (string?)i!["label"]).ToList();
        Assert.Contains("ds_type", labels);
        Assert.DoesNotContain("lora_dropout", labels);
        Assert.DoesNotContain("path", labels);
    }

    [Fact]
    public void Values_to_start_with_come_first_and_modules_are_those_of_the_model()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, out var uri);
        var alpha = Complete(client, uri, 4, 14);
        Assert.Equal("to start with", (string?)alpha[0]!["detail"]);
        Assert.Equal((4, 12, 14), Edited(alpha[0]!));
        var modules = Complete(client, uri, 7, 10).Select(i => (string?)i!["label"]).ToList();
        Assert.Empty(new[] { "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj" }.Except(modules));
        Assert.DoesNotContain("qkv_proj", modules);
        Assert.Contains("false", Complete(client, uri, 2, 18).Select(i => (string?)i!["label"]));
    }

    [Fact]
    public void Half_typed_text_completes_as_what_it_was_before()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, out var uri);
        client.Diagnostics(uri, 1);
        client.Change(uri, 2, "lora_dr");
        Assert.Contains(Complete(client, uri, 0, 7), i => (string?)i!["label"] == "lora_dropout");
    }

    [Fact]
    public void In_json_keys_and_texts_come_in_quotes()
    {
        using var scratch = new ScratchFolder();
        const string text = """{"peft_type": "LORA", "base_model_name_or_path": "a/b", "r": 8, "lora_alpha": 16, "bias": , }""";
        using var client = Opened(scratch, out var uri, text: text, name: "adapter_config.json", language: "json");
        var bias = Complete(client, uri, 0, text.IndexOf(", }", StringComparison.Ordinal));
        Assert.Contains(bias, i => (string?)i!["textEdit"]!["newText"] == "\"none\"");
        var keys = Complete(client, uri, 0, text.Length - 1);
        Assert.Contains(keys, i => (string?)i!["textEdit"]!["newText"] == "\"target_modules\": ");
    }

    [Fact]
    public void Hints_show_scaling_batch_and_parameters_and_can_be_switched_off()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, out var uri);
        var all = JsonNode.Parse($$$"""
            {"textDocument":{"uri":"{{{uri}}}"},"range":{"start":{"line":0,"character":0},"end":{"line":99,"character":0} } }
            """)!;
        var hints = client.Ask("textDocument/inlayHint", all.DeepClone()).AsArray();
        Assert.Equal(
            ["scaling 2", "8 samples a step", "6.8M trainable (0.085 %)"], hints.Select(h => (string?)h!["label"]));
        Assert.Equal((4, 14), ((int)hints[0]!["position"]!["line"]!, (int)hints[0]!["position"]!["character"]!));
        // Behind the key of the list, which has lines of its own.
        Assert.Equal((5, 20), ((int)hints[2]!["position"]!["line"]!, (int)hints[2]!["position"]!["character"]!));
        client.Tell("workspace/didChangeConfiguration", (JsonObject)JsonNode.Parse("""{"settings":{"loralint":{"inlayHints":false}}}""")!);
        Assert.Empty(client.Ask("textDocument/inlayHint", all).AsArray());
    }

    [Fact]
    public void The_outline_has_every_key()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, out var uri);
        var symbols = client.Ask(
            "textDocument/documentSymbol", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = uri } }).AsArray();
        Assert.Equal(
            Text.Split('\n').Where(l => l.Length > 0 && l[0] != ' ').Select(l => l[..l.IndexOf(':', StringComparison.Ordinal)]),
            symbols.Select(s => (string?)s!["name"]));
        var datasets = symbols.Single(s => (string?)s!["name"] == "datasets")!;
        Assert.Equal(["path", "type"], datasets["children"]![0]!["children"]!.AsArray().Select(s => (string?)s!["name"]));
    }

    [Fact]
    public void The_outline_shows_no_secret()
    {
        using var scratch = new ScratchFolder();
        const string token = "hf_aBcD1234eFgH5678iJkL9012mNoP3456qR";
        using var client = Opened(scratch, out var uri, text: Text + "hub_token: " + token + "\n");
        var symbols = client.Ask(
            "textDocument/documentSymbol", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = uri } });
        Assert.Contains("hub_token", symbols.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain(token, symbols.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_leads_to_its_file()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("data/train.jsonl", "{}\n").Write("ds/zero2.json", "{}").Write("model/config.json", "{}");
        using var client = Opened(scratch, out var uri, text: Text.Replace(
            "NousResearch/Meta-Llama-3.1-8B", "./model", StringComparison.Ordinal));
        Assert.Equal(DocumentUri.Of(scratch.PathTo("data/train.jsonl")), DefinitionAt(11, 15));
        Assert.Equal(DocumentUri.Of(scratch.PathTo("ds/zero2.json")), DefinitionAt(13, 15));
        Assert.Equal(DocumentUri.Of(scratch.PathTo("model/config.json")), DefinitionAt(0, 15));
        Assert.Null(DefinitionAt(1, 12));

        string? DefinitionAt(int line, int character) =>
            client.Ask("textDocument/definition", LspClient.At(uri, line, character)) is JsonObject found ? (string?)found["uri"] : null;
    }

    [Fact]
    public void Inspecting_and_explaining_say_what_the_commands_say()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", Text);
        using var client = Opened(scratch, out var uri);
        var inspected = (string?)Execute(client, "loralint.server.inspect", uri)["text"];
        var printed = scratch.Run("inspect", "t.yml").Out;
        // The path is shown as the editor has it.
        Assert.Equal(printed.Split('\n')[1..], inspected!.Split('\n')[1..]);
        Assert.Equal(scratch.Run("explain", "LL104").Out, (string?)Execute(client, "loralint.server.explain", "LL104")["markdown"]);
        Assert.Equal(-32803, client.Refused(
            "workspace/executeCommand",
            new JsonObject { ["command"] = "loralint.server.explain", ["arguments"] = new JsonArray("no-such-rule") }));
    }

    [Fact]
    public void Checking_the_workspace_tells_of_every_config_and_how_far_it_is()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a.yml", ScratchFolder.Config).Write("b/c.yml", ScratchFolder.Config).Write("clean.yml", "x: 1\n");
        using var client = new LspClient(scratch.Root);
        var result = client.Ask(
            "workspace/executeCommand", new JsonObject { ["command"] = "loralint.server.checkWorkspace", ["workDoneToken"] = "t" });
        Assert.Equal(3, (int)result["files"]!);
        Assert.Equal(2, (int)result["configs"]!);
        var report = JsonNode.Parse(scratch.Run("check", "--format", "json").Out)!["summary"]!;
        Assert.Equal(
            ((int)report["errors"]!, (int)report["warnings"]!, (int)report["infos"]!),
            ((int)result["errors"]!, (int)result["warnings"]!, (int)result["infos"]!));
        foreach (var file in new[] { "a.yml", "b/c.yml" })
        {
            var uri = DocumentUri.Of(scratch.PathTo(file));
            Assert.Contains(
                client.PassedOver, m => (string?)m["params"]?["uri"] == uri && m["params"]!["diagnostics"]!.AsArray().Count > 0);
        }

        var progress = client.PassedOver
            .Where(m => (string?)m["method"] == "$/progress").Select(m => (string?)m["params"]!["value"]!["kind"]).ToList();
        Assert.Equal("begin", progress.First());
        Assert.Contains("report", progress);
    }

    private static LspClient Opened(
        ScratchFolder scratch, out string uri, string capabilities = "{}", string text = Text, string name = "t.yml",
        string language = "yaml")
    {
        var client = new LspClient(scratch.Root, capabilities);
        uri = DocumentUri.Of(scratch.PathTo(name));
        client.Open(uri, text, language);
        return client;
    }

    private static string Hover(LspClient client, string uri, int line, int character) =>
        (string)client.Ask("textDocument/hover", LspClient.At(uri, line, character))["contents"]!["value"]!;

    private static JsonArray Complete(LspClient client, string uri, int line, int character) =>
        client.Ask("textDocument/completion", LspClient.At(uri, line, character))["items"]!.AsArray();

    private static (int Line, int Start, int End) Edited(JsonNode item)
    {
        var range = item["textEdit"]!["range"]!;
        return ((int)range["start"]!["line"]!, (int)range["start"]!["character"]!, (int)range["end"]!["character"]!);
    }

    private static JsonNode Execute(LspClient client, string command, string argument) =>
        client.Ask("workspace/executeCommand", new JsonObject { ["command"] = command, ["arguments"] = new JsonArray(argument) });
}
