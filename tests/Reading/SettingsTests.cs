using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

public sealed class SettingsTests
{
    private static readonly RuleInfo s_alpha = RuleCatalog.Find("alpha-below-rank")!;

    [Theory]
    [InlineData("profil: strict", "loralint.yaml:1:1: unknown key 'profil'; did you mean 'profile'?")]
    [InlineData("profile: strickt", "loralint.yaml:1:10: 'profile' must be one of recommended, documented, strict; did you mean 'strict'?")]
    [InlineData("profile: [strict]", "loralint.yaml:1:10: 'profile' must be one of recommended, documented, strict")]
    [InlineData(
        "rules:\n  alpha-bellow-rank: off", "loralint.yaml:2:3: no rule is called 'alpha-bellow-rank'; did you mean 'alpha-below-rank'?")]
    [InlineData("rules:\n  LL104: warn", "loralint.yaml:2:10: 'LL104' must be one of off, info, warning, error")]
    [InlineData("rules: [LL104]", "loralint.yaml:1:8: 'rules' must be a mapping of keys to values")]
    [InlineData(
        "rules:\n  LL104: {severity: eror}",
        "loralint.yaml:2:21: 'severity' must be one of off, info, warning, error; did you mean 'error'?")]
    [InlineData(
        "rules:\n  LL104: {sevrity: error}",
        "loralint.yaml:2:11: 'alpha-below-rank' has no option 'sevrity'; did you mean 'severity'? (it has none)")]
    [InlineData("select: [LL1, LL10x]", "loralint.yaml:1:15: no rule is called 'LL10x'")]
    [InlineData("ignore: alpha", "loralint.yaml:1:9: no rule is called 'alpha'")]
    [InlineData("select: {a: b}", "loralint.yaml:1:9: 'select' must be a list of words")]
    [InlineData("exclude: [[a]]", "loralint.yaml:1:11: 'exclude' must be a list of words")]
    [InlineData("formats:\n  '*.yml': axolotle", "loralint.yaml:2:12: a format must be one of")]
    [InlineData("dataset-rows: many", "loralint.yaml:1:15: 'dataset-rows' must be a whole number of rows")]
    [InlineData("dataset-rows: 1.5", "loralint.yaml:1:15: 'dataset-rows' must be a whole number of rows")]
    [InlineData("dataset-rows: -1", "loralint.yaml:1:15: 'dataset-rows' must be a whole number of rows")]
    [InlineData("gpu: lots", "loralint.yaml:1:6: 'gpu' must be a card, such as rtx-4090, or its memory, such as 24GB or 81559MiB")]
    [InlineData("gpu: [24GB]", "loralint.yaml:1:6: 'gpu' must be a card, such as rtx-4090, or its memory, such as 24GB or 81559MiB")]
    [InlineData("gpu: rtx-4099", "loralint.yaml:1:6: 'gpu' must be a card, such as rtx-4090, or its memory, such as 24GB or 81559MiB"
        + "; did you mean 'rtx-4090'?")]
    [InlineData("budget: 10M", "loralint.yaml:1:9: 'budget' must be a mapping of keys to values")]
    [InlineData("budget: {parameters: 10M}", "loralint.yaml:1:10: unknown key 'parameters'")]
    [InlineData("budget: {trainable-parameters: few}",
        "loralint.yaml:1:32: 'trainable-parameters' must be a number of parameters, such as 10M or 1.5B, or a share, such as 0.5%")]
    [InlineData("budget: {trainable-parameters: 0.5}",
        "loralint.yaml:1:32: 'trainable-parameters' must be a number of parameters, such as 10M or 1.5B, or a share, such as 0.5%")]
    [InlineData("overrides: {paths: [a]}", "loralint.yaml:1:12: 'overrides' must be a list of mappings, each with 'paths'")]
    [InlineData("overrides:\n  - profile: strict", "loralint.yaml:2:5: an override needs 'paths', a list of patterns")]
    [InlineData("overrides:\n  - paths: [a]\n    exclude: [b]", "loralint.yaml:3:5: unknown key 'exclude'")]
    [InlineData("format: axolotl", "loralint.yaml:1:1: unknown key 'format'; did you mean 'formats'?")]
    [InlineData("- a", "loralint.yaml:1:1: the settings file must be a mapping of keys to values")]
    [InlineData("profile: strict\n---\nprofile: strict", "loralint.yaml:3:1: a settings file holds one document")]
    [InlineData("rules: {a: ", "loralint.yaml:1:")]
    public void A_mistake_is_told_with_its_place_and_what_was_meant(string text, string expected)
    {
        var mistake = Assert.Throws<SettingsMistakesException>(() => Parse(text));
        Assert.StartsWith(expected, mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var mistake = Assert.Throws<SettingsMistakesException>(() => Parse("profil: a\nselect: [nope]\noverrides: 3\n"));
        Assert.Equal(3, mistake.Message.Split('\n').Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("profile:\nrules:\nselect:\nexclude: []\noverrides: []\n")]
    public void What_is_left_out_or_blank_changes_nothing(string text)
    {
        var options = Parse(text).OptionsFor("/project/a.yml", new SettingsBlock());
        Assert.Equal(Severity.Info, options.SeverityOf(s_alpha, s_alpha.Category));
        Assert.Null(options.Format);
        Assert.Null(options.DatasetRows);
    }

    [Fact]
    public void Rules_are_set_by_name_or_code_with_a_word_or_a_mapping()
    {
        Assert.Equal(Severity.Error, SeverityWith("rules: {ll104: error}"));
        Assert.Equal(Severity.Warning, SeverityWith("rules:\n  alpha-below-rank:\n    severity: warning"));
        Assert.Equal(Severity.Off, SeverityWith("rules: {alpha-below-rank: off}"));
        Assert.Equal(Severity.Warning, SeverityWith("profile: documented"));
        Assert.Equal(Severity.Off, SeverityWith("select: [LL9]"));
        Assert.Equal(Severity.Info, SeverityWith("select: LL1"));
        Assert.Equal(Severity.Off, SeverityWith("ignore: [LL1]"));
    }

    [Fact]
    public void Every_option_of_every_rule_can_be_set()
    {
        foreach (var rule in RuleCatalog.Infos)
        {
            foreach (var option in rule.Options)
            {
                var options = Parse($"rules: {{{rule.Name}: {{{option.Name}: 12.5}}}}").OptionsFor("/project/a.yml", new SettingsBlock());
                Assert.Equal(12.5, options.Numbers[$"{rule.Name}.{option.Name}"]);
                Assert.Throws<SettingsMistakesException>(() => Parse($"rules: {{{rule.Name}: {{{option.Name}: much}}}}"));
            }
        }
    }

    [Fact]
    public void Overrides_hold_for_their_paths_and_the_last_one_wins()
    {
        const string text = """
            rules: {alpha-below-rank: off}
            formats: {'*.cfg.yml': peft, 'runs/': axolotl}
            overrides:
              - paths: [runs/, '*.strict.yml']
                rules: {alpha-below-rank: warning}
                dataset-rows: 10
                gpu: 24GB
                budget: {trainable-parameters: 0.5%}
              - paths: [runs/special.yml]
                rules: {alpha-below-rank: error}
                format: peft
            """;
        Assert.Equal(Severity.Off, SeverityWith(text, "/project/a.yml"));
        Assert.Equal(Severity.Warning, SeverityWith(text, "/project/runs/deep/a.yml"));
        Assert.Equal(Severity.Warning, SeverityWith(text, "/project/deep/a.strict.yml"));
        Assert.Equal(Severity.Error, SeverityWith(text, "/project/runs/special.yml"));
        Assert.Equal(Severity.Off, SeverityWith(text, "/elsewhere/runs/special.yml"));
        var settings = Parse(text);
        Assert.Equal("peft", settings.OptionsFor("/project/x/a.cfg.yml", new SettingsBlock()).Format);
        Assert.Equal("axolotl", settings.OptionsFor("/project/runs/a.cfg.yml", new SettingsBlock()).Format);
        Assert.Equal("peft", settings.OptionsFor("/project/runs/special.yml", new SettingsBlock()).Format);
        Assert.Equal(10, settings.OptionsFor("/project/runs/special.yml", new SettingsBlock()).DatasetRows);
        var special = settings.OptionsFor("/project/runs/special.yml", new SettingsBlock());
        Assert.Equal(24L << 30, special.Gpu?.Bytes);
        Assert.Equal(40_000_000, special.TrainableBudget?.Of(8_000_000_000));
        Assert.Null(settings.OptionsFor("/project/a.yml", new SettingsBlock()).Gpu);
        Assert.Null(settings.OptionsFor("/project/a.yml", new SettingsBlock()).TrainableBudget);
    }

    [Fact]
    public void The_command_line_has_the_last_word()
    {
        var strict = new SettingsBlock { Profile = Profile.Strict };
        var settings = Parse("profile: documented\noverrides: [{paths: ['*'], profile: recommended}]");
        Assert.Equal(Profile.Strict, settings.OptionsFor("/project/a.yml", strict).Profile);
        var selected = new SettingsBlock { Select = ["alpha-below-rank"] };
        Assert.Equal(Severity.Info, Layered("rules: {alpha-below-rank: off}", selected));
        Assert.Equal(Severity.Info, Layered("ignore: [LL1]", selected));
        Assert.Equal(Severity.Warning, Layered("rules: {alpha-below-rank: warning}", selected));
        Assert.Equal(Severity.Off, Layered("select: [LL1]", new SettingsBlock { Ignore = ["LL104"] }));

        static Severity Layered(string text, SettingsBlock commandLine) =>
            Parse(text).OptionsFor("/project/a.yml", commandLine).SeverityOf(s_alpha, s_alpha.Category);
    }

    [Fact]
    public void The_nearest_settings_file_counts_alone()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "rules: {alpha-below-rank: off}").Write("a/loralint.yaml", "profile: documented")
            .Write("a/b/t.yml", ScratchFolder.Config).Write("c/t.yml", ScratchFolder.Config);
        var run = scratch.Run("check");
        Assert.Equal(1, run.Code);
        Assert.Contains("a/b/t.yml:4:13 warning alpha-below-rank", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("c/t.yml", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_named_by_config_counts_for_all_with_patterns_from_the_working_folder()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("ci/strict.yaml", "overrides: [{paths: [a/], profile: documented}]").Write("a/loralint.yaml", "ignore: [LL104]")
            .Write("a/t.yml", ScratchFolder.Config).Write("b/t.yml", ScratchFolder.Config);
        var run = scratch.Run("check", "--config", "ci/strict.yaml");
        Assert.Contains("a/t.yml:4:13 warning", run.Out, StringComparison.Ordinal);
        Assert.Contains("b/t.yml:4:13 info", run.Out, StringComparison.Ordinal);
        Assert.Equal("error: no such settings file: nope.yaml\n", scratch.Run("check", "--config", "nope.yaml").Error);
    }

    [Fact]
    public void Mistakes_in_a_settings_file_end_the_run_with_code_2()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a/loralint.yaml", "profil: x\nrules: 1").Write("a/t.yml", ScratchFolder.Config)
            .Write("b/t.yml", ScratchFolder.Config);
        var run = scratch.Run("check");
        Assert.Equal(2, run.Code);
        Assert.Equal("", run.Out);
        Assert.Equal(
            "error: a/loralint.yaml:1:1: unknown key 'profil'; did you mean 'profile'?\n"
            + "error: a/loralint.yaml:2:8: 'rules' must be a mapping of keys to values\n",
            run.Error);
    }

    [Fact]
    public void The_example_in_the_documentation_has_no_mistakes()
    {
        var page = File.ReadAllText(Repository.PathTo("docs", "settings.md"));
        var start = page.IndexOf("```yaml\n", StringComparison.Ordinal) + 8;
        var example = page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
        Assert.Single(Parse(example).Overrides);
        Assert.All(SettingsReader.Keys, key => Assert.Contains($"\n{key}:", "\n" + example, StringComparison.Ordinal));
    }

    private static SettingsFile Parse(string text) => SettingsReader.Parse(new SourceText("loralint.yaml", text), "/project");

    private static Severity SeverityWith(string text, string path = "/project/a.yml") =>
        Parse(text).OptionsFor(path, new SettingsBlock()).SeverityOf(s_alpha, s_alpha.Category);
}
