using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// <c>sweep.json</c>: what a sweep was asked, what it found out about speed and length, and the results of its trials. It is written whole
/// after each trial, so that a killed sweep goes on with what is done.
/// </summary>
internal sealed record SweepRecord
{
    /// <summary>The file's name in a sweep's folder.</summary>
    public const string FileName = "sweep.json";

    /// <summary>The version of this shape.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The config's path as the user named it.</summary>
    public required string Config { get; init; }

    /// <summary>What was asked for and what it was asked of, in a line: a sweep goes on only with the same.</summary>
    public required string Asked { get; init; }

    /// <summary>ranks, grid, random, bayes or halving.</summary>
    public required string Method { get; init; }

    /// <summary>The settings that are varied.</summary>
    public required IReadOnlyList<SettingRecord> Settings { get; init; }

    /// <summary>Optimizer steps of the config's own length; null before that is known.</summary>
    public int? FullSteps { get; init; }

    /// <summary>Seconds of an optimizer step, measured; null before that is known.</summary>
    public double? SecondsOfStep { get; init; }

    /// <summary>Steps of a trial; null before that is decided.</summary>
    public int? TrialSteps { get; init; }

    /// <summary>Results of trials, in the order in which the search asked for them.</summary>
    public IReadOnlyList<TrialResult> Trials { get; init; } = [];

    /// <summary>What the sweep found; null while it is not over.</summary>
    public VerdictRecord? Verdict { get; init; }

    private static SweepJson Json { get; } = new(new JsonSerializerOptions
    {
        WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    });

    /// <summary>Reads that of a folder; null where there is none.</summary>
    /// <exception cref="UserMistakeException">It is damaged.</exception>
    public static SweepRecord? Read(string folder, string shown)
    {
        var path = Path.Join(folder, FileName);
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), Json.SweepRecord);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"{shown}/{FileName} cannot be read: {exception.Message.TrimEnd('.')}; name another --output");
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    public void Write(string folder)
    {
        var path = Path.Join(folder, FileName);
        var beside = path + ".tmp";
        using (var file = new FileStream(beside, FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, this, Json.SweepRecord);
            file.WriteByte((byte)'\n');
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
    }
}

/// <summary>A setting of a sweep as it is kept.</summary>
internal sealed record SettingRecord(string Name, IReadOnlyList<double> Values, bool Range);

/// <summary>A verdict as it is kept; <c>loralint rank --sweep</c> reads rank and uncertain.</summary>
internal sealed record VerdictRecord(
    int? Rank, bool Uncertain, SortedDictionary<string, double> Values, IReadOnlyList<string> Words,
    IReadOnlyList<ImportanceRecord> Importance);

/// <summary>How much of the differences between trials a setting explains.</summary>
/// <param name="Name">The setting.</param>
/// <param name="Share">0 to 1.</param>
internal sealed record ImportanceRecord(string Name, double Share);

/// <summary>The types of sweep.json for the source generator, as native code has no reflection.</summary>
[JsonSerializable(typeof(SweepRecord))]
internal sealed partial class SweepJson : JsonSerializerContext;
