using System.Buffers.Binary;
using System.Text.Json;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// The names and shapes of the tensors in a folder of safetensors files. Only headers are read: eight bytes of length, little-endian, then
/// as many bytes of JSON (huggingface/safetensors, README.md). A header is believed in nothing but what its bytes say.
/// </summary>
internal static class SafetensorsNames
{
    private const int LengthBytes = 8;

    /// <summary>The longest header that is read: 16 MiB, which is 100,000 tensors. The format allows 100 MB.</summary>
    internal const int LongestHeader = 16 * 1024 * 1024;

    /// <summary>Tensors of a model at most: 400,000.</summary>
    internal const int MostTensors = 400_000;

    private const int MostFiles = 1000;
    private const int MostDimensions = 8;

    /// <summary>The tensors of all files in a folder; null when one of the files cannot be read, or there is none.</summary>
    public static IReadOnlyList<ModelTensor>? Read(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*.safetensors").Take(MostFiles + 1).Order(StringComparer.Ordinal).ToList();
        if (files.Count is 0 or > MostFiles)
            return null;
        var tensors = new List<ModelTensor>();
        foreach (var file in files)
        {
            if (ReadHeader(file) is not { } header || !TryReadTensors(header, tensors) || tensors.Count > MostTensors)
                return null;
        }

        return tensors;
    }

    /// <summary>The tensors of one file; null when it cannot be read.</summary>
    public static IReadOnlyList<ModelTensor>? ReadFile(string path)
    {
        var tensors = new List<ModelTensor>();
        return ReadHeader(path) is { } header && TryReadTensors(header, tensors) && tensors.Count <= MostTensors ? tensors : null;
    }

    private static byte[]? ReadHeader(string path)
    {
        // A length of zero is also what pipes and devices have, and opening one could wait for ever.
        var size = new FileInfo(path) is { Exists: true } file ? ResolvedLength(file) : 0;
        if (size <= LengthBytes)
            return null;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        Span<byte> length = stackalloc byte[LengthBytes];
        stream.ReadExactly(length);
        var claimed = BinaryPrimitives.ReadUInt64LittleEndian(length);
        if (claimed is 0 or > LongestHeader || (long)claimed > stream.Length - LengthBytes)
            return null;
        var header = new byte[(int)claimed];
        stream.ReadExactly(header);
        return header;
    }

    // The cache's files are links to its blobs.
    private static long ResolvedLength(FileInfo file) =>
        file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? (target.Exists ? target.Length : 0) : file.Length;

    private static bool TryReadTensors(byte[] header, List<ModelTensor> tensors)
    {
        try
        {
            var reader = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 4 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject || tensors.Count > MostTensors)
                    return false;
                if (name == "__metadata__")
                    reader.Skip();
                else if (ReadShape(ref reader) is { } shape)
                    tensors.Add(new ModelTensor(name, shape));
                else
                    return false;
            }

            return reader.TokenType == JsonTokenType.EndObject;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static long[]? ReadShape(ref Utf8JsonReader reader)
    {
        long[]? shape = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isShape = reader.ValueTextEquals("shape"u8);
            reader.Read();
            if (!isShape)
            {
                reader.Skip();
                continue;
            }

            var sizes = new List<long>();
            if (reader.TokenType != JsonTokenType.StartArray || shape is not null)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.Number)
            {
                if (!reader.TryGetInt64(out var size) || size < 0 || sizes.Count == MostDimensions)
                    return null;
                sizes.Add(size);
            }

            if (reader.TokenType != JsonTokenType.EndArray)
                return null;
            shape = [.. sizes];
        }

        return shape;
    }
}
