namespace LoraLint.Trainer.Data.Reading;

/// <summary>Opens data files, and tells what cannot be one before anything is read as text.</summary>
internal static class DataFile
{
    private static readonly (byte[] Start, string What)[] NotText =
    [
        ([0xFF, 0xFE], "is UTF-16; save it as UTF-8"),
        ([0xFE, 0xFF], "is UTF-16; save it as UTF-8"),
        ([0x1F, 0x8B], "is compressed with gzip; unpack it"),
        ([0x28, 0xB5, 0x2F, 0xFD], "is compressed with Zstandard; unpack it"),
        ("PK\x3\x4"u8.ToArray(), "is a zip archive; unpack it"),
        ("PAR1"u8.ToArray(), "is a Parquet file; convert it to JSON Lines"),
        ("ARROW1"u8.ToArray(), "is an Arrow file; convert it to JSON Lines"),
    ];

    /// <summary>Whether the file is plain text rather than rows in JSON, by its extension.</summary>
    public static bool IsPlainText(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".jsonl" or ".json" or ".ndjson" => false,
        ".txt" or ".text" or ".md" => true,
        var other => throw new TrainerException(
            $"{path}: {(other.Length == 0 ? "a file without extension" : other)} is not read; data comes as .jsonl, .json or .txt"),
    };

    /// <summary>Opens a file, which has no byte-order mark any more when it is read.</summary>
    public static FileStream Open(string path)
    {
        FileStream? file = null;
        try
        {
            if (Directory.Exists(path))
                throw new TrainerException($"{path}: is a folder; name the files in it");
            // Readers bring buffers of their own.
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            if (!file.CanSeek)
                throw new TrainerException($"{path}: is no regular file");
            Span<byte> start = stackalloc byte[8];
            start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
            if (start.Length == 0)
                throw new TrainerException($"{path}: is empty");
            foreach (var (magic, what) in NotText)
            {
                if (start.StartsWith(magic))
                    throw new TrainerException($"{path}: {what}");
            }

            file.Position = start.StartsWith("\uFEFF"u8) ? 3 : 0;
            return file;
        }
        catch (Exception e)
        {
            file?.Dispose();
            throw e switch
            {
                FileNotFoundException or DirectoryNotFoundException => new TrainerException($"{path}: there is no such file", e),
                IOException or UnauthorizedAccessException => CannotRead(path, e),
                _ => e,
            };
        }
    }

    /// <summary>Reads on.</summary>
    public static int Read(FileStream file, Span<byte> buffer)
    {
        try
        {
            return file.Read(buffer);
        }
        catch (IOException e)
        {
            throw CannotRead(file.Name, e);
        }
    }

    private static TrainerException CannotRead(string path, Exception e) => new($"{path}: cannot be read: {e.Message.TrimEnd('.')}", e);
}
