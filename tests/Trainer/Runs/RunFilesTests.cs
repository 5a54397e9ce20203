using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Runs;

public sealed class RunFilesTests
{
    private readonly RunFiles _files = new();

    [Fact]
    public void A_full_disk_is_told_as_one()
    {
        if (!File.Exists("/dev/full"))
            return;
        var error = Assert.Throws<TrainerException>(() => _files.Write("/dev/full", stream => stream.Write(new byte[1 << 20])));
        Assert.Equal("cannot write /dev/full: the disk is full; free some space, then go on with --resume", error.Message);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_told_with_its_path()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("file", "");
        var error = Assert.Throws<TrainerException>(() => _files.CreateFolder(scratch.PathTo("file/below")));
        Assert.StartsWith($"cannot write {scratch.PathTo("file/below")}: ", error.Message);
    }

    [Fact]
    public void A_replaced_file_is_old_or_new_and_never_half()
    {
        using var scratch = new ScratchFolder();
        var path = scratch.PathTo("report.html");
        _files.Replace(path, stream => stream.Write("old"u8));
        Assert.Throws<InvalidOperationException>(() => _files.Replace(path, stream =>
        {
            stream.Write("ne"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        _files.Replace(path, stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(path));
    }

    [Fact]
    public void What_is_published_appears_under_its_name_as_a_whole()
    {
        using var scratch = new ScratchFolder();
        var final = scratch.PathTo("step-1");
        var temporary = RunFiles.TemporaryNameOf(final);
        Assert.True(RunFiles.IsTemporary(temporary));
        Assert.False(RunFiles.IsTemporary(final));
        _files.CreateFolder(temporary);
        _files.Write(Path.Combine(temporary, "a"), stream => stream.Write("a"u8));
        _files.Publish(temporary, final);
        Assert.False(Directory.Exists(temporary));
        Assert.Equal("a", File.ReadAllText(Path.Combine(final, "a")));
        _files.Delete(final);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch.Root));
        _files.Delete(final);
    }
}
