using System.Text;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading;

/// <summary>Whatever a file's bytes are, there is a document with at most one word about them, or one reason why it was not read.</summary>
public sealed class FileReaderTests
{
    [Fact]
    public void Utf8_is_read_with_and_without_a_mark()
    {
        var plain = Decode("a: \u00e9\n"u8);
        var marked = Decode("\uFEFFa: \u00e9\n"u8);
        Assert.Equal("a: \u00e9\n", plain.Text);
        Assert.Equal("a: \u00e9\n", marked.Text);
        Assert.False(plain.HasByteOrderMark);
        Assert.True(marked.HasByteOrderMark);
        Assert.Null(plain.Problem);
        Assert.Null(marked.Problem);
        Assert.Empty(ConfigReader.Read(marked, "a.yml", ConfigLanguage.Yaml).Problems);
    }

    [Fact]
    public void A_mark_before_json_is_told_because_python_refuses_it()
    {
        var document = ConfigReader.Read(Decode("\uFEFF{\"r\": 8}"u8), "a.json", ConfigLanguage.Json);
        Assert.Equal("{r: 8}", Tree.Show(document));
        Assert.Equal("NotStrictJson 1:1 «»", Tree.Problems(document));
    }

    [Theory]
    [InlineData("utf-16", "the file is UTF-16")]
    [InlineData("utf-16BE", "the file is UTF-16")]
    [InlineData("utf-32", "the file is UTF-32")]
    public void Other_encodings_of_unicode_are_named_and_shown_but_not_read(string name, string message)
    {
        var encoding = Encoding.GetEncoding(name);
        var decoded = Decode([.. encoding.GetPreamble(), .. encoding.GetBytes("lora_r: 8\n")]);
        Assert.Equal("lora_r: 8\n", decoded.Text);
        Assert.StartsWith(message, decoded.Problem!.Message, StringComparison.Ordinal);
        var document = ConfigReader.Read(decoded, "a.yml", ConfigLanguage.Yaml);
        Assert.Empty(document.Roots);
        Assert.Equal("Unreadable 1:1 «»", Tree.Problems(document));
    }

    [Fact]
    public void Utf16_without_a_mark_is_recognised() =>
        Assert.Contains(
            "looks like UTF-16", Decode(Encoding.Unicode.GetBytes("lora_r: 8\nlora_alpha: 16\n")).Problem!.Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_byte_that_is_not_utf8_is_named_with_its_place()
    {
        var decoded = Decode([.. "a: 1\nb: caf"u8, 0xE9, .. "\nlora: 1\n"u8]);
        Assert.StartsWith("byte 0xE9 at offset 11 is not UTF-8", decoded.Problem!.Message, StringComparison.Ordinal);
        Assert.Equal("Unreadable 2:7 «\uFFFD»", Tree.Problems(ConfigReader.Read(decoded, "a.yml", ConfigLanguage.Yaml)));
    }

    [Fact]
    public void A_character_cut_off_at_the_end_is_not_utf8() =>
        Assert.StartsWith("byte 0xC3 at offset 3 is not UTF-8", Decode([.. "a: "u8, 0xC3]).Problem!.Message, StringComparison.Ordinal);

    [Fact]
    public void Binary_data_is_told_as_such() =>
        Assert.Contains(
            "binary data (a NUL byte at offset 4)", Decode([0x50, 0x4B, 3, 4, 0, 0, 7, 9, 1, 2]).Problem!.Message,
            StringComparison.Ordinal);

    [Fact]
    public void An_empty_file_is_an_empty_document()
    {
        foreach (var language in Enum.GetValues<ConfigLanguage>())
        {
            var document = ConfigReader.Read(Decode([]), "a", language);
            Assert.Empty(document.Roots);
            Assert.Empty(document.Problems);
        }
    }

    [Fact]
    public void A_file_over_the_limit_is_told_by_its_size_and_not_read()
    {
        using var folder = new ScratchFolder();
        File.WriteAllBytes(folder.PathTo("a.yml"), Encoding.UTF8.GetBytes("lora_r: 8\n" + new string('#', ReadLimits.MaxBytes)));
        var decoded = FileReader.Read(folder.PathTo("a.yml")).Decoded!;
        Assert.Equal(ReadProblemKind.Limit, decoded.Problem!.Kind);
        Assert.StartsWith("the file has 5.0 MiB", decoded.Problem.Message, StringComparison.Ordinal);
        Assert.StartsWith("lora_r: 8\n", decoded.Text, StringComparison.Ordinal);
        Assert.True(decoded.Text.Length < 100_000);
    }

    [Fact]
    public void A_file_of_exactly_the_limit_is_read()
    {
        using var folder = new ScratchFolder();
        File.WriteAllBytes(folder.PathTo("a.yml"), Encoding.UTF8.GetBytes("a: 1\n".PadRight(ReadLimits.MaxBytes, '#')));
        var decoded = FileReader.Read(folder.PathTo("a.yml")).Decoded!;
        Assert.Null(decoded.Problem);
        Assert.Equal(ReadLimits.MaxBytes, decoded.Text.Length);
    }

    [Fact]
    public void A_text_over_the_limit_that_an_editor_holds_is_not_read_either()
    {
        var document = Tree.Read(new string('#', ReadLimits.MaxBytes + 1), ConfigLanguage.Yaml);
        Assert.Equal("Limit 1:1 «»", Tree.Problems(document));
    }

    [Fact]
    public void A_stream_is_read_to_its_end_however_it_comes()
    {
        var text = string.Concat(Enumerable.Repeat("key: value\n", 9000));
        using var stream = new Trickle(Encoding.UTF8.GetBytes(text));
        Assert.Equal(text, FileReader.Read(stream).Decoded!.Text);
    }

    [Fact]
    public void What_cannot_be_opened_has_a_reason_in_words()
    {
        using var folder = new ScratchFolder();
        Assert.Equal("no such file", FileReader.Read(folder.PathTo("missing.yml")).Failure);
        Assert.Equal("no such file", FileReader.Read(folder.PathTo("missing/a.yml")).Failure);
        Assert.Equal("it is a folder", FileReader.Read(folder.Root).Failure);
    }

    [Fact]
    public void What_the_system_refuses_has_a_reason_in_words()
    {
        // Not by a file without permissions: the user who runs the tests may be one who may read everything.
        Assert.Equal("permission denied", FileReader.ReasonOf(new UnauthorizedAccessException()));
        Assert.Equal("no such file", FileReader.ReasonOf(new DirectoryNotFoundException()));
    }

    [Fact]
    public void A_device_that_fails_has_the_system_s_reason()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("needs a file that fails when it is read");
        Assert.Equal("Input/output error", FileReader.Read("/proc/self/mem").Failure);
    }

    private static DecodedText Decode(ReadOnlySpan<byte> bytes) => ByteDecoder.Decode(bytes, bytes.Length);

    // As a pipe may: a few bytes at a time, and no length.
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 777));
    }
}
