namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Decoders of Llama's kind: <c>model.layers.N.self_attn</c> and <c>.mlp</c>. Names and sizes from src/transformers/models/*/modeling_*.py
/// (transformers 4.57 and 5), checked by the published numbers of parameters.
/// </summary>
internal sealed record DecoderLayout
{
    private static readonly IReadOnlyList<string> s_fourNorms =
        ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"];

    /// <summary>The norms of a layer.</summary>
    public IReadOnlyList<string> Norms { get; init; } = ["input_layernorm", "post_attention_layernorm"];

    /// <summary>Whether norms have a bias (LayerNorm).</summary>
    public bool HasNormBias { get; init; }

    /// <summary>Whether norms have weights at all.</summary>
    public bool HasNormWeights { get; init; } = true;

    /// <summary>The last norm.</summary>
    public string LastNorm { get; init; } = "norm";

    /// <summary>Whether query and key heads are normed each.</summary>
    public bool NormsHeads { get; init; }

    /// <summary>Whether all query heads together are normed, and all key heads.</summary>
    public bool NormsQueriesAndKeys { get; init; }

    /// <summary>The name of query, key and value in one layer; null for three layers.</summary>
    public string? FusedAttention { get; init; }

    /// <summary>The attention output.</summary>
    public string Output { get; init; } = "o_proj";

    /// <summary>The feed-forward layers: gate, up and down; gate and up in one, and down; or up and down without a gate.</summary>
    public IReadOnlyList<string> Mlp { get; init; } = ["gate_proj", "up_proj", "down_proj"];

    /// <summary>Whether the first of two feed-forward layers holds gate and up.</summary>
    public bool FusesGate { get; init; }

    /// <summary>Whether query, key and value always have a bias.</summary>
    public bool HasQueryKeyValueBias { get; init; }

    /// <summary>Whether the attention output always has a bias.</summary>
    public bool HasOutputBias { get; init; }

    /// <summary>Whether the feed-forward layers always have a bias.</summary>
    public bool HasMlpBias { get; init; }

    /// <summary>Whether the head has a bias.</summary>
    public bool HasHeadBias { get; init; }

    /// <summary>The decoders without experts.</summary>
    public static IReadOnlyDictionary<string, DecoderLayout> All { get; } = new Dictionary<string, DecoderLayout>(StringComparer.Ordinal)
    {
        ["llama"] = new(),
        ["mistral"] = new(),
        ["qwen2"] = new() { HasQueryKeyValueBias = true },
        ["qwen3"] = new() { NormsHeads = true },
        ["gemma"] = new(),
        ["gemma2"] = new() { Norms = s_fourNorms },
        ["gemma3_text"] = new() { Norms = s_fourNorms, NormsHeads = true },
        ["phi"] = new()
        {
            Norms = ["input_layernorm"], HasNormBias = true, LastNorm = "final_layernorm", Output = "dense", Mlp = ["fc1", "fc2"],
            HasQueryKeyValueBias = true, HasOutputBias = true, HasMlpBias = true, HasHeadBias = true,
        },
        ["phi3"] = new() { FusedAttention = "qkv_proj", Mlp = ["gate_up_proj", "down_proj"], FusesGate = true },
        ["starcoder2"] = new()
        {
            HasNormBias = true, Mlp = ["c_fc", "c_proj"], HasQueryKeyValueBias = true, HasOutputBias = true, HasMlpBias = true,
        },
        ["stablelm"] = new() { HasNormBias = true },
        ["smollm3"] = new(),
        ["granite"] = new(),
        ["olmo"] = new() { HasNormWeights = false },
        ["olmo2"] = new() { Norms = ["post_attention_layernorm", "post_feedforward_layernorm"], NormsQueriesAndKeys = true },
        ["glm"] = new() { Mlp = ["gate_up_proj", "down_proj"], FusesGate = true },
        ["glm4"] = new()
        {
            Norms = ["input_layernorm", "post_self_attn_layernorm", "post_attention_layernorm", "post_mlp_layernorm"],
            Mlp = ["gate_up_proj", "down_proj"], FusesGate = true,
        },
        ["baichuan"] = new() { FusedAttention = "W_pack" },
    };

    /// <summary>The modules of a decoder with its head.</summary>
    public ModelShape Shape(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        List(build, size, "model");
        build.Linear("lm_head", size.Hidden, size.Vocabulary, HasHeadBias);
        return new ModelShape(build.Modules)
        {
            Embedding = "model.embed_tokens", Head = "lm_head", TiesEmbeddings = size.TiesEmbeddings, Layers = size.Layers,
        };
    }

    /// <summary>Lists a decoder without its head.</summary>
    /// <param name="build">The list.</param>
    /// <param name="size">The sizes.</param>
    /// <param name="root">The decoder's name, such as <c>model</c>.</param>
    /// <param name="mlp">Lists the feed-forward part of a layer by its index; null for a dense one in all layers.</param>
    public void List(ShapeBuilder build, ModelDimensions size, string root, Action<int>? mlp = null)
    {
        build.Embedding(root + ".embed_tokens", size.Vocabulary, size.Hidden);
        build.Layers(root + ".layers", size.Layers, layer =>
        {
            ListAttention(build, size);
            if (mlp is null)
                ListMlp(build, size, "mlp", size.Intermediate);
            else
                mlp(layer);
            foreach (var norm in Norms)
                ListNorm(build, norm, size.Hidden);
        });
        ListNorm(build, root + "." + LastNorm, size.Hidden);
    }

    /// <summary>Lists the feed-forward layers below a name, which is empty for those of an expert under way.</summary>
    public void ListMlp(ShapeBuilder build, ModelDimensions size, string path, long width)
    {
        var bias = HasMlpBias || size.HasMlpBias;
        var prefix = path.Length == 0 ? "" : path + ".";
        for (var i = 0; i < Mlp.Count - 1; i++)
            build.Linear(prefix + Mlp[i], size.Hidden, FusesGate ? 2 * width : width, bias);
        build.Linear(prefix + Mlp[Mlp.Count - 1], width, size.Hidden, bias);
    }

    private void ListAttention(ShapeBuilder build, ModelDimensions size)
    {
        var bias = HasQueryKeyValueBias || size.HasQueryKeyValueBias;
        if (FusedAttention is { } fused)
        {
            build.Linear("self_attn." + fused, size.Hidden, size.QueryWidth + (2 * size.KeyValueWidth), bias);
        }
        else
        {
            build.Linear("self_attn.q_proj", size.Hidden, size.QueryWidth, bias);
            build.Linear("self_attn.k_proj", size.Hidden, size.KeyValueWidth, bias);
            build.Linear("self_attn.v_proj", size.Hidden, size.KeyValueWidth, bias);
        }

        build.Linear("self_attn." + Output, size.QueryWidth, size.Hidden, HasOutputBias || size.HasOutputBias);
        if (NormsHeads || NormsQueriesAndKeys)
        {
            build.Norm("self_attn.q_norm", NormsHeads ? size.HeadSize : size.QueryWidth);
            build.Norm("self_attn.k_norm", NormsHeads ? size.HeadSize : size.KeyValueWidth);
        }
    }

    private void ListNorm(ShapeBuilder build, string name, long size)
    {
        if (HasNormWeights)
            build.Norm(name, size, HasNormBias);
        else
            build.BareNorm(name, size);
    }
}
