using System.Text.Json;
using LoraLint.Advisor.Advice.Suggesting;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// Estimates the tokens of a dataset file that are learnt: those of answers, or all of a plain text. The first rows are read, and the rest
/// of the file counts as more of the same.
/// </summary>
internal static class LearntTokens
{
    // Thousands of ordinary rows; reading them takes some tens of milliseconds.
    private const int MostBytes = 1 << 21;

    /// <summary>
    /// The tokens of a .jsonl, .ndjson or .json file; null for anything else, for rows of which it is not known what is learnt, and for
    /// content that does not look like rows.
    /// </summary>
    public static double? Estimate(string path)
    {
        if (Path.GetExtension(path).ToLowerInvariant() is not (".jsonl" or ".ndjson" or ".json"))
            return null;
        byte[] bytes;
        long size;
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1))
        {
            size = file.Length;
            bytes = new byte[(int)Math.Min(size, MostBytes)];
            bytes = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }

        var head = bytes.AsSpan();
        if (head.StartsWith("\uFEFF"u8))
            head = head[3..];
        var tokens = OfRows(head, isCut: size > bytes.Length, out var read);
        return tokens is not null && read > 0 ? tokens * Math.Max(1, size / (double)read) : null;
    }

    // JSON Lines and a JSON list are read alike: objects at the first level, with or without the list around them.
    private static double? OfRows(ReadOnlySpan<byte> text, bool isCut, out long read)
    {
        var reader = new Utf8JsonReader(
            text, isFinalBlock: !isCut, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true, MaxDepth = 128 }));
        var estimate = new TokenEstimate();
        var tokens = 0.0;
        read = 0;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.EndArray && reader.CurrentDepth == 0)
                    continue;
                if (reader.TokenType != JsonTokenType.StartObject || !JsonDocument.TryParseValue(ref reader, out var row))
                    return reader.TokenType == JsonTokenType.StartObject && read > 0 ? tokens : null;
                using (row)
                {
                    if (OfRow(row.RootElement, estimate) is not { } ofRow)
                        return null;
                    tokens += ofRow;
                }

                read = reader.BytesConsumed;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }

        return tokens;
    }

    private static double? OfRow(JsonElement row, TokenEstimate estimate)
    {
        if (Turns(row, "messages", "role", "content") is { } messages)
            return messages.Sum(estimate.Count);
        if (Turns(row, "conversations", "from", "value") is { } turns)
            return turns.Sum(estimate.Count);
        foreach (var name in (string[])["output", "completion", "response", "text"])
        {
            if (row.TryGetProperty(name, out var answer) && answer.ValueKind == JsonValueKind.String)
                return estimate.Count(answer.GetString()!);
        }

        return null;
    }

    private static List<string>? Turns(JsonElement row, string list, string role, string content)
    {
        if (!row.TryGetProperty(list, out var turns) || turns.ValueKind != JsonValueKind.Array)
            return null;
        var answers = new List<string>();
        foreach (var turn in turns.EnumerateArray())
        {
            if (turn.ValueKind == JsonValueKind.Object && turn.TryGetProperty(role, out var who)
                && who.ValueKind == JsonValueKind.String && who.GetString() is "assistant" or "gpt" or "model" or "bot"
                && turn.TryGetProperty(content, out var said) && said.ValueKind == JsonValueKind.String)
                answers.Add(said.GetString()!);
        }

        return answers;
    }
}
