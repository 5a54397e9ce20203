using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>What can be done about a finding in the editor. Each edit is made as an editor makes it, and the text checked again.</summary>
public sealed class CodeActionTests
{
    private const string Capabilities =
        """{"workspace":{"workspaceEdit":{"documentChanges":true,"resourceOperations":["create"]}}}""";

    [Theory]
    [MemberData(nameof(DiagnosticsTests.Configs), MemberType = typeof(DiagnosticsTests))]
    public void Every_fix_removes_its_finding_and_every_comment_silences_one(string config)
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root, Capabilities);
        var text = File.ReadAllText(Repository.PathTo(config));
        var uri = DocumentUri.Of(scratch.PathTo(Path.GetFileName(config)));
        var language = Path.GetExtension(config).TrimStart('.');
        client.Open(uri, text, language);
        var version = 1;
        var diagnostics = client.Diagnostics(uri, version);
        foreach (var diagnostic in diagnostics)
        {
            var actions = ActionsFor(client, uri, diagnostic!["range"]!);
            var code = (string?)diagnostic["code"];
            if (diagnostic["data"]!["fix"] is { } fix && fix["edits"]!.AsArray().Count > 0)
            {
                var action = actions.First(a => (string?)a!["title"] == (string?)fix["title"])!;
                Assert.Equal((string?)fix["safety"] == "safe", (bool?)action["isPreferred"] == true);
                Assert.True(Count(Apply(text, action, uri), code) < Count(text, code), $"{code}: {action["title"]}");
            }

            var ignore = actions.FirstOrDefault(a => (string?)a!["title"] == $"Ignore {code} on this line");
            Assert.Equal(language is "json" or "ipynb" or "sh" || code == "syntax-error", ignore is null);
            if (ignore is not null)
                Assert.True(Count(Apply(text, ignore, uri), null) < diagnostics.Count, $"{code}: ignored");
        }

        int Count(string changed, string? code)
        {
            client.Change(uri, ++version, changed);
            var found = client.Diagnostics(uri, version).Count(d => code is null || (string?)d!["code"] == code);
            client.Change(uri, ++version, text);
            client.Diagnostics(uri, version);
            return found;
        }
    }

    [Fact]
    public void Fixing_all_does_what_check_does()
    {
        foreach (var path in Directory.GetFiles(Repository.PathTo("tests", "golden"), "*.fixed"))
        {
            var config = path[..^".fixed".Length];
            using var scratch = new ScratchFolder();
            using var client = new LspClient(scratch.Root);
            var text = File.ReadAllText(config);
            scratch.Write(Path.GetFileName(config), text);
            scratch.Run("check", "--fix", Path.GetFileName(config));
            var uri = DocumentUri.Of(scratch.PathTo(Path.GetFileName(config)));
            client.Open(uri, text, Path.GetExtension(config).TrimStart('.'));
            var actions = ActionsFor(client, uri, new JsonObject { ["start"] = Place(0, 0), ["end"] = Place(0, 0) }, "source.fixAll");
            var expected = scratch.Read(Path.GetFileName(config));
            if (expected == text)
                Assert.Empty(actions);
            else
                Assert.Equal(expected, Apply(text, Assert.Single(actions)!, uri));
        }
    }

    [Fact]
    public void A_severity_is_written_where_no_settings_are_and_where_some_are()
    {
        using var scratch = new ScratchFolder();
        var uri = DocumentUri.Of(scratch.PathTo("sub/t.yml"));
        const string title = "Switch alpha-below-rank off in loralint.yaml";
        using var client = new LspClient(scratch.Root, Capabilities);
        client.Open(uri, ScratchFolder.Config);
        var range = client.Diagnostics(uri, 1).Single(d => (string?)d!["code"] == "alpha-below-rank")!["range"]!;
        var changes = ActionsFor(client, uri, range).Single(a => (string?)a!["title"] == title)!["edit"]!["documentChanges"]!.AsArray();
        Assert.Equal("create", (string?)changes[0]!["kind"]);
        Assert.Equal(DocumentUri.Of(scratch.PathTo("loralint.yaml")), (string?)changes[0]!["uri"]);
        Assert.Equal("rules:\n  alpha-below-rank: off\n", (string?)changes[1]!["edits"]![0]!["newText"]);
        Assert.True(changes[1]!["textDocument"]!.AsObject().ContainsKey("version"));

        var settingsUri = DocumentUri.Of(scratch.PathTo("loralint.yaml"));
        foreach (var (before, after) in new[]
        {
            ("profile: strict\n", "profile: strict\nrules:\n  alpha-below-rank: off\n"),
            ("profile: strict", "profile: strict\nrules:\n  alpha-below-rank: off\n"),
            ("rules:\n  LL105: off\n# end\n", "rules:\n  LL105: off\n  alpha-below-rank: off\n# end\n"),
            ("rules:\n  alpha-below-rank: warning # why\n", "rules:\n  alpha-below-rank: off # why\n"),
            ("rules:\n  LL104: error\n", "rules:\n  LL104: off\n"),
            ("rules:\n  alpha-below-rank:\n    severity: error\n", "rules:\n  alpha-below-rank:\n    severity: off\n"),
            ("rules: {LL105: off}\n", "rules: {LL105: off, alpha-below-rank: off}\n"),
            ("rules: {}\n", "rules: { alpha-below-rank: off }\n"),
            ("rules:\n", "rules:\n  alpha-below-rank: off\n"),
            ("# nothing yet\n", "# nothing yet\nrules:\n  alpha-below-rank: off\n"),
        })
        {
            scratch.Write("loralint.yaml", before);
            var action = ActionsFor(client, uri, range).Single(a => (string?)a!["title"] == title)!;
            Assert.Equal(after, Apply(before, action, settingsUri));
        }

        // One that makes no sense is not made worse.
        scratch.Write("loralint.yaml", "rules: [a\n");
        Assert.DoesNotContain(ActionsFor(client, uri, range), a => (string?)a!["title"] == title);
    }

    [Theory]
    [InlineData("lora_alpha: 8\n", "lora_alpha: 8  # loralint-ignore alpha-below-rank: TODO say why\n")]
    [InlineData("lora_alpha: 8 # low\n", "# loralint-ignore alpha-below-rank: TODO say why\nlora_alpha: 8 # low\n")]
    [InlineData(
        "lora_alpha: 8  # loralint-ignore seed-missing: x\n", "lora_alpha: 8  # loralint-ignore seed-missing, alpha-below-rank: x\n")]
    public void A_comment_that_ignores_stands_where_it_counts(string line, string expected)
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        var text = ScratchFolder.Config.Replace("lora_alpha: 8\n", line, StringComparison.Ordinal);
        client.Open(uri, text);
        var range = client.Diagnostics(uri, 1).Single(d => (string?)d!["code"] == "alpha-below-rank")!["range"]!;
        var action = ActionsFor(client, uri, range).Single(a => (string?)a!["title"] == "Ignore alpha-below-rank on this line")!;
        Assert.Equal(ScratchFolder.Config.Replace("lora_alpha: 8\n", expected, StringComparison.Ordinal), Apply(text, action, uri));
    }

    [Fact]
    public void A_client_gets_the_kinds_it_asks_for()
    {
        using var scratch = new ScratchFolder();
        using var client = new LspClient(scratch.Root);
        var uri = DocumentUri.Of(scratch.PathTo("t.yml"));
        client.Open(uri, ScratchFolder.Config);
        var whole = new JsonObject { ["start"] = Place(0, 0), ["end"] = Place(99, 0) };
        Assert.All(ActionsFor(client, uri, whole), a => Assert.Equal("quickfix", (string?)a!["kind"]));
        Assert.Equal("[]", client.Ask("textDocument/codeAction", Parameters(uri, whole, "refactor")).ToJsonString());
    }

    /// <summary>The text with the edits of an action made as an editor makes them.</summary>
    private static string Apply(string text, JsonNode action, string uri)
    {
        var edit = action["edit"]!;
        var edits = edit["changes"] is { } changes ? changes[uri]!.AsArray()
            : Assert.Single(edit["documentChanges"]!.AsArray(), c => (string?)c!["textDocument"]?["uri"] == uri)!["edits"]!.AsArray();
        var source = new SourceText("t", text);
        return TextEdit.Apply(text, edits.Select(e => new TextEdit(
            TextSpan.FromBounds(Offset(e!["range"]!["start"]!), Offset(e["range"]!["end"]!)), (string)e["newText"]!)));

        int Offset(JsonNode place) =>
            PositionEncoding.Utf16.OffsetAt(source, new Position((int)place["line"]!, (int)place["character"]!));
    }

    private static JsonArray ActionsFor(LspClient client, string uri, JsonNode range, string? only = null) =>
        client.Ask("textDocument/codeAction", Parameters(uri, range, only)).AsArray();

    private static JsonObject Parameters(string uri, JsonNode range, string? only) => new()
    {
        ["textDocument"] = new JsonObject { ["uri"] = uri },
        ["range"] = range.DeepClone(),
        ["context"] = only is null
            ? new JsonObject { ["diagnostics"] = new JsonArray() }
            : new JsonObject { ["diagnostics"] = new JsonArray(), ["only"] = new JsonArray(only) },
    };

    private static JsonObject Place(int line, int character) => new() { ["line"] = line, ["character"] = character };
}
