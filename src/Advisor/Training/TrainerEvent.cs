using System.Text.Json;

namespace LoraLint.Advisor.Training;

/// <summary>
/// One line of the trainer's output: a JSON object with the name of an event. What an event lacks, or has as null, is null here; events
/// and members of later versions are passed over.
/// </summary>
internal sealed class TrainerEvent
{
    private readonly Dictionary<string, JsonElement> _members;

    private TrainerEvent(string name, Dictionary<string, JsonElement> members) => (Name, _members) = (name, members);

    /// <summary>The event's name, such as <c>step</c>.</summary>
    public string Name { get; }

    /// <summary>Reads a line; null when it is none of the trainer's events.</summary>
    public static TrainerEvent? Read(string line)
    {
        if (line.Length == 0 || line[0] != '{')
            return null;
        try
        {
            using var document = JsonDocument.Parse(line);
            var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
            foreach (var member in document.RootElement.EnumerateObject())
                members[member.Name] = member.Value.Clone();
            return members.TryGetValue("event", out var name) && name.ValueKind == JsonValueKind.String
                ? new TrainerEvent(name.GetString()!, members) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A number, or null.</summary>
    public double? Number(string name) =>
        _members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    /// <summary>A whole number, or null.</summary>
    public long? Count(string name) => Number(name) is { } number and > -9e18 and < 9e18 ? (long)number : null;

    /// <summary>A text, or null.</summary>
    public string? Text(string name) =>
        _members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn(string name) => _members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A list of texts; empty when there is none.</summary>
    public IReadOnlyList<string> Texts(string name) => _members.TryGetValue(name, out var value) && value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!)] : [];
}
