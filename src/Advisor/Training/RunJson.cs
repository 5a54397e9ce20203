using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>Reads and writes <see cref="RunRecord"/> as JSON: snake_case names, enums as words, no property left out.</summary>
public static class RunJson
{
    private static readonly JsonTypeInfo<RunRecord> s_type = (JsonTypeInfo<RunRecord>)new JsonSerializerOptions
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // A property that is misspelt, newer or missing must not be passed over: it would train something else in silence.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
#if NET10_0_OR_GREATER
        // The trainer, which runs on .NET 10, refuses a property that is there twice. A native tool made with .NET 9 cannot.
        AllowDuplicateProperties = false,
#endif
        MaxDepth = 16,
        Converters =
        {
            new JsonStringEnumConverter<DataFormat>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
            new JsonStringEnumConverter<LoraBias>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
            new JsonStringEnumConverter<LoraInit>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
            new JsonStringEnumConverter<Severity>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false),
        },
        TypeInfoResolver = RunJsonContext.Default.WithAddedModifier(RequireAll),
    }.GetTypeInfo(typeof(RunRecord));

    /// <summary>The record as UTF-8 text that ends in a line break. Equal records give equal bytes.</summary>
    public static byte[] Write(RunRecord record) => [.. JsonSerializer.SerializeToUtf8Bytes(record, s_type), (byte)'\n'];

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is no JSON, or a property is missing, unknown or of the wrong type.</exception>
    public static RunRecord Read(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, s_type) ?? throw new JsonException("null in place of a run");

    private static void RequireAll(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
            property.IsRequired = true;
    }
}

/// <summary>The types of run.json for the source generator, as native code has no reflection.</summary>
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunJsonContext : JsonSerializerContext;
