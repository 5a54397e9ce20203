using System.Buffers.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>The framing cannot be followed, so that nothing behind it makes sense.</summary>
internal sealed class FramingException(string message) : Exception(message);

/// <summary>Reads messages as the protocol frames them: header lines with a Content-Length, a blank line, so many bytes.</summary>
internal sealed class MessageReader(Stream input)
{
    /// <summary>The largest message that is read: a file of 5 MiB whose every character is escaped stays below.</summary>
    public const int LargestMessage = 64 * 1024 * 1024;

    private const int LongestLine = 4096;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly byte[] _line = new byte[LongestLine];
    private int _start;
    private int _end;

    /// <summary>The next message; empty when it was too large and has been passed over, null at the end.</summary>
    /// <exception cref="FramingException">The header makes no sense, or the input ends within a message.</exception>
    public byte[]? Read()
    {
        if (ReadLength() is not { } length)
            return null;
        if (length > LargestMessage)
        {
            Skip(length);
            return [];
        }

        var body = new byte[length];
        for (var read = 0; read < body.Length;)
            read += Take(body.AsSpan(read));
        return body;
    }

    private long? ReadLength()
    {
        long? length = null;
        for (var isFirst = true; ; isFirst = false)
        {
            if (ReadLine(isFirst) is not { } count)
                return null;
            var text = _line.AsSpan(0, count);
            if (text.IsEmpty && !isFirst)
                return length ?? throw new FramingException("a header without Content-Length");
            var colon = text.IndexOf((byte)':');
            if (colon < 0)
            {
                // Blank lines before a message do no harm.
                if (text.IsEmpty)
                    continue;
                throw new FramingException("a line that is no header");
            }

            if (!System.Text.Ascii.EqualsIgnoreCase(text[..colon].Trim((byte)' '), "Content-Length"))
                continue;
            var value = text[(colon + 1)..].Trim((byte)' ');
            if (!Utf8Parser.TryParse(value, out long parsed, out var used) || used != value.Length || parsed < 0)
                throw new FramingException("a Content-Length that is no number of bytes");
            length = parsed;
        }
    }

    // A line without its end, which is a line feed with or without a carriage return; null at the end of the input.
    private int? ReadLine(bool mayEnd)
    {
        for (var count = 0; ;)
        {
            if (_start == _end && !Fill())
            {
                if (mayEnd && count == 0)
                    return null;
                throw new FramingException("the input ends within a header");
            }

            var next = _buffer[_start++];
            if (next == (byte)'\n')
                return count > 0 && _line[count - 1] == (byte)'\r' ? count - 1 : count;
            if (count == _line.Length)
                throw new FramingException("a header line without an end");
            _line[count++] = next;
        }
    }

    private void Skip(long count)
    {
        while (count > 0)
        {
            if (_start == _end && !Fill())
                throw new FramingException("the input ends within a message");
            var skipped = (int)Math.Min(count, _end - _start);
            _start += skipped;
            count -= skipped;
        }
    }

    private int Take(Span<byte> target)
    {
        if (_start == _end && !Fill())
            throw new FramingException("the input ends within a message");
        var count = Math.Min(target.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(target);
        _start += count;
        return count;
    }

    private bool Fill()
    {
        _start = 0;
        _end = input.Read(_buffer);
        return _end > 0;
    }
}
