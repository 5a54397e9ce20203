using System.Collections.Concurrent;
using System.Globalization;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Base models by their names on the Hugging Face hub. Which copies have the same sizes is told by name one by one: a copy may be
/// converted to other modules (Unsloth's copies of Phi-3 are Llama's) or have another vocabulary.
/// </summary>
public static class ModelCatalog
{
    private static readonly Lazy<Dictionary<string, ModelDimensions>> s_sizes = new(ReadModels);
    private static readonly Lazy<Dictionary<string, IReadOnlyList<string>>> s_targets = new(ReadTargets);
    private static readonly ConcurrentDictionary<ModelDimensions, IReadOnlyList<ModelShape>?> s_shapes = new();

    /// <summary>Every name.</summary>
    public static IEnumerable<string> Names => s_sizes.Value.Keys;

    /// <summary>A model with its modules, or null when its name or its architecture is not known. Case does not matter.</summary>
    public static BaseModel? Find(string name) =>
        FindDimensions(name) is { } size && s_shapes.GetOrAdd(size, ModelLayouts.Find) is { } shapes
            ? new BaseModel(name, ModelOrigin.Catalog, shapes) { Dimensions = size, ModelType = size.ModelType } : null;

    /// <summary>A model's sizes, or null when its name is not known. Case does not matter.</summary>
    public static ModelDimensions? FindDimensions(string name) => s_sizes.Value.TryGetValue(name, out var size) ? size : null;

    /// <summary>
    /// The target modules that PEFT takes for an architecture when none are written: names; or one regular expression that begins with
    /// <c>~</c>. Null when there are none, and PEFT fails.
    /// </summary>
    public static IReadOnlyList<string>? DefaultTargets(string modelType) =>
        s_targets.Value.TryGetValue(modelType, out var targets) ? targets : null;

    private static Dictionary<string, ModelDimensions> ReadModels()
    {
        var models = new Dictionary<string, ModelDimensions>(StringComparer.OrdinalIgnoreCase);
        foreach (var words in LinesOf(ModelTable.Models))
        {
            var sizes = new Dictionary<string, long>(StringComparer.Ordinal);
            var flags = new HashSet<string>(StringComparer.Ordinal);
            foreach (var word in words.Skip(2))
            {
                var at = word.IndexOf('=');
                if (at < 0)
                    flags.Add(word);
                else
                    sizes.Add(word.Substring(0, at), long.Parse(word.Substring(at + 1), CultureInfo.InvariantCulture));
            }

            var size = Read(words[1], sizes, flags);
            foreach (var name in words[0].Split(','))
                models.Add(name, size);
        }

        return models;
    }

    private static ModelDimensions Read(string modelType, Dictionary<string, long> sizes, HashSet<string> flags)
    {
        return new ModelDimensions
        {
            ModelType = modelType,
            Hidden = Of("hidden"),
            Layers = (int)Of("layers"),
            DecoderLayers = (int)Of("decoder_layers"),
            Heads = Of("heads"),
            KeyValueHeads = Of("kv_heads"),
            HeadSize = Of("head_size"),
            Intermediate = Of("intermediate"),
            Vocabulary = Of("vocabulary"),
            Positions = Of("positions"),
            Channels = Of("channels"),
            TiesEmbeddings = flags.Contains("tied"),
            HasQueryKeyValueBias = flags.Contains("qkv_bias"),
            Experts = (int)Of("experts"),
            ExpertsPerToken = (int)Of("experts_per_token"),
            ExpertIntermediate = Of("expert_intermediate"),
            SharedIntermediate = Of("shared_intermediate"),
            DenseLayers = (int)Of("dense_layers"),
            QueryRank = Of("query_rank"),
            KeyValueRank = Of("kv_rank"),
            NopeHead = Of("nope_head"),
            RopeHead = Of("rope_head"),
            ValueHead = Of("value_head"),
            Segments = Of("segments"),
            AttentionInterval = (int)Of("attention_interval"),
            AttentionOffset = (int)Of("attention_offset"),
            ExpertInterval = (int)Of("expert_interval"),
            LinearKeyHeads = Of("linear_key_heads"),
            LinearValueHeads = Of("linear_value_heads"),
            LinearKeyHead = Of("linear_key_head"),
            LinearValueHead = Of("linear_value_head"),
            StateWidth = Of("state_width"),
            StateSize = Of("state_size"),
            StepRank = Of("step_rank"),
            Vision = !sizes.ContainsKey("vision_hidden") ? null : new VisionDimensions
            {
                Hidden = Of("vision_hidden"),
                Layers = (int)Of("vision_layers"),
                Intermediate = Of("vision_intermediate"),
                Patch = Of("vision_patch"),
                Positions = Of("vision_positions"),
                Output = Of("vision_output"),
                InnerOutputs = (int)Of("vision_inner_outputs"),
            },
        };

        long Of(string key) => sizes.TryGetValue(key, out var value) ? value : 0;
    }

    private static Dictionary<string, IReadOnlyList<string>> ReadTargets() => LinesOf(ModelTable.PeftDefaultTargets).ToDictionary(
        words => words[0],
        words => words[1][0] == '~' ? [words[1]] : (IReadOnlyList<string>)words[1].Split(','),
        StringComparer.Ordinal);

    private static IEnumerable<string[]> LinesOf(string table) =>
        table.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(' '));
}
