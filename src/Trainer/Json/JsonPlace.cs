using System.Globalization;
using System.Text.Json;

namespace LoraLint.Trainer.Json;

/// <summary>
/// A value in a JSON file that knows where it stands. What is wrong with it is told by file and place, with the value and what belongs
/// there.
/// </summary>
/// <remarks>
/// A member with <c>null</c> counts as absent unless said otherwise, as it does for the Python classes behind these files.
/// </remarks>
/// <param name="File">The file's path.</param>
/// <param name="Path">The place, such as <c>model.merges[3]</c>; empty for the whole file.</param>
/// <param name="Value">The value.</param>
internal readonly record struct JsonPlace(string File, string Path, JsonElement Value)
{
    private const int MostShown = 60;

    /// <summary>The value as messages show it: as it is written, shortened.</summary>
    public string Shown => Value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => Shorten(Value.GetRawText()),
    };

    /// <summary>Its number of elements.</summary>
    /// <exception cref="TrainerException">It is no list.</exception>
    public int Length => Expect(JsonValueKind.Array, "a list").Value.GetArrayLength();

    /// <summary>Whether an object has a member, if only with null.</summary>
    public bool Has(string name) => Member(name) is not null;

    /// <summary>A member of an object; null when it is missing or null.</summary>
    public JsonPlace? Find(string name) => Member(name) is { ValueKind: not JsonValueKind.Null } value ? Inside(name, value) : null;

    /// <summary>A member of an object that has to be there.</summary>
    public JsonPlace Get(string name) => Find(name) ?? throw Wrong($"'{name}' is missing");

    /// <summary>The members of an object by name, those with null too, in the file's order.</summary>
    public IEnumerable<(string Name, JsonPlace Place)> Members()
    {
        var place = Expect(JsonValueKind.Object, "an object");
        return Value.EnumerateObject().Select(member =>
        {
            var name = place.NameOf(member);
            return (name, place.Inside(name, member.Value));
        });
    }

    /// <summary>The elements of a list.</summary>
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

    /// <summary>The texts of a list.</summary>
    public string[] Texts() => [.. Elements().Select(element => element.Text())];

    /// <summary>The truth value of a member; the fallback when it is missing or null.</summary>
    public bool Flag(string name, bool fallback = false) => Find(name) is not { } place ? fallback : place.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw place.Unexpected("true or false"),
    };

    /// <summary>A whole number in a range. It may be written with a fraction of zero: Python writes 4096.0 behind a division.</summary>
    public int Whole(int least, int most)
    {
        if (Value.ValueKind == JsonValueKind.Number)
        {
            if (Value.TryGetInt32(out var whole) && whole >= least && whole <= most)
                return whole;
            if (Value.TryGetDouble(out var number) && number == Math.Floor(number) && number >= least && number <= most)
                return (int)number;
        }

        throw Unexpected(least == int.MinValue && most == int.MaxValue ? "a whole number"
            : most == int.MaxValue ? $"a whole number of {least} or more"
            : $"a whole number from {least} to {most}");
    }

    /// <summary>A number in a range.</summary>
    public double Number(double least, double most) =>
        Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out var number) && number >= least && number <= most
            ? number
            : throw Unexpected(least == double.MinValue && most == double.MaxValue ? "a finite number"
                : string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"));

    /// <summary>The numbers of a list, each in a range.</summary>
    public double[] Numbers(double least, double most) => [.. Elements().Select(element => element.Number(least, most))];

    /// <summary>Itself when it is of a kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="name">What the kind is called.</param>
    public JsonPlace Expect(JsonValueKind kind, string name) => Value.ValueKind == kind ? this : throw Unexpected(name);

    /// <summary>Refuses a key that is there twice in an object, be it in this one or inside of it.</summary>
    public void RefuseDuplicates()
    {
        if (Value.ValueKind == JsonValueKind.Object)
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (name, member) in Members())
            {
                if (!names.Add(name))
                    throw Wrong($"the key '{Shorten(name)}' is there twice");
                member.RefuseDuplicates();
            }
        }
        else if (Value.ValueKind == JsonValueKind.Array)
        {
            foreach (var element in Elements())
                element.RefuseDuplicates();
        }
    }

    /// <summary>The error that another value belongs here.</summary>
    /// <param name="expected">What belongs here.</param>
    public TrainerException Unexpected(string expected) => Wrong($"{Shown} where {expected} belongs");

    /// <summary>The error that something is wrong here. A file's control characters do not get to the terminal.</summary>
    public TrainerException Wrong(string what)
    {
        var problem = Path.Length == 0 ? what : $"{Path}: {what}";
        return new TrainerException($"{File}: {string.Concat(problem.Select(c => char.IsControl(c) ? '?' : c))}");
    }

    private static string Shorten(string text)
    {
        if (text.Length <= MostShown)
            return text;
        var end = char.IsHighSurrogate(text[MostShown - 4]) ? MostShown - 4 : MostShown - 3;
        return text[..end] + "...";
    }

    private JsonPlace Inside(string name, JsonElement value)
    {
        var shown = Shorten(name);
        var step = name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? $"['{shown}']"
            : Path.Length > 0 ? $".{shown}" : shown;
        return new JsonPlace(File, Path + step, value);
    }

    private JsonElement? Member(string name)
    {
        Expect(JsonValueKind.Object, "an object");
        try
        {
            return Value.TryGetProperty(name, out var value) ? value : null;
        }
        catch (InvalidOperationException)
        {
            throw BadKey();
        }
    }

    private string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw BadKey();
        }
    }

    private TrainerException BadKey() => Wrong("a key holds half of a surrogate pair, or bytes that are no UTF-8");
}
