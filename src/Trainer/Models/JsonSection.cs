using System.Globalization;
using System.Text.Json;

namespace LoraLint.Trainer.Models;

/// <summary>An object of a JSON file, read key by key; whatever is wrong is told with the file and the key.</summary>
/// <remarks>A key with <c>null</c> counts as absent unless said otherwise, as it does for the Python classes behind these files.</remarks>
internal sealed class JsonSection
{
    /// <summary>The largest JSON file that is read, in bytes.</summary>
    public const long MaxBytes = 64 << 20;

    private readonly string _file;
    private readonly string _prefix;
    private readonly JsonElement _element;

    private JsonSection(string file, string prefix, JsonElement element)
    {
        _file = file;
        _prefix = prefix;
        _element = element;
    }

    /// <summary>Reads a file that must hold an object without a key twice.</summary>
    /// <exception cref="TrainerException">It cannot be read, is too large or no such JSON.</exception>
    public static JsonSection Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (stream.Length > MaxBytes)
                throw new TrainerException($"{path}: has {stream.Length} bytes, which is no sensible size for this file");
            // The element outlives the document, whose pooled memory is then simply collected.
            var document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object ? new JsonSection(path, "", document.RootElement)
                : throw new TrainerException($"{path}: is no JSON object");
        }
        catch (JsonException exception)
        {
            throw new TrainerException($"{path}: is no proper JSON: {exception.Message.TrimEnd('.')}", exception);
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

    /// <summary>Its keys in the file's order.</summary>
    public IEnumerable<string> Keys => _element.EnumerateObject().Select(p => p.Name);

    /// <summary>The raw value under a key, or null when the key is absent or null.</summary>
    public JsonElement? Find(string key) =>
        _element.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Whether the key is written, if only with null.</summary>
    public bool Has(string key) => _element.TryGetProperty(key, out _);

    /// <summary>An error about a key.</summary>
    public TrainerException Error(string key, string problem) => new($"{_file}: {_prefix}{key} {problem}");

    /// <summary>An object under a key, or null.</summary>
    public JsonSection? Section(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonSection(_file, _prefix + key + ".", value)
        : throw Error(key, $"is {Show(value)} and must be an object");

    /// <summary>A text under a key, or null.</summary>
    public string? Text(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Error(key, $"is {Show(value)} and must be a text");

    /// <summary>True or false under a key, or the default.</summary>
    public bool Flag(string key, bool otherwise) => Find(key) is not { } value ? otherwise
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Error(key, $"is {Show(value)} and must be true or false");

    /// <summary>A whole number under a key, or null.</summary>
    public int? Whole(string key, int least, int most)
    {
        if (Find(key) is not { } value)
            return null;
        // Python writes 4096.0 where a number went through a division.
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || number != Math.Floor(number))
            throw Error(key, $"is {Show(value)} and must be a whole number");
        return number >= least && number <= most ? (int)number
            : throw Error(key, string.Create(CultureInfo.InvariantCulture, $"is {Show(value)} and must be {least} to {most}"));
    }

    /// <summary>A whole number that must be written.</summary>
    public int RequiredWhole(string key, int least, int most) => Whole(key, least, most) ?? throw Error(key, "is missing");

    /// <summary>A number under a key, or null.</summary>
    public double? Number(string key, double least, double most) => Find(key) is { } value ? NumberOf(key, value, least, most) : null;

    /// <summary>A number that must be written.</summary>
    public double RequiredNumber(string key, double least, double most) => Number(key, least, most) ?? throw Error(key, "is missing");

    /// <summary>A list of numbers under a key, or null.</summary>
    public double[]? Numbers(string key, double least, double most) =>
        ListOf(key)?.Select((value, i) => NumberOf($"{key}[{i}]", value, least, most)).ToArray();

    /// <summary>A list of texts under a key, or null.</summary>
    public string[]? Texts(string key) => ListOf(key)?.Select((value, i) => value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw Error($"{key}[{i}]", $"is {Show(value)} and must be a text")).ToArray();

    private IEnumerable<JsonElement>? ListOf(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
        : throw Error(key, $"is {Show(value)} and must be a list");

    private double NumberOf(string key, JsonElement value, double least, double most)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
            throw Error(key, $"is {Show(value)} and must be a number");
        return number >= least && number <= most ? number
            : throw Error(key, string.Create(CultureInfo.InvariantCulture, $"is {Show(value)} and must be {least} to {most}"));
    }

    private static string Show(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length > 60 ? text[..60] + "..." : text;
    }
}
