using System.Text.Json;

namespace LoraLint.Advisor.Reading;

/// <summary>Reads which columns a dataset file has from its first rows, without loading it.</summary>
internal static class DatasetColumns
{
    // Enough for some rows of any ordinary dataset; of a longer first row nothing is claimed.
    private const int MostBytes = 1 << 18;
    private const int MostRows = 20;

    /// <summary>
    /// The keys of the first objects in a .jsonl, .ndjson or .json file, or the header of a .csv or .tsv file; null for anything else, and
    /// for content that does not look like it.
    /// </summary>
    public static IReadOnlyList<string>? Read(string path)
    {
        var extension = Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".jsonl" or ".ndjson" or ".json" or ".csv" or ".tsv"))
            return null;
        var bytes = new byte[MostBytes];
        int length;
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1))
            length = file.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false);
        var head = bytes.AsSpan(0, length);
        if (head.StartsWith("\uFEFF"u8))
            head = head[3..];
        return extension switch
        {
            ".csv" => HeaderOf(head, ','),
            ".tsv" => HeaderOf(head, '\t'),
            _ => KeysOf(head, isCut: length == MostBytes),
        };
    }

    // JSON Lines and a JSON list are read alike: objects at the first level, with or without the list around them.
    private static List<string>? KeysOf(ReadOnlySpan<byte> text, bool isCut)
    {
        var reader = new Utf8JsonReader(
            text, isFinalBlock: !isCut, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 128 }));
        var keys = new List<string>();
        var rows = 0;
        var rowDepth = -1;
        try
        {
            while (rows < MostRows && reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartObject && rowDepth < 0 && reader.CurrentDepth <= 1)
                    rowDepth = reader.CurrentDepth;
                else if (reader.TokenType == JsonTokenType.StartArray && reader.CurrentDepth == 0)
                    continue;
                else if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == rowDepth)
                    (rows, rowDepth) = (rows + 1, -1);
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == rowDepth + 1)
                    Add(keys, reader.GetString()!);
                else if (rowDepth < 0 && reader.TokenType != JsonTokenType.EndArray)
                    return null;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }

        return rows > 0 ? keys : null;
    }

    private static List<string>? HeaderOf(ReadOnlySpan<byte> text, char separator)
    {
        var end = text.IndexOf((byte)'\n');
        if (end <= 0)
            return null;
        var line = System.Text.Encoding.UTF8.GetString(text[..end]).TrimEnd('\r');
        // A quoted name may hold the separator or a line break.
        if (line.Contains('"', StringComparison.Ordinal))
            return null;
        return [.. line.Split(separator)];
    }

    private static void Add(List<string> keys, string key)
    {
        if (!keys.Contains(key))
            keys.Add(key);
    }
}
