namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Models with an encoder: of text, speech or images. Names and sizes from src/transformers/models/*/modeling_*.py. Those whose head
/// depends on the task (BERT and its kin) are in <see cref="TextEncoderLayouts"/>.
/// </summary>
internal static class EncoderLayouts
{
    private const int RelativeBuckets = 32;
    private const int SpeechPositions = 1500;
    private const int TextPositions = 448;

    private static readonly DecoderLayout s_gemma3 = DecoderLayout.All["gemma3_text"];

    /// <summary>The architectures.</summary>
    public static IReadOnlyList<string> Types { get; } = ["t5", "bart", "whisper", "vit", "gemma3"];

    /// <summary>The modules, the current library's first; null for an architecture that is not known.</summary>
    public static IReadOnlyList<ModelShape>? Find(ModelDimensions size) => size.ModelType switch
    {
        "t5" when size.DecoderLayers > 0 => [T5(size)],
        "bart" when size.DecoderLayers > 0 && size.Positions > 0 => [Bart(size)],
        "whisper" when size.DecoderLayers > 0 => [Whisper(size)],
        "vit" when size.Labels > 0 => [Vit(size)],
        // transformers 4.52 turned the prefix round.
        "gemma3" =>
        [
            Gemma3(size, "model.language_model", "model.", "lm_head", ""),
            Gemma3(size, "language_model.model", "", "language_model.lm_head", "transformers before 4.52"),
        ],
        _ => null,
    };

    // The gated form of T5 1.1, FLAN-T5 and mT5. The encoder's and the decoder's embedding are the shared module itself.
    private static ModelShape T5(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("shared", size.Vocabulary, size.Hidden);
        build.Layers("encoder.block", size.Layers, layer =>
        {
            Attention("layer.0.SelfAttention", "layer.0.layer_norm", layer == 0);
            FeedForward("layer.1");
        });
        build.Norm("encoder.final_layer_norm", size.Hidden);
        build.Layers("decoder.block", size.DecoderLayers, layer =>
        {
            Attention("layer.0.SelfAttention", "layer.0.layer_norm", layer == 0);
            Attention("layer.1.EncDecAttention", "layer.1.layer_norm", false);
            FeedForward("layer.2");
        });
        build.Norm("decoder.final_layer_norm", size.Hidden);
        build.Linear("lm_head", size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Embedding = "shared", Head = "lm_head", TiesEmbeddings = size.TiesEmbeddings,
            Layers = Math.Max(size.Layers, size.DecoderLayers),
        };

        void Attention(string path, string norm, bool hasPositions)
        {
            foreach (var name in (string[])["q", "k", "v"])
                build.Linear($"{path}.{name}", size.Hidden, size.QueryWidth);
            build.Linear(path + ".o", size.QueryWidth, size.Hidden);
            if (hasPositions)
                build.Embedding(path + ".relative_attention_bias", RelativeBuckets, size.Heads);
            build.Norm(norm, size.Hidden);
        }

        void FeedForward(string path)
        {
            build.Linear(path + ".DenseReluDense.wi_0", size.Hidden, size.Intermediate);
            build.Linear(path + ".DenseReluDense.wi_1", size.Hidden, size.Intermediate);
            build.Linear(path + ".DenseReluDense.wo", size.Intermediate, size.Hidden);
            build.Norm(path + ".layer_norm", size.Hidden);
        }
    }

    // Two rows of the positions' tables are never used. The embeddings of both stacks are the shared module itself.
    private static ModelShape Bart(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Embedding("model.shared", size.Vocabulary, size.Hidden);
        Stack("model.encoder", size.Layers, isDecoder: false);
        Stack("model.decoder", size.DecoderLayers, isDecoder: true);
        build.Linear("lm_head", size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Embedding = "model.shared", Head = "lm_head", TiesEmbeddings = size.TiesEmbeddings,
            Layers = Math.Max(size.Layers, size.DecoderLayers),
        };

        void Stack(string path, int layers, bool isDecoder)
        {
            build.Embedding(path + ".embed_positions", size.Positions + 2, size.Hidden);
            build.Layers(path + ".layers", layers, _ =>
            {
                foreach (var attention in isDecoder ? (string[])["self_attn", "encoder_attn"] : ["self_attn"])
                {
                    foreach (var name in (string[])["k_proj", "v_proj", "q_proj", "out_proj"])
                        build.Linear($"{attention}.{name}", size.Hidden, size.Hidden, true);
                    build.Norm(attention + "_layer_norm", size.Hidden, true);
                }

                build.Linear("fc1", size.Hidden, size.Intermediate, true);
                build.Linear("fc2", size.Intermediate, size.Hidden, true);
                build.Norm("final_layer_norm", size.Hidden, true);
            });
            build.Norm(path + ".layernorm_embedding", size.Hidden, true);
        }
    }

    private static ModelShape Whisper(ModelDimensions size)
    {
        var build = new ShapeBuilder();
        build.Convolution("model.encoder.conv1", size.Channels, size.Hidden, 3);
        build.Convolution("model.encoder.conv2", size.Hidden, size.Hidden, 3);
        build.Embedding("model.encoder.embed_positions", SpeechPositions, size.Hidden);
        build.Layers("model.encoder.layers", size.Layers, _ => Layer(isDecoder: false));
        build.Norm("model.encoder.layer_norm", size.Hidden, true);
        build.Embedding("model.decoder.embed_tokens", size.Vocabulary, size.Hidden);
        build.Embedding("model.decoder.embed_positions", TextPositions, size.Hidden);
        build.Layers("model.decoder.layers", size.DecoderLayers, _ => Layer(isDecoder: true));
        build.Norm("model.decoder.layer_norm", size.Hidden, true);
        build.Linear("proj_out", size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Embedding = "model.decoder.embed_tokens", Head = "proj_out", TiesEmbeddings = size.TiesEmbeddings,
            Layers = Math.Max(size.Layers, size.DecoderLayers),
        };

        void Layer(bool isDecoder)
        {
            Attention("self_attn");
            if (isDecoder)
                Attention("encoder_attn");
            build.Linear("fc1", size.Hidden, size.Intermediate, true);
            build.Linear("fc2", size.Intermediate, size.Hidden, true);
            build.Norm("final_layer_norm", size.Hidden, true);
        }

        void Attention(string path)
        {
            build.Linear(path + ".k_proj", size.Hidden, size.Hidden);
            foreach (var name in (string[])["v_proj", "q_proj", "out_proj"])
                build.Linear($"{path}.{name}", size.Hidden, size.Hidden, true);
            build.Norm(path + "_layer_norm", size.Hidden, true);
        }
    }

    // Patches of 16 pixels of an image of 224.
    private static ModelShape Vit(ModelDimensions size)
    {
        const long Patch = 16;
        const long Patches = (224 / Patch) * (224 / Patch);
        var build = new ShapeBuilder();
        build.Parameter("vit.embeddings.cls_token", 1, 1, size.Hidden);
        build.Parameter("vit.embeddings.position_embeddings", 1, Patches + 1, size.Hidden);
        build.Convolution("vit.embeddings.patch_embeddings.projection", 3, size.Hidden, Patch * Patch);
        build.Layers("vit.encoder.layer", size.Layers, _ =>
        {
            foreach (var name in (string[])["query", "key", "value"])
                build.Linear("attention.attention." + name, size.Hidden, size.Hidden, true);
            build.Linear("attention.output.dense", size.Hidden, size.Hidden, true);
            build.Linear("intermediate.dense", size.Hidden, size.Intermediate, true);
            build.Linear("output.dense", size.Intermediate, size.Hidden, true);
            build.Norm("layernorm_before", size.Hidden, true);
            build.Norm("layernorm_after", size.Hidden, true);
        });
        build.Norm("vit.layernorm", size.Hidden, true);
        build.Linear("classifier", size.Hidden, size.Labels, true);
        return new ModelShape(build.Modules) { Head = "classifier", Layers = size.Layers };
    }

    // SigLIP so400m at 896 pixels, the same in all sizes of the model.
    private static ModelShape Gemma3(ModelDimensions size, string decoder, string prefix, string head, string library)
    {
        const long Width = 1152;
        const long Wide = 4304;
        var build = new ShapeBuilder();
        var tower = prefix + "vision_tower.vision_model";
        build.Convolution(tower + ".embeddings.patch_embedding", 3, Width, 14 * 14);
        build.Embedding(tower + ".embeddings.position_embedding", 64 * 64, Width);
        build.Layers(tower + ".encoder.layers", 27, _ =>
        {
            build.Norm("layer_norm1", Width, true);
            foreach (var name in (string[])["k_proj", "v_proj", "q_proj", "out_proj"])
                build.Linear("self_attn." + name, Width, Width, true);
            build.Norm("layer_norm2", Width, true);
            build.Linear("mlp.fc1", Width, Wide, true);
            build.Linear("mlp.fc2", Wide, Width, true);
        });
        build.Norm(tower + ".post_layernorm", Width, true);
        build.Parameter(prefix + "multi_modal_projector.mm_input_projection_weight", 1, Width, size.Hidden);
        build.Norm(prefix + "multi_modal_projector.mm_soft_emb_norm", Width);
        s_gemma3.List(build, size, decoder);
        build.Linear(head, size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Library = library, Embedding = decoder + ".embed_tokens", Head = head, TiesEmbeddings = size.TiesEmbeddings,
            Layers = Math.Max(size.Layers, 27),
        };
    }
}
