namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Decoders with a mixture of experts. transformers 5 stacks the weights of all experts in one parameter where transformers 4 had a
/// linear layer an expert (src/transformers/conversion_mapping.py), and made routers modules of their own class.
/// </summary>
internal static class MixtureLayouts
{
    private const string Older = "transformers 4";
    private const string Newer = "transformers 5";

    private static readonly DecoderLayout s_plain = new();
    private static readonly DecoderLayout s_qwen2 = new() { HasQueryKeyValueBias = true };
    private static readonly DecoderLayout s_qwen3 = new() { NormsHeads = true };
    private static readonly DecoderLayout s_olmoe = new() { NormsQueriesAndKeys = true };
    private static readonly DecoderLayout s_gptOss = new() { HasQueryKeyValueBias = true, HasOutputBias = true };

    /// <summary>The architectures.</summary>
    public static IReadOnlyList<string> Types { get; } =
        ["mixtral", "qwen2_moe", "qwen3_moe", "olmoe", "granitemoe", "deepseek_v2", "deepseek_v3", "gpt_oss"];

    /// <summary>The modules of a decoder with experts, or null for an architecture that is not known.</summary>
    public static IReadOnlyList<ModelShape>? Find(ModelDimensions size) => size.ModelType switch
    {
        "mixtral" => [Shape(size, s_plain, Newer, MixtralStacked), Shape(size, s_plain, Older, MixtralSeparate)],
        "qwen2_moe" => [Shape(size, s_qwen2, Newer, QwenStacked), Shape(size, s_qwen2, Older, QwenSeparate)],
        "qwen3_moe" => [Shape(size, s_qwen3, Newer, QwenStacked), Shape(size, s_qwen3, Older, QwenSeparate)],
        "olmoe" => [Shape(size, s_olmoe, Newer, QwenStacked), Shape(size, s_olmoe, Older, QwenSeparate)],
        "granitemoe" => [Shape(size, s_plain, "", GraniteStacked)],
        "deepseek_v2" or "deepseek_v3" => [DeepSeek(size, isStacked: true), DeepSeek(size, isStacked: false)],
        "gpt_oss" => [GptOss(size)],
        _ => null,
    };

    private static ModelShape Shape(
        ModelDimensions size, DecoderLayout decoder, string library, Action<ShapeBuilder, ModelDimensions, DecoderLayout> mixture)
    {
        var build = new ShapeBuilder();
        decoder.List(build, size, "model", layer =>
        {
            if (layer < size.DenseLayers)
                decoder.ListMlp(build, size, "mlp", size.Intermediate);
            else
                mixture(build, size, decoder);
        });
        return Close(build, size, library);
    }

    private static ModelShape Close(ShapeBuilder build, ModelDimensions size, string library)
    {
        build.Linear("lm_head", size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Library = library, Embedding = "model.embed_tokens", Head = "lm_head", TiesEmbeddings = size.TiesEmbeddings,
            Layers = size.Layers,
            RenamedExperts = library != Newer ? null : size.ModelType == "mixtral" ? ExpertConversion.Mixtral : ExpertConversion.Qwen2,
        };
    }

    private static void Stacked(ShapeBuilder build, ModelDimensions size)
    {
        build.Parameter("mlp.experts.gate_up_proj", size.Experts, size.Hidden, 2 * size.ExpertIntermediate);
        build.Parameter("mlp.experts.down_proj", size.Experts, size.ExpertIntermediate, size.Hidden);
    }

    private static void Separate(ShapeBuilder build, ModelDimensions size, string path, string gate, string up, string down) =>
        build.Experts(path, size.Experts, () =>
        {
            build.Linear(gate, size.Hidden, size.ExpertIntermediate);
            build.Linear(up, size.Hidden, size.ExpertIntermediate);
            build.Linear(down, size.ExpertIntermediate, size.Hidden);
        });

    private static void MixtralStacked(ShapeBuilder build, ModelDimensions size, DecoderLayout decoder)
    {
        build.Other("mlp.gate", size.Hidden, size.Experts);
        Stacked(build, size);
    }

    private static void MixtralSeparate(ShapeBuilder build, ModelDimensions size, DecoderLayout decoder)
    {
        build.Linear("block_sparse_moe.gate", size.Hidden, size.Experts);
        Separate(build, size, "block_sparse_moe.experts", "w1", "w3", "w2");
    }

    private static void QwenStacked(ShapeBuilder build, ModelDimensions size, DecoderLayout decoder)
    {
        build.Other("mlp.gate", size.Hidden, size.Experts);
        Stacked(build, size);
        QwenShared(build, size, decoder);
    }

    private static void QwenSeparate(ShapeBuilder build, ModelDimensions size, DecoderLayout decoder)
    {
        build.Linear("mlp.gate", size.Hidden, size.Experts);
        Separate(build, size, "mlp.experts", "gate_proj", "up_proj", "down_proj");
        QwenShared(build, size, decoder);
    }

    private static void QwenShared(ShapeBuilder build, ModelDimensions size, DecoderLayout decoder)
    {
        if (size.SharedIntermediate == 0)
            return;
        decoder.ListMlp(build, size, "mlp.shared_expert", size.SharedIntermediate);
        build.Linear("mlp.shared_expert_gate", size.Hidden, 1);
    }

    // Stacked from its first release on, in modules of a class of their own.
    private static void GraniteStacked(ShapeBuilder build, ModelDimensions size, DecoderLayout decoder)
    {
        build.Parameter("block_sparse_moe.input_linear.weight", size.Experts, size.Hidden, 2 * size.ExpertIntermediate);
        build.Parameter("block_sparse_moe.output_linear.weight", size.Experts, size.ExpertIntermediate, size.Hidden);
        build.Linear("block_sparse_moe.router.layer", size.Hidden, size.Experts);
    }

    // Multi-head latent attention: keys and values, and queries of the larger models, go through a narrow layer.
    private static ModelShape DeepSeek(ModelDimensions size, bool isStacked)
    {
        var build = new ShapeBuilder();
        build.Embedding("model.embed_tokens", size.Vocabulary, size.Hidden);
        build.Layers("model.layers", size.Layers, layer =>
        {
            LatentAttention(build, size);
            if (layer < size.DenseLayers)
            {
                s_plain.ListMlp(build, size, "mlp", size.Intermediate);
            }
            else
            {
                build.Other("mlp.gate", size.Hidden, size.Experts);
                if (isStacked)
                    Stacked(build, size);
                else
                    Separate(build, size, "mlp.experts", "gate_proj", "up_proj", "down_proj");
                if (size.SharedIntermediate > 0)
                    s_plain.ListMlp(build, size, "mlp.shared_experts", size.SharedIntermediate);
            }

            build.Norm("input_layernorm", size.Hidden);
            build.Norm("post_attention_layernorm", size.Hidden);
        });
        build.Norm("model.norm", size.Hidden);
        return Close(build, size, isStacked ? Newer : Older);
    }

    private static void LatentAttention(ShapeBuilder build, ModelDimensions size)
    {
        var queries = size.Heads * (size.NopeHead + size.RopeHead);
        if (size.QueryRank == 0)
        {
            build.Linear("self_attn.q_proj", size.Hidden, queries);
        }
        else
        {
            build.Linear("self_attn.q_a_proj", size.Hidden, size.QueryRank);
            build.Norm("self_attn.q_a_layernorm", size.QueryRank);
            build.Linear("self_attn.q_b_proj", size.QueryRank, queries);
        }

        build.Linear("self_attn.kv_a_proj_with_mqa", size.Hidden, size.KeyValueRank + size.RopeHead);
        build.Norm("self_attn.kv_a_layernorm", size.KeyValueRank);
        build.Linear("self_attn.kv_b_proj", size.KeyValueRank, size.Heads * (size.NopeHead + size.ValueHead));
        build.Linear("self_attn.o_proj", size.Heads * size.ValueHead, size.Hidden);
    }

    // Stacked from its first release on; experts and router have biases, attention a learnt sink a head.
    private static ModelShape GptOss(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        s_gptOss.List(build, size, "model", _ =>
        {
            build.Parameter("self_attn.sinks", 1, 1, size.Heads);
            build.Other("mlp.router", size.Hidden, size.Experts, true);
            Stacked(build, size);
            build.Parameter("mlp.experts.gate_up_proj_bias", size.Experts, 1, 2 * size.ExpertIntermediate);
            build.Parameter("mlp.experts.down_proj_bias", size.Experts, 1, size.Hidden);
        });
        return Close(build, size, "");
    }
}
