using System.Text.Json;

namespace LoraLint.Trainer.Json;

/// <summary>Reads the JSON files of a model's or an adapter's folder within bounds.</summary>
internal static class JsonFile
{
    /// <summary>The most bytes of a config or of an index of weights: the largest ones have a few megabytes.</summary>
    public const long MostConfigBytes = 64L << 20;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 64 };

    /// <summary>Reads a file that has to be an object without a key twice in any of its objects.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TrainerException">It cannot be read, is too large, or is no such JSON.</exception>
    public static JsonPlace ReadConfig(string path)
    {
        var root = Read(path, MostConfigBytes);
        root.RefuseDuplicates();
        return root;
    }

    /// <summary>Reads a file that has to be an object; of a key that is there twice the last one counts.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mostBytes">The bytes at which it is no longer read.</param>
    /// <exception cref="TrainerException">It cannot be read, is too large, or is no such JSON.</exception>
    public static JsonPlace Read(string path, long mostBytes)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > mostBytes)
                throw new TrainerException($"{path}: the file has {stream.Length} bytes; at most {mostBytes} are read");
            // The values outlive the document: its memory is collected with them instead of going back to a pool that would keep it.
            var document = JsonDocument.Parse(stream, s_options);
            return new JsonPlace(path, "", document.RootElement).Expect(JsonValueKind.Object, "an object");
        }
        catch (JsonException exception)
        {
            // The parser's message ends with the position.
            var end = exception.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            var reason = (end < 0 ? exception.Message : exception.Message[..end]).TrimEnd('.');
            throw new TrainerException(
                $"{path}:{exception.LineNumber + 1}:{exception.BytePositionInLine + 1}: not valid JSON: {reason}; "
                + "correct it, or copy or download the file again", exception);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TrainerException($"{path}: there is no such file", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainerException($"{path}: cannot be read: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
