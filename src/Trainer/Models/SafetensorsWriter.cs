using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoraLint.Trainer.Models;

/// <summary>
/// Writes safetensors files as the Rust library does: wide types first, then by name; the header padded with blanks to eight bytes.
/// Tensors are asked for piece by piece, so that no more than one piece is in memory.
/// </summary>
public static class SafetensorsWriter
{
    private const int PieceValues = 1 << 16;

    /// <summary>What files of PyTorch carry, and some loaders insist on.</summary>
    public static IReadOnlyDictionary<string, string> PyTorchFormat { get; } = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>Writes a file. The stream is neither flushed nor closed.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">In any order; names are different.</param>
    /// <param name="metadata">Texts for <c>__metadata__</c>; <see cref="PyTorchFormat"/> as a rule.</param>
    public static void Write(Stream stream, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var inOrder = tensors.OrderByDescending(t => RankOf(t.Type)).ThenBy(t => t.Name, StringComparer.Ordinal).ToArray();
        var header = HeaderOf(inOrder, metadata);
        Span<byte> length = stackalloc byte[SafetensorsHeader.LengthBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var tensor in inOrder)
        {
            var counted = new CountedStream(stream);
            tensor.Write(counted);
            if (counted.Written != tensor.Bytes)
                throw new InvalidOperationException($"{tensor.Name} wrote {counted.Written} bytes for {tensor.Bytes}");
        }
    }

    /// <summary>Writes values of a tensor piece by piece, rounded to the nearest of the type.</summary>
    internal static void WriteValues(Stream stream, StorageType type, long count, ReadTensor read)
    {
        var values = new float[(int)Math.Min(count, PieceValues)];
        var bytes = new byte[values.Length * BytesOf(type)];
        for (var start = 0L; start < count; start += values.Length)
        {
            var piece = values.AsSpan(0, (int)Math.Min(values.Length, count - start));
            read(start, piece);
            var encoded = bytes.AsSpan(0, piece.Length * BytesOf(type));
            Rounding.Encode(piece, type, encoded);
            stream.Write(encoded);
        }
    }

    /// <summary>Bytes of a value.</summary>
    internal static int BytesOf(StorageType type) => type == StorageType.Float32 ? 4 : 2;

    /// <summary>The format's name of a type.</summary>
    internal static string NameOf(StorageType type) => type switch
    {
        StorageType.Float32 => "F32",
        StorageType.BFloat16 => "BF16",
        _ => "F16",
    };

    // The order of the Rust library's Dtype, in which later ones come first in a file.
    private static int RankOf(string type) => Array.IndexOf(s_types, type);

    private static readonly string[] s_types =
    [
        "BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "I16", "U16",
        "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64",
    ];

    private static byte[] HeaderOf(TensorToWrite[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, text) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                    json.WriteString(key, text);
                json.WriteEndObject();
            }

            var at = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type);
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += tensor.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.Length <= SafetensorsHeader.MaxLength ? buffer.ToArray()
            : throw new TrainerException($"{tensors.Length} tensors need a header of {buffer.Length} bytes, more than the format allows");
    }
}

/// <summary>Fills a span with the values of a tensor from an index on.</summary>
/// <param name="start">Index of the first value.</param>
/// <param name="values">Filled in whole.</param>
public delegate void ReadTensor(long start, Span<float> values);

/// <summary>A tensor for <see cref="SafetensorsWriter"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The format's name of its type.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Write">Writes its bytes, <see cref="Bytes"/> of them.</param>
public sealed record TensorToWrite(string Name, string Type, IReadOnlyList<long> Shape, Action<Stream> Write)
{
    /// <summary>Its size in bytes.</summary>
    public long Bytes { get; } =
        checked(Shape.Aggregate(1L, (product, size) => checked(product * size)) * SafetensorsHeader.BitsOf(Type)) / 8;

    /// <summary>A tensor whose values are computed.</summary>
    public static TensorToWrite OfValues(string name, StorageType type, IReadOnlyList<int> shape, ReadTensor read)
    {
        var sizes = shape.Select(s => (long)s).ToArray();
        var count = sizes.Aggregate(1L, (product, size) => checked(product * size));
        return new TensorToWrite(
            name, SafetensorsWriter.NameOf(type), sizes, stream => SafetensorsWriter.WriteValues(stream, type, count, read));
    }

    /// <summary>A tensor in memory.</summary>
    public static TensorToWrite OfArray(string name, StorageType type, IReadOnlyList<int> shape, float[] values) =>
        OfValues(name, type, shape, (start, piece) => values.AsSpan((int)start, piece.Length).CopyTo(piece));

    /// <summary>A tensor of another file, byte by byte, of whatever type.</summary>
    public static TensorToWrite Copy(SafetensorsFile file, SafetensorsEntry entry) => new(entry.Name, entry.Type, entry.Shape, stream =>
    {
        for (var at = 0L; at < entry.Length;)
        {
            var bytes = file.Bytes(entry, at, 1 << 20);
            stream.Write(bytes);
            at += bytes.Length;
        }
    });
}
