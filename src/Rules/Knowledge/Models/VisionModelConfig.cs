using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// From the config.json of a decoder that sees images to its sizes. A config within a config writes only what differs from its class, so
/// what is absent there has the class's value (src/transformers/models/*/configuration_*.py).
/// </summary>
internal static class VisionModelConfig
{
    // LlamaConfig.
    private static readonly ModelDimensions s_llama = new()
    {
        Hidden = 4096, Layers = 32, Heads = 32, Intermediate = 11008, Vocabulary = 32000,
    };

    /// <summary>Reads the sizes; null where the model is built in a way that is not known.</summary>
    public static ModelDimensions? Read(ConfigNode root, string type)
    {
        if (root.Find("vision_config")?.Value is not { IsMapping: true } vision)
            return null;
        // The first Qwen models to see had the text model's sizes beside the part for images.
        var nested = root.Find("text_config")?.Value is { IsMapping: true } inner ? inner : null;
        var text = nested ?? root;
        if (nested is null && type is not ("qwen2_vl" or "qwen2_5_vl"))
            return null;
        var size = type switch
        {
            "qwen2_vl" or "qwen2_5_vl" or "qwen3_vl" => ModelConfigFile.Flag(text, "attention_bias") ? null
                : ModelConfigFile.Common(text, type),
            "qwen3_5" or "qwen3_5_moe" => HybridModelConfig.Qwen(text, type),
            "llava" => Llava(root, text),
            "mllama" => Mllama(text),
            _ => Llama4(text),
        };
        return size is null || Vision(vision, type, size.Hidden) is not { } sees ? null : size with
        {
            Vision = sees,
            TiesEmbeddings = ModelConfigFile.Flag(root, "tie_word_embeddings", ModelConfigFile.Flag(text, "tie_word_embeddings")),
        };
    }

    private static ModelDimensions? Llava(ConfigNode root, ConfigNode text) =>
        (ModelConfigFile.TextOf(text, "model_type") ?? "llama") != "llama" || ModelConfigFile.Flag(text, "attention_bias")
        || ModelConfigFile.Flag(text, "mlp_bias") || !ModelConfigFile.Flag(root, "multimodal_projector_bias", true)
        || root.Find("vision_feature_layer")?.Value.IsSequence == true
            ? null : ModelConfigFile.Common(text, "llava", s_llama);

    private static ModelDimensions? Mllama(ConfigNode text)
    {
        var layers = Number(text, "num_hidden_layers", 40);
        var looking = text.Find("cross_attention_layers")?.Value.Items.Select(i => i.Text).ToList();
        var expected = Enumerable.Range(0, (int)Math.Min(Math.Max(layers, 0), 1000)).Where(l => l % 5 == 3)
            .Select(l => l.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return looking is not null && !looking.SequenceEqual(expected) ? null : ModelConfigFile.Common(text, "mllama", new ModelDimensions
        {
            Hidden = 4096, Layers = 40, Heads = 32, KeyValueHeads = 8, Intermediate = 14336, Vocabulary = 128_256,
        });
    }

    private static ModelDimensions? Llama4(ConfigNode text)
    {
        var step = Number(text, "interleave_moe_layer_step", 1);
        if (step is < 1 or > 1000 || ModelConfigFile.Flag(text, "attention_bias"))
            return null;
        var expert = Number(text, "intermediate_size", 8192);
        return ModelConfigFile.Common(text, "llama4", new ModelDimensions
        {
            Hidden = 5120, Layers = 48, Heads = 40, KeyValueHeads = 8, HeadSize = 128, Vocabulary = 202_048,
        }) with
        {
            Intermediate = Number(text, "intermediate_size_mlp", 16384),
            Experts = (int)Math.Min(Number(text, "num_local_experts", 16), int.MaxValue),
            ExpertsPerToken = (int)Math.Min(Number(text, "num_experts_per_tok", 1), int.MaxValue),
            ExpertIntermediate = expert,
            SharedIntermediate = expert,
            ExpertInterval = (int)step,
        };
    }

    private static VisionDimensions? Vision(ConfigNode root, string type, long hidden) => type switch
    {
        "qwen2_vl" when Number(root, "spatial_merge_size", 2) == 2 => new VisionDimensions
        {
            Hidden = Number(root, "embed_dim", 1280), Layers = Int(root, "depth", 32),
            Intermediate = ModelConfigFile.Product(Number(root, "embed_dim", 1280), Number(root, "mlp_ratio", 4)),
            Patch = Frames(root, Number(root, "patch_size", Number(root, "spatial_patch_size", 14))),
            Output = Number(root, "hidden_size", hidden),
        },
        "qwen2_5_vl" when Number(root, "spatial_merge_size", 2) == 2 => new VisionDimensions
        {
            Hidden = Number(root, "hidden_size"), Layers = Int(root, "depth", 32), Intermediate = Number(root, "intermediate_size", 3420),
            Patch = Frames(root, Number(root, "patch_size", Number(root, "spatial_patch_size", 14))),
            Output = Number(root, "out_hidden_size", hidden),
        },
        "qwen3_vl" or "qwen3_5" or "qwen3_5_moe" when Number(root, "spatial_merge_size", 2) == 2 => new VisionDimensions
        {
            Hidden = Number(root, "hidden_size", 1152), Layers = Int(root, "depth", 27),
            Intermediate = Number(root, "intermediate_size", 4304),
            Patch = Frames(root, Number(root, "patch_size", 16)),
            Positions = Number(root, "num_position_embeddings", 2304), Output = Number(root, "out_hidden_size", hidden),
            InnerOutputs = type != "qwen3_vl" ? 0 : root.Find("deepstack_visual_indexes")?.Value.Items.Count ?? 3,
        },
        "llava" when ModelConfigFile.TextOf(root, "model_type") == "clip_vision_model" => new VisionDimensions
        {
            Hidden = Number(root, "hidden_size", 768), Layers = Int(root, "num_hidden_layers", 12),
            Intermediate = Number(root, "intermediate_size", 3072), Patch = 3 * Square(Number(root, "patch_size", 32)),
            Positions = Patches(root, 224, 32) + 1,
        },
        "mllama" when Int(root, "num_global_layers", 8) == 8 && Int(root, "max_num_tiles", 4) == 4 => new VisionDimensions
        {
            Hidden = Number(root, "hidden_size", 1280), Layers = Int(root, "num_hidden_layers", 32),
            Intermediate = Number(root, "intermediate_size", 5120), Patch = 3 * Square(Number(root, "patch_size", 14)),
            Positions = Patches(root, 448, 14) + 1, Output = Number(root, "vision_output_dim", 7680),
        },
        "llama4" when Number(root, "projector_output_dim", 4096) == Number(root, "vision_output_dim", 4096) => new VisionDimensions
        {
            Hidden = Number(root, "hidden_size", 1408), Layers = Int(root, "num_hidden_layers", 34),
            Intermediate = Number(root, "intermediate_size", 5632), Patch = 3 * Square(Number(root, "patch_size", 14)),
            Positions = Patches(root, 336, 14) + 1, Output = Number(root, "vision_output_dim", 4096),
        },
        _ => null,
    };

    // Two frames of a film make a patch.
    private static long Frames(ConfigNode root, long side) =>
        3 * ModelConfigFile.Product(Number(root, "temporal_patch_size", 2), Square(side));

    private static long Patches(ConfigNode root, long image, long patch) => Number(root, "patch_size", patch) is > 0 and var side
        ? Square(Number(root, "image_size", image) / side) : 0;

    // What is too large to be multiplied is no size, and found by the bounds.
    private static long Square(long side) => side is > 0 and < 1 << 10 ? side * side : -1;

    private static int Int(ConfigNode root, string key, long whenAbsent) => (int)Math.Min(Number(root, key, whenAbsent), int.MaxValue);

    private static long Number(ConfigNode root, string key, long whenAbsent = 0) => ModelConfigFile.Number(root, key, whenAbsent);
}
