using System.Text.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>Reads the JSON files of a model's folder within bounds.</summary>
internal static class JsonFile
{
    /// <summary>The largest tokenizer.json known is 35 MB.</summary>
    private const long MostBytes = 256L << 20;

    /// <summary>Reads a file that has to be an object.</summary>
    /// <exception cref="TrainerException">It cannot be read, is too large, or is no JSON.</exception>
    public static JsonDocument Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > MostBytes)
                throw new TrainerException($"{path}: the file has {stream.Length} bytes; at most {MostBytes} are read");
            var document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 64 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new TrainerException($"{path}: the file holds no JSON object");
        }
        catch (JsonException exception)
        {
            throw new TrainerException(
                $"{path}({exception.LineNumber + 1},{exception.BytePositionInLine + 1}): the JSON is malformed or cut off; "
                + "download the file again", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new TrainerException($"{path}: cannot be read: {exception.Message.TrimEnd('.')}", exception);
        }
    }
}
