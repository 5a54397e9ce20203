using System.Globalization;
using System.Text.Json;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>
/// Reads <c>trainer_state.json</c> of Hugging Face's Trainer, and so of TRL, Axolotl, LLaMA-Factory and Unsloth: <c>log_history</c> is a
/// list of objects, with <c>loss</c>, <c>grad_norm</c> and <c>learning_rate</c> for training, <c>eval_loss</c> for evaluation, each with
/// <c>step</c> and <c>epoch</c> (transformers, trainer_callback.py, TrainerState). The file is what Python's json module writes: NaN and
/// Infinity stand in it as bare words, which JSON does not have.
/// </summary>
internal static class TrainerState
{
    /// <summary>The file's name in a run's folder or a checkpoint.</summary>
    public const string FileName = "trainer_state.json";

    private const long LargestFile = 256L << 20;

    private static readonly string[] s_bare = ["-Infinity", "Infinity", "NaN"];

    /// <summary>Reads a file, up to where it is damaged when it has entries before that.</summary>
    /// <exception cref="UserMistakeException">The file cannot be read, or it is no trainer state.</exception>
    public static LoggedRun Read(string path, string shown)
    {
        var bytes = QuoteBareWords(LogFile.Bytes(path, shown, LargestFile));
        var run = new LoggedRun(shown);
        var isState = false;
        try
        {
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 32 });
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                throw NoState(shown);
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var name = json.GetString();
                json.Read();
                if (name == "log_history" && json.TokenType == JsonTokenType.StartArray)
                {
                    isState = true;
                    ReadHistory(ref json, run);
                }
                else if (name == "max_steps" && NumberOf(ref json) is { } steps and >= 1 and <= int.MaxValue)
                    run.PlannedSteps = (int)steps;
                else
                    json.Skip();
            }
        }
        catch (JsonException exception)
        {
            if (!run.HasLoss)
                throw new UserMistakeException($"{shown}: it is damaged near line {exception.LineNumber + 1}, before the first loss");
            run.Notes.Add($"{shown} is damaged near line {exception.LineNumber + 1}; it was read up to there");
            isState = true;
        }

        return isState ? run : throw NoState(shown);
    }

    private static UserMistakeException NoState(string shown) =>
        new($"{shown}: it is no trainer state of Hugging Face's Trainer, which is an object with a list log_history");

    private static void ReadHistory(ref Utf8JsonReader json, LoggedRun run)
    {
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartObject)
                ReadEntry(ref json, run);
            else
                json.Skip();
        }
    }

    private static void ReadEntry(ref Utf8JsonReader json, LoggedRun run)
    {
        double? step = null, epoch = null, loss = null, norm = null, rate = null, validation = null, otherValidation = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            json.Read();
            var number = NumberOf(ref json);
            switch (name)
            {
                case "step":
                    step = number;
                    break;
                case "epoch":
                    epoch = number;
                    break;
                case "loss":
                    loss = number;
                    break;
                case "grad_norm":
                    norm = number;
                    break;
                case "learning_rate":
                    rate = number;
                    break;
                case "eval_loss":
                    validation = number;
                    break;
                // With several evaluation sets each has its name: eval_NAME_loss.
                case var other when other.StartsWith("eval_", StringComparison.Ordinal)
                    && other.EndsWith("_loss", StringComparison.Ordinal):
                    otherValidation ??= number;
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (step is not { } at)
            return;
        Add(CurveKind.TrainLoss, loss);
        Add(CurveKind.GradientNorm, norm);
        Add(CurveKind.LearningRate, rate);
        Add(CurveKind.ValidationLoss, validation ?? otherValidation);
        if (loss is not null || validation is not null)
            Add(CurveKind.Epoch, epoch);

        void Add(CurveKind kind, double? value)
        {
            if (value is { } number)
                run.Add(kind, at, number);
        }
    }

    // Some versions write learning rates as text.
    private static double? NumberOf(ref Utf8JsonReader json) => json.TokenType switch
    {
        JsonTokenType.Number when json.TryGetDouble(out var number) => number,
        JsonTokenType.String
            when double.TryParse(json.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        JsonTokenType.StartObject or JsonTokenType.StartArray => Skipped(ref json),
        _ => null,
    };

    private static double? Skipped(ref Utf8JsonReader json)
    {
        json.Skip();
        return null;
    }

    /// <summary>
    /// Puts NaN, Infinity and -Infinity outside of texts into quotation marks; .NET parses the words as Python writes them.
    /// </summary>
    internal static byte[] QuoteBareWords(byte[] bytes)
    {
        if (bytes.AsSpan().IndexOf("NaN"u8) < 0 && bytes.AsSpan().IndexOf("Infinity"u8) < 0)
            return bytes;
        var quoted = new MemoryStream(bytes.Length + 1024);
        var isText = false;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (isText && bytes[i] == '\\' && i + 1 < bytes.Length)
                quoted.WriteByte(bytes[i++]);
            else if (bytes[i] == '"')
                isText = !isText;
            else if (!isText && BareWordAt(bytes.AsSpan(i)) is { } word)
            {
                quoted.WriteByte((byte)'"');
                quoted.Write(bytes.AsSpan(i, word.Length));
                quoted.WriteByte((byte)'"');
                i += word.Length - 1;
                continue;
            }

            quoted.WriteByte(bytes[i]);
        }

        return quoted.ToArray();
    }

    private static string? BareWordAt(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] is not ((byte)'N' or (byte)'I' or (byte)'-'))
            return null;
        foreach (var word in s_bare)
        {
            if (bytes.Length >= word.Length && System.Text.Ascii.Equals(bytes[..word.Length], word))
                return word;
        }

        return null;
    }
}
