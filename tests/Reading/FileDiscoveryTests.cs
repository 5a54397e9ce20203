using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

public sealed class FileDiscoveryTests
{
    [Fact]
    public void Configs_are_found_by_extension_in_the_order_of_their_names()
    {
        using var scratch = new ScratchFolder();
        foreach (var path in new[] { "b.yml", "a/z.toml", "a/b.json", "c.YAML", "d.py", "e.yaml.bak", "README.md" })
            scratch.Write(path, "x");
        Assert.Equal(["a/b.json", "a/z.toml", "b.yml", "c.YAML", "d.py"], Find(scratch, "."));
    }

    [Theory]
    [InlineData("node_modules/p/a.yml")]
    [InlineData(".venv/a.yml")]
    [InlineData("env/lib/site-packages/a.yml")]
    [InlineData("third_party/a.yml")]
    [InlineData("wandb/run-1/a.yml")]
    [InlineData("out/checkpoint-500/a.json")]
    [InlineData(".hidden/a.yml")]
    public void Folders_of_other_people_and_of_runs_are_skipped_unless_named(string path)
    {
        using var scratch = new ScratchFolder();
        scratch.Write(path, "x");
        Assert.Empty(Find(scratch, "."));
        Assert.Equal([path], Find(scratch, Path.GetDirectoryName(path)!));
        Assert.Equal([path], Find(scratch, path));
    }

    [Fact]
    public void A_virtual_environment_is_known_by_its_mark_whatever_its_name()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("tools/pyvenv.cfg", "home = /usr").Write("tools/a.yml", "x").Write("checkpoint-best/a.yml", "x")
            .Write("checkpoint-/a.yml", "x");
        Assert.Equal(["checkpoint-/a.yml", "checkpoint-best/a.yml"], Find(scratch, "."));
    }

    [Fact]
    public void A_named_file_is_taken_even_when_git_ignores_it()
    {
        using var scratch = new ScratchFolder();
        scratch.Write(".git/HEAD", "x").Write(".gitignore", "out/\n*.yml\n").Write("out/a.yml", "x").Write("b.yml", "x");
        Assert.Empty(Find(scratch, "."));
        Assert.Equal(["out/a.yml"], Find(scratch, "out/a.yml"));
    }

    [Fact]
    public void A_file_reached_twice_is_checked_once()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a/b.yml", "x").Write("a/c.yml", "x");
        Assert.Equal(["a/c.yml", "a/b.yml"], Find(scratch, "./a/c.yml", "a", ".", scratch.PathTo("a/b.yml")));
    }

    [Fact]
    public void Paths_are_shown_as_the_user_wrote_them()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a/b.yml", "x");
        Assert.Equal(["a/b.yml"], Find(scratch, "./a/"));
        Assert.Equal(["a/../a/b.yml"], Find(scratch, "a/../a"));
        Assert.Equal([scratch.PathTo("a/b.yml").Replace('\\', '/')], Find(scratch, scratch.PathTo("a")));
    }

    [Fact]
    public void A_loop_of_links_ends()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a/b.yml", "x");
        Directory.CreateSymbolicLink(scratch.PathTo("a/loop"), scratch.Root);
        File.CreateSymbolicLink(scratch.PathTo("circle.yml"), scratch.PathTo("circle.yml"));
        File.CreateSymbolicLink(scratch.PathTo("broken.yml"), scratch.PathTo("nowhere.yml"));
        File.CreateSymbolicLink(scratch.PathTo("link.yml"), scratch.PathTo("a/b.yml"));
        Assert.Equal(["a/b.yml", "link.yml"], Find(scratch, "."));
    }

    [Fact]
    public void What_is_empty_or_too_large_for_a_config_is_not_opened()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("empty.yml", "").Write("a.yml", "x");
        using (var data = File.Create(scratch.PathTo("data.json")))
            data.SetLength(ReadLimits.MaxBytes + 1);
        var discovery = Discovery(scratch);
        Assert.Equal(["a.yml"], discovery.Find(["."]).Select(f => f.Path));
        Assert.Equal(2, discovery.SkippedCount);
    }

    [Fact]
    public void A_path_that_is_not_there_is_the_users_mistake()
    {
        using var scratch = new ScratchFolder();
        var mistake = Assert.Throws<UserMistakeException>(() => Find(scratch, "nope.yml"));
        Assert.Equal("no such file or folder: nope.yml", mistake.Message);
    }

    [Fact]
    public void The_settings_exclude_paths_as_gitignore_does()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("loralint.yaml", "exclude: [old/, '*.json', '!keep.json']").Write("old/a.yml", "x").Write("b/old/a.yml", "x")
            .Write("a.json", "x").Write("keep.json", "x").Write("new/a.yml", "x");
        Assert.Equal(["keep.json", "new/a.yml"], Find(scratch, "."));
        Assert.Equal(["old/a.yml"], Find(scratch, "old/a.yml"));
    }

    private static List<string> Find(ScratchFolder scratch, params string[] paths) =>
        [.. Discovery(scratch).Find(paths).Select(f => f.Path)];

    private static FileDiscovery Discovery(ScratchFolder scratch)
    {
        var terminal = new Terminal { Out = TextWriter.Null, Error = TextWriter.Null, In = Stream.Null, Folder = scratch.Root };
        return new FileDiscovery(terminal, new SettingsCache(terminal, null));
    }
}
