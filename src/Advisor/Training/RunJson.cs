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
    /// <exception cref="JsonException">
    /// It is no JSON, or a property is missing, unknown, of the wrong type or has a value that it cannot have.
    /// </exception>
    public static RunRecord Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, s_type) ?? throw new JsonException("null in place of a run");
        }
        catch (InvalidSettingException exception)
        {
            var path = PathOf(utf8, exception) ?? "$";
            throw new JsonException($"{path}: {exception.Message}", path, null, null, exception);
        }
    }

    // The record that refused a value does not know where it stood; which of the objects it was is found by reading each by itself.
    private static string? PathOf(ReadOnlySpan<byte> utf8, InvalidSettingException refused)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 16 });
        using var document = JsonDocument.ParseValue(ref reader);
        var name = JsonNamingPolicy.SnakeCaseLower.ConvertName(refused.ParamName ?? "");
        return Objects(document.RootElement.GetProperty("run"), "$.run")
            .Where(o => o.Type is not null && Refuses(o.Element, o.Type, refused.ParamName))
            .Select(o => o.Path + "." + name)
            .FirstOrDefault();
    }

    private static bool Refuses(JsonElement element, Type type, string? setting)
    {
        try
        {
            element.Deserialize(s_type.Options.GetTypeInfo(type));
            return false;
        }
        catch (InvalidSettingException exception)
        {
            return exception.ParamName == setting;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Inner ones first: an outer one refuses what they do.
    private static IEnumerable<(string Path, JsonElement Element, Type? Type)> Objects(JsonElement element, string path)
    {
        var children = element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(p => (Path: path + "." + p.Name, p.Value)),
            JsonValueKind.Array => element.EnumerateArray().Select((item, i) => (Path: $"{path}[{i}]", item)),
            _ => [],
        };
        foreach (var (childPath, child) in children)
        {
            foreach (var found in Objects(child, childPath))
                yield return found;
        }

        yield return (path, element, path.Split('[')[0] switch
        {
            "$.run.lora" => typeof(LoraOptions),
            "$.run.quantization" => typeof(QuantizationOptions),
            "$.run.optimizer" => typeof(OptimizerOptions),
            "$.run.training" => typeof(TrainingOptions),
            "$.run.training.evaluate" or "$.run.training.save" => typeof(Cadence),
            "$.run.data" => typeof(DataOptions),
            "$.run.data.train" or "$.run.data.validation" when element.ValueKind == JsonValueKind.Object => typeof(DataSource),
            _ => null,
        });
    }

    private static void RequireAll(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
            property.IsRequired = true;
    }
}

/// <summary>The types of run.json for the source generator, as native code has no reflection.</summary>
[JsonSerializable(typeof(RunRecord))]
internal sealed partial class RunJsonContext : JsonSerializerContext;
