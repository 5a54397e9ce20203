using System.Text.Json;
using System.Text.Json.Serialization;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Runs;

/// <summary>A checkpoint's <c>state.json</c>, the last of its files to be written.</summary>
internal sealed record CheckpointRecord
{
    /// <summary>The file's name.</summary>
    public const string FileName = "state.json";

    /// <summary>The version of this record's shape.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The version that it was written in.</summary>
    public required int Version { get; init; }

    /// <summary>Where training stands.</summary>
    public required TrainingState State { get; init; }

    /// <summary>What the run's bits follow from.</summary>
    public required RunIdentity Identity { get; init; }

    /// <summary>SHA-256 of the other files, by name.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>As UTF-8 text that ends in a line break.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, CheckpointJson.Default.CheckpointRecord), (byte)'\n'];

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="path">The file.</param>
    public static CheckpointRecord Read(string path)
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), CheckpointJson.Default.CheckpointRecord)
                ?? throw new JsonException("null");
            return record.Version == CurrentVersion
                ? record
                : throw new TrainerException($"{path} has version {record.Version}, this trainer knows {CurrentVersion}: go on with the "
                    + $"LoraLint that wrote it ({record.Identity.Version}), or start a new run in another folder");
        }
        catch (JsonException exception)
        {
            throw new TrainerException(
                $"{path} is damaged: {exception.Message.TrimEnd('.')}; delete the folder {Path.GetDirectoryName(path)} to go on from the "
                + "checkpoint before it",
                exception);
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Reading(path, exception);
        }
    }
}

/// <summary>The types of state.json for the source generator.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n", MaxDepth = 8,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(CheckpointRecord))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
