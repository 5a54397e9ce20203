using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>A scalar in an event file.</summary>
/// <param name="Tag">Its name.</param>
/// <param name="Step">The step.</param>
/// <param name="Value">The value.</param>
internal readonly record struct ScalarEvent(string Tag, long Step, double Value);

/// <summary>
/// Reads the scalars of a TensorBoard event file: TFRecord frames around Event messages of protocol buffers, as TensorFlow's
/// record_reader.cc, event.proto, summary.proto and tensor.proto define them. Only the few fields that scalars need are decoded, and
/// nothing in the file is believed before it was checked.
/// </summary>
/// <remarks>
/// A frame is the content's length (8 bytes), a checksum of these, the content, a checksum of it; little endian. The checksum is CRC-32C
/// turned right by 15 bits plus 0xA282EAD8, so that a checksum over data with checksums in it stays strong.
/// </remarks>
internal static class ScalarEvents
{
    private const int FrameHead = 12;
    private const int FrameTail = 4;

    // Images and histograms in the same file are larger than scalars, but not by more.
    private const long LongestEvent = 64L << 20;
    private const int LongestTag = 4096;

    /// <summary>Gives the file's scalars, up to its end or the first damage.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">Its name for people.</param>
    /// <param name="take">Takes each scalar; false when it wants no more.</param>
    /// <returns>What is wrong with the file, or null.</returns>
    /// <exception cref="UserMistakeException">The file cannot be read.</exception>
    public static string? Read(string path, string shown, Func<ScalarEvent, bool> take)
    {
        using var file = LogFile.Open(path, shown);
        try
        {
            var head = new byte[FrameHead];
            while (true)
            {
                var at = file.Position;
                var read = file.ReadAtLeast(head, FrameHead, throwOnEndOfStream: false);
                if (read == 0)
                    return null;
                if (read < FrameHead)
                    return $"{shown} is cut off at byte {at}, as it is while a run is at work; it was read up to there";
                var length = BinaryPrimitives.ReadInt64LittleEndian(head);
                if (at == 0 && head.AsSpan().StartsWith("version http"u8))
                    throw new UserMistakeException($"{shown}: Git LFS keeps it elsewhere; `git lfs pull` brings it");
                if (BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)) != MaskedChecksum(head.AsSpan(0, 8)))
                    return $"{shown} is damaged at byte {at}; it was read up to there";
                if (length is < 0 or > LongestEvent)
                    return $"{shown} has an event of {length} bytes at byte {at}, which is no scalar; it was read up to there";
                if (length > file.Length - file.Position - FrameTail)
                    return $"{shown} is cut off at byte {at}, as it is while a run is at work; it was read up to there";
                var content = new byte[length + FrameTail];
                file.ReadExactly(content);
                var message = content.AsSpan(0, (int)length);
                if (BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan((int)length)) != MaskedChecksum(message)
                    || !TryEvent(message, take, out var isEnough))
                    return $"{shown} is damaged at byte {at}; it was read up to there";
                if (isEnough)
                    return $"{shown} has more values than are read; it was read up to byte {at}";
            }
        }
        catch (IOException exception)
        {
            throw new UserMistakeException($"cannot read {shown}: {FileReader.ReasonOf(exception)}");
        }
    }

    private static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        for (; bytes.Length >= 8; bytes = bytes[8..])
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            checksum = BitOperations.Crc32C(checksum, value);
        return BitOperations.RotateRight(~checksum, 15) + 0xA282EAD8;
    }

    // message Event { double wall_time = 1; int64 step = 2; ... Summary summary = 5; }; a step of 0 is not written.
    private static bool TryEvent(ReadOnlySpan<byte> message, Func<ScalarEvent, bool> take, out bool isEnough)
    {
        isEnough = false;
        var step = 0L;
        ReadOnlySpan<byte> summary = default;
        var fields = new MessageFields(message);
        while (fields.Next())
        {
            if (fields is { Field: 2, Wire: MessageFields.Varint })
                step = (long)fields.Number;
            else if (fields is { Field: 5, Wire: MessageFields.Delimited })
                summary = fields.Bytes;
        }

        // message Summary { repeated Value value = 1; }
        var values = new MessageFields(summary);
        while (!fields.IsDamaged && values.Next())
        {
            if (values is not { Field: 1, Wire: MessageFields.Delimited })
                continue;
            if (!TryValue(values.Bytes, out var tag, out var value))
                return false;
            if (tag is not null && value is { } number && !take(new ScalarEvent(tag, step, number)))
                isEnough = true;
        }

        return !fields.IsDamaged && !values.IsDamaged;
    }

    // message Value { string tag = 1; oneof { float simple_value = 2; ... TensorProto tensor = 8; } ... }
    private static bool TryValue(ReadOnlySpan<byte> message, out string? tag, out double? value)
    {
        (tag, value) = (null, null);
        var fields = new MessageFields(message);
        while (fields.Next())
        {
            switch (fields.Field, fields.Wire)
            {
                case (1, MessageFields.Delimited):
                    tag = fields.Bytes.Length <= LongestTag ? Encoding.UTF8.GetString(fields.Bytes) : null;
                    break;
                case (2, MessageFields.Fixed32):
                    value = BitConverter.UInt32BitsToSingle((uint)fields.Number);
                    break;
                case (8, MessageFields.Delimited):
                    if (!TryTensor(fields.Bytes, out value))
                        return false;
                    break;
            }
        }

        return !fields.IsDamaged;
    }

    // message TensorProto { DataType dtype = 1; TensorShapeProto tensor_shape = 2; bytes tensor_content = 4; repeated float float_val = 5;
    // repeated double double_val = 6; ... }; a scalar has one value, in the content or in the list of its type, packed or not.
    private static bool TryTensor(ReadOnlySpan<byte> message, out double? value)
    {
        const int Float = 1;
        const int Double = 2;
        value = null;
        ulong type = 0;
        ReadOnlySpan<byte> content = default;
        var fields = new MessageFields(message);
        while (fields.Next())
        {
            switch (fields.Field, fields.Wire)
            {
                case (1, MessageFields.Varint):
                    type = fields.Number;
                    break;
                case (4, MessageFields.Delimited):
                    content = fields.Bytes;
                    break;
                case (5, MessageFields.Fixed32):
                    value = BitConverter.UInt32BitsToSingle((uint)fields.Number);
                    break;
                case (5, MessageFields.Delimited) when fields.Bytes.Length == 4:
                    value = BinaryPrimitives.ReadSingleLittleEndian(fields.Bytes);
                    break;
                case (6, MessageFields.Fixed64):
                    value = BitConverter.UInt64BitsToDouble(fields.Number);
                    break;
                case (6, MessageFields.Delimited) when fields.Bytes.Length == 8:
                    value = BinaryPrimitives.ReadDoubleLittleEndian(fields.Bytes);
                    break;
            }
        }

        if (type == Float && content.Length == 4)
            value = BinaryPrimitives.ReadSingleLittleEndian(content);
        else if (type == Double && content.Length == 8)
            value = BinaryPrimitives.ReadDoubleLittleEndian(content);
        return !fields.IsDamaged;
    }
}
