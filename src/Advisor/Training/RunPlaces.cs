using System.Text.Json;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>The files of this machine, for the resolver.</summary>
/// <param name="workingFolder">The working folder, absolute.</param>
/// <param name="configFolder">The config's folder, absolute.</param>
/// <param name="models">Where base models are.</param>
internal sealed class RunPlaces(string workingFolder, string configFolder, BaseModelFolder models) : IRunPlaces
{
    private const int LongestRow = 16 << 20;

    /// <inheritdoc/>
    public string FromWorkingFolder(string path) => Full(path, workingFolder);

    /// <inheritdoc/>
    public string FromConfigFolder(string path) => Full(path, configFolder);

    /// <inheritdoc/>
    public bool IsFile(string fullPath) => File.Exists(fullPath);

    /// <inheritdoc/>
    public bool IsFolder(string fullPath) => Directory.Exists(fullPath);

    /// <inheritdoc/>
    public ConfigDocument? Open(string fullPath) =>
        ConfigReader.LanguageOf(fullPath) is { } language && FileReader.Read(fullPath) is { IsRead: true } read
            ? ConfigReader.Read(read.Decoded, fullPath, language) : null;

    /// <inheritdoc/>
    public IReadOnlyList<string>? FirstRowKeys(string fullPath)
    {
        try
        {
            using var file = new FileStream(fullPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            return FirstRowKeys(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public string? FindModel(string name, string asFolder, out string problem) => models.Find(name, asFolder, out problem);

    // Reads on until the first object is whole: the first line of JSON Lines, or the first element of a list.
    private static List<string>? FirstRowKeys(Stream file)
    {
        var buffer = new byte[1 << 16];
        var length = 0;
        while (true)
        {
            var read = file.Read(buffer, length, buffer.Length - length);
            length += read;
            if (TryKeys(buffer.AsSpan(0, length), isLast: read == 0, out var keys) || read == 0)
                return keys;
            if (length < buffer.Length)
                continue;
            if (length >= LongestRow)
                return null;
            Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    private static bool TryKeys(ReadOnlySpan<byte> bytes, bool isLast, out List<string>? keys)
    {
        keys = null;
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes[3..];
        var json = new Utf8JsonReader(bytes, isLast, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true }));
        var found = new List<string>();
        var depth = -1;
        while (json.Read())
        {
            switch (json.TokenType)
            {
                case JsonTokenType.StartObject when depth < 0:
                    depth = json.CurrentDepth;
                    break;
                case JsonTokenType.PropertyName when json.CurrentDepth == depth + 1:
                    found.Add(json.GetString()!);
                    break;
                case JsonTokenType.EndObject when json.CurrentDepth == depth:
                    keys = found;
                    return true;
                case JsonTokenType.StartArray:
                    break;
                default:
                    if (depth < 0)
                        return true;
                    break;
            }
        }

        return false;
    }

    private static string Full(string path, string folder) => Path.GetFullPath(path.Length == 0 ? "." : path, folder);
}
