using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using LoraLint.Trainer.Engines;

namespace LoraLint.Trainer.Runs;

/// <summary>
/// The trained tensors and their moments, bit by bit, as a safetensors file: the tensors under their own names, the moments with
/// <c>.exp_avg</c> and <c>.exp_avg_sq</c> behind them, as PyTorch's AdamW calls them.
/// </summary>
/// <remarks>
/// A safetensors file is the length of a JSON header (8 bytes, little endian), the header, and the tensors' bytes. The adapter's own file
/// does not do: a format for serving may store other tensors than those that are trained.
/// </remarks>
internal static class StateTensors
{
    private const int LongestHeader = 100_000_000;

    /// <summary>Writes the tensors of an engine.</summary>
    public static void Write(Stream stream, ITrainingEngine engine, IReadOnlyList<ParameterState> kinds)
    {
        var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            var offset = 0L;
            foreach (var (name, _, index) in Entries(engine, kinds))
            {
                var parameter = engine.Parameters[index];
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (var size in parameter.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += 4L * parameter.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (header.Length % 8 != 0)
            header.WriteByte((byte)' ');
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        header.WriteTo(stream);
        foreach (var (_, kind, index) in Entries(engine, kinds))
        {
            var values = new float[engine.Parameters[index].Length];
            engine.Read(kind, index, values);
            stream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        }
    }

    /// <summary>Puts tensors of a file into an engine.</summary>
    /// <param name="path">A file that <see cref="Write"/> wrote.</param>
    /// <param name="engine">Has the parameters that the file was written from.</param>
    /// <param name="kinds">Which of the tensors; the file may hold more.</param>
    public static void Read(string path, ITrainingEngine engine, IReadOnlyList<ParameterState> kinds)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            var start = new byte[8];
            file.ReadExactly(start);
            var length = BinaryPrimitives.ReadInt64LittleEndian(start);
            if (length is < 2 or > LongestHeader || length > file.Length - 8)
                throw Damaged(path, $"its header of {length} bytes does not fit into it");
            var header = new byte[length];
            file.ReadExactly(header);
            using var json = JsonDocument.Parse(header);
            foreach (var (name, kind, index) in Entries(engine, kinds))
            {
                var parameter = engine.Parameters[index];
                var offset = OffsetOf(json.RootElement, name, parameter)
                    ?? throw Damaged(path, $"it has no tensor {name} of shape ({string.Join(", ", parameter.Shape)})");
                if (offset < 0 || 8 + length + offset > file.Length - 4L * parameter.Length)
                    throw Damaged(path, $"tensor {name} lies outside of it");
                var values = new float[parameter.Length];
                file.Position = 8 + length + offset;
                file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
                engine.Write(kind, index, values);
            }
        }
        catch (EndOfStreamException)
        {
            throw Damaged(path, "it ends too early");
        }
        catch (JsonException exception)
        {
            throw Damaged(path, $"its header is no JSON: {exception.Message}");
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Reading(path, exception);
        }
    }

    private static IEnumerable<(string Name, ParameterState Kind, int Index)> Entries(
        ITrainingEngine engine, IReadOnlyList<ParameterState> kinds)
    {
        foreach (var kind in kinds)
        {
            var suffix = kind switch
            {
                ParameterState.Value => "",
                ParameterState.FirstMoment => ".exp_avg",
                ParameterState.SecondMoment => ".exp_avg_sq",
                _ => throw new ArgumentException($"{kind} is not kept", nameof(kinds)),
            };
            for (var i = 0; i < engine.Parameters.Count; i++)
                yield return (engine.Parameters[i].Name + suffix, kind, i);
        }
    }

    private static long? OffsetOf(JsonElement header, string name, TrainableTensor parameter) =>
        header.ValueKind == JsonValueKind.Object && header.TryGetProperty(name, out var entry) && entry.ValueKind == JsonValueKind.Object
        && entry.TryGetProperty("dtype", out var type) && type.ValueEquals("F32")
        && entry.TryGetProperty("shape", out var shape) && shape.ValueKind == JsonValueKind.Array
        && shape.EnumerateArray().Select(size => size.GetRawText())
            .SequenceEqual(parameter.Shape.Select(size => FormattableString.Invariant($"{size}")))
        && entry.TryGetProperty("data_offsets", out var offsets) && offsets.ValueKind == JsonValueKind.Array
        && offsets.EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Number } first && first.TryGetInt64(out var offset)
            ? offset : null;

    private static TrainerException Damaged(string path, string what) =>
        new($"{path} is damaged: {what}; delete the folder {Path.GetDirectoryName(path)} to go on from the checkpoint before it");
}
