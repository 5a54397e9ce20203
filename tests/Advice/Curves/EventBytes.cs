using System.Buffers.Binary;
using System.Text;

namespace LoraLint.Tests.Advice.Curves;

/// <summary>Writes TensorBoard event files by the description of their format, byte by byte.</summary>
internal static class EventBytes
{
    /// <summary>How a scalar is written.</summary>
    public enum Form
    {
        /// <summary>simple_value, as PyTorch's SummaryWriter and older TensorFlow do.</summary>
        Simple,

        /// <summary>A tensor with packed float_val.</summary>
        FloatList,

        /// <summary>A tensor with one float_val, not packed.</summary>
        SingleFloat,

        /// <summary>A tensor with tensor_content, as TensorFlow 2 does.</summary>
        Content,

        /// <summary>A tensor of doubles.</summary>
        Double,
    }

    /// <summary>The event that a file begins with.</summary>
    public static byte[] Version() => Frame([.. Time(), .. Delimited(3, "brain.Event:2"u8)]);

    /// <summary>An event with a scalar.</summary>
    public static byte[] Scalar(string tag, int step, double value, Form form = Form.Simple)
    {
        byte[] held = form switch
        {
            Form.Simple => [2 << 3 | 5, .. Single(value)],
            Form.FloatList => Delimited(8, [1 << 3, 1, 2 << 3 | 2, 0, .. Delimited(5, Single(value))]),
            Form.SingleFloat => Delimited(8, [1 << 3, 1, 5 << 3 | 5, .. Single(value)]),
            Form.Content => Delimited(8, [1 << 3, 1, .. Delimited(4, Single(value))]),
            _ => Delimited(8, [1 << 3, 2, .. Delimited(6, BitConverter.GetBytes(value))]),
        };
        // The metadata of a plugin stands between tag and tensor in files of TensorFlow 2.
        byte[] summary = [.. Delimited(1, Encoding.UTF8.GetBytes(tag)), .. Delimited(9, Delimited(1, Delimited(1, "scalars"u8))), .. held];
        return Frame([.. Time(), 2 << 3, .. Varint((ulong)step), .. Delimited(5, Delimited(1, summary))]);
    }

    /// <summary>Bytes in a frame.</summary>
    public static byte[] Frame(byte[] content)
    {
        var length = BitConverter.GetBytes((long)content.Length);
        return [.. length, .. Checksum(length), .. content, .. Checksum(content)];
    }

    private static byte[] Time() => [1 << 3 | 1, .. BitConverter.GetBytes(1.7e9)];

    private static byte[] Single(double value) => BitConverter.GetBytes((float)value);

    private static byte[] Delimited(int field, ReadOnlySpan<byte> content) =>
        [(byte)(field << 3 | 2), .. Varint((ulong)content.Length), .. content];

    private static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }

    // CRC-32C bit by bit.
    private static byte[] Checksum(byte[] bytes)
    {
        var checksum = uint.MaxValue;
        foreach (var value in bytes)
        {
            checksum ^= value;
            for (var i = 0; i < 8; i++)
                checksum = (checksum >> 1) ^ ((checksum & 1) * 0x82F63B78);
        }

        checksum = ~checksum;
        var masked = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(masked, ((checksum >> 15) | (checksum << 17)) + 0xA282EAD8);
        return masked;
    }
}
