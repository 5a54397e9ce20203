using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace LoraLint.Tests.Trainer.Runs;

/// <summary>Reads TensorBoard's files by the book: frames with their checksums, then the messages field by field.</summary>
internal static class EventFileReader
{
    /// <summary>The scalars of a run's event file but those that depend on time, each as <c>step tag value</c>.</summary>
    public static IReadOnlyList<string> Scalars(string folder) =>
        [.. All(Path.Combine(folder, "tensorboard", "events.out.tfevents.loralint")).Skip(1)
            .Where(line => !line.Contains("tokens_per_second"))];

    /// <summary>All events; the first tells of the file's version.</summary>
    public static List<string> All(string path)
    {
        var lines = new List<string>();
        var file = File.ReadAllBytes(path).AsSpan();
        while (file.Length > 0)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
            Assert.Equal(Masked(file[..8]), BinaryPrimitives.ReadUInt32LittleEndian(file[8..]));
            var content = file.Slice(12, length);
            Assert.Equal(Masked(content), BinaryPrimitives.ReadUInt32LittleEndian(file[(12 + length)..]));
            var fields = Fields(content);
            Assert.InRange(BitConverter.ToDouble(fields.Single(field => field.Number == 1).Bytes), 1.7e9, 4e9);
            var step = fields.Single(field => field.Number == 2).Varint;
            foreach (var version in fields.Where(field => field.Number == 3))
                lines.Add($"{step} {Encoding.UTF8.GetString(version.Bytes)}");
            foreach (var summary in fields.Where(field => field.Number == 5))
            {
                foreach (var entry in Fields(summary.Bytes))
                {
                    Assert.Equal(1, entry.Number);
                    var value = Fields(entry.Bytes);
                    var tag = Encoding.UTF8.GetString(value.Single(field => field.Number == 1).Bytes);
                    var number = BitConverter.ToSingle(value.Single(field => field.Number == 2).Bytes);
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"{step} {tag} {number}"));
                }
            }

            file = file[(12 + length + 4)..];
        }

        return lines;
    }

    private static List<(int Number, ulong Varint, byte[] Bytes)> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new List<(int, ulong, byte[])>();
        while (message.Length > 0)
        {
            var key = Varint(ref message);
            switch (key & 7)
            {
                case 0:
                    fields.Add(((int)(key >> 3), Varint(ref message), []));
                    continue;
                case 1 or 5:
                    var size = (key & 7) == 1 ? 8 : 4;
                    fields.Add(((int)(key >> 3), 0, message[..size].ToArray()));
                    message = message[size..];
                    continue;
                case 2:
                    var length = (int)Varint(ref message);
                    fields.Add(((int)(key >> 3), 0, message[..length].ToArray()));
                    message = message[length..];
                    continue;
                default:
                    throw new InvalidDataException($"wire type {key & 7}");
            }
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        var value = 0ul;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }

    // CRC-32C bit by bit, and TensorFlow's mask.
    private static uint Masked(ReadOnlySpan<byte> bytes)
    {
        var checksum = ~0u;
        foreach (var value in bytes)
        {
            checksum ^= value;
            for (var bit = 0; bit < 8; bit++)
                checksum = (checksum & 1) != 0 ? checksum >> 1 ^ 0x82F63B78 : checksum >> 1;
        }

        checksum = ~checksum;
        return (checksum >> 15 | checksum << 17) + 0xA282EAD8;
    }
}
