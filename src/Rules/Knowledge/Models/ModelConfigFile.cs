using System.Globalization;
using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// From a model's config.json to its sizes, for the architectures whose modules are known. Keys and what their absence means:
/// src/transformers/models/*/configuration_*.py of transformers 4.57.
/// </summary>
public static class ModelConfigFile
{
    // Above all models there are; a file that says more is broken or hostile. No sum over modules within these bounds overflows.
    private const long MostLayers = 1000;
    private const long MostExperts = 2048;
    private const long MostModules = 400_000;
    private const long LargestVocabulary = 1L << 24;
    private const long WidestPart = 1L << 20;
    private const long WidestStream = 1L << 17;
    private const long MostHeads = 1L << 13;

    // The classes whose head is the embedding when config.json does not say.
    private static readonly HashSet<string> s_tiedByDefault = new(StringComparer.Ordinal)
    {
        "gemma", "gemma2", "gemma3", "gemma3_text", "starcoder2", "smollm3", "gpt2", "gpt_bigcode", "falcon", "bloom", "opt", "mpt", "t5",
        "whisper", "bart", "mamba", "bert", "roberta", "xlm-roberta", "distilbert", "deberta-v2", "modernbert",
    };

    // Gemma3TextConfig: a config within a config writes only what differs from its class.
    private static readonly ModelDimensions s_gemma3 = new()
    {
        Hidden = 2304, Layers = 26, Heads = 8, KeyValueHeads = 4, HeadSize = 256, Intermediate = 9216, Vocabulary = 262_208,
    };

    /// <summary>Reads the sizes; null when the architecture is not known or a size is missing or out of range.</summary>
    /// <param name="root">The file's root.</param>
    /// <param name="problem">Why there are none, or empty.</param>
    public static ModelDimensions? Read(ConfigNode root, out string problem)
    {
        problem = "";
        var type = TextOf(root, "model_type");
        if (type is null || !root.IsMapping)
        {
            problem = "its config.json has no model_type";
            return null;
        }

        var size = ModelLayouts.Types.Contains(type) ? SizeOf(root, type) : null;
        if (size is null)
            problem = $"the modules of {type} models of this kind are not known";
        else if (!IsPlausible(size))
            problem = "its config.json lacks a size or has one that no model has";
        return problem.Length == 0 ? size : null;
    }

    /// <summary>How the weights are quantized already (<c>quantization_config</c>), such as <c>gptq</c>; null when they are not.</summary>
    public static string? QuantizationOf(ConfigNode root) =>
        root.Find("quantization_config")?.Value is { IsMapping: true } quantization
            ? TextOf(quantization, "quant_method") ?? "bitsandbytes" : null;

    /// <summary>The type of the weights: <c>dtype</c>, formerly <c>torch_dtype</c>; null when it is not told.</summary>
    public static string? DtypeOf(ConfigNode root) => TextOf(root, "dtype") ?? TextOf(root, "torch_dtype");

    private static ModelDimensions? SizeOf(ConfigNode root, string type) => type switch
    {
        "gpt2" or "gpt_bigcode" or "gptj" => Gpt(root, type),
        "bloom" => Bloom(root),
        "mpt" => Mpt(root),
        "opt" => Opt(root),
        "falcon" => Falcon(root),
        "t5" => T5(root),
        "whisper" => Whisper(root),
        "chatglm" => ChatGlm(root),
        "qwen" => Qwen(root),
        "bart" => Bart(root),
        "bert" or "roberta" or "xlm-roberta" or "distilbert" or "deberta-v2" or "modernbert" => TextEncoderConfig.Read(root, type),
        "qwen2_vl" or "qwen2_5_vl" or "qwen3_vl" or "qwen3_5" or "qwen3_5_moe" or "llava" or "mllama" or "llama4" =>
            VisionModelConfig.Read(root, type),
        "qwen3_next" or "qwen3_5_text" or "qwen3_5_moe_text" or "mamba" or "jamba" => HybridModelConfig.Read(root, type),
        "gemma3" => root.Find("text_config")?.Value is { IsMapping: true } text
            ? Common(text, type, s_gemma3) : null,
        "stablelm" when Flag(root, "qk_layernorm") || Flag(root, "use_parallel_residual") => null,
        "phi" when Flag(root, "qk_layernorm") => null,
        "starcoder2" when !Flag(root, "use_bias", true) || (TextOf(root, "norm_type") ?? "layer_norm") != "layer_norm" => null,
        "gpt_neox" when !Flag(root, "attention_bias", true) => null,
        "qwen3_moe" or "qwen2_moe" when Number(root, "decoder_sparse_step", 1) != 1 || IsFilled(root, "mlp_only_layers") => null,
        "deepseek_v2" or "deepseek_v3" when Number(root, "moe_layer_freq", 1) != 1 => null,
        "internlm2" when Flag(root, "bias") => null,
        _ => Common(root, type),
    };

    internal static ModelDimensions Common(ConfigNode root, string type, ModelDimensions? absent = null)
    {
        absent ??= new ModelDimensions();
        var hidden = Number(root, "hidden_size", absent.Hidden);
        var heads = Number(root, "num_attention_heads", absent.Heads);
        var attentionBias = Flag(root, "attention_bias") || (type == "stablelm" && Flag(root, "use_qkv_bias"));
        var experts = type switch
        {
            "mixtral" or "gpt_oss" or "granitemoe" => Number(root, "num_local_experts"),
            "deepseek_v2" or "deepseek_v3" => Number(root, "n_routed_experts"),
            "qwen2_moe" or "qwen3_moe" or "olmoe" => Number(root, "num_experts"),
            _ => 0,
        };
        var intermediate = Number(root, "intermediate_size", absent.Intermediate);
        return new ModelDimensions
        {
            ModelType = type,
            Hidden = hidden,
            Layers = (int)Math.Min(Number(root, "num_hidden_layers", absent.Layers), int.MaxValue),
            Heads = heads,
            KeyValueHeads = Number(root, "num_key_value_heads", absent.KeyValueHeads > 0 ? absent.KeyValueHeads : heads),
            HeadSize = Number(root, "head_dim", absent.HeadSize > 0 ? absent.HeadSize : heads > 0 ? hidden / heads : 0),
            Intermediate = intermediate,
            Vocabulary = Number(root, "vocab_size", absent.Vocabulary),
            Context = Number(root, "max_position_embeddings") is > 0 and var context ? context : null,
            TiesEmbeddings = Flag(root, "tie_word_embeddings", s_tiedByDefault.Contains(type)),
            HasQueryKeyValueBias = attentionBias && type is not ("phi3" or "mistral" or "mixtral" or "baichuan"),
            HasOutputBias = attentionBias && type is "llama" or "qwen3" or "gemma" or "gemma2" or "gemma3_text" or "smollm3" or "granite"
                or "olmo" or "olmo2" or "olmoe" or "granitemoe" or "qwen3_moe",
            HasMlpBias = Flag(root, "mlp_bias") && type is "llama" or "granite" or "smollm3",
            Experts = (int)Math.Min(experts, int.MaxValue),
            ExpertsPerToken = (int)Math.Min(Number(root, "num_experts_per_tok"), int.MaxValue),
            ExpertIntermediate = experts == 0 ? 0 : Number(root, "moe_intermediate_size", intermediate),
            SharedIntermediate = type switch
            {
                "qwen2_moe" => Number(root, "shared_expert_intermediate_size"),
                "deepseek_v2" or "deepseek_v3" => Number(root, "n_shared_experts") * Number(root, "moe_intermediate_size"),
                _ => 0,
            },
            DenseLayers = (int)Math.Min(Number(root, "first_k_dense_replace"), int.MaxValue),
            QueryRank = Number(root, "q_lora_rank"),
            KeyValueRank = Number(root, "kv_lora_rank"),
            NopeHead = Number(root, "qk_nope_head_dim"),
            RopeHead = Number(root, "qk_rope_head_dim"),
            ValueHead = Number(root, "v_head_dim"),
        };
    }

    private static ModelDimensions Gpt(ConfigNode root, string type)
    {
        var hidden = Number(root, "n_embd");
        var heads = Number(root, "n_head");
        return Plain(root, type, hidden, heads, Number(root, "n_layer")) with
        {
            KeyValueHeads = type == "gpt_bigcode" && Flag(root, "multi_query", true) ? 1 : heads,
            Intermediate = Number(root, "n_inner", 4 * hidden),
            Positions = type == "gptj" ? 0 : Number(root, "n_positions"),
            Context = Number(root, "n_positions") is > 0 and var context ? context : null,
        };
    }

    private static ModelDimensions Bloom(ConfigNode root)
    {
        var hidden = Number(root, "hidden_size", Number(root, "n_embed"));
        return Plain(root, "bloom", hidden, Number(root, "n_head", Number(root, "num_attention_heads")), Number(root, "n_layer",
            Number(root, "num_hidden_layers"))) with { Intermediate = 4 * hidden };
    }

    private static ModelDimensions Mpt(ConfigNode root)
    {
        var hidden = Number(root, "d_model");
        return Plain(root, "mpt", hidden, Number(root, "n_heads"), Number(root, "n_layers")) with
        {
            Intermediate = Number(root, "expansion_ratio", 4) * hidden,
        };
    }

    private static ModelDimensions? Opt(ConfigNode root)
    {
        var hidden = Number(root, "hidden_size");
        // The 350M model projects its embeddings and has no last norm.
        if (Number(root, "word_embed_proj_dim", hidden) != hidden || !Flag(root, "do_layer_norm_before", true))
            return null;
        return Plain(root, "opt", hidden, Number(root, "num_attention_heads"), Number(root, "num_hidden_layers")) with
        {
            Intermediate = Number(root, "ffn_dim"), Positions = Number(root, "max_position_embeddings"),
        };
    }

    // Alibi models (falcon-rw) have biases and two norms.
    private static ModelDimensions? Falcon(ConfigNode root)
    {
        if (Flag(root, "alibi") || Flag(root, "bias") || !Flag(root, "parallel_attn", true))
            return null;
        var hidden = Number(root, "hidden_size");
        var heads = Number(root, "num_attention_heads", Number(root, "n_head"));
        var isNewer = Flag(root, "new_decoder_architecture");
        if (!isNewer && !Flag(root, "multi_query", true))
            return null;
        if (isNewer && Number(root, "num_ln_in_parallel_attn", 2) != 2)
            return null;
        return Plain(root, "falcon", hidden, heads, Number(root, "num_hidden_layers", Number(root, "n_layer"))) with
        {
            KeyValueHeads = isNewer ? Number(root, "num_kv_heads", heads) : 1, Intermediate = Number(root, "ffn_hidden_size", 4 * hidden),
        };
    }

    // Version 1.0 has no gate.
    private static ModelDimensions? T5(ConfigNode root)
    {
        if (!(TextOf(root, "feed_forward_proj") ?? "relu").StartsWith("gated-", StringComparison.Ordinal)
            || Number(root, "relative_attention_num_buckets", 32) != 32)
            return null;
        var layers = Number(root, "num_layers");
        return Plain(root, "t5", Number(root, "d_model"), Number(root, "num_heads"), layers) with
        {
            DecoderLayers = (int)Math.Min(Number(root, "num_decoder_layers", layers), int.MaxValue),
            HeadSize = Number(root, "d_kv"), Intermediate = Number(root, "d_ff"),
        };
    }

    private static ModelDimensions? Bart(ConfigNode root)
    {
        if (Number(root, "encoder_ffn_dim") != Number(root, "decoder_ffn_dim"))
            return null;
        return Plain(root, "bart", Number(root, "d_model"), Number(root, "encoder_attention_heads"), Number(root, "encoder_layers")) with
        {
            DecoderLayers = (int)Math.Min(Number(root, "decoder_layers"), int.MaxValue),
            Intermediate = Number(root, "encoder_ffn_dim"), Positions = Number(root, "max_position_embeddings"),
        };
    }

    // Remote code: the number in the file is gate and up together.
    private static ModelDimensions? Qwen(ConfigNode root) => !Flag(root, "no_bias", true) ? null
        : Plain(root, "qwen", Number(root, "hidden_size"), Number(root, "num_attention_heads"), Number(root, "num_hidden_layers")) with
        {
            HeadSize = Number(root, "kv_channels"), Intermediate = Number(root, "intermediate_size") / 2,
        };

    private static ModelDimensions? Whisper(ConfigNode root)
    {
        if (Number(root, "max_source_positions", 1500) != 1500 || Number(root, "max_target_positions", 448) != 448
            || Number(root, "encoder_ffn_dim") != Number(root, "decoder_ffn_dim"))
            return null;
        return Plain(root, "whisper", Number(root, "d_model"), Number(root, "encoder_attention_heads"), Number(root, "encoder_layers")) with
        {
            DecoderLayers = (int)Math.Min(Number(root, "decoder_layers"), int.MaxValue),
            Intermediate = Number(root, "encoder_ffn_dim"), Channels = Number(root, "num_mel_bins", 80),
        };
    }

    private static ModelDimensions? ChatGlm(ConfigNode root)
    {
        // The first generation has other modules.
        if (!Flag(root, "multi_query_attention") || !Flag(root, "add_qkv_bias") || Flag(root, "add_bias_linear")
            || !Flag(root, "rmsnorm", true))
            return null;
        var heads = Number(root, "num_attention_heads");
        return Plain(root, "chatglm", Number(root, "hidden_size"), heads, Number(root, "num_layers")) with
        {
            KeyValueHeads = Number(root, "multi_query_group_num"),
            HeadSize = Number(root, "kv_channels"),
            Intermediate = Number(root, "ffn_hidden_size"),
            Vocabulary = Number(root, "padded_vocab_size", Number(root, "vocab_size")),
            TiesEmbeddings = false,
        };
    }

    internal static ModelDimensions Plain(ConfigNode root, string type, long hidden, long heads, long layers) => new()
    {
        ModelType = type,
        Hidden = hidden,
        Heads = heads,
        KeyValueHeads = heads,
        HeadSize = heads > 0 ? hidden / heads : 0,
        Layers = (int)Math.Min(layers, int.MaxValue),
        Vocabulary = Number(root, "vocab_size"),
        TiesEmbeddings = Flag(root, "tie_word_embeddings", s_tiedByDefault.Contains(type)),
    };

    private static bool IsPlausible(ModelDimensions size)
    {
        var isLatent = size.ModelType is "deepseek_v2" or "deepseek_v3";
        var hasExperts = isLatent || size.ModelType is "mixtral" or "qwen2_moe" or "qwen3_moe" or "olmoe" or "granitemoe" or "gpt_oss"
            or "qwen3_next" or "qwen3_5_moe" or "qwen3_5_moe_text" or "llama4";
        // A state space has no heads and no feed-forward part.
        var least = size.ModelType == "mamba" ? 0 : 1;
        return IsWithin(size.Hidden, 1, WidestStream)
            && IsWithin(size.Heads, least, MostHeads)
            && IsWithin(size.KeyValueHeads, least, MostHeads)
            && IsWithin(size.HeadSize, least, MostHeads)
            && IsWithin(size.Intermediate, least, WidestPart)
            && IsWithin(size.Vocabulary, 1, LargestVocabulary)
            && IsWithin(size.Positions, size.ModelType is "gpt2" or "gpt_bigcode" or "opt" or "bart" ? 1 : 0, LargestVocabulary)
            && IsWithin(size.Channels, 0, WidestPart)
            && IsWithin(size.Layers, 1, MostLayers)
            && IsWithin(size.DecoderLayers, size.ModelType is "t5" or "whisper" or "bart" ? 1 : 0, MostLayers)
            && IsWithin(size.Experts, hasExperts ? 1 : 0, MostExperts)
            && IsWithin(size.ExpertIntermediate, hasExperts ? 1 : 0, WidestPart)
            && IsWithin(size.SharedIntermediate, 0, WidestPart)
            && IsWithin(size.DenseLayers, 0, MostLayers)
            && IsWithin(size.QueryRank, 0, WidestStream)
            && IsWithin(size.KeyValueRank, isLatent ? 1 : 0, WidestStream)
            && IsWithin(size.NopeHead, isLatent ? 1 : 0, MostHeads)
            && IsWithin(size.RopeHead, isLatent ? 1 : 0, MostHeads)
            && IsWithin(size.ValueHead, isLatent ? 1 : 0, MostHeads)
            && IsWithin(size.Segments, 0, MostExperts)
            && IsWithin(size.LinearKeyHeads, 0, MostHeads)
            && IsWithin(size.LinearValueHeads, 0, MostHeads)
            && IsWithin(size.LinearKeyHead, 0, MostHeads)
            && IsWithin(size.LinearValueHead, 0, MostHeads)
            && IsWithin(size.StateWidth, 0, WidestPart)
            && IsWithin(size.StateSize, 0, MostHeads)
            && IsWithin(size.StepRank, 0, WidestStream)
            && (size.Vision is not { } vision || IsPlausible(vision))
            && size.Layers * (20 + (3L * size.Experts)) <= MostModules;
    }

    private static bool IsPlausible(VisionDimensions size) =>
        IsWithin(size.Hidden, 1, WidestStream)
        && IsWithin(size.Layers, 1, MostLayers)
        && IsWithin(size.Intermediate, 1, WidestPart)
        && IsWithin(size.Patch, 1, WidestPart)
        && IsWithin(size.Positions, 0, LargestVocabulary)
        && IsWithin(size.Output, 0, WidestStream)
        && IsWithin(size.InnerOutputs, 0, MostLayers);

    private static bool IsWithin(long size, long least, long most) => size >= least && size <= most;

    internal static long Number(ConfigNode root, string key, long whenAbsent = 0)
    {
        if (root.Find(key)?.Value is not { IsScalar: true } value || value.Text == "null")
            return whenAbsent;
        return long.TryParse(value.Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }

    /// <summary>A product of sizes; -1, which is no size, where one of them is beyond all there are.</summary>
    internal static long Product(long left, long right) =>
        IsWithin(left, 0, WidestPart) && IsWithin(right, 0, WidestPart) ? left * right : -1;

    internal static bool Flag(ConfigNode root, string key, bool whenAbsent = false) => root.Find(key)?.Value is { IsScalar: true } value
        ? value.Text == "true" || (value.Text == "null" && whenAbsent) : whenAbsent;

    internal static string? TextOf(ConfigNode root, string key) =>
        root.Find(key)?.Value is { IsScalar: true } value && value.Text != "null" ? value.Text : null;

    internal static bool IsFilled(ConfigNode root, string key) => root.Find(key)?.Value is { IsSequence: true, Items.Count: > 0 };
}
