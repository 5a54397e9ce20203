using System.Buffers.Binary;
using System.Text;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Models;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Header, bytes of data behind it, and what the error says beside the file's name.
    public static TheoryData<string, int, string> Damages => new()
    {
        { "", 0, "does not begin with a brace" },
        { "[1]", 0, "does not begin with a brace" },
        { "{\"a\":", 0, "no proper JSON" },
        { "{} {}", 0, "no proper JSON" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}""", 16,
            "`a` twice" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}""", 8, "unknown key `x`" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "dtype of tensor `a` twice" },
        { """{"a":{"dtype":"F32","data_offsets":[0,8]}}""", 8, "lacks dtype, shape" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", 8, "lacks dtype, shape" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,9]}}""", 8, "more than 2 numbers" },
        { """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "do not fit F32 of shape (3)" },
        { """{"a":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}}""", 8, "no type of the format" },
        { """{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "number of 0 or more" },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", 8, "number of 0 or more" },
        { """{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", 8, "number of 0 or more" },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", 8, "more values than a file can hold" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "more values than a file can hold" },
        { """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", 4, "more than 16 numbers" },
        { """{"a":{"dtype":"F32","shape":[0],"data_offsets":[8,0]}}""", 8, "before its begin" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "overlap or leave a hole" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8,
            "overlap or leave a hole" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "cut short" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 9, "describes only 8" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"x":1}}""", 8, "`x` is no text" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"x":"1","x":"2"}}""", 8, "`x` twice in __metadata__" },
        { """{"__metadata__":[]}""", 0, "no object" },
        { """{"a":[]}""", 0, "something other than an object" },
        { """{"a":{"dtype":{"a":{"b":{"c":1}}},"shape":[2],"data_offsets":[0,8]}}""", 8, "dtype that is no text" },
        { "{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "no proper JSON" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_header_is_one_clear_error(string header, int data, string expected)
    {
        var path = WriteRaw(Encoding.UTF8.GetBytes(header), (ulong)Encoding.UTF8.GetByteCount(header), data);
        var error = Assert.Throws<TrainerException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue, "more than the 100000000")]
    [InlineData(100_000_001UL, "more than the 100000000")]
    [InlineData(50UL, "is cut short")]
    public void A_header_longer_than_the_file_is_not_believed(ulong claimed, string expected)
    {
        var error = Assert.Throws<TrainerException>(() => SafetensorsFile.Open(WriteRaw("{}"u8.ToArray(), claimed, 0)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_less_than_eight_bytes_an_absent_one_and_a_folder_are_clear_errors()
    {
        var path = _folder.PathTo("short.safetensors");
        File.WriteAllBytes(path, [1, 2, 3]);
        Assert.Contains("3 bytes", Assert.Throws<TrainerException>(() => SafetensorsFile.Open(path)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "no such file", Assert.Throws<TrainerException>(() => SafetensorsFile.Open(path + "x")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "cannot be read", Assert.Throws<TrainerException>(() => SafetensorsFile.Open(_folder.Root)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_changes_of_a_file_give_a_readable_file_or_a_clear_error()
    {
        var path = _folder.PathTo("model.safetensors");
        TinyModel.WriteFile(path, [
            TensorToWrite.OfArray("a", StorageType.BFloat16, [2, 3], [1, 2, 3, 4, 5, 6]),
            TensorToWrite.OfArray("b", StorageType.Float32, [2], [7, 8]),
        ]);
        var bytes = File.ReadAllBytes(path);
        var random = new Random(7);
        var refused = 0;
        for (var i = 0; i < 500; i++)
        {
            var changed = (byte[])bytes.Clone();
            for (var change = random.Next(1, 4); change > 0; change--)
                changed[random.Next(changed.Length - 20)] = (byte)random.Next(256);
            File.WriteAllBytes(path, random.Next(4) == 0 ? changed[..random.Next(changed.Length)] : changed);
            try
            {
                using var file = SafetensorsFile.Open(path);
                foreach (var entry in file.Entries.Where(e => e.StorageType is not null))
                    TinyModel.Read(file, entry.Name);
            }
            catch (TrainerException error)
            {
                refused++;
                Assert.Contains(path, error.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(refused, 100, 500);
    }

    [Fact]
    public void What_is_written_is_read_back_in_every_type()
    {
        var path = _folder.PathTo("model.safetensors");
        float[] values = [0, -0f, 1, -1.5f, 3.25f, 1e-3f];
        TinyModel.WriteFile(path, [
            TensorToWrite.OfArray("half", StorageType.Float16, [2, 3], values),
            TensorToWrite.OfArray("brain", StorageType.BFloat16, [6], values),
            TensorToWrite.OfArray("single", StorageType.Float32, [3, 1, 2], values),
            TensorToWrite.OfArray("scalar", StorageType.Float32, [], [5]),
            TensorToWrite.OfArray("none", StorageType.Float32, [0, 4], []),
        ]);
        using var file = SafetensorsFile.Open(path);
        Assert.Equal(["none", "scalar", "single", "brain", "half"], file.Entries.Select(e => e.Name));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(values, TinyModel.Read(file, "single"));
        Assert.Equal(values.Select(v => (float)(Half)v), TinyModel.Read(file, "half"));
        Assert.Equal(values.Select(v => Rounding.FromBFloat16(Rounding.ToBFloat16(v))), TinyModel.Read(file, "brain"));
        Assert.Equal([3, 1, 2], file.Find("single")!.Shape);
        Assert.Equal([5f], TinyModel.Read(file, "scalar"));
        Assert.Null(file.Find("other"));
    }

    [Fact]
    public void A_written_file_is_laid_out_as_the_Rust_library_does()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(
            stream,
            [TensorToWrite.OfArray("b", StorageType.BFloat16, [1], [1]), TensorToWrite.OfArray("a", StorageType.Float32, [1], [1])],
            SafetensorsWriter.PyTorchFormat);
        const string Header = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"""
            + ""","b":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]}}""";
        var padded = Header.PadRight((Header.Length + 7) / 8 * 8);
        var bytes = stream.ToArray();
        Assert.Equal((ulong)padded.Length, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        Assert.Equal(padded, Encoding.UTF8.GetString(bytes, 8, padded.Length));
        Assert.Equal([0, 0, 0x80, 0x3F, 0x80, 0x3F], bytes[(8 + padded.Length)..]);
    }

    [Fact]
    public void Other_types_are_there_and_said_to_be_unsupported_only_when_asked_for()
    {
        var path = WriteRaw("""{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"""u8.ToArray(), 54, 8);
        using var file = SafetensorsFile.Open(path);
        Assert.True(file.Contains("a"));
        var error = Assert.Throws<TrainerException>(() => file.Find("a"));
        Assert.Contains("stored as I64", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1f, 0x3F80)]
    [InlineData(1.00390625f, 0x3F80)] // halfway to the next: down to the even one
    [InlineData(1.01171875f, 0x3F82)] // halfway: up to the even one
    [InlineData(3.4e38f, 0x7F80)]
    [InlineData(float.NegativeInfinity, 0xFF80)]
    public void Bf16_is_rounded_to_the_nearest_ties_to_even(float value, int bits) => Assert.Equal(bits, Rounding.ToBFloat16(value));

    [Fact]
    public void What_is_not_a_number_stays_so_in_bf16() => Assert.True(float.IsNaN(Rounding.To(float.NaN, StorageType.BFloat16)));

    private string WriteRaw(byte[] header, ulong claimed, int data)
    {
        var path = _folder.PathTo("raw.safetensors");
        using var stream = File.Create(path);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, claimed);
        stream.Write(length);
        stream.Write(header);
        stream.Write(new byte[data]);
        return path;
    }
}
