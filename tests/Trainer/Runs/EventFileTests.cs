using LoraLint.Tests.Support;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Runs;

public sealed class EventFileTests : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    private string File => _scratch.PathTo(EventFile.RelativePath);

    // The check value of CRC-32C in RFC 3720, B.4: 32 bytes of zeros; and the mask's arithmetic on it.
    [Fact]
    public void Checksums_are_masked_castagnoli_checksums() =>
        Assert.Equal(unchecked((0x8A9136AAu >> 15 | 0x8A9136AAu << 17) + 0xA282EAD8), EventFile.MaskedChecksum(new byte[32]));

    [Fact]
    public void Scalars_come_back_as_they_were_written()
    {
        using (var events = EventFile.Open(_scratch.Root, 0, 0, TimeProvider.System))
        {
            events.Add(1, ("train/loss", 2.5), ("learning_rate", 2e-4));
            events.Add(300, ("eval/loss", 0.125));
            events.Add(2_000_000_000, ("train/loss", 1));
        }

        Assert.Equal(
            ["0 brain.Event:2", "1 train/loss 2.5", "1 learning_rate 0.0002", "300 eval/loss 0.125", "2000000000 train/loss 1"],
            EventFileReader.All(File));
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 2)]
    [InlineData(200, 0, 3)]
    [InlineData(200, 200, 4)]
    [InlineData(999, 999, 5)]
    public void Going_on_behind_a_step_cuts_off_what_came_after_it(int step, int evaluated, int events)
    {
        WriteSome();
        EventFile.Open(_scratch.Root, step, evaluated, TimeProvider.System).Dispose();
        Assert.Equal(events, EventFileReader.All(File).Count);
    }

    [Fact]
    public void A_file_that_is_cut_anywhere_goes_on_behind_its_last_whole_event()
    {
        WriteSome();
        var whole = System.IO.File.ReadAllBytes(File);
        var all = EventFileReader.All(File);
        for (var length = 0; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            using (var events = EventFile.Open(_scratch.Root, 999, 999, TimeProvider.System))
                events.Add(7, ("x", 1));
            var read = EventFileReader.All(File);
            Assert.Equal("7 x 1", read[^1]);
            Assert.Equal(read.Count == 2 ? ["0 brain.Event:2"] : all.Take(read.Count - 1), read.SkipLast(1));
        }
    }

    [Fact]
    public void A_flipped_bit_ends_the_file()
    {
        WriteSome();
        var whole = System.IO.File.ReadAllBytes(File);
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[at] ^= 4;
            System.IO.File.WriteAllBytes(File, damaged);
            EventFile.Open(_scratch.Root, 999, 999, TimeProvider.System).Dispose();
            Assert.InRange(EventFileReader.All(File).Count, 1, 4);
        }
    }

    [Fact]
    public void TensorBoard_looks_for_files_with_this_word() =>
        Assert.Contains("tfevents", Path.GetFileName(EventFile.RelativePath), StringComparison.Ordinal);

    public void Dispose() => _scratch.Dispose();

    private void WriteSome()
    {
        using var events = EventFile.Open(_scratch.Root, 0, 0, TimeProvider.System);
        events.Add(1, ("train/loss", 2.5));
        events.Add(200, ("train/loss", 2.25));
        events.Add(200, ("eval/loss", 2));
        events.Add(201, ("train/loss", 1.5));
    }
}
