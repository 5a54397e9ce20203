using System.Text.Json;
using LoraLint.Advisor.Reading;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Commands;

/// <summary><c>loralint check</c> as a whole, run in this process.</summary>
public sealed class CheckTests
{
    private const string Broken = "base_model: x\nadapter: lora\nlora_r: [8\n";

    [Theory]
    [InlineData("warning", 0)]
    [InlineData("error", 0)]
    [InlineData("info", 1)]
    public void The_exit_code_follows_fail_on(string failOn, int code)
    {
        using var scratch = new ScratchFolder();
        Assert.Equal(
            code, scratch.Write("t.yml", ScratchFolder.Config).Run("check", "--fail-on", failOn, "--select", "LL104", "t.yml").Code);
    }

    [Fact]
    public void By_default_warnings_fail_and_infos_do_not()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config);
        Assert.Equal(0, scratch.Run("check", "--select", "LL104").Code);
        Assert.Equal(1, scratch.Run("check", "--select", "LL104", "--profile", "documented").Code);
        Assert.Equal(1, scratch.Write("t.yml", Broken).Run("check").Code);
    }

    [Fact]
    public void Text_shows_the_line_the_span_the_rule_the_reason_and_the_fix()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("configs/t.yml", ScratchFolder.Config).Run("check", "--select", "alpha-below-rank");
        var lines = run.Out.Split('\n');
        Assert.Equal("configs/t.yml:4:13 info alpha-below-rank (LL104)", lines[0]);
        Assert.Equal("   4 | lora_alpha: 8", lines[1]);
        Assert.StartsWith("     |             ^ lora_alpha 8 is below the rank 64", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("  why: ", lines[3], StringComparison.Ordinal);
        Assert.Equal("  fix (unsafe): Set lora_alpha to 128", lines[4]);
        Assert.Equal("Found 1 finding (1 info) in 1 config; 1 can be fixed with --fix --unsafe-fixes.", lines[6]);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void Json_has_places_from_1_and_the_fix()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("t.yml", ScratchFolder.Config).Write("other.yml", "a: 1\n")
            .Run("check", "--format", "json", "--select", "LL104");
        using var json = JsonDocument.Parse(run.Out);
        var file = Assert.Single(json.RootElement.GetProperty("files").EnumerateArray());
        Assert.Equal("t.yml", file.GetProperty("path").GetString());
        Assert.Equal("axolotl", file.GetProperty("format").GetString());
        var finding = Assert.Single(file.GetProperty("findings").EnumerateArray());
        Assert.Equal("""{"line":4,"column":13}""", Compact(finding.GetProperty("start")));
        Assert.Equal("""{"line":4,"column":14}""", Compact(finding.GetProperty("end")));
        Assert.Equal(
            """{"safety":"unsafe","title":"Set lora_alpha to 128","edits":["""
            + """{"start":{"line":4,"column":13},"end":{"line":4,"column":14},"text":"128"}]}""",
            Compact(finding.GetProperty("fix")));
        Assert.Equal(
            """{"files":2,"configs":1,"skipped":1,"errors":0,"warnings":0,"infos":1}""",
            Compact(json.RootElement.GetProperty("summary")));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("sarif")]
    [InlineData("gitlab")]
    public void Machine_formats_stay_whole_whatever_is_found(string format)
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config).Write("broken.yml", Broken).Write("notes.yml", "a: 1\n");
        using var json = JsonDocument.Parse(scratch.Run("check", "--format", format, "t.yml", "broken.yml", "notes.yml").Out);
        Assert.NotEqual(JsonValueKind.Undefined, json.RootElement.ValueKind);
    }

    [Theory]
    [InlineData("error: no such file or folder: nope.yml", "nope.yml")]
    [InlineData("error: no such file or folder: nope.yml", "t.yml", "nope.yml")]
    [InlineData("error: no rule is called 'alpha-below-rnk'; did you mean 'alpha-below-rank'?", "--select", "alpha-below-rnk")]
    [InlineData("error: no rule is called 'LLX'", "--ignore", "LL1,LLX")]
    [InlineData(
        "error: --format takes one of text, json, sarif, github, gitlab, junit, not 'jsn'; did you mean 'json'?", "--format", "jsn")]
    [InlineData("error: --fail-on takes one of error, warning, info, not 'off'", "--fail-on", "off")]
    [InlineData("error: --profile takes one of recommended, documented, strict, not 'lax'", "--profile", "lax")]
    [InlineData("error: --unsafe-fixes goes with --fix or --diff", "--unsafe-fixes")]
    [InlineData("error: --diff has only the text format", "--diff", "--format", "json")]
    [InlineData("error: --statistics has only the text format", "--statistics", "--format", "sarif")]
    [InlineData("error: - needs --stdin-filename: the name tells the language and the settings", "-")]
    [InlineData("error: --stdin-filename checks standard input alone; leave the paths out", "--stdin-filename", "a.yml", "t.yml")]
    [InlineData("error: no such option: --fixx; did you mean '--fix'?", "--fixx")]
    [InlineData("error: no such option: -f", "t.yml", "-f")]
    [InlineData("error: Required argument missing for option: '--select'", "--select")]
    public void Mistakes_of_the_user_give_code_2_and_nothing_else(string message, params string[] arguments)
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("t.yml", ScratchFolder.Config).Run(["check", .. arguments]);
        Assert.Equal(2, run.Code);
        Assert.Equal("", run.Out);
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_command_is_a_mistake_that_points_to_help()
    {
        using var scratch = new ScratchFolder();
        const string error = "error: Required command was not provided\nerror: Unrecognized command or argument 'chek'\n"
            + "`loralint --help` shows what there is\n";
        Assert.Equal((2, error), Of(scratch.Run("chek")));
        Assert.Equal(2, scratch.Run().Code);
        Assert.Equal(0, scratch.Run("--help").Code);
        Assert.Equal(0, scratch.Run("check", "--help").Code);
        Assert.Matches("^[0-9]+[.][0-9]+[.][0-9]+", scratch.Run("--version").Out);
        static (int, string) Of(ToolRun run) => (run.Code, run.Error);
    }

    [Fact]
    public void Select_and_ignore_take_codes_names_and_prefixes()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config);
        foreach (var selector in new[] { "LL104", "ll104", "alpha-below-rank", "LL1", "LL901,LL104" })
            Assert.Contains("alpha-below-rank", scratch.Run("check", "--select", selector).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("alpha-below-rank", scratch.Run("check", "--select", "LL0").Out, StringComparison.Ordinal);
        Assert.DoesNotContain("alpha-below-rank", scratch.Run("check", "--ignore", "LL0", "--ignore", "LL1").Out, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "alpha-below-rank", scratch.Run("check", "--select", "LL1", "--ignore", "LL104").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_files_are_passed_over_in_silence_unless_named()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a/compose.yml", "services: {}\n").Write("a/notes.txt", "x");
        var found = scratch.Run("check");
        Assert.Equal((0, "No LoRA configs among 1 file.\n", ""), (found.Code, found.Out, found.Error));
        var named = scratch.Run("check", "a/compose.yml", "a/notes.txt");
        Assert.Equal(0, named.Code);
        Assert.Equal(
            "note: a/compose.yml: passed over: nothing in it configures LoRA training\n"
            + "note: a/notes.txt: passed over: configs are .yaml, .yml, .json, .toml, .py, .ipynb or .sh files\n",
            named.Error);
        Assert.Equal("", scratch.Run("check", "a/compose.yml", "--format", "json").Error);
        string[] many = [.. Enumerable.Range(0, 9).Select(i => $"f{i}.yml")];
        foreach (var file in many)
            scratch.Write(file, "a: 1\n");
        Assert.Equal(
            "note: 9 of the files named were passed over: nothing in them configures LoRA training\n",
            scratch.Run(["check", .. many]).Error);
    }

    [Fact]
    public void With_force_exclude_named_files_are_treated_like_found_ones()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "exclude: [archive/, '*.bak.yml', 'sub/x.yml']").Write("t.yml", ScratchFolder.Config)
            .Write("archive/deep/t.yml", ScratchFolder.Config).Write("t.bak.yml", ScratchFolder.Config)
            .Write("sub/x.yml", ScratchFolder.Config)
            .Write("notes.yml", "a: 1\n").Write("empty.yml", "");
        string[] named = ["t.yml", "archive/deep/t.yml", "t.bak.yml", "sub/x.yml", "notes.yml", "empty.yml"];
        var forced = scratch.Run(["check", "--force-exclude", "--select", "LL104", .. named]);
        Assert.Equal((0, ""), (forced.Code, forced.Error));
        Assert.EndsWith(
            "Found 1 finding (1 info) in 1 config; 1 can be fixed with --fix --unsafe-fixes.\n", forced.Out, StringComparison.Ordinal);
        Assert.Contains("in 4 configs", scratch.Run(["check", "--select", "LL104", .. named]).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_order_of_the_output_does_not_depend_on_threads()
    {
        using var scratch = new ScratchFolder();
        for (var i = 0; i < 200; i++)
            scratch.Write($"c{i % 7}/t{i:000}.yml", ScratchFolder.Config + string.Concat(Enumerable.Repeat("# x\n", i * 37 % 200)));
        var first = scratch.Run("check", "--format", "json").Out;
        using var json = JsonDocument.Parse(first);
        var paths = json.RootElement.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("path").GetString()!).ToList();
        Assert.Equal(200, paths.Count);
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
        Assert.Equal(first, scratch.Run("check", "--format", "json").Out);
    }

    [Fact]
    public void Standard_input_is_checked_under_the_name_given()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("configs/loralint.yaml", "profile: documented");
        var run = scratch.RunWith(ScratchFolder.Config, null, false, null, "check", "--stdin-filename", "configs/new.yml");
        Assert.Equal(1, run.Code);
        Assert.StartsWith("configs/new.yml:4:13 warning alpha-below-rank", run.Out, StringComparison.Ordinal);
        Assert.Equal(
            run.Out, scratch.RunWith(ScratchFolder.Config, null, false, null, "check", "-", "--stdin-filename", "configs/new.yml").Out);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told_and_the_others_are_checked()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "needs a file that nobody can read, root included");
        using var scratch = new ScratchFolder();
        scratch.Write("b.yml", ScratchFolder.Config);
        File.CreateSymbolicLink(scratch.PathTo("a.yml"), "/proc/self/mem");
        var run = scratch.Run("check", "a.yml", "b.yml");
        Assert.Equal(2, run.Code);
        Assert.StartsWith("error: cannot read a.yml: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("b.yml:4:13", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_too_large_or_no_text_is_a_finding_when_named_and_passed_over_when_found()
    {
        using var scratch = new ScratchFolder();
        File.WriteAllBytes(scratch.PathTo("binary.json"), [0, 1, 2, 3]);
        scratch.Write("data.json", "[" + new string(' ', ReadLimits.MaxBytes) + "]");
        string[] named = ["binary.json", "data.json"];
        foreach (var passedOver in new[] { scratch.Run("check"), scratch.Run(["check", "--force-exclude", .. named]) })
            Assert.Equal((0, "No LoRA configs among 2 files.\n", ""), (passedOver.Code, passedOver.Out, passedOver.Error));
        var run = scratch.Run(["check", .. named]);
        Assert.Equal(1, run.Code);
        Assert.Contains("binary.json:1:1 error unreadable-text (LL004)", run.Out, StringComparison.Ordinal);
        Assert.Contains("data.json:1:1 error input-limit (LL003)", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, scratch.Run(["check", "--ignore", "LL003,LL004", .. named]).Code);
    }

    [Fact]
    public void A_pipe_can_be_checked_however_much_comes_out_of_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs named pipes");
        using var scratch = new ScratchFolder();
        foreach (var (text, code) in new[] { (ScratchFolder.Config, 0), (ScratchFolder.Config + new string('#', ReadLimits.MaxBytes), 1) })
        {
            Tool.Run(scratch.Root, "mkfifo", "pipe.yml");
            var writer = Task.Run(() => File.AppendAllText(scratch.PathTo("pipe.yml"), text), TestContext.Current.CancellationToken);
            var run = scratch.Run("check", "pipe.yml", "--select", "LL003,LL104");
            Assert.Equal((code, ""), (run.Code, run.Error));
            Assert.Contains("pipe.yml:", run.Out, StringComparison.Ordinal);
            File.Delete(scratch.PathTo("pipe.yml"));
            _ = writer.ContinueWith(t => t.Exception, TaskScheduler.Default);
        }
    }

    [Fact]
    public void A_pipe_in_a_folder_is_not_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs named pipes");
        using var scratch = new ScratchFolder();
        Tool.Run(scratch.Root, "mkfifo", "pipe.yml");
        Assert.Equal((0, "No LoRA configs among 1 file.\n"), (scratch.Run("check").Code, scratch.Run("check").Out));
    }

    [Fact]
    public void Statistics_count_by_rule()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a.yml", ScratchFolder.Config).Write("b.yml", ScratchFolder.Config);
        var run = scratch.Run("check", "--statistics", "--select", "LL104");
        Assert.Equal(
            "2  info     alpha-below-rank  LL104  2 with a fix\n\n"
            + "Found 2 findings (2 info) in 2 configs; 2 can be fixed with --fix --unsafe-fixes.\n",
            run.Out);
    }

    [Fact]
    public void A_format_set_by_pattern_is_used()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "formats: {'*.axo.yml': axolotl}").Write("t.axo.yml", "lora_r: 64\nlora_alpha: 8\nadapter: lora\n");
        using var json = JsonDocument.Parse(scratch.Run("check", "--format", "json").Out);
        Assert.Equal("axolotl", json.RootElement.GetProperty("files")[0].GetProperty("format").GetString());
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);
}
