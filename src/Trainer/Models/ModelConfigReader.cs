using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Models;

/// <summary>Reads a Hugging Face <c>config.json</c> as transformers does, and refuses what would be computed differently here.</summary>
public static class ModelConfigReader
{
    private const int MostSize = 1 << 24;

    // Multimodal or routed relatives whose text part looks supported.
    private static readonly Dictionary<string, string> s_relatives = new(StringComparer.Ordinal)
    {
        ["gemma3"] = "; it holds a vision tower, export its text model (gemma3_text)",
        ["mistral3"] = "; it holds a vision tower, export its text model",
        ["mixtral"] = "; it is a mixture of experts",
        ["qwen2_moe"] = "; it is a mixture of experts",
        ["qwen3_moe"] = "; it is a mixture of experts",
        ["phi3small"] = "; its attention is another one",
    };

    /// <summary>Reads a config.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TrainerException">It is broken, or a model of another kind; the message names the key.</exception>
    public static ModelConfig Read(string path)
    {
        var json = JsonFile.ReadConfig(path);
        var type = json.Find("model_type") ?? throw json.Wrong("'model_type' is missing; this is no config of a transformers model");
        var name = type.Text();
        var family = ModelFamily.All.FirstOrDefault(f => f.ModelType == name) ?? throw type.Wrong(
            $"{type.Shown} is not supported{s_relatives.GetValueOrDefault(name)}; supported are "
            + string.Join(", ", ModelFamily.All.Select(f => f.ModelType)));
        RefuseOtherMathematics(json, family);
        return Read(json, family);
    }

    private static ModelConfig Read(JsonPlace json, ModelFamily family)
    {
        var type = family.ModelType;
        var hidden = json.Get("hidden_size").Whole(1, MostSize);
        var layers = json.Get("num_hidden_layers").Whole(1, 4096);
        var heads = json.Get("num_attention_heads").Whole(1, 4096);
        var keyValueHeads = ReadKeyValueHeads(json, family, heads);
        var headSize = ReadHeadSize(json, family, hidden, heads);
        var maxPositions = json.Find("max_position_embeddings")?.Whole(1, int.MaxValue) ?? family.MaxPositions;
        var hasAttentionBias = type is "llama" or "qwen3" or "smollm3" or "gemma2" or "gemma3_text" && json.Flag("attention_bias");
        var layerTypes = ReadLayerTypes(json, layers);
        var windows = ReadWindows(json, family, layers, layerTypes);
        var shape = new RopeShape(headSize, maxPositions, MayBePartial: type == "phi3", IsPhi: type == "phi3");
        var rope = RopeReader.Read(json, shape, family.RopeTheta);
        var hasLocalRope = type == "gemma3_text";
        return new ModelConfig
        {
            ModelType = type,
            HiddenSize = hidden,
            IntermediateSize = json.Get("intermediate_size").Whole(1, MostSize),
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            VocabularySize = json.Get("vocab_size").Whole(1, MostSize),
            MaxPositions = RopeReader.MostPositions(json, maxPositions),
            NormEpsilon = json.Find("rms_norm_eps")?.Number(0, 1) ?? family.NormEpsilon,
            NormAddsOne = family.IsGemma,
            HasPostNorms = family.IsGemma,
            HasQueryKeyNorm = type is "qwen3" or "gemma3_text",
            HasQueryKeyValueBias = type == "qwen2" || hasAttentionBias,
            HasOutputBias = hasAttentionBias,
            HasMlpBias = type is "llama" or "smollm3" && json.Flag("mlp_bias"),
            HasFusedProjections = type == "phi3",
            UsesGelu = family.IsGemma,
            EmbeddingScale = family.IsGemma ? ReadEmbeddingScale(json, hidden) : 1,
            AttentionScale = 1 / Math.Sqrt(family.IsGemma ? json.Find("query_pre_attn_scalar")?.Number(1e-6, 1e9) ?? 256 : headSize),
            AttentionSoftcap = ReadSoftcap(json, "attn_logit_softcapping", family.AttentionSoftcap),
            LogitSoftcap = ReadSoftcap(json, "final_logit_softcapping", family.LogitSoftcap),
            TiesEmbeddings = json.Flag("tie_word_embeddings", family.TiesEmbeddings),
            SlidingWindows = windows,
            RopeOfLayer = ReadRopeOfLayer(json, family, layers, layerTypes),
            Ropes = hasLocalRope ? [rope, RopeReader.ReadLocal(json, shape, 10_000)] : [rope],
        };
    }

    private static void RefuseOtherMathematics(JsonPlace json, ModelFamily family)
    {
        if (json.Find("quantization_config") is { } quantization)
        {
            var method = quantization.Text("quant_method") ?? "an unknown method";
            throw quantization.Wrong($"the weights are quantized ({method}); use the model that this one was made from");
        }

        var key = family.IsGemma ? "hidden_activation" : "hidden_act";
        var (wanted, alsoWanted) = family.IsGemma ? ("gelu_pytorch_tanh", "gelu_pytorch_tanh") : ("silu", "swish");
        if (json.Find(key) is { } activation && activation.Text() is var name && name != wanted && name != alsoWanted)
            throw activation.Wrong($"{activation.Shown} is not supported; models of type {family.ModelType} are with {wanted} only");
        if (family.IsGemma && json.Flag("use_bidirectional_attention"))
            throw json.Get("use_bidirectional_attention").Wrong("true is not supported; only causal models are");
        if (family.ModelType == "gemma3_text" && json.Find("attn_logit_softcapping") is { } cap)
            throw cap.Wrong($"{cap.Shown} is not supported; models of type gemma3_text are without it only");
        if (json.Find("architectures") is { } architectures && architectures.Texts() is { Length: > 0 } names
            && !names.Any(n => n.EndsWith("ForCausalLM", StringComparison.Ordinal)))
        {
            throw architectures.Wrong($"{string.Join(", ", names)} is not supported; only causal language models (...ForCausalLM) are");
        }
    }

    private static int ReadKeyValueHeads(JsonPlace json, ModelFamily family, int heads)
    {
        // A written null is as many as query heads; an absent key is the class's number.
        var number = json.Find("num_key_value_heads")?.Whole(1, 4096)
            ?? (json.Has("num_key_value_heads") ? heads : family.KeyValueHeads ?? heads);
        return heads % number == 0 ? number
            : throw json.Wrong($"num_key_value_heads, {number}, does not divide num_attention_heads, {heads}");
    }

    private static int ReadHeadSize(JsonPlace json, ModelFamily family, int hidden, int heads)
    {
        if (json.Find("head_dim") is { } written)
            return written.Whole(1, 65_536);
        if (family.HeadSize is { } size && !json.Has("head_dim"))
            return size;
        return hidden % heads == 0 ? hidden / heads
            : throw json.Wrong($"num_attention_heads, {heads}, does not divide hidden_size, {hidden}; head_dim would be needed");
    }

    private static double ReadSoftcap(JsonPlace json, string key, double otherwise)
    {
        if (json.Find(key) is not { } place)
            return json.Has(key) ? 0 : otherwise;
        return place.Number(0, 1e6) is > 0 and var cap ? cap : throw place.Unexpected("a number above 0, or null for none,");
    }

    // The scale is rounded to the type that the model computes in, which released models were trained with.
    private static double ReadEmbeddingScale(JsonPlace json, int hidden)
    {
        var scale = (float)Math.Sqrt(hidden);
        return (json.Text("dtype") ?? json.Text("torch_dtype")) switch
        {
            "bfloat16" => Rounding.To(scale, StorageType.BFloat16),
            "float16" => Rounding.To(scale, StorageType.Float16),
            _ => scale,
        };
    }

    private static string[]? ReadLayerTypes(JsonPlace json, int layers)
    {
        if (json.Find("layer_types") is not { } types)
            return null;
        if (types.Length != layers)
            throw types.Wrong($"{types.Length} entries where {layers} belong, as many as num_hidden_layers");
        return [.. types.Elements().Select(type => type.Text() is "full_attention" or "sliding_attention"
            ? type.Text()
            : throw type.Wrong($"{type.Shown} is not supported; full_attention and sliding_attention are"))];
    }

    private static int[] ReadWindows(JsonPlace json, ModelFamily family, int layers, string[]? layerTypes)
    {
        var windows = new int[layers];
        if (family.ModelType == "llama")
            return windows;
        var window = json.Find("sliding_window")?.Whole(1, int.MaxValue) ?? (json.Has("sliding_window") ? null : family.SlidingWindow);
        if (family.ModelType is "qwen2" or "qwen3" or "smollm3" && !json.Flag("use_sliding_window"))
            window = null;
        var turns = ReadTurns(json, family, layers);
        for (var layer = 0; layer < layers; layer++)
        {
            var slides = family.ModelType switch
            {
                "mistral" or "phi3" => window is not null,
                _ when layerTypes is not null => layerTypes[layer] == "sliding_attention",
                "qwen2" or "qwen3" => window is not null && layer >= (json.Find("max_window_layers")?.Whole(0, int.MaxValue) ?? 28),
                "smollm3" => window is not null && !turns[layer],
                _ => (layer + 1) % PatternOf(json, family) != 0,
            };
            // SmolLM3's layers look at use_sliding_window too, so that a layer type alone changes nothing.
            if (slides && window is null && family.ModelType != "smollm3")
                throw json.Wrong($"layer {layer} attends within a sliding window and there is no sliding_window in use");
            windows[layer] = slides ? window ?? 0 : 0;
        }

        return windows;
    }

    private static int PatternOf(JsonPlace json, ModelFamily family) => family.ModelType == "gemma3_text"
        ? json.Find("sliding_window_pattern")?.Whole(1, 4096) ?? family.SlidingPattern : family.SlidingPattern;

    private static int[] ReadRopeOfLayer(JsonPlace json, ModelFamily family, int layers, string[]? layerTypes)
    {
        var ropes = new int[layers];
        var turns = ReadTurns(json, family, layers);
        for (var layer = 0; layer < layers; layer++)
        {
            ropes[layer] = family.ModelType switch
            {
                "smollm3" => turns[layer] ? 0 : -1,
                "gemma3_text" when layerTypes is not null => layerTypes[layer] == "sliding_attention" ? 1 : 0,
                "gemma3_text" => (layer + 1) % PatternOf(json, family) != 0 ? 1 : 0,
                _ => 0,
            };
        }

        return ropes;
    }

    // Which layers of SmolLM3 have a rotary embedding: no_rope_layers holds 1 for those, whatever its name says.
    private static bool[] ReadTurns(JsonPlace json, ModelFamily family, int layers)
    {
        if (family.ModelType != "smollm3")
            return [];
        if (json.Find("no_rope_layers") is not { } turns)
        {
            var interval = json.Find("no_rope_layer_interval")?.Whole(1, 4096) ?? 4;
            return [.. Enumerable.Range(1, layers).Select(layer => layer % interval != 0)];
        }

        return turns.Length >= layers ? [.. turns.Numbers(0, 1).Select(turn => turn != 0)]
            : throw turns.Wrong($"{turns.Length} entries where {layers} belong, as many as num_hidden_layers");
    }
}
