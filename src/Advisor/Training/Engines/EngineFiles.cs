using System.Buffers;
using System.Security.Cryptography;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>The files of an engine: their hashes when it is installed, and what became of them since.</summary>
internal static class EngineFiles
{
    private const int Piece = 1 << 20;

    /// <summary>All files below a folder with size and hash, by name.</summary>
    public static IReadOnlyList<EngineFile> Describe(string folder, CancellationToken stop)
    {
        var files = new List<EngineFile>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
            files.Add(new EngineFile(name, new FileInfo(path).Length, HashOf(path, stop)));
        }

        return files;
    }

    /// <summary>The first file that is not what was installed, in words; null when all are.</summary>
    /// <param name="folder">The engine's folder.</param>
    /// <param name="files">Its files as they were.</param>
    /// <param name="withHashes">Whether contents are compared too; gigabytes take a while.</param>
    public static string? FindDamage(string folder, IReadOnlyList<EngineFile> files, bool withHashes)
    {
        foreach (var file in files)
        {
            var found = new FileInfo(Path.Join(folder, file.Path));
            if (!found.Exists)
                return $"{file.Path} is missing";
            if (found.Length != file.Bytes)
            {
                var what = found.Length < file.Bytes ? "truncated" : "another file";
                return $"{file.Path} is {what}: it has {found.Length} bytes instead of {file.Bytes}";
            }

            if (withHashes && FindChange(found.FullName, file.Sha256) is { } change)
                return $"{file.Path} {change}";
        }

        return null;
    }

    /// <summary>
    /// Compares each library that was joined from parts with the hash that came beside it (<c>NAME.sha</c>). TorchSharp's build joins them
    /// and passes over parts that are missing or damaged without an error.
    /// </summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="UserMistakeException">One is not whole; the message names it.</exception>
    public static int VerifyJoined(string folder, CancellationToken stop)
    {
        var count = 0;
        foreach (var sha in Directory.EnumerateFiles(folder, "*.sha", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var library = sha[..^".sha".Length];
            var name = Path.GetFileName(library);
            if (!File.Exists(library))
                throw new UserMistakeException($"the library {name} was not made from its parts; a package is incomplete");
            if (!string.Equals(HashOf(library, stop), File.ReadAllText(sha).Trim(), StringComparison.OrdinalIgnoreCase))
            {
                throw new UserMistakeException($"the library {name} is corrupt or truncated: it is not what {name}.sha says; "
                    + "a part of it was lost on the way, so install again");
            }

            count++;
        }

        return count;
    }

    /// <summary>A file's SHA-256 in small hexadecimal digits.</summary>
    public static string HashOf(string path, CancellationToken stop = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (file.Read(buffer, 0, Piece) is var count && count > 0)
            {
                stop.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string? FindChange(string path, string sha256)
    {
        try
        {
            return HashOf(path) == sha256 ? null : "is not the file that was installed: its content differs";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"cannot be read: {FileReader.ReasonOf(exception)}";
        }
    }
}
