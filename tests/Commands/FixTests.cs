using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Commands;

/// <summary><c>--fix</c> and <c>--diff</c>, and the loop behind them.</summary>
public sealed class FixTests
{
    private static readonly string s_suppressed = ScratchFolder.Config.Replace(
        "lora_alpha: 8", "lora_alpha: 128  # loralint-ignore alpha-below-rank: old", StringComparison.Ordinal);

    [Fact]
    public void Safe_fixes_are_applied_and_what_is_left_is_reported()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", s_suppressed).Write("u.yml", ScratchFolder.Config);
        var run = scratch.Run("check", "--fix", "--select", "LL005,LL104");
        Assert.Equal(0, run.Code);
        Assert.Equal(ScratchFolder.Config.Replace("lora_alpha: 8", "lora_alpha: 128", StringComparison.Ordinal), scratch.Read("t.yml"));
        Assert.Equal(ScratchFolder.Config, scratch.Read("u.yml"));
        Assert.EndsWith(
            "Fixed 1 finding. Found 1 finding (1 info) in 1 of 2 configs; 1 can be fixed with --fix --unsafe-fixes.\n",
            run.Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Unsafe_fixes_are_applied_when_asked_for()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("t.yml", ScratchFolder.Config)
            .Run("check", "--fix", "--unsafe-fixes", "--select", "LL104", "--fail-on", "info");
        Assert.Equal(0, run.Code);
        Assert.Contains("lora_alpha: 128\n", scratch.Read("t.yml"), StringComparison.Ordinal);
        Assert.Equal("Fixed 1 finding. No other findings in 1 config.\n", run.Out);
    }

    [Fact]
    public void Mark_line_breaks_and_mode_stay()
    {
        using var scratch = new ScratchFolder();
        var text = "\uFEFF" + ScratchFolder.Config.Replace("\n", "\r\n", StringComparison.Ordinal);
        scratch.Write("t.yml", text);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(scratch.PathTo("t.yml"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupExecute);
        scratch.Run("check", "--fix", "--unsafe-fixes", "--select", "LL104");
        Assert.Equal(
            System.Text.Encoding.UTF8.GetBytes(text.Replace("lora_alpha: 8", "lora_alpha: 128", StringComparison.Ordinal)),
            File.ReadAllBytes(scratch.PathTo("t.yml")));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupExecute, File.GetUnixFileMode(scratch.PathTo("t.yml")));
        Assert.Equal(["t.yml"], Directory.GetFileSystemEntries(scratch.Root).Select(Path.GetFileName));
    }

    [Fact]
    public void A_link_stays_a_link_and_what_it_leads_to_is_written()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("real/t.yml", ScratchFolder.Config);
        File.CreateSymbolicLink(scratch.PathTo("t.yml"), scratch.PathTo("real/t.yml"));
        scratch.Run("check", "--fix", "--unsafe-fixes", "--select", "LL104", "t.yml");
        Assert.NotNull(new FileInfo(scratch.PathTo("t.yml")).LinkTarget);
        Assert.Contains("lora_alpha: 128", scratch.Read("real/t.yml"), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_without_a_fix_are_not_touched()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config);
        var before = File.GetLastWriteTimeUtc(scratch.PathTo("t.yml"));
        File.SetLastWriteTimeUtc(scratch.PathTo("t.yml"), before.AddDays(-3));
        scratch.Run("check", "--fix");
        Assert.Equal(before.AddDays(-3), File.GetLastWriteTimeUtc(scratch.PathTo("t.yml")));
    }

    [Fact]
    public void Diff_shows_what_fixing_would_change_and_changes_nothing()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config);
        var nothing = scratch.Run("check", "--diff", "--select", "LL104");
        Assert.Equal((0, "", "Nothing to fix.\n"), (nothing.Code, nothing.Out, nothing.Error));
        var run = scratch.Run("check", "--diff", "--unsafe-fixes", "--select", "LL104");
        Assert.Equal(1, run.Code);
        Assert.Equal("""
            --- a/t.yml
            +++ b/t.yml
            @@ -1,6 +1,6 @@
             base_model: NousResearch/Meta-Llama-3.1-8B
             adapter: lora
             lora_r: 64
            -lora_alpha: 8
            +lora_alpha: 128
             lora_target_linear: true
             sequence_len: 2048

            """, run.Out);
        Assert.Equal("Would fix 1 finding in 1 file.\n", run.Error);
        Assert.Equal(ScratchFolder.Config, scratch.Read("t.yml"));
        Assert.Equal(1, scratch.Run("check", "--diff", "--fix", "--unsafe-fixes").Code);
        Assert.Equal(ScratchFolder.Config, scratch.Read("t.yml"));
    }

    [Fact]
    public void Standard_input_comes_out_fixed()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.RunWith(
            s_suppressed, null, false, null, "check", "--fix", "--stdin-filename", "t.yml", "--select", "LL005,LL104");
        Assert.Equal((0, ScratchFolder.Config.Replace(": 8", ": 128", StringComparison.Ordinal)), (run.Code, run.Out));
        Assert.Equal("Fixed 1 finding. No other findings in 1 config.\n", run.Error);
        var other = scratch.RunWith("a: 1\n", null, false, null, "check", "--fix", "--stdin-filename", "t.yml");
        Assert.Equal(
            (0, "a: 1\n", "note: t.yml: passed over: nothing in it configures LoRA training\n"), (other.Code, other.Out, other.Error));
    }

    [Fact]
    public void Standard_input_that_is_no_text_is_not_written_back_changed()
    {
        using var scratch = new ScratchFolder();
        using var output = new StringWriter();
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Advisor.Commands.Terminal
        {
            Out = output, Error = error, In = new MemoryStream([0x61, 0x3A, 0xE4, 0x0A]), Folder = scratch.Root,
        };
        Assert.Equal(2, Advisor.Program.Run(["check", "--fix", "--stdin-filename", "t.yml"], terminal));
        Assert.Equal("", output.ToString());
        Assert.StartsWith(
            "error: t.yml: standard input cannot be fixed: byte 0xE4 at offset 2 is not UTF-8", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Fixes_that_touch_wait_for_the_next_round()
    {
        // Both insert at the end of the same line; a digit goes in front of the first.
        var outcome = Fix("a: 1\n", text => [
            text.Contains('x') ? null : Insert(text.Length - 1, "x"),
            text.Contains('y') ? null : Insert(text.Length - 1, "y"),
            text.Contains('0') ? null : Insert(0, "0"),
        ]);
        Assert.Equal("0a: 1xy\n", outcome.Text);
        Assert.Equal(3, outcome.Fixed);
        Assert.Null(outcome.Defect);
    }

    [Fact]
    public void Fixes_that_undo_each_other_leave_the_file_as_it_was()
    {
        var outcome = Fix(
            "a: 1\n", text => [new Fix(FixSafety.Safe, "toggle", new TextEdit(new TextSpan(3, 1), text[3] == '1' ? "2" : "1"))]);
        Assert.Equal("a: 1\n", outcome.Text);
        Assert.Equal(0, outcome.Fixed);
        Assert.Contains("undo each other", outcome.Defect, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fix_that_breaks_the_syntax_leaves_the_file_as_it_was()
    {
        var outcome = Fix("a: 1\n", _ => [new Fix(FixSafety.Safe, "break", new TextEdit(new TextSpan(3, 1), "[1"))]);
        Assert.Equal("a: 1\n", outcome.Text);
        Assert.Contains("would break the file", outcome.Defect, StringComparison.Ordinal);
    }

    [Fact]
    public void Fixing_ends_after_ten_rounds()
    {
        var outcome = Fix("a: 1\n", _ => [Insert(4, "1")]);
        Assert.Equal("a: 11111111111\n", outcome.Text);
        Assert.Equal(Fixer.MostRounds, outcome.Fixed);
    }

    [Fact]
    public void What_is_only_shown_is_never_applied()
    {
        var outcome = Fix(
            "a: 1\n", _ => [new Fix(FixSafety.Display, "choose", new TextEdit(new TextSpan(3, 1), "2"))], includeUnsafe: true);
        Assert.Equal(("a: 1\n", 0), (outcome.Text, outcome.Fixed));
    }

    private static Fix Insert(int at, string text) => new(FixSafety.Safe, "insert", new TextEdit(new TextSpan(at, 0), text));

    private static FixOutcome Fix(string text, Func<string, Fix?[]> fixesOf, bool includeUnsafe = false)
    {
        (ConfigDocument Document, LintResult Result) Check(string current)
        {
            var document = ConfigReader.Read(new SourceText("a.yml", current), ConfigLanguage.Yaml);
            var findings = fixesOf(current).OfType<Fix>()
                .Select(f => new Finding(EngineRules.UnusedSuppression, Severity.Warning, "x", new TextSpan(0, 0), f));
            return (document, new LintResult([], [.. findings]));
        }

        var (document, result) = Check(text);
        return Fixer.Fix(document, result, includeUnsafe, Check);
    }
}
