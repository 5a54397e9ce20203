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
        ["mixtral"] = "; mixtures of experts are not",
        ["qwen2_moe"] = "; mixtures of experts are not",
        ["qwen3_moe"] = "; mixtures of experts are not",
        ["phi3small"] = "; its attention is another one",
    };

    /// <summary>Reads a config.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="TrainerException">It is broken, or a model of another kind; the message names the key.</exception>
    public static ModelConfig Read(string path)
    {
        var json = JsonSection.Read(path);
        var type = json.Text("model_type") ?? throw json.Error("model_type", "is missing; this is no config of a transformers model");
        var family = ModelFamily.All.FirstOrDefault(f => f.ModelType == type) ?? throw json.Error(
            "model_type",
            $"is `{type}`, which is not supported{s_relatives.GetValueOrDefault(type)}; supported are "
            + string.Join(", ", ModelFamily.All.Select(f => f.ModelType)));
        RefuseOtherMathematics(json, family);
        return Read(json, family);
    }

    private static ModelConfig Read(JsonSection json, ModelFamily family)
    {
        var type = family.ModelType;
        var hidden = json.RequiredWhole("hidden_size", 1, MostSize);
        var layers = json.RequiredWhole("num_hidden_layers", 1, 4096);
        var heads = json.RequiredWhole("num_attention_heads", 1, 4096);
        var keyValueHeads = ReadKeyValueHeads(json, family, heads);
        var headSize = ReadHeadSize(json, family, hidden, heads);
        var maxPositions = json.Whole("max_position_embeddings", 1, int.MaxValue) ?? family.MaxPositions;
        var hasAttentionBias = type is "llama" or "qwen3" or "smollm3" or "gemma2" or "gemma3_text" && json.Flag("attention_bias", false);
        var layerTypes = ReadLayerTypes(json, layers);
        var windows = ReadWindows(json, family, layers, layerTypes);
        var shape = new RopeShape(headSize, maxPositions, MayBePartial: type == "phi3", IsPhi: type == "phi3");
        var rope = RopeReader.Read(json, shape, family.RopeTheta);
        var hasLocalRope = type == "gemma3_text";
        return new ModelConfig
        {
            ModelType = type,
            HiddenSize = hidden,
            IntermediateSize = json.RequiredWhole("intermediate_size", 1, MostSize),
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            HeadSize = headSize,
            VocabularySize = json.RequiredWhole("vocab_size", 1, MostSize),
            MaxPositions = RopeReader.MostPositions(json, maxPositions),
            NormEpsilon = json.Number("rms_norm_eps", 0, 1) ?? family.NormEpsilon,
            NormAddsOne = family.IsGemma,
            HasPostNorms = family.IsGemma,
            HasQueryKeyNorm = type is "qwen3" or "gemma3_text",
            HasQueryKeyValueBias = type == "qwen2" || hasAttentionBias,
            HasOutputBias = hasAttentionBias,
            HasMlpBias = type is "llama" or "smollm3" && json.Flag("mlp_bias", false),
            HasFusedProjections = type == "phi3",
            UsesGelu = family.IsGemma,
            EmbeddingScale = family.IsGemma ? ReadEmbeddingScale(json, hidden) : 1,
            AttentionScale = 1 / Math.Sqrt(family.IsGemma ? json.Number("query_pre_attn_scalar", 1e-6, 1e9) ?? 256 : headSize),
            AttentionSoftcap = ReadSoftcap(json, "attn_logit_softcapping", family.AttentionSoftcap),
            LogitSoftcap = ReadSoftcap(json, "final_logit_softcapping", family.LogitSoftcap),
            TiesEmbeddings = json.Flag("tie_word_embeddings", family.TiesEmbeddings),
            SlidingWindows = windows,
            RopeOfLayer = ReadRopeOfLayer(json, family, layers, layerTypes),
            Ropes = hasLocalRope ? [rope, RopeReader.ReadLocal(json, shape, 10_000)] : [rope],
        };
    }

    private static void RefuseOtherMathematics(JsonSection json, ModelFamily family)
    {
        if (json.Section("quantization_config") is { } quantization)
        {
            var method = quantization.Text("quant_method") ?? "an unknown method";
            throw json.Error("quantization_config", $"says that the weights are quantized ({method}); use the model that it was made from");
        }

        var key = family.IsGemma ? "hidden_activation" : "hidden_act";
        var (wanted, alsoWanted) = family.IsGemma ? ("gelu_pytorch_tanh", "gelu_pytorch_tanh") : ("silu", "swish");
        if (json.Text(key) is { } activation && activation != wanted && activation != alsoWanted)
            throw json.Error(key, $"is `{activation}`; models of type {family.ModelType} are supported with {wanted} only");
        if (family.IsGemma && json.Flag("use_bidirectional_attention", false))
            throw json.Error("use_bidirectional_attention", "is true; only causal models are supported");
        if (family.ModelType == "gemma3_text" && json.Find("attn_logit_softcapping") is not null)
            throw json.Error("attn_logit_softcapping", "is written; models of type gemma3_text are supported without it only");
        var architectures = json.Texts("architectures") ?? [];
        if (architectures.Length > 0 && !architectures.Any(a => a.EndsWith("ForCausalLM", StringComparison.Ordinal)))
            throw json.Error("architectures", $"is {string.Join(", ", architectures)}; only causal language models (...ForCausalLM) are supported");
    }

    private static int ReadKeyValueHeads(JsonSection json, ModelFamily family, int heads)
    {
        // A written null is as many as query heads; an absent key is the class's number.
        var number = json.Whole("num_key_value_heads", 1, 4096) ?? (json.Has("num_key_value_heads") ? heads : family.KeyValueHeads ?? heads);
        return heads % number == 0 ? number
            : throw json.Error("num_key_value_heads", $"is {number}, which does not divide num_attention_heads, {heads}");
    }

    private static int ReadHeadSize(JsonSection json, ModelFamily family, int hidden, int heads)
    {
        if (json.Whole("head_dim", 1, 65_536) is { } written)
            return written;
        if (family.HeadSize is { } size && !json.Has("head_dim"))
            return size;
        return hidden % heads == 0 ? hidden / heads
            : throw json.Error("hidden_size", $"is {hidden}, which num_attention_heads, {heads}, does not divide; head_dim would be needed");
    }

    private static double ReadSoftcap(JsonSection json, string key, double otherwise)
    {
        if (!json.Has(key))
            return otherwise;
        var cap = json.Number(key, 0, 1e6) ?? 0;
        return cap == 0 && json.Find(key) is not null ? throw json.Error(key, "is 0 and must be above 0, or null for none") : cap;
    }

    // The scale is rounded to the type that the model computes in, which released models were trained with.
    private static double ReadEmbeddingScale(JsonSection json, int hidden)
    {
        var scale = (float)Math.Sqrt(hidden);
        return (json.Text("dtype") ?? json.Text("torch_dtype")) switch
        {
            "bfloat16" => Rounding.To(scale, StorageType.BFloat16),
            "float16" => Rounding.To(scale, StorageType.Float16),
            _ => scale,
        };
    }

    private static string[]? ReadLayerTypes(JsonSection json, int layers)
    {
        if (json.Texts("layer_types") is not { } types)
            return null;
        if (types.Length != layers)
            throw json.Error("layer_types", $"has {types.Length} entries and num_hidden_layers is {layers}");
        var unknown = Array.FindIndex(types, t => t is not ("full_attention" or "sliding_attention"));
        return unknown < 0 ? types : throw json.Error(
            $"layer_types[{unknown}]", $"is `{types[unknown]}`; supported are full_attention and sliding_attention");
    }

    private static int[] ReadWindows(JsonSection json, ModelFamily family, int layers, string[]? layerTypes)
    {
        var windows = new int[layers];
        if (family.ModelType == "llama")
            return windows;
        var window = json.Whole("sliding_window", 1, int.MaxValue) ?? (json.Has("sliding_window") ? null : family.SlidingWindow);
        if (family.ModelType is "qwen2" or "qwen3" or "smollm3" && !json.Flag("use_sliding_window", false))
            window = null;
        for (var layer = 0; layer < layers; layer++)
        {
            var slides = family.ModelType switch
            {
                "mistral" or "phi3" => window is not null,
                _ when layerTypes is not null => layerTypes[layer] == "sliding_attention",
                "qwen2" or "qwen3" => window is not null && layer >= (json.Whole("max_window_layers", 0, int.MaxValue) ?? 28),
                "smollm3" => window is not null && !TurnsInSmolLm3(json, layers, layer),
                _ => (layer + 1) % PatternOf(json, family) != 0,
            };
            // SmolLM3's layers look at use_sliding_window too, so that a layer type alone changes nothing.
            if (slides && window is null && family.ModelType != "smollm3")
                throw json.Error($"layer_types[{layer}]", "is sliding_attention and there is no sliding_window in use");
            windows[layer] = slides ? window ?? 0 : 0;
        }

        return windows;
    }

    private static int PatternOf(JsonSection json, ModelFamily family) => family.ModelType == "gemma3_text"
        ? json.Whole("sliding_window_pattern", 1, 4096) ?? family.SlidingPattern : family.SlidingPattern;

    private static int[] ReadRopeOfLayer(JsonSection json, ModelFamily family, int layers, string[]? layerTypes)
    {
        var ropes = new int[layers];
        for (var layer = 0; layer < layers; layer++)
        {
            ropes[layer] = family.ModelType switch
            {
                "smollm3" => TurnsInSmolLm3(json, layers, layer) ? 0 : -1,
                "gemma3_text" when layerTypes is not null => layerTypes[layer] == "sliding_attention" ? 1 : 0,
                "gemma3_text" => (layer + 1) % PatternOf(json, family) != 0 ? 1 : 0,
                _ => 0,
            };
        }

        return ropes;
    }

    // no_rope_layers holds 1 for a layer with rotary embedding, whatever its name says.
    private static bool TurnsInSmolLm3(JsonSection json, int layers, int layer)
    {
        if (json.Numbers("no_rope_layers", 0, 1) is not { } turns)
            return (layer + 1) % (json.Whole("no_rope_layer_interval", 1, 4096) ?? 4) != 0;
        if (turns.Length < layers)
            throw json.Error("no_rope_layers", $"has {turns.Length} entries and num_hidden_layers is {layers}");
        return turns[layer] != 0;
    }
}
