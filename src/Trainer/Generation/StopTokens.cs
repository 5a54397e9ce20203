using System.Text.Json;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Generation;

/// <summary>
/// The tokens that end a text: the tokenizer's end of sequence, and those under <c>eos_token_id</c> in generation_config.json, or where
/// there is none in config.json.
/// </summary>
internal static class StopTokens
{
    /// <summary>Reads them from a model's folder.</summary>
    public static IReadOnlySet<int> Of(string folder, ITokenizer tokenizer)
    {
        var stops = new HashSet<int>();
        if (tokenizer.EndOfSequence is { } end)
            stops.Add(end);
        var generation = Path.Combine(folder, "generation_config.json");
        var config = JsonFile.ReadConfig(File.Exists(generation) ? generation : Path.Combine(folder, "config.json"));
        if (config.Find("eos_token_id") is { } written)
            stops.UnionWith((written.Value.ValueKind == JsonValueKind.Array ? written.Elements() : [written])
                .Select(id => id.Whole(int.MinValue, int.MaxValue)));
        return stops;
    }
}
