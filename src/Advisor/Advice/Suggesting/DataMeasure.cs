using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>Reads a dataset file once, row by row, and tells what is in it.</summary>
internal static class DataMeasure
{
    /// <summary>Bytes that are read at most; what is behind them counts as more of the same.</summary>
    private const long MostBytes = 1L << 30;

    /// <summary>A longer line is no row.</summary>
    private const int LongestRow = 16 << 20;

    // Markup around each message: roles, separators (ChatML has 4 to 6 tokens a turn).
    private const int TokensOfTurn = 5;

    /// <summary>Measures a file.</summary>
    /// <param name="path">The file, absolute.</param>
    /// <param name="shown">As the user named it.</param>
    /// <exception cref="UserMistakeException">It cannot be read, or holds no rows.</exception>
    public static DataFacts Measure(string path, string shown)
    {
        try
        {
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".jsonl" or ".ndjson" => OfRows(Lines(path), path, shown),
                ".json" => OfRows(Items(path, shown), path, shown),
                ".txt" or ".md" => OfText(path, shown),
                _ => throw new UserMistakeException(
                    $"{shown}: data is measured in .jsonl, .ndjson, .json and .txt files; give --rows instead"),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot read {shown}: {exception.Message}");
        }
    }

    private static DataFacts OfRows(IEnumerable<JsonElement?> rows, string path, string shown)
    {
        var tokens = new TokenEstimate();
        var lengths = new List<double>();
        var seen = new HashSet<ulong>();
        long duplicates = 0, unreadable = 0;
        var shape = RowShape.Unknown;
        foreach (var row in rows)
        {
            if (row is not { ValueKind: JsonValueKind.Object } fields || TextsOf(fields, out var ofRow) is not { Count: > 0 } texts)
            {
                unreadable++;
                continue;
            }

            if (lengths.Count == 0)
                shape = ofRow;
            lengths.Add(texts.Sum(tokens.Count) + (TokensOfTurn * texts.Count));
            if (!seen.Add(Fingerprint(texts)))
                duplicates++;
        }

        if (lengths.Count == 0)
            throw new UserMistakeException($"{shown}: no rows with text; rows are objects with messages, instruction, prompt or text");
        var size = new FileInfo(path).Length;
        var factor = size > MostBytes ? (double)size / MostBytes : 1;
        return new DataFacts(shown, (long)(lengths.Count * factor), shape)
        {
            Lengths = Of(lengths), LearntTokens = LearntTokens.Estimate(path), Duplicates = duplicates, Unreadable = unreadable,
            Scripts = tokens.Scripts, IsSample = factor > 1,
        };
    }

    // One long text is cut into sequences: it has no rows of its own.
    private static DataFacts OfText(string path, string shown)
    {
        var tokens = new TokenEstimate();
        var total = 0.0;
        using var reader = new StreamReader(path);
        var buffer = new char[1 << 16];
        long read = 0;
        for (int count; read < MostBytes && (count = reader.Read(buffer)) > 0; read += count)
            total += tokens.Count(new string(buffer, 0, count));
        if (total == 0)
            throw new UserMistakeException($"{shown}: there is no text");
        const int Sequence = 2048;
        return new DataFacts(shown, Math.Max(1, (long)(total / Sequence)), RowShape.Text)
        {
            Lengths = new LengthFacts(Sequence, Sequence, Sequence, (long)total), LearntTokens = total,
            Scripts = tokens.Scripts, IsSample = read >= MostBytes,
        };
    }

    private static LengthFacts Of(List<double> lengths)
    {
        var sorted = lengths.Order().ToList();
        return new LengthFacts(sorted.Average(), At(0.5), At(0.99), At(1));

        long At(double share) => (long)Math.Ceiling(sorted[(int)Math.Min(sorted.Count - 1, Math.Ceiling(share * sorted.Count) - 1)]);
    }

    private static IEnumerable<JsonElement?> Lines(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16));
        long read = 0;
        while (read < MostBytes && reader.ReadLine() is { } line)
        {
            read += line.Length + 1;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            yield return line.Length > LongestRow ? null : Parse(line);
        }
    }

    private static IEnumerable<JsonElement?> Items(string path, string shown)
    {
        if (new FileInfo(path).Length > RowCounter.LargestFile)
            throw new UserMistakeException($"{shown}: a list of more than 256 MB is not read whole; write a row a line (.jsonl)");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException exception)
        {
            throw new UserMistakeException($"{shown}: {exception.Message}");
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw new UserMistakeException($"{shown}: a list of rows is wanted");
            foreach (var item in document.RootElement.EnumerateArray())
                yield return item;
        }
    }

    // Eight bytes tell 10 million rows apart but for one chance in a hundred thousand.
    private static ulong Fingerprint(List<string> texts) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', texts))));

    private static JsonElement? Parse(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<string> TextsOf(JsonElement row, out RowShape shape)
    {
        if (Messages(row, "messages", "content") is { } messages)
            return Found(RowShape.Messages, messages, out shape);
        if (Messages(row, "conversations", "value") is { } turns)
            return Found(RowShape.ShareGpt, turns, out shape);
        if (Has(row, "chosen") && Has(row, "rejected"))
        {
            List<string> chosen = Messages(row, "chosen", "content") ?? Texts(row, "chosen");
            return Found(RowShape.Preference, [.. Texts(row, "prompt"), .. chosen], out shape);
        }

        if (Has(row, "instruction") && Has(row, "output"))
            return Found(RowShape.Alpaca, Texts(row, "instruction", "input", "output"), out shape);
        if (Has(row, "prompt") && Has(row, "completion"))
            return Found(RowShape.PromptCompletion, Texts(row, "prompt", "completion"), out shape);
        if (Has(row, "text"))
            return Found(RowShape.Text, Texts(row, "text"), out shape);
        if (Has(row, "prompt"))
            return Found(RowShape.Prompt, Messages(row, "prompt", "content") ?? Texts(row, "prompt"), out shape);
        // Columns of other names are texts all the same.
        return Found(RowShape.Unknown, Texts(row, [.. row.EnumerateObject().Select(p => p.Name)]), out shape);
    }

    private static List<string> Found(RowShape found, List<string> texts, out RowShape shape)
    {
        shape = found;
        return texts;
    }

    private static bool Has(JsonElement row, string name) => row.TryGetProperty(name, out _);

    private static List<string>? Messages(JsonElement row, string name, string content) =>
        row.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(m => m.ValueKind == JsonValueKind.Object).SelectMany(m => Texts(m, content))] : null;

    private static List<string> Texts(JsonElement row, params string[] names) =>
    [
        .. names.Where(n => row.TryGetProperty(n, out var value) && value.ValueKind == JsonValueKind.String)
            .Select(n => row.GetProperty(n).GetString()!).Where(t => t.Length > 0),
    ];
}
