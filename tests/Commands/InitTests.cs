using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Commands;

public sealed class InitTests
{
    private const string PreCommit = """
        # our hooks
        default_stages: [pre-commit]
        repos:
          - repo: https://github.com/pre-commit/pre-commit-hooks
            rev: v5.0.0
            hooks:
              - id: check-yaml   # keep
          # the last one
        ci:
          autofix_prs: false

        """;

    [Fact]
    public void An_empty_folder_gets_three_files_that_are_valid()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("init");
        Assert.Equal(
            (0, "loralint.yaml: written\n.pre-commit-config.yaml: written\n.vscode/settings.json: written\n"), (run.Code, run.Out));
        Assert.NotNull(SettingsReader.Parse(new SourceText("loralint.yaml", scratch.Read("loralint.yaml")), "/p"));
        Assert.Equal("loralint", HookIds(scratch.Read(".pre-commit-config.yaml")).Single());
        Assert.Equal("loralint.yaml", SchemasOf(scratch.Read(".vscode/settings.json"))["settings"]);
        Assert.Equal(0, scratch.Write("t.yml", ScratchFolder.Config).Run("check").Code);
    }

    [Fact]
    public void The_settings_that_are_written_in_comments_are_valid_too()
    {
        using var scratch = new ScratchFolder();
        scratch.Run("init");
        var text = scratch.Read("loralint.yaml").Replace(": {}\n#", ":\n#", StringComparison.Ordinal)
            .Replace(": []\n#", ":\n#", StringComparison.Ordinal)
            .Replace("\n#  ", "\n  ", StringComparison.Ordinal);
        Assert.Contains("\n  alpha-below-rank: warning", text, StringComparison.Ordinal);
        Assert.Single(SettingsReader.Parse(new SourceText("loralint.yaml", text), "/p").Overrides);
    }

    [Fact]
    public void A_second_time_nothing_changes()
    {
        using var scratch = new ScratchFolder();
        scratch.Run("init");
        Assert.Equal(
            "loralint.yaml: has it already\n.pre-commit-config.yaml: has it already\n.vscode/settings.json: has it already\n",
            scratch.Run("init", "--yes").Out);
        Assert.Equal(["loralint.yaml"], Directory.GetFiles(scratch.Root, "loralint*").Select(Path.GetFileName));
    }

    [Fact]
    public void Without_a_person_and_without_yes_what_is_there_stays()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "profile: strict\n").Write(".pre-commit-config.yaml", PreCommit)
            .Write(".vscode/settings.json", "{\"a\": 1}");
        var run = scratch.Run("init");
        Assert.Equal(0, run.Code);
        Assert.Equal(3, run.Out.Split("left as it is; --yes would change it").Length - 1);
        Assert.Equal("profile: strict\n", scratch.Read("loralint.yaml"));
        Assert.Equal(PreCommit, scratch.Read(".pre-commit-config.yaml"));
        Assert.Equal("{\"a\": 1}", scratch.Read(".vscode/settings.json"));
    }

    [Fact]
    public void With_yes_files_are_added_to_and_replaced_settings_stay_as_a_copy()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "profile: strict\n").Write("loralint.yaml.bak", "older\n")
            .Write(".pre-commit-config.yaml", PreCommit)
            .Write(".vscode/settings.json", "{\n  // ours\n  \"editor.tabSize\": 2,\n}\n");
        var run = scratch.Run("init", "--yes");
        Assert.Equal(
            "loralint.yaml: replaced; what was there is now loralint.yaml.bak2\n.pre-commit-config.yaml: added to\n"
            + ".vscode/settings.json: added to\n",
            run.Out);
        Assert.Equal("profile: strict\n", scratch.Read("loralint.yaml.bak2"));
        Assert.Equal("older\n", scratch.Read("loralint.yaml.bak"));
        Assert.Equal(["check-yaml", "loralint"], HookIds(scratch.Read(".pre-commit-config.yaml")));
        foreach (var line in PreCommit.Split('\n'))
            Assert.Contains(line, scratch.Read(".pre-commit-config.yaml"), StringComparison.Ordinal);
        Assert.Contains("// ours\n  \"editor.tabSize\": 2", scratch.Read(".vscode/settings.json"), StringComparison.Ordinal);
        Assert.NotNull(ReadJson(scratch.Read(".vscode/settings.json")).Find("yaml.schemas"));
    }

    [Theory]
    [InlineData("y\ny\n", "loralint.yaml: replaced", ".pre-commit-config.yaml: added to")]
    [InlineData("n\nyes\n", "loralint.yaml: left as it is", ".pre-commit-config.yaml: added to")]
    [InlineData("\n\n", "loralint.yaml: left as it is", ".pre-commit-config.yaml: left as it is")]
    [InlineData("", "loralint.yaml: left as it is", ".pre-commit-config.yaml: left as it is")]
    public void A_person_is_asked_for_each_file(string answers, string first, string second)
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "profile: strict\n").Write(".pre-commit-config.yaml", PreCommit);
        var output = scratch.RunWith(answers, 80, false, null, "init").Out;
        Assert.Contains("loralint.yaml is there. Replace it (it stays as a copy)? [y/N] " + first, output, StringComparison.Ordinal);
        Assert.Contains(".pre-commit-config.yaml is there. Add to it? [y/N] " + second, output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("# only a comment\n", 1)]
    [InlineData("repos: []\n", 1)]
    [InlineData("repos:\n", 1)]
    [InlineData("repos:   # none yet\n", -1)]
    [InlineData("default_stages: [manual]", 1)]
    [InlineData("repos:\n- repo: local\n  hooks:\n  - id: x", 2)]
    [InlineData("repos:\n  - {repo: local, hooks: [{id: x}]}\n", 2)]
    [InlineData("repos:\r\n  - repo: local\r\n    hooks:\r\n      - id: x\r\nci: {}\r\n", 2)]
    [InlineData("repos: [{repo: local, hooks: [{id: x}]}]\n", -1)]
    [InlineData("repos: 3\n", -1)]
    [InlineData("- a\n", -1)]
    [InlineData("repos: [\n", -1)]
    public void The_hook_is_added_where_that_is_safe(string text, int hooks)
    {
        var added = InitialFiles.AddHook(text);
        if (hooks < 0)
        {
            Assert.Null(added);
            return;
        }

        Assert.Equal(hooks, HookIds(added!).Count);
        Assert.Equal("loralint", HookIds(added!)[^1]);
        // Nothing of what was there is gone but the brackets of an empty list.
        foreach (var line in text.Replace("[]", "", StringComparison.Ordinal).Split('\n').Where(l => l.Trim().Length > 0))
            Assert.Contains(line.TrimEnd(), added, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("", true)]
    [InlineData("{\n  \"a\": {\"b\": 1}\n}", true)]
    [InlineData("{\n  \"yaml.schemas\": {\n    \"https://example.com\": \"x.yml\"\n  }\n}", true)]
    [InlineData("{ \"yaml.schemas\": {} }", true)]
    [InlineData("{ \"a\": 1, }", true)]
    [InlineData("{ // nothing yet\n}", false)]
    [InlineData("{ \"yaml.schemas\": 1 }", false)]
    [InlineData("[1]", false)]
    [InlineData("{ \"a\": ", false)]
    public void The_schema_is_added_where_that_is_safe(string text, bool isSafe)
    {
        var added = InitialFiles.AddSchemas(text);
        Assert.Equal(isSafe, added is not null);
        if (added is null)
            return;
        var root = ReadJson(added);
        Assert.Equal("loralint.yaml", SchemasOf(added)["settings"]);
        Assert.Contains("axolotl.yml", SchemasOf(added)["axolotl"], StringComparison.Ordinal);
        Assert.Equal(added, InitialFiles.AddSchemas(added));
        foreach (var entry in text.Length == 0 ? [] : ReadJson(text).Entries)
            Assert.NotNull(root.Find(entry.Key));
    }

    [Fact]
    public void Editor_settings_have_the_schemas_of_the_formats_in_yaml_with_their_files()
    {
        using var scratch = new ScratchFolder();
        scratch.Run("init");
        var schemas = SchemasOf(scratch.Read(".vscode/settings.json"));
        var inYaml = FormatSchemas.All.Where(s => s.Files.Any(f => ConfigReader.LanguageOf(f) == ConfigLanguage.Yaml)).ToList();
        Assert.Equal(inYaml.Select(s => s.Name).Order(StringComparer.Ordinal), schemas.Keys.Order(StringComparer.Ordinal));
        Assert.DoesNotContain("peft", schemas.Keys);
        foreach (var schema in inYaml)
        {
            var files = schema.Files.Where(f => ConfigReader.LanguageOf(f) == ConfigLanguage.Yaml);
            Assert.Equal(string.Join(" ", files), schemas[schema.Name]);
        }
    }

    [Fact]
    public void A_schema_that_is_there_already_is_left_with_its_files()
    {
        const string Old = """
            {
              "yaml.schemas": {
                "https://loralint.dev/schemas/trl.schema.json": "mine.yaml"
              }
            }
            """;
        var schemas = SchemasOf(InitialFiles.AddSchemas(Old)!);
        Assert.Equal(("mine.yaml", "loralint.yaml"), (schemas["trl"], schemas["settings"]));
    }

    [Fact]
    public void What_cannot_be_added_to_is_told_with_what_to_add()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write(".pre-commit-config.yaml", "repos: 3\n").Run("init", "--yes");
        Assert.Contains(
            ".pre-commit-config.yaml: cannot be added to safely; add by hand:\n  - repo: local", run.Out, StringComparison.Ordinal);
        Assert.Equal("repos: 3\n", scratch.Read(".pre-commit-config.yaml"));
    }

    // Files by the schema's name, those of a list with spaces between them.
    private static Dictionary<string, string> SchemasOf(string text) =>
        ReadJson(text).Find("yaml.schemas")!.Value.Entries.Where(e => e.Key.StartsWith("https://loralint.dev/", StringComparison.Ordinal))
            .ToDictionary(
                e => e.Key["https://loralint.dev/schemas/".Length..^".schema.json".Length],
                e => e.Value.IsScalar ? e.Value.Text : string.Join(" ", e.Value.Items.Select(i => i.Text)));

    private static List<string> HookIds(string text)
    {
        var document = ConfigReader.Read(new SourceText("a.yaml", text), ConfigLanguage.Yaml);
        Assert.Empty(document.Problems);
        return [.. document.Roots[0].Find("repos")!.Value.Items.SelectMany(r => r.Find("hooks")!.Value.Items)
            .Select(h => h.Find("id")!.Value.Text)];
    }

    private static ConfigNode ReadJson(string text)
    {
        var document = ConfigReader.Read(new SourceText("a.json", text), ConfigLanguage.Json);
        Assert.DoesNotContain(document.Problems, p => p.Kind == ReadProblemKind.Syntax);
        return document.Roots[0];
    }
}
