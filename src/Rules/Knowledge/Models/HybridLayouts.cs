namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Decoders whose layers are not all attention: linear attention (Gated DeltaNet) in Qwen3-Next and Qwen3.5, state spaces in Mamba and
/// Jamba. Names and sizes from src/transformers/models/*/modeling_*.py; checked by published numbers of parameters and by the names in
/// published indexes of tensors. Layers that predict several tokens ahead (<c>mtp</c>) are in files, and in no model.
/// </summary>
internal static class HybridLayouts
{
    private const string Older = "transformers 4";
    private const string Newer = "transformers 5";

    // Places that the convolution before a recurrence covers, in all of them.
    private const long Kernel = 4;

    private static readonly DecoderLayout s_plain = new();

    /// <summary>The architectures.</summary>
    public static IReadOnlyList<string> Types { get; } = ["qwen3_next", "qwen3_5_text", "qwen3_5_moe_text", "mamba", "jamba"];

    /// <summary>The modules, the current library's first; null for an architecture that is not known.</summary>
    public static IReadOnlyList<ModelShape>? Find(ModelDimensions size) => size.ModelType switch
    {
        "qwen3_next" when size.AttentionInterval > 0 => [Qwen(size, "model", Newer), Qwen(size, "model", Older)],
        "qwen3_5_text" or "qwen3_5_moe_text" when size.AttentionInterval > 0 => [Qwen(size, "model", "")],
        "mamba" when size.StateSize > 0 => [Mamba(size)],
        "jamba" when size.StateSize > 0 => [Jamba(size, Newer), Jamba(size, Older)],
        _ => null,
    };

    /// <summary>A decoder of Qwen3-Next or Qwen3.5 with its head.</summary>
    public static ModelShape Qwen(ModelDimensions size, string root, string library)
    {
        var build = new ShapeBuilder();
        ListQwen(build, size, root, hasSeparateExperts: library == Older);
        build.Linear("lm_head", size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Library = library, Embedding = root + ".embed_tokens", Head = "lm_head", TiesEmbeddings = size.TiesEmbeddings,
            Layers = size.Layers, RenamedExperts = library == Newer ? ExpertConversion.Qwen2 : null,
        };
    }

    /// <summary>Lists a decoder of Qwen3-Next or Qwen3.5 without its head.</summary>
    public static void ListQwen(ShapeBuilder build, ModelDimensions size, string root, bool hasSeparateExperts = false)
    {
        build.Embedding(root + ".embed_tokens", size.Vocabulary, size.Hidden);
        build.Layers(root + ".layers", size.Layers, layer =>
        {
            if ((layer + 1) % size.AttentionInterval == 0)
                GatedAttention(build, size);
            else
                DeltaNet(build, size);
            if (size.Experts == 0)
                s_plain.ListMlp(build, size, "mlp", size.Intermediate);
            else
                Experts(build, size, hasSeparateExperts);
            build.Norm("input_layernorm", size.Hidden);
            build.Norm("post_attention_layernorm", size.Hidden);
        });
        build.Norm(root + ".norm", size.Hidden);
    }

    // Half of what the query projection gives is a gate on the output.
    private static void GatedAttention(ShapeBuilder build, ModelDimensions size)
    {
        build.Linear("self_attn.q_proj", size.Hidden, 2 * size.QueryWidth);
        build.Linear("self_attn.k_proj", size.Hidden, size.KeyValueWidth);
        build.Linear("self_attn.v_proj", size.Hidden, size.KeyValueWidth);
        build.Linear("self_attn.o_proj", size.QueryWidth, size.Hidden);
        build.Norm("self_attn.q_norm", size.HeadSize);
        build.Norm("self_attn.k_norm", size.HeadSize);
    }

    // Queries, keys and values; z gates the output, b and a are how much is written and forgotten. Qwen3-Next has them in two layers.
    private static void DeltaNet(ShapeBuilder build, ModelDimensions size)
    {
        var keys = size.LinearKeyHeads * size.LinearKeyHead;
        var values = size.LinearValueHeads * size.LinearValueHead;
        build.Parameter("linear_attn.dt_bias", 1, 1, size.LinearValueHeads);
        build.Parameter("linear_attn.A_log", 1, 1, size.LinearValueHeads);
        build.Convolution("linear_attn.conv1d", 1, (2 * keys) + values, Kernel, bias: false);
        build.Norm("linear_attn.norm", size.LinearValueHead);
        build.Linear("linear_attn.out_proj", values, size.Hidden);
        if (size.ModelType == "qwen3_next")
        {
            build.Linear("linear_attn.in_proj_qkvz", size.Hidden, 2 * (keys + values));
            build.Linear("linear_attn.in_proj_ba", size.Hidden, 2 * size.LinearValueHeads);
        }
        else
        {
            build.Linear("linear_attn.in_proj_qkv", size.Hidden, (2 * keys) + values);
            build.Linear("linear_attn.in_proj_z", size.Hidden, values);
            build.Linear("linear_attn.in_proj_b", size.Hidden, size.LinearValueHeads);
            build.Linear("linear_attn.in_proj_a", size.Hidden, size.LinearValueHeads);
        }
    }

    private static void Experts(ShapeBuilder build, ModelDimensions size, bool areSeparate)
    {
        if (areSeparate)
        {
            build.Linear("mlp.gate", size.Hidden, size.Experts);
            build.Experts("mlp.experts", size.Experts, () => s_plain.ListMlp(build, size, "", size.ExpertIntermediate));
        }
        else
        {
            build.Other("mlp.gate", size.Hidden, size.Experts);
            build.Parameter("mlp.experts.gate_up_proj", size.Experts, size.Hidden, 2 * size.ExpertIntermediate);
            build.Parameter("mlp.experts.down_proj", size.Experts, size.ExpertIntermediate, size.Hidden);
        }

        s_plain.ListMlp(build, size, "mlp.shared_expert", size.SharedIntermediate);
        build.Linear("mlp.shared_expert_gate", size.Hidden, 1);
    }

    private static ModelShape Mamba(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("backbone.embeddings", size.Vocabulary, size.Hidden);
        build.Layers("backbone.layers", size.Layers, _ =>
        {
            build.Norm("norm", size.Hidden);
            StateSpace(build, size, "mixer");
        });
        build.Norm("backbone.norm_f", size.Hidden);
        build.Linear("lm_head", size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Embedding = "backbone.embeddings", Head = "lm_head", TiesEmbeddings = size.TiesEmbeddings, Layers = size.Layers,
        };
    }

    private static ModelShape Jamba(ModelDimensions size, string library)
    {
        var build = new ShapeBuilder();
        build.Embedding("model.embed_tokens", size.Vocabulary, size.Hidden);
        build.Layers("model.layers", size.Layers, layer =>
        {
            if (layer % size.AttentionInterval == size.AttentionOffset)
            {
                build.Linear("self_attn.q_proj", size.Hidden, size.QueryWidth);
                build.Linear("self_attn.k_proj", size.Hidden, size.KeyValueWidth);
                build.Linear("self_attn.v_proj", size.Hidden, size.KeyValueWidth);
                build.Linear("self_attn.o_proj", size.QueryWidth, size.Hidden);
            }
            else
            {
                StateSpace(build, size, "mamba");
                build.Norm("mamba.dt_layernorm", size.StepRank);
                build.Norm("mamba.b_layernorm", size.StateSize);
                build.Norm("mamba.c_layernorm", size.StateSize);
            }

            JambaFeedForward(build, size, layer, library == Older);
            build.Norm("input_layernorm", size.Hidden);
            build.Norm("pre_ff_layernorm", size.Hidden);
        });
        build.Norm("model.final_layernorm", size.Hidden);
        build.Linear("lm_head", size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Library = library, Embedding = "model.embed_tokens", Head = "lm_head", TiesEmbeddings = size.TiesEmbeddings,
            Layers = size.Layers,
        };
    }

    private static void JambaFeedForward(ShapeBuilder build, ModelDimensions size, int layer, bool areSeparate)
    {
        if ((layer + 1) % size.ExpertInterval != 0)
        {
            s_plain.ListMlp(build, size, "feed_forward", size.Intermediate);
            return;
        }

        build.Linear("feed_forward.router", size.Hidden, size.Experts);
        if (areSeparate)
        {
            build.Experts("feed_forward.experts", size.Experts, () => s_plain.ListMlp(build, size, "", size.Intermediate));
            return;
        }

        build.Parameter("feed_forward.experts.gate_up_proj", size.Experts, size.Hidden, 2 * size.Intermediate);
        build.Parameter("feed_forward.experts.down_proj", size.Experts, size.Intermediate, size.Hidden);
    }

    private static void StateSpace(ShapeBuilder build, ModelDimensions size, string path)
    {
        build.Parameter(path + ".A_log", 1, size.StateWidth, size.StateSize);
        build.Parameter(path + ".D", 1, 1, size.StateWidth);
        build.Convolution(path + ".conv1d", 1, size.StateWidth, Kernel);
        build.Linear(path + ".in_proj", size.Hidden, 2 * size.StateWidth);
        build.Linear(path + ".x_proj", size.StateWidth, size.StepRank + (2 * size.StateSize));
        build.Linear(path + ".dt_proj", size.StepRank, size.StateWidth, true);
        build.Linear(path + ".out_proj", size.StateWidth, size.Hidden);
    }
}
