using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace LoraLint.Advisor.Reading;

/// <summary>A file that was read, or why it could not be: that is no finding about the file, but a failure of the run.</summary>
internal sealed class FileReadResult
{
    private FileReadResult(DecodedText? decoded, string? failure)
    {
        Decoded = decoded;
        Failure = failure;
    }

    /// <summary>The file's text, and what is wrong with its bytes.</summary>
    public DecodedText? Decoded { get; }

    /// <summary>Why the file could not be read: <c>no such file</c>, <c>permission denied</c>.</summary>
    public string? Failure { get; }

    /// <summary>Whether the file could be read.</summary>
    [MemberNotNullWhen(true, nameof(Decoded))]
    [MemberNotNullWhen(false, nameof(Failure))]
    public bool IsRead => Decoded is not null;

    public static FileReadResult Of(DecodedText decoded) => new(decoded, null);

    public static FileReadResult Failed(string reason) => new(null, reason);
}

/// <summary>Reads files. Whatever the bytes are, the outcome is a text, with a problem where it is none, or one reason.</summary>
internal static class FileReader
{
    /// <summary>Says whether a file is worth decoding by a look at its bytes, or at the first of them when it is too large.</summary>
    public delegate bool Look(ReadOnlySpan<byte> bytes);

    /// <summary>Reads a file.</summary>
    public static FileReadResult Read(string path) => Read(path, _ => true)!;

    /// <summary>Reads a file unless a look at its bytes shows that it is about something else: then null.</summary>
    public static FileReadResult? Read(string path, Look look)
    {
        try
        {
            if (Directory.Exists(path))
                return FileReadResult.Failed("it is a folder");
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return Read(stream, stream.CanSeek ? stream.Length : 0, look);
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return FileReadResult.Failed(ReasonOf(exception));
        }
    }

    /// <summary>Reads a stream such as standard input to its end.</summary>
    public static FileReadResult Read(Stream stream)
    {
        try
        {
            return Read(stream, 0, _ => true)!;
        }
        catch (IOException exception)
        {
            return FileReadResult.Failed(ReasonOf(exception));
        }
    }

    private static FileReadResult? Read(Stream stream, long size, Look look)
    {
        // One byte more than there should be shows whether that was all.
        var buffer = new byte[size is > 0 and < ReadLimits.MaxBytes ? size + 1 : 16 * 1024];
        var length = 0;
        while (stream.Read(buffer, length, buffer.Length - length) is var read && read > 0)
        {
            length += read;
            if (length > ReadLimits.MaxBytes)
                break;
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, ReadLimits.MaxBytes + 1));
        }

        var bytes = buffer.AsSpan(0, length);
        return look(bytes) ? FileReadResult.Of(ByteDecoder.Decode(bytes, Math.Max(size, length))) : null;
    }

    // In words of our own: the native binary leaves the runtime's messages out.
    internal static string ReasonOf(Exception exception) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "permission denied",
        PathTooLongException => "the path is too long",
        IOException { HResult: not 0 } io when Marshal.GetPInvokeErrorMessage(io.HResult & 0xFFFF) is { Length: > 0 } message => message,
        _ => "it cannot be opened",
    };
}
