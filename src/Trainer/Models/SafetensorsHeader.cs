using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace LoraLint.Trainer.Models;

/// <summary>
/// The header of a safetensors file: eight bytes of length, little-endian, then that many bytes of JSON that name each tensor's type,
/// shape and bytes. All that the Rust library checks is checked (safetensors/src/tensor.rs), and duplicates, unknown keys and holes too.
/// </summary>
/// <remarks>Memory is used in proportion to the bytes that are really there, never to what a number in them claims.</remarks>
internal sealed class SafetensorsHeader
{
    /// <summary>The bytes that hold the header's length.</summary>
    public const int LengthBytes = 8;

    /// <summary>The longest header, the Rust library's bound.</summary>
    public const long MaxLength = 100_000_000;

    private const int MaxDimensions = 16;

    private readonly string _path;

    private SafetensorsHeader(string path) => _path = path;

    /// <summary>Where the data starts in the file.</summary>
    public long DataStart { get; private set; }

    /// <summary>Tensors by the place of their data.</summary>
    public List<SafetensorsEntry> Entries { get; } = [];

    /// <summary>The texts under <c>__metadata__</c>.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Bits of a value by the name of its type, or 0 when there is no such type.</summary>
    public static int BitsOf(string type) => type switch
    {
        "F4" => 4,
        "F6_E2M3" or "F6_E3M2" => 6,
        "BOOL" or "U8" or "I8" or "F8_E5M2" or "F8_E4M3" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "I16" or "U16" or "F16" or "BF16" => 16,
        "I32" or "U32" or "F32" => 32,
        "I64" or "U64" or "F64" or "C64" => 64,
        _ => 0,
    };

    /// <summary>Reads and checks the header of a mapped file.</summary>
    /// <param name="path">For messages.</param>
    /// <param name="start">The file's first byte.</param>
    /// <param name="fileLength">The file's bytes, at least eight.</param>
    public static unsafe SafetensorsHeader Read(string path, byte* start, long fileLength)
    {
        var header = new SafetensorsHeader(path);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(start, LengthBytes));
        if (length > MaxLength)
        {
            throw header.Error(
                $"claims a header of {length} bytes, more than the {MaxLength} that the format allows; it is no safetensors file or "
                + "damaged");
        }

        if ((long)length > fileLength - LengthBytes)
        {
            throw header.Error(
                $"claims a header of {length} bytes and has {fileLength - LengthBytes} left; it is cut short, copy or download it again");
        }

        header.DataStart = LengthBytes + (long)length;
        try
        {
            header.ReadJson(new ReadOnlySpan<byte>(start + LengthBytes, (int)length));
        }
        catch (Exception exception) when (exception is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            throw header.Error($"has a header that is no proper JSON: {exception.Message.TrimEnd('.')}", exception);
        }

        header.CheckData(fileLength);
        return header;
    }

    private void ReadJson(ReadOnlySpan<byte> json)
    {
        if (json.Length == 0 || json[0] != '{')
            throw Error("has a header that does not begin with a brace; it is no safetensors file or damaged");
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        reader.Read();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name))
                throw Error($"names {Show(name)} twice in its header");
            reader.Read();
            if (name == "__metadata__")
                ReadMetadata(ref reader);
            else
                Entries.Add(ReadEntry(ref reader, name));
        }

        // Reads what is left, which may be nothing but blanks.
        while (reader.Read())
        {
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Error("has a __metadata__ that is no object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Error($"has a __metadata__ whose {Show(key)} is no text");
            if (!Metadata.TryAdd(key, reader.GetString()!))
                throw Error($"names {Show(key)} twice in __metadata__");
        }
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Error($"describes tensor {Show(name)} by something other than an object");
        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var isNew = key switch
            {
                "dtype" => type is null && (type = ReadText(ref reader, name)) is not null,
                "shape" => shape is null && (shape = ReadNumbers(ref reader, name, key, MaxDimensions)) is not null,
                "data_offsets" => offsets is null && (offsets = ReadNumbers(ref reader, name, key, 2)) is not null,
                _ => throw Error($"describes tensor {Show(name)} with an unknown key {Show(key)}"),
            };
            if (!isNew)
                throw Error($"gives {key} of tensor {Show(name)} twice");
        }

        if (type is null || shape is null || offsets is not [var begin, var end])
            throw Error($"lacks dtype, shape or two data_offsets of tensor {Show(name)}");
        if (end < begin)
            throw Error($"lets tensor {Show(name)} end at {end}, before its begin at {begin}");
        if (BytesOf(name, type, shape) != end - begin)
            throw Error($"gives tensor {Show(name)} {end - begin} bytes, which do not fit {type} of shape ({string.Join(", ", shape)})");
        return new SafetensorsEntry(name, type, [.. shape], begin, end - begin);
    }

    private long BytesOf(string name, string type, List<long> shape)
    {
        var bits = BitsOf(type);
        if (bits == 0)
            throw Error($"stores tensor {Show(name)} as {Show(type)}, which is no type of the format");
        try
        {
            long values = 1;
            foreach (var size in shape)
                values = checked(values * size);
            var all = checked(values * bits);
            return all % 8 == 0 ? all / 8 : throw Error($"stores tensor {Show(name)} in a part of a byte");
        }
        catch (OverflowException exception)
        {
            throw Error($"gives tensor {Show(name)} a shape with more values than a file can hold", exception);
        }
    }

    private string ReadText(ref Utf8JsonReader reader, string name) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Error($"gives tensor {Show(name)} a dtype that is no text");

    private List<long> ReadNumbers(ref Utf8JsonReader reader, string name, string key, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Error($"gives tensor {Show(name)} a {key} that is no list");
        var numbers = new List<long>(most);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw Error($"gives tensor {Show(name)} a {key} with something other than a number of 0 or more");
            if (numbers.Count == most)
                throw Error($"gives tensor {Show(name)} a {key} of more than {most} numbers");
            numbers.Add(number);
        }

        return numbers;
    }

    // Tensors lie one behind the other, without overlap or hole, up to the end of the file.
    private void CheckData(long fileLength)
    {
        Entries.Sort((a, b) => (a.Start, a.Length).CompareTo((b.Start, b.Length)));
        var at = 0L;
        foreach (var entry in Entries)
        {
            if (entry.Start != at)
            {
                throw Error(
                    $"has tensor {Show(entry.Name)} at byte {entry.Start} of the data, where {at} is next: tensors overlap or leave a "
                    + "hole");
            }

            at = entry.Start + entry.Length;
        }

        var there = fileLength - DataStart;
        if (at > there)
            throw Error($"holds {there} bytes of data and its header describes {at}; it is cut short, copy or download it again");
        if (at < there)
            throw Error($"holds {there} bytes of data and its header describes only {at}; it is damaged");
    }

    private TrainerException Error(string problem, Exception? inner = null) => new($"{_path}: {problem}", inner);

    // Names come from the file and may be long or hold control characters.
    private static string Show(string name)
    {
        var shown = new StringBuilder("`");
        foreach (var c in name.Length > 100 ? name.AsSpan(0, 100) : name)
            shown.Append(char.IsControl(c) ? '?' : c);
        return shown.Append(name.Length > 100 ? "...`" : "`").ToString();
    }
}
