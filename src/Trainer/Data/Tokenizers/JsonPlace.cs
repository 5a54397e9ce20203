using System.Text.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>A value in a JSON file that knows where it stands, so that what is wrong with it can be told by file and place.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Path">The place, such as <c>model.merges[3]</c>; empty for the whole file.</param>
/// <param name="Value">The value.</param>
internal readonly record struct JsonPlace(string File, string Path, JsonElement Value)
{
    /// <summary>Whether it is null.</summary>
    public bool IsNull => Value.ValueKind == JsonValueKind.Null;

    /// <summary>Its number of elements.</summary>
    /// <exception cref="TrainerException">It is no array.</exception>
    public int Length => Expect(JsonValueKind.Array, "a list").Value.GetArrayLength();

    /// <summary>A member of an object; null when it is missing or null.</summary>
    public JsonPlace? Find(string name) =>
        Expect(JsonValueKind.Object, "an object").Value.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? new JsonPlace(File, Inside(name), value)
            : null;

    /// <summary>A member of an object that has to be there.</summary>
    public JsonPlace Get(string name) => Find(name) ?? throw Wrong($"'{name}' is missing");

    /// <summary>The elements of an array.</summary>
    public IEnumerable<JsonPlace> Elements()
    {
        var (file, path) = (File, Path);
        return Expect(JsonValueKind.Array, "a list").Value.EnumerateArray()
            .Select((value, index) => new JsonPlace(file, $"{path}[{index}]", value));
    }

    /// <summary>The text of a string.</summary>
    public string Text()
    {
        Expect(JsonValueKind.String, "a text");
        try
        {
            return Value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("the text holds half of a surrogate pair, or bytes that are no UTF-8");
        }
    }

    /// <summary>The text of a member; the fallback when it is missing or null.</summary>
    public string? Text(string name, string? fallback = null) => Find(name)?.Text() ?? fallback;

    /// <summary>The truth value of a member; the fallback when it is missing or null.</summary>
    public bool Flag(string name, bool fallback = false) => Find(name) is not { } place ? fallback : place.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw place.Wrong($"{place.Kind} where true or false belongs"),
    };

    /// <summary>An integer in a range.</summary>
    public int Number(int least, int most) =>
        Expect(JsonValueKind.Number, "a number").Value.TryGetInt32(out var number) && number >= least && number <= most
            ? number
            : throw Wrong($"{Shorten(Value.GetRawText())} where an integer from {least} to {most} belongs");

    /// <summary>The error that something is wrong here.</summary>
    public TrainerException Wrong(string what) => new($"{File}: {(Path.Length == 0 ? "" : Path + ": ")}{what}");

    /// <summary>Itself when it is of a kind.</summary>
    public JsonPlace Expect(JsonValueKind kind, string name) =>
        Value.ValueKind == kind ? this : throw Wrong($"{Kind} where {name} belongs");

    private string Kind => Value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };

    private string Inside(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..37] + "...";
}
