using System.Text.Json;
using System.Text.Json.Serialization;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Training.Engines;

/// <summary>What an installed engine is, as <c>engine.json</c> in its folder: written last, when all else has been checked.</summary>
internal sealed record EngineRecord
{
    /// <summary>The file's name.</summary>
    public const string FileName = "engine.json";

    /// <summary>The version of this record's shape.</summary>
    public const int CurrentVersion = 1;

    // A list of some hundred files.
    private const long LongestFile = 8 << 20;

    /// <summary>The version that it was written in.</summary>
    public required int Version { get; init; }

    /// <summary>The engine's name, such as <c>torch-cpu</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The LoraLint that installed it.</summary>
    [JsonPropertyName("loralint_version")]
    public required string LoraLintVersion { get; init; }

    /// <summary>The platform of its libraries, such as <c>linux-x64</c>.</summary>
    public required string Platform { get; init; }

    /// <summary>The versions of TorchSharp's packages, by name.</summary>
    public required IReadOnlyDictionary<string, string> Packages { get; init; }

    /// <summary>The feeds of those, without what gives access to them; empty for those of the machine's NuGet settings.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>When it was installed.</summary>
    public required DateTimeOffset InstalledAt { get; init; }

    /// <summary>All other files of the folder.</summary>
    public required IReadOnlyList<EngineFile> Files { get; init; }

    /// <summary>TorchSharp's version; null when it is not known.</summary>
    [JsonIgnore]
    public string? TorchSharp => VersionOf(Packages);

    /// <summary>TorchSharp's version among those of packages; null when it is not there.</summary>
    public static string? VersionOf(IReadOnlyDictionary<string, string> packages) =>
        packages.FirstOrDefault(p => string.Equals(p.Key, "TorchSharp", StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>As UTF-8 text that ends in a line break.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, EngineJson.Default.EngineRecord), (byte)'\n'];

    /// <summary>Reads an engine's record.</summary>
    /// <param name="folder">The engine's folder.</param>
    /// <param name="failure">Why there is none, when the result is null.</param>
    public static EngineRecord? Read(string folder, out string? failure)
    {
        var path = Path.Join(folder, FileName);
        failure = null;
        try
        {
            if (new FileInfo(path).Length > LongestFile)
                throw new JsonException("too long");
            var record = JsonSerializer.Deserialize(File.ReadAllBytes(path), EngineJson.Default.EngineRecord);
            if (record is { Version: CurrentVersion } && record.Files.All(f => IsInside(f.Path)))
                return record;
            failure = record is null or { Version: CurrentVersion } ? $"{FileName} is damaged"
                : $"{FileName} is of another version of LoraLint";
        }
        catch (JsonException)
        {
            failure = $"{FileName} is damaged";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            failure = exception is FileNotFoundException ? $"{FileName} is missing"
                : $"{FileName} cannot be read: {FileReader.ReasonOf(exception)}";
        }

        return null;
    }

    private static bool IsInside(string path) => !Path.IsPathRooted(path) && !path.Split('/', '\\').Contains("..");
}

/// <summary>A file of an engine.</summary>
/// <param name="Path">Its path in the engine's folder, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">The hash of its content, in small hexadecimal digits.</param>
internal sealed record EngineFile(string Path, long Bytes, string Sha256);

/// <summary>The types of engine.json for the source generator.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, NewLine = "\n", MaxDepth = 8,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(EngineRecord))]
internal sealed partial class EngineJson : JsonSerializerContext;
