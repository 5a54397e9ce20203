using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace LoraLint.Trainer.Runs;

/// <summary>
/// Scalars in the format that TensorBoard reads: TFRecord frames around Event messages of protocol buffers, as TensorFlow's
/// record_writer.cc, event.proto and summary.proto define them.
/// </summary>
/// <remarks>
/// A frame is the content's length (8 bytes), a checksum of these, the content, a checksum of it; little endian. TensorBoard looks for
/// files with "tfevents" in their name.
/// </remarks>
internal sealed class EventFile : IDisposable
{
    /// <summary>The file's path in a run's folder.</summary>
    public static readonly string RelativePath = Path.Combine("tensorboard", "events.out.tfevents.loralint");

    private const int FrameHead = 12;
    private const int FrameTail = 4;

    // No event of this program comes near; a longer one is damage.
    private const int LongestEvent = 1 << 16;

    private readonly FileStream _file;
    private readonly TimeProvider _time;

    private EventFile(FileStream file, TimeProvider time) => (_file, _time) = (file, time);

    /// <summary>Opens the file of a run that goes on behind a step, and cuts off what was written behind it.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="step">Steps done; 0 empties the file.</param>
    /// <param name="evaluatedStep">The step after which evaluation last happened.</param>
    /// <param name="time">Where events get their time.</param>
    public static EventFile Open(string folder, int step, int evaluatedStep, TimeProvider time)
    {
        var path = Path.Combine(folder, RelativePath);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
            var events = new EventFile(file, time);
            file.SetLength(LengthUpTo(file, step, evaluatedStep));
            file.Seek(0, SeekOrigin.End);
            if (file.Length == 0)
                events.Append(Event(time, 0, VersionField()));
            return events;
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Writing(path, exception);
        }
    }

    /// <summary>Adds the scalars of a step.</summary>
    public void Add(int step, params ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        try
        {
            Append(Event(_time, step, SummaryField(scalars)));
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Writing(_file.Name, exception);
        }
    }

    /// <summary>The tag of the validation loss.</summary>
    public const string ValidationLoss = "eval/loss";

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>CRC-32C with the rotation and the constant that keep a checksum of data with checksums in it from being weak.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        var checksum = uint.MaxValue;
        foreach (var value in bytes)
            checksum = BitOperations.Crc32C(checksum, value);
        return BitOperations.RotateRight(~checksum, 15) + 0xA282EAD8;
    }

    private void Append(byte[] content)
    {
        var frame = new byte[FrameHead + content.Length + FrameTail];
        BinaryPrimitives.WriteInt64LittleEndian(frame, content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), MaskedChecksum(frame.AsSpan(0, 8)));
        content.CopyTo(frame.AsSpan(FrameHead));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(FrameHead + content.Length), MaskedChecksum(content));
        // One write: a frame is there as a whole or, when the process is killed, not at all or torn at the very end.
        _file.Write(frame);
    }

    // message Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
    private static byte[] Event(TimeProvider time, int step, byte[] what)
    {
        var message = new MemoryStream();
        message.WriteByte(1 << 3 | 1);
        Span<byte> seconds = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(seconds, (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        message.Write(seconds);
        message.WriteByte(2 << 3);
        WriteVarint(message, (uint)step);
        message.Write(what);
        return message.ToArray();
    }

    // What a reader looks for first.
    private static byte[] VersionField() => Delimited(3, "brain.Event:2"u8);

    // message Summary { repeated Value value = 1; } message Value { string tag = 1; float simple_value = 2; }
    private static byte[] SummaryField(ReadOnlySpan<(string Tag, double Value)> scalars)
    {
        var summary = new MemoryStream();
        Span<byte> bits = stackalloc byte[4];
        foreach (var (tag, number) in scalars)
        {
            var value = new MemoryStream();
            value.Write(Delimited(1, Encoding.UTF8.GetBytes(tag)));
            value.WriteByte(2 << 3 | 5);
            BinaryPrimitives.WriteSingleLittleEndian(bits, (float)number);
            value.Write(bits);
            summary.Write(Delimited(1, value.ToArray()));
        }

        return Delimited(5, summary.ToArray());
    }

    private static byte[] Delimited(int field, ReadOnlySpan<byte> content)
    {
        var bytes = new MemoryStream();
        bytes.WriteByte((byte)(field << 3 | 2));
        WriteVarint(bytes, (uint)content.Length);
        bytes.Write(content);
        return bytes.ToArray();
    }

    private static void WriteVarint(Stream stream, uint value)
    {
        for (; value >= 0x80; value >>= 7)
            stream.WriteByte((byte)(value | 0x80));
        stream.WriteByte((byte)value);
    }

    private static long LengthUpTo(FileStream file, int step, int evaluatedStep)
    {
        if (step == 0)
            return 0;
        var length = 0L;
        var head = new byte[FrameHead];
        while (file.ReadAtLeast(head, FrameHead, throwOnEndOfStream: false) == FrameHead)
        {
            var size = BinaryPrimitives.ReadInt64LittleEndian(head);
            if (size is < 0 or > LongestEvent
                || BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(8)) != MaskedChecksum(head.AsSpan(0, 8)))
                break;
            var content = new byte[size + FrameTail];
            if (file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length)
                break;
            var message = content.AsSpan(0, (int)size);
            if (BinaryPrimitives.ReadUInt32LittleEndian(content.AsSpan((int)size)) != MaskedChecksum(message))
                break;
            if (StepOf(message) > (message.IndexOf(Encoding.UTF8.GetBytes(ValidationLoss)) < 0 ? step : evaluatedStep))
                break;
            length = file.Position;
        }

        return length;
    }

    // The events of this program hold their time (9 bytes) and then their step.
    private static uint StepOf(ReadOnlySpan<byte> message)
    {
        var step = 0u;
        var shift = 0;
        for (var i = 10; i < message.Length; i++, shift += 7)
        {
            step |= (uint)(message[i] & 0x7F) << shift;
            if (message[i] < 0x80)
                return step;
        }

        return uint.MaxValue;
    }
}
