using System.Text;
using System.Text.Json;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>The columns of a row, or the keys of a message in it, by the fields that a format knows.</summary>
/// <param name="row">A JSON object.</param>
/// <param name="place">Where the row is.</param>
/// <param name="columns">The name of each field's column, empty for none; a field that is not in it has its own name.</param>
/// <param name="within">What the object is to a reader, such as "message 2"; empty for the row itself.</param>
internal readonly struct RowFields(JsonElement row, DataPlace place, IReadOnlyDictionary<string, string> columns, string within = "")
{
    /// <summary>Where the row is.</summary>
    public DataPlace Place => place;

    /// <summary>The name of a field's column.</summary>
    public string ColumnOf(string field) => columns.GetValueOrDefault(field, field);

    /// <summary>Whether there is such a column.</summary>
    public bool Has(string field) => ColumnOf(field) is { Length: > 0 } column && HasColumn(column);

    /// <summary>Whether there is a column of a name.</summary>
    public bool HasColumn(string name) => row.TryGetProperty(name, out _);

    /// <summary>A value; null when the column is missing or null.</summary>
    public JsonElement? Find(string field) => ColumnOf(field) is { Length: > 0 } column
        && row.TryGetProperty(column, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text; null when the column is missing or null.</summary>
    public string? FindText(string field) => Find(field) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? Text(value, field)
        : throw WrongType(field, value, "a text");

    /// <summary>The error that a field is of another type.</summary>
    public TrainerException WrongType(string field, JsonElement value, string expected) =>
        Error($"\"{ColumnOf(field)}\" is {JsonRow.KindOf(value)} where {expected} belongs");

    /// <summary>The error that something is wrong with this object.</summary>
    public TrainerException Error(string what) => place.Error(within.Length == 0 ? what : $"{within}: {what}");

    /// <summary>The text of a JSON string that has one.</summary>
    public string Text(JsonElement value, string field)
    {
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw place.Error($"\"{ColumnOf(field)}\" holds half of a surrogate pair, which is no character", e);
        }

        return text.Contains('\0')
            ? throw Error($"\"{ColumnOf(field)}\" holds a NUL character at {text.IndexOf('\0') + 1}, which no text has; clean the data")
            : text;
    }

    /// <summary>The names of all columns for a message, shortened when there are many.</summary>
    public string Names()
    {
        var names = new StringBuilder();
        var count = 0;
        foreach (var property in row.EnumerateObject())
        {
            if (++count > 12)
                return names.Append(", ...").ToString();
            var name = property.Name;
            names.Append(count > 1 ? ", " : "").Append(name.Length <= 40 ? name : name[..40] + "...");
        }

        return count == 0 ? "none" : names.ToString();
    }
}
