namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Decoders with names of their own, most of them from before Llama. Names and sizes from src/transformers/models/*/modeling_*.py, and
/// from the remote code of InternLM2, ChatGLM and Qwen; checked by the published numbers of parameters.
/// </summary>
internal static class OtherLayouts
{
    /// <summary>The architectures.</summary>
    public static IReadOnlyList<string> Types { get; } =
        ["gpt2", "gpt_bigcode", "gptj", "gpt_neox", "falcon", "bloom", "opt", "mpt", "internlm2", "chatglm", "qwen"];

    /// <summary>The modules of a decoder, or null for an architecture that is not known.</summary>
    public static ModelShape? Find(ModelDimensions size) => size.ModelType switch
    {
        "gpt2" => Gpt2(size),
        "gpt_bigcode" => GptBigCode(size),
        "gptj" => GptJ(size),
        "gpt_neox" => GptNeoX(size),
        "falcon" => Falcon(size),
        "bloom" => Bloom(size),
        "opt" => Opt(size),
        "mpt" => Mpt(size),
        "internlm2" => InternLm2(size),
        "chatglm" => ChatGlm(size),
        "qwen" => Qwen(size),
        _ => null,
    };

    private static ModelShape Gpt2(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.wte", size.Vocabulary, size.Hidden);
        build.Embedding("transformer.wpe", size.Positions, size.Hidden);
        build.Layers("transformer.h", size.Layers, _ =>
        {
            build.Norm("ln_1", size.Hidden, true);
            build.Conv1D("attn.c_attn", size.Hidden, 3 * size.Hidden);
            build.Conv1D("attn.c_proj", size.Hidden, size.Hidden);
            build.Norm("ln_2", size.Hidden, true);
            build.Conv1D("mlp.c_fc", size.Hidden, size.Intermediate);
            build.Conv1D("mlp.c_proj", size.Intermediate, size.Hidden);
        });
        build.Norm("transformer.ln_f", size.Hidden, true);
        return Close(build, size, "transformer.wte", "lm_head");
    }

    // One key and value head for all query heads.
    private static ModelShape GptBigCode(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.wte", size.Vocabulary, size.Hidden);
        build.Embedding("transformer.wpe", size.Positions, size.Hidden);
        build.Layers("transformer.h", size.Layers, _ =>
        {
            build.Norm("ln_1", size.Hidden, true);
            build.Linear("attn.c_attn", size.Hidden, size.Hidden + (2 * size.KeyValueWidth), true);
            build.Linear("attn.c_proj", size.Hidden, size.Hidden, true);
            build.Norm("ln_2", size.Hidden, true);
            build.Linear("mlp.c_fc", size.Hidden, size.Intermediate, true);
            build.Linear("mlp.c_proj", size.Intermediate, size.Hidden, true);
        });
        build.Norm("transformer.ln_f", size.Hidden, true);
        return Close(build, size, "transformer.wte", "lm_head");
    }

    private static ModelShape GptJ(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.wte", size.Vocabulary, size.Hidden);
        build.Layers("transformer.h", size.Layers, _ =>
        {
            build.Norm("ln_1", size.Hidden, true);
            foreach (var name in (string[])["k_proj", "v_proj", "q_proj", "out_proj"])
                build.Linear("attn." + name, size.Hidden, size.Hidden);
            build.Linear("mlp.fc_in", size.Hidden, size.Intermediate, true);
            build.Linear("mlp.fc_out", size.Intermediate, size.Hidden, true);
        });
        build.Norm("transformer.ln_f", size.Hidden, true);
        return Close(build, size, "transformer.wte", "lm_head", hasHeadBias: true);
    }

    private static ModelShape GptNeoX(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("gpt_neox.embed_in", size.Vocabulary, size.Hidden);
        build.Layers("gpt_neox.layers", size.Layers, _ =>
        {
            build.Norm("input_layernorm", size.Hidden, true);
            build.Norm("post_attention_layernorm", size.Hidden, true);
            build.Linear("attention.query_key_value", size.Hidden, 3 * size.Hidden, true);
            build.Linear("attention.dense", size.Hidden, size.Hidden, true);
            build.Linear("mlp.dense_h_to_4h", size.Hidden, size.Intermediate, true);
            build.Linear("mlp.dense_4h_to_h", size.Intermediate, size.Hidden, true);
        });
        build.Norm("gpt_neox.final_layer_norm", size.Hidden, true);
        return Close(build, size, "gpt_neox.embed_in", "embed_out");
    }

    // The larger models (new_decoder_architecture) have several key and value heads and a norm each for attention and feed-forward part.
    private static ModelShape Falcon(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.word_embeddings", size.Vocabulary, size.Hidden);
        build.Layers("transformer.h", size.Layers, _ =>
        {
            build.Linear("self_attention.query_key_value", size.Hidden, size.QueryWidth + (2 * size.KeyValueWidth));
            build.Linear("self_attention.dense", size.Hidden, size.Hidden);
            build.Linear("mlp.dense_h_to_4h", size.Hidden, size.Intermediate);
            build.Linear("mlp.dense_4h_to_h", size.Intermediate, size.Hidden);
            foreach (var norm in size.KeyValueHeads > 1 ? (string[])["ln_attn", "ln_mlp"] : ["input_layernorm"])
                build.Norm(norm, size.Hidden, true);
        });
        build.Norm("transformer.ln_f", size.Hidden, true);
        return Close(build, size, "transformer.word_embeddings", "lm_head");
    }

    private static ModelShape Bloom(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.word_embeddings", size.Vocabulary, size.Hidden);
        build.Norm("transformer.word_embeddings_layernorm", size.Hidden, true);
        build.Layers("transformer.h", size.Layers, _ =>
        {
            build.Norm("input_layernorm", size.Hidden, true);
            build.Linear("self_attention.query_key_value", size.Hidden, 3 * size.Hidden, true);
            build.Linear("self_attention.dense", size.Hidden, size.Hidden, true);
            build.Norm("post_attention_layernorm", size.Hidden, true);
            build.Linear("mlp.dense_h_to_4h", size.Hidden, size.Intermediate, true);
            build.Linear("mlp.dense_4h_to_h", size.Intermediate, size.Hidden, true);
        });
        build.Norm("transformer.ln_f", size.Hidden, true);
        return Close(build, size, "transformer.word_embeddings", "lm_head");
    }

    // Two rows of the positions' table are never used.
    private static ModelShape Opt(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("model.decoder.embed_tokens", size.Vocabulary, size.Hidden);
        build.Embedding("model.decoder.embed_positions", size.Positions + 2, size.Hidden);
        build.Norm("model.decoder.final_layer_norm", size.Hidden, true);
        build.Layers("model.decoder.layers", size.Layers, _ =>
        {
            foreach (var name in (string[])["k_proj", "v_proj", "q_proj", "out_proj"])
                build.Linear("self_attn." + name, size.Hidden, size.Hidden, true);
            build.Norm("self_attn_layer_norm", size.Hidden, true);
            build.Linear("fc1", size.Hidden, size.Intermediate, true);
            build.Linear("fc2", size.Intermediate, size.Hidden, true);
            build.Norm("final_layer_norm", size.Hidden, true);
        });
        return Close(build, size, "model.decoder.embed_tokens", "lm_head");
    }

    private static ModelShape Mpt(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.wte", size.Vocabulary, size.Hidden);
        build.Layers("transformer.blocks", size.Layers, _ =>
        {
            build.Norm("norm_1", size.Hidden);
            build.Linear("attn.Wqkv", size.Hidden, 3 * size.Hidden);
            build.Linear("attn.out_proj", size.Hidden, size.Hidden);
            build.Norm("norm_2", size.Hidden);
            build.Linear("ffn.up_proj", size.Hidden, size.Intermediate);
            build.Linear("ffn.down_proj", size.Intermediate, size.Hidden);
        });
        build.Norm("transformer.norm_f", size.Hidden);
        return Close(build, size, "transformer.wte", "lm_head");
    }

    private static ModelShape InternLm2(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("model.tok_embeddings", size.Vocabulary, size.Hidden);
        build.Layers("model.layers", size.Layers, _ =>
        {
            build.Linear("attention.wqkv", size.Hidden, size.QueryWidth + (2 * size.KeyValueWidth));
            build.Linear("attention.wo", size.QueryWidth, size.Hidden);
            build.Linear("feed_forward.w1", size.Hidden, size.Intermediate);
            build.Linear("feed_forward.w3", size.Hidden, size.Intermediate);
            build.Linear("feed_forward.w2", size.Intermediate, size.Hidden);
            build.Norm("attention_norm", size.Hidden);
            build.Norm("ffn_norm", size.Hidden);
        });
        build.Norm("model.norm", size.Hidden);
        return Close(build, size, "model.tok_embeddings", "output");
    }

    private static ModelShape ChatGlm(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.embedding.word_embeddings", size.Vocabulary, size.Hidden);
        build.Layers("transformer.encoder.layers", size.Layers, _ =>
        {
            build.Norm("input_layernorm", size.Hidden);
            build.Linear("self_attention.query_key_value", size.Hidden, size.QueryWidth + (2 * size.KeyValueWidth), true);
            build.Linear("self_attention.dense", size.QueryWidth, size.Hidden);
            build.Norm("post_attention_layernorm", size.Hidden);
            build.Linear("mlp.dense_h_to_4h", size.Hidden, 2 * size.Intermediate);
            build.Linear("mlp.dense_4h_to_h", size.Intermediate, size.Hidden);
        });
        build.Norm("transformer.encoder.final_layernorm", size.Hidden);
        return Close(build, size, "transformer.embedding.word_embeddings", "transformer.output_layer");
    }

    // The first generation, remote code; config.json has the width of gate and up together.
    private static ModelShape Qwen(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("transformer.wte", size.Vocabulary, size.Hidden);
        build.Layers("transformer.h", size.Layers, _ =>
        {
            build.Norm("ln_1", size.Hidden);
            build.Linear("attn.c_attn", size.Hidden, 3 * size.QueryWidth, true);
            build.Linear("attn.c_proj", size.QueryWidth, size.Hidden);
            build.Norm("ln_2", size.Hidden);
            build.Linear("mlp.w1", size.Hidden, size.Intermediate);
            build.Linear("mlp.w2", size.Hidden, size.Intermediate);
            build.Linear("mlp.c_proj", size.Intermediate, size.Hidden);
        });
        build.Norm("transformer.ln_f", size.Hidden);
        return Close(build, size, "transformer.wte", "lm_head");
    }

    private static ModelShape Close(ShapeBuilder build, ModelDimensions size, string embedding, string head, bool hasHeadBias = false)
    {
        build.Linear(head, size.Hidden, size.Vocabulary, hasHeadBias);
        return new ModelShape(build.Modules)
        {
            Embedding = embedding, Head = head, TiesEmbeddings = size.TiesEmbeddings, Layers = size.Layers,
        };
    }
}
