using System.Text.Json.Nodes;
using LoraLint.Advisor.Lsp;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Lsp;

/// <summary>Hover and completion in calls of Python scripts.</summary>
public sealed class PythonFeatureTests
{
    private const string Imports = "from peft import LoraConfig\nfrom trl import SFTConfig\n";

    // The bar marks the cursor.
    [Theory]
    [InlineData("LoraConfig(|", "LoraConfig", null, "")]
    [InlineData("LoraConfig(|)", "LoraConfig", null, "")]
    [InlineData("LoraConfig(lora_|", "LoraConfig", null, "lora_")]
    [InlineData("LoraConfig(r=8, lora_|)", "LoraConfig", null, "lora_")]
    [InlineData("LoraConfig(r=8, |lora_alpha=16)", "LoraConfig", null, "lora_alpha")]
    [InlineData("LoraConfig(r=8, lora_al|pha=16)", "LoraConfig", null, "lora_alpha")]
    [InlineData("LoraConfig(\n    r=8,\n    |\n)", "LoraConfig", null, "")]
    [InlineData("LoraConfig(r=|", "LoraConfig", "r", "")]
    [InlineData("LoraConfig(r=1|6)", "LoraConfig", "r", "16")]
    [InlineData("LoraConfig(bias='n|one')", "LoraConfig", "bias", "none")]
    [InlineData("LoraConfig(bias='n|", "LoraConfig", "bias", "n")]
    [InlineData("LoraConfig(bias=\"|\", r=8)", "LoraConfig", "bias", "")]
    [InlineData("LoraConfig(target_modules=['q_proj', 'v|'])", "LoraConfig", "target_modules", "v")]
    [InlineData("SFTConfig(learning_|", "SFTConfig", null, "learning_")]
    [InlineData("f(SFTConfig(x=[1, 2], pack|))", "SFTConfig", null, "pack")]
    [InlineData("from peft import LoraConfig as L\nL(lora_|", "LoraConfig", null, "lora_")]
    [InlineData("import peft\npeft.LoraConfig(lora_|", "LoraConfig", null, "lora_")]
    [InlineData("FastLanguageModel.get_peft_model(model, lora_|", "FastLanguageModel.get_peft_model", null, "lora_")]
    [InlineData("def make():\n    return LoraConfig(lora_|\n\nx = 1\n", "LoraConfig", null, "lora_")]
    public void What_is_typed_in_a_call_is_found(string marked, string call, string? key, string word)
    {
        var (text, found) = Find(marked);
        var typed = found!.Cursor.Word;
        Assert.Equal((call, key, word), (found.Call.Name, found.Cursor.Key, text.Substring(typed.Start, typed.Length)));
    }

    [Theory]
    [InlineData("|LoraConfig(r=8)")]
    [InlineData("LoraConfig(r=8)|")]
    [InlineData("LoraConfig(r=8)\n|")]
    [InlineData("print(|")]
    [InlineData("LoraConfig(r=8,  # lora_|\n)")]
    [InlineData("LoraConfig(target_modules=f(|))")]
    [InlineData("LoraConfig(rank_pattern={|})")]
    [InlineData("from mine import SFTConfig\nSFTConfig(|")]
    [InlineData("x = [|")]
    [InlineData("LoraConfig(some thing|")]
    public void Elsewhere_nothing_is_offered(string marked) => Assert.Null(Find(marked).Found);

    [Fact]
    public void Siblings_are_the_other_keywords_of_the_call() => Assert.Equal(
        ["bias", "r"], Find("LoraConfig(r=8, lora_|, bias=f(x=1))").Found!.Cursor.Siblings.Order(StringComparer.Ordinal));

    [Fact]
    public void Keywords_complete_by_what_the_class_takes_and_with_what_they_mean()
    {
        using var scratch = new ScratchFolder();
        const string text = Imports + "c = LoraConfig(r=8, lora_";
        using var client = Opened(scratch, text, out var uri);
        var items = Complete(client, uri, 2, 25);
        var alpha = items.Single(i => (string?)i!["label"] == "lora_alpha")!;
        Assert.Equal("lora_alpha=", (string?)alpha["textEdit"]!["newText"]);
        Assert.DoesNotContain(items, i => (string?)i!["label"] is "r" or "learning_rate");
        var resolved = client.Ask("completionItem/resolve", alpha.DeepClone());
        Assert.Contains("scal", (string?)resolved["documentation"]!["value"], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Values_are_spelled_as_python_has_them()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, Imports + "c = LoraConfig(use_rslora=, bias=)\n", out var uri);
        var switches = Complete(client, uri, 2, 26).Select(i => (string?)i!["textEdit"]!["newText"]).ToList();
        Assert.Contains("True", switches);
        Assert.DoesNotContain("true", switches);
        Assert.Contains("\"none\"", Complete(client, uri, 2, 33).Select(i => (string?)i!["textEdit"]!["newText"]));
    }

    [Fact]
    public void Hovering_over_a_keyword_tells_what_it_does_and_what_it_comes_to()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, Imports + "c = LoraConfig(r=8, lora_alpha=16)\n", out var uri);
        var alpha = Hover(client, uri, 2, 22);
        Assert.StartsWith("**lora_alpha** (LoraConfig: a whole number", alpha, StringComparison.Ordinal);
        Assert.Contains("Here: `16` (alpha, written)", alpha, StringComparison.Ordinal);
        Assert.Contains("alpha / rank = 16 / 8 = 2", alpha, StringComparison.Ordinal);
        Assert.Contains("Guidance", alpha, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_that_belongs_to_no_run_has_its_keywords_told_too()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, Imports + "a = SFTConfig(learning_rate=1e-4)\n", out var uri);
        var rate = Hover(client, uri, 2, 18);
        Assert.StartsWith("**learning_rate** (SFTConfig: a number", rate, StringComparison.Ordinal);
        Assert.Equal("null", client.Ask("textDocument/hover", LspClient.At(uri, 2, 0)).ToString());
    }

    [Fact]
    public void The_keys_of_a_dict_that_a_call_takes_are_keywords_of_it()
    {
        using var scratch = new ScratchFolder();
        using var client = Opened(scratch, Imports + "s = {'lora_alpha': 16, 'r': 8}\nc = LoraConfig(**s)\n", out var uri);
        Assert.StartsWith("**lora_alpha** (LoraConfig: ", Hover(client, uri, 2, 8), StringComparison.Ordinal);
    }

    private static (string Text, PythonCursor? Found) Find(string marked)
    {
        var text = marked.Replace("|", "", StringComparison.Ordinal);
        return (text, PythonCursor.Find(new SourceText("a.py", text), marked.IndexOf('|', StringComparison.Ordinal)));
    }

    private static LspClient Opened(ScratchFolder scratch, string text, out string uri)
    {
        var client = new LspClient(scratch.Root);
        uri = DocumentUri.Of(scratch.PathTo("t.py"));
        client.Open(uri, text, "python");
        return client;
    }

    private static JsonArray Complete(LspClient client, string uri, int line, int character) =>
        client.Ask("textDocument/completion", LspClient.At(uri, line, character))["items"]!.AsArray();

    private static string Hover(LspClient client, string uri, int line, int character) =>
        (string)client.Ask("textDocument/hover", LspClient.At(uri, line, character))["contents"]!["value"]!;
}
