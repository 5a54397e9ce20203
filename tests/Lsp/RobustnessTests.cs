using System.Text;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>Whatever a client sends, the server lives, answers in order, and tells nothing that is out of date.</summary>
public sealed class RobustnessTests
{
    [Fact]
    public void Text_that_is_half_typed_is_read_at_every_keystroke()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, "");
        var version = 1;
        var text = ScratchFolder.Config + "datasets:\n  - path: \"a: [b\n    type: {x, 'y\n\t- bad\n&a *b : : -\n";
        for (var length = 1; length <= text.Length; length++)
        {
            client.Change(uri, ++version, text[..length]);
            var line = text[..length].Count(c => c == '\n');
            var character = length - 1 - text.LastIndexOf('\n', length - 1);
            client.Ask("textDocument/completion", LspClient.At(uri, line, character));
            client.Ask("textDocument/hover", LspClient.At(uri, line, character));
        }

        client.Change(uri, ++version, text);
        client.Diagnostics(uri, version);
        Assert.Equal(0, client.Stop());
        Assert.Equal("", client.Errors);
    }

    [Fact]
    public void A_file_of_five_megabytes_is_passed_over_and_the_next_one_served()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var large = DocumentUri.Of(scratch.PathTo("data.json"));
        const string row = """{"instruction": "train a lora adapter", "output": "\n"}""";
        var text = "[" + string.Join(",", Enumerable.Repeat(row, 100_000)) + "]";
        Assert.True(text.Length > 5 * 1024 * 1024);
        client.Open(large, text, "json");
        Assert.Empty(client.Diagnostics(large, 1));
        client.Ask("textDocument/documentSymbol", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = large } });
        client.Ask("textDocument/completion", LspClient.At(large, 0, text.Length / 2));
        var small = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(small, ScratchFolder.Config);
        Assert.NotEmpty(client.Diagnostics(small, 1));
        Assert.Equal(0, client.Stop());
    }

    [Fact]
    public void Two_hundred_files_can_be_open()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uris = Enumerable.Range(0, 200).Select(i => DocumentUri.Of(scratch.PathTo($"t{i}.yml"))).ToList();
        foreach (var uri in uris)
            client.Open(uri, ScratchFolder.Config);
        foreach (var uri in uris)
            Assert.NotEmpty(client.Diagnostics(uri, 1));
        // One setting changes what holds for all of them.
        scratch.Write("loralint.yaml", "ignore: [alpha-below-rank, seed-missing]\n");
        client.Tell("workspace/didChangeWatchedFiles", (JsonObject)JsonNode.Parse("""{"changes":[]}""")!);
        foreach (var uri in uris)
            Assert.DoesNotContain(client.Diagnostics(uri, 1), d => (string?)d!["code"] == "alpha-below-rank");
        Assert.Equal(0, client.Stop());
    }

    [Fact]
    public void A_file_that_is_closed_or_deleted_leaves_nothing_behind()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config).Write("u.yml", ScratchFolder.Config);
        using var client = new LspClient(scratch.Root);
        var (t, u) = (DocumentUri.Of(scratch.PathTo("t.yml")), DocumentUri.Of(scratch.PathTo("u.yml")));
        client.Open(t, ScratchFolder.Config);
        client.Diagnostics(t, 1);
        File.Delete(scratch.PathTo("t.yml"));
        client.Change(t, 2, ScratchFolder.Config + "\n");
        Assert.NotEmpty(client.Diagnostics(t, 2));
        client.Tell("textDocument/didClose", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = t } });
        Assert.Empty(LatestOf(client, t));

        // What a check of the workspace told goes with the file too.
        var counts = client.Ask("workspace/executeCommand", new JsonObject { ["command"] = "loralint.server.checkWorkspace" });
        Assert.Equal((1, 1), ((int)counts["files"]!, (int)counts["configs"]!));
        Assert.Contains(client.PassedOver, m => (string?)m["params"]?["uri"] == u && m["params"]!["diagnostics"]!.AsArray().Count > 0);
        File.Delete(scratch.PathTo("u.yml"));
        client.Tell(
            "workspace/didChangeWatchedFiles",
            new JsonObject { ["changes"] = new JsonArray(new JsonObject { ["uri"] = u, ["type"] = 3 }) });
        Assert.Empty(LatestOf(client, u));

        static JsonArray LatestOf(LspClient client, string uri) =>
            client.Next(m => (string?)m["params"]?["uri"] == uri)["params"]!["diagnostics"]!.AsArray();
    }

    [Fact]
    public void Answers_come_in_the_order_of_the_questions()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, ScratchFolder.Config);
        var ids = Enumerable.Range(0, 100).Select(i => client.Start("textDocument/hover", LspClient.At(uri, i % 6, 3))).ToList();
        var answers = ids.Select(_ => (int)client.Next(m => m.ContainsKey("id") && !m.ContainsKey("method"))["id"]!).ToList();
        Assert.Equal(ids, answers);
    }

    [Fact]
    public void What_makes_no_sense_is_refused_and_the_next_message_taken()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        Assert.Equal(-32601, client.Refused("textDocument/nothing", new JsonObject()));
        Assert.Equal(-32602, client.Refused("textDocument/hover", new JsonObject()));
        Assert.Equal(-32602, client.Refused("textDocument/hover", new JsonArray(1)));
        Assert.Equal(-32602, client.Refused("textDocument/hover", JsonNode.Parse("""{"textDocument":{"uri":7},"position":{}}""")));
        Assert.Equal(-32602, client.Refused("textDocument/hover", null));
        Assert.Equal(-32600, client.Refused("initialize", new JsonObject()));
        Assert.Equal(-32602, client.Refused("workspace/executeCommand", new JsonObject { ["command"] = "rm" }));
        client.Tell("textDocument/didChange", new JsonObject { ["nonsense"] = true });
        client.Tell("textDocument/didClose", new JsonObject { ["textDocument"] = new JsonObject { ["uri"] = "file:///not-open" } });
        client.Tell("$/nothing", []);
        string[] bodies =
            ["{", "[]", "7", "\"x\"", "{}", "{\"id\":{}}", "{\"id\":1,\"method\":2}", "", "\u0000", "[" + new string('[', 5000)];
        foreach (var body in bodies)
        {
            var bytes = Encoding.UTF8.GetBytes(body);
            client.SendRaw([.. Encoding.ASCII.GetBytes($"Content-Length: {bytes.Length}\r\n\r\n"), .. bytes]);
            var refusal = client.Next(m => m.ContainsKey("error"));
            Assert.Null(refusal["id"]);
            Assert.Contains((int)refusal["error"]!["code"]!, new[] { -32700, -32600 });
        }

        // A document that is not open, an address that is none, a language that is none of ours.
        Assert.Equal("null", client.Ask("textDocument/hover", LspClient.At("file:///nope.yml", 0, 0)).ToString());
        client.Open("::::", ScratchFolder.Config);
        client.Open(DocumentUri.Of(scratch.PathTo("t.cobol")), ScratchFolder.Config, "cobol");
        Assert.Empty(client.Diagnostics(DocumentUri.Of(scratch.PathTo("t.cobol")), 1));
        client.Open("untitled:Untitled-1", ScratchFolder.Config, "yaml");
        Assert.NotEmpty(client.Diagnostics("untitled:Untitled-1", 1));
        Assert.Equal(0, client.Stop());
    }

    [Theory]
    [InlineData("Content-Length: x\r\n\r\n{}")]
    [InlineData("Content-Length: -5\r\n\r\n{}")]
    [InlineData("Content-Type: x\r\n\r\n{}")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("Content-Length: 100\r\n\r\n{}")]
    public void Framing_that_cannot_be_followed_ends_the_session_with_a_word(string bytes)
    {
        using var client = new LspClient(null);
        client.SendRaw(Encoding.ASCII.GetBytes(bytes));
        Assert.Equal(1, client.HangUp());
        Assert.Contains("the connection is given up", client.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\\ud83d", "\\ufffd")]
    [InlineData("\\ud83d\\ude00", "\\ud83d\\ude00")]
    [InlineData("\\uD83D\\uDE00x", "\\uD83D\\uDE00x")]
    [InlineData("\\ude00\\ud83d", "\\ufffd\\ufffd")]
    [InlineData("\\\\ud83d", "\\\\ud83d")]
    [InlineData("\\\\\\ud83d", "\\\\\\ufffd")]
    [InlineData("\\u00e4 \\ud83", "\\u00e4 \\ud83")]
    public void Half_a_character_is_replaced_by_one_of_its_length(string json, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        LoneSurrogates.Replace(bytes);
        Assert.Equal(expected, Encoding.UTF8.GetString(bytes));
    }

    [Fact]
    public void A_client_that_goes_away_ends_the_server()
    {
        using var client = new LspClient(null);
        Assert.Equal(1, client.HangUp());
        Assert.Equal("", client.Errors);
    }

    [Fact]
    public void A_client_that_answers_nothing_is_served()
    {
        using var scratch = new ScratchFolder();
        const string all = """
            {"workspace":{"configuration":true,"didChangeWatchedFiles":{"dynamicRegistration":true},
             "didChangeConfiguration":{"dynamicRegistration":true},"inlayHint":{"refreshSupport":true}},"window":{"workDoneProgress":true}}
            """;
        using var client = new LspClient(scratch.Root, all);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        for (var i = 0; i < 500; i++)
            client.Tell("workspace/didChangeConfiguration", (JsonObject)JsonNode.Parse("""{"settings":null}""")!);
        client.Open(uri, ScratchFolder.Config);
        Assert.NotEmpty(client.Diagnostics(uri, 1));
        client.Ask("workspace/executeCommand", new JsonObject { ["command"] = "loralint.server.checkWorkspace" });
        Assert.Equal(0, client.Stop());
    }

    [Fact]
    public void A_request_that_is_given_up_is_answered_so()
    {
        using var scratch = new ScratchFolder();
        for (var i = 0; i < 50; i++)
            scratch.Write($"t{i}.yml", ScratchFolder.Config);
        using var client = new LspClient(scratch.Root);
        var id = client.Start("workspace/executeCommand", new JsonObject { ["command"] = "loralint.server.checkWorkspace" });
        client.Tell("$/cancelRequest", new JsonObject { ["id"] = id });
        Assert.Equal(-32800, (int)client.Answer(id)["error"]!["code"]!);
        var again = client.Ask("workspace/executeCommand", new JsonObject { ["command"] = "loralint.server.checkWorkspace" });
        Assert.Equal(50, (int)again["configs"]!);
        Assert.Equal(0, client.Stop());
    }

    [Fact]
    public void Nothing_is_answered_before_initialize_or_after_shutdown()
    {
        using var client = new LspClient(null);
        client.Ask("shutdown", null);
        Assert.Equal(-32600, client.Refused("textDocument/hover", LspClient.At("file:///t.yml", 0, 0)));
    }
}
