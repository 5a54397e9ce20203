using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>Makes a row out of its bytes, or says in one sentence why they are none.</summary>
internal static class JsonRow
{
    // Deep enough for any tool schema that rides along in a row.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Parses a row.</summary>
    /// <param name="row">Its bytes, which must stay as they are while the document lives.</param>
    /// <param name="place">Where it begins.</param>
    /// <param name="isLine">Whether it is a line of its own.</param>
    /// <exception cref="TrainerException">It is no JSON object.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> row, DataPlace place, bool isLine)
    {
        CheckUtf8(row.Span, place);
        try
        {
            var document = JsonDocument.Parse(row, Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            var kind = KindOf(document.RootElement);
            document.Dispose();
            throw place.Error($"a row must be an object with named columns, and this is {kind}");
        }
        catch (JsonException e)
        {
            throw Malformed(row.Span, place, isLine, e);
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair in the escapes of a key, which is looked at for duplicates.
            throw place.Error("a key holds half of a surrogate pair", e);
        }
    }

    /// <summary>What a value is, with an article.</summary>
    public static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "true or false",
        _ => "null",
    };

    private static void CheckUtf8(ReadOnlySpan<byte> row, DataPlace place)
    {
        if (Utf8.IsValid(row))
            return;
        var invalid = 0;
        while (Rune.DecodeFromUtf8(row[invalid..], out _, out var length) == OperationStatus.Done)
            invalid += length;
        var (line, where) = Position(row, invalid);
        throw (place with { Line = place.Line + line }).Error(
            $"byte 0x{row[invalid]:X2} at {where} is not valid UTF-8; save the file as UTF-8");
    }

    private static TrainerException Malformed(ReadOnlySpan<byte> row, DataPlace place, bool isLine, JsonException e)
    {
        // The parser's message ends with the position, which is told in characters here.
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var message = (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.', ' ');
        var offset = OffsetOf(row, e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
        var (line, where) = Position(row, offset);
        var hint = "";
        if (offset < row.Length && row[offset] == '\'')
            hint = "; JSON has double quotes around texts";
        else if (isLine && offset >= row.TrimEnd(" \t\r"u8).Length)
            hint = "; a row must end on the line it begins on, or the whole file be one JSON list";
        return (place with { Line = place.Line + line }).Error($"not valid JSON at {where}: {message}{hint}", e);
    }

    private static int OffsetOf(ReadOnlySpan<byte> row, long line, long position)
    {
        var offset = 0;
        for (; line > 0; line--)
            offset += row[offset..].IndexOf((byte)'\n') + 1;
        return (int)Math.Min(offset + position, row.Length);
    }

    // A place by its lines below the first of the row, and by characters.
    private static (int Line, string Where) Position(ReadOnlySpan<byte> row, int offset)
    {
        var before = row[..offset];
        var line = before.Count((byte)'\n');
        var character = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        return (line, line == 0 ? $"character {character} of the row" : $"character {character}");
    }
}
