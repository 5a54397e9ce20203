namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Decoders that see images. Names and sizes from src/transformers/models/*/modeling_*.py; checked by published numbers of parameters and
/// by the names in published indexes of tensors. Layers that predict several tokens ahead (<c>mtp</c>) are in files, and in no model.
/// </summary>
internal static class VisionLayouts
{
    private const string Older = "transformers before 4.52";
    private const string TextAlone = "AutoModelForCausalLM";

    private static readonly DecoderLayout s_llama = DecoderLayout.All["llama"];
    private static readonly DecoderLayout s_qwen2 = DecoderLayout.All["qwen2"];
    private static readonly DecoderLayout s_qwen3 = DecoderLayout.All["qwen3"];

    /// <summary>The architectures.</summary>
    public static IReadOnlyList<string> Types { get; } =
        ["qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen3_5", "qwen3_5_moe", "llava", "mllama", "llama4"];

    /// <summary>The modules, the current library's first; null for an architecture that is not known.</summary>
    public static IReadOnlyList<ModelShape>? Find(ModelDimensions size) => size switch
    {
        { ModelType: "qwen2_vl" or "qwen2_5_vl", Vision: { } vision } =>
        [
            Qwen2(size, vision, "model.visual", "model.language_model", ""),
            Qwen2(size, vision, "visual", "model", Older),
        ],
        { ModelType: "qwen3_vl", Vision: { } vision } => [Qwen3(size, vision)],
        // The class for text alone leaves the part for images away.
        { ModelType: "qwen3_5" or "qwen3_5_moe", Vision: { } vision } =>
            [Qwen35(size, vision), HybridLayouts.Qwen(size, "model", TextAlone)],
        { ModelType: "llava", Vision: { } vision } =>
        [
            Llava(size, vision, "model.", "model.language_model", "lm_head", ""),
            Llava(size, vision, "", "language_model.model", "language_model.lm_head", Older),
        ],
        { ModelType: "mllama", Vision: { } vision } =>
        [
            Mllama(size, vision, "model.", "model.language_model", "lm_head", ""),
            Mllama(size, vision, "", "language_model.model", "language_model.lm_head", Older),
            Mllama(size, null, "", "model", "lm_head", TextAlone),
        ],
        { ModelType: "llama4", Vision: { } vision } =>
            [Llama4(size, vision, "language_model.", ""), Llama4(size, null, "", TextAlone)],
        _ => null,
    };

    private static ModelShape Qwen2(ModelDimensions size, VisionDimensions vision, string tower, string decoder, string library)
    {
        var isFirst = size.ModelType == "qwen2_vl";
        var build = new ShapeBuilder();
        build.Convolution(tower + ".patch_embed.proj", vision.Patch, vision.Hidden, 1, bias: false);
        build.Layers(tower + ".blocks", vision.Layers, _ =>
        {
            build.Norm("norm1", vision.Hidden, isFirst);
            build.Norm("norm2", vision.Hidden, isFirst);
            build.Linear("attn.qkv", vision.Hidden, 3 * vision.Hidden, true);
            build.Linear("attn.proj", vision.Hidden, vision.Hidden, true);
            foreach (var name in isFirst ? (string[])["fc1"] : ["gate_proj", "up_proj"])
                build.Linear("mlp." + name, vision.Hidden, vision.Intermediate, true);
            build.Linear(isFirst ? "mlp.fc2" : "mlp.down_proj", vision.Intermediate, vision.Hidden, true);
        });
        build.Norm(tower + ".merger.ln_q", vision.Hidden, isFirst);
        build.Linear(tower + ".merger.mlp.0", 4 * vision.Hidden, 4 * vision.Hidden, true);
        build.Linear(tower + ".merger.mlp.2", 4 * vision.Hidden, vision.Output, true);
        s_qwen2.List(build, size, decoder);
        return Close(build, size, decoder, "lm_head", library, vision.Layers);
    }

    private static ModelShape Qwen3(ModelDimensions size, VisionDimensions vision)
    {
        var build = new ShapeBuilder();
        QwenTower(build, vision);
        s_qwen3.List(build, size, "model.language_model");
        return Close(build, size, "model.language_model", "lm_head", "", vision.Layers);
    }

    private static ModelShape Qwen35(ModelDimensions size, VisionDimensions vision)
    {
        var build = new ShapeBuilder();
        QwenTower(build, vision);
        HybridLayouts.ListQwen(build, size, "model.language_model");
        return Close(build, size, "model.language_model", "lm_head", "", vision.Layers);
    }

    // Four neighbouring patches are merged into one.
    private static void QwenTower(ShapeBuilder build, VisionDimensions vision)
    {
        const string Tower = "model.visual";
        build.Convolution(Tower + ".patch_embed.proj", vision.Patch, vision.Hidden, 1);
        build.Embedding(Tower + ".pos_embed", vision.Positions, vision.Hidden);
        build.Layers(Tower + ".blocks", vision.Layers, _ =>
        {
            build.Norm("norm1", vision.Hidden, true);
            build.Norm("norm2", vision.Hidden, true);
            build.Linear("attn.qkv", vision.Hidden, 3 * vision.Hidden, true);
            build.Linear("attn.proj", vision.Hidden, vision.Hidden, true);
            build.Linear("mlp.linear_fc1", vision.Hidden, vision.Intermediate, true);
            build.Linear("mlp.linear_fc2", vision.Intermediate, vision.Hidden, true);
        });
        Merger(Tower + ".merger", vision.Hidden);
        for (var i = 0; i < vision.InnerOutputs; i++)
            Merger(Tower + ".deepstack_merger_list." + i.ToString(System.Globalization.CultureInfo.InvariantCulture), 4 * vision.Hidden);

        void Merger(string path, long norm)
        {
            build.Norm(path + ".norm", norm, true);
            build.Linear(path + ".linear_fc1", 4 * vision.Hidden, 4 * vision.Hidden, true);
            build.Linear(path + ".linear_fc2", 4 * vision.Hidden, vision.Output, true);
        }
    }

    // CLIP with a projector of two layers.
    private static ModelShape Llava(
        ModelDimensions size, VisionDimensions vision, string prefix, string decoder, string head, string library)
    {
        var build = new ShapeBuilder();
        var tower = prefix + "vision_tower.vision_model";
        build.Parameter(tower + ".embeddings.class_embedding", 1, 1, vision.Hidden);
        build.Convolution(tower + ".embeddings.patch_embedding", vision.Patch, vision.Hidden, 1, bias: false);
        build.Embedding(tower + ".embeddings.position_embedding", vision.Positions, vision.Hidden);
        build.Norm(tower + ".pre_layrnorm", vision.Hidden, true);
        build.Layers(tower + ".encoder.layers", vision.Layers, _ =>
        {
            foreach (var name in (string[])["k_proj", "v_proj", "q_proj", "out_proj"])
                build.Linear("self_attn." + name, vision.Hidden, vision.Hidden, true);
            build.Norm("layer_norm1", vision.Hidden, true);
            build.Linear("mlp.fc1", vision.Hidden, vision.Intermediate, true);
            build.Linear("mlp.fc2", vision.Intermediate, vision.Hidden, true);
            build.Norm("layer_norm2", vision.Hidden, true);
        });
        build.Norm(tower + ".post_layernorm", vision.Hidden, true);
        build.Linear(prefix + "multi_modal_projector.linear_1", vision.Hidden, size.Hidden, true);
        build.Linear(prefix + "multi_modal_projector.linear_2", size.Hidden, size.Hidden, true);
        s_llama.List(build, size, decoder);
        return Close(build, size, decoder, head, library, vision.Layers);
    }

    // Llama 3.2 Vision: layers that look at the image stand at the fourth place of each five, and eight rows of the embedding are no
    // outputs. Tiles are four, in nine arrangements; eight layers more look at all tiles at once.
    private static ModelShape Mllama(
        ModelDimensions size, VisionDimensions? vision, string prefix, string decoder, string head, string library)
    {
        const int GlobalLayers = 8;
        const int Arrangements = 9;
        const int Tiles = 4;
        var build = new ShapeBuilder();
        if (vision is not null)
        {
            var tower = prefix + "vision_model";
            build.Convolution(tower + ".patch_embedding", vision.Patch, vision.Hidden, 1, bias: false);
            build.Parameter(tower + ".class_embedding", 1, 1, vision.Hidden);
            build.Parameter(tower + ".gated_positional_embedding.gate", 1, 1, 1);
            build.Parameter(tower + ".gated_positional_embedding.embedding", 1, vision.Positions, vision.Hidden);
            build.Embedding(
                tower + ".gated_positional_embedding.tile_embedding", Arrangements, Tiles * vision.Positions * vision.Hidden);
            foreach (var name in (string[])["pre_tile_positional_embedding", "post_tile_positional_embedding"])
            {
                build.Parameter($"{tower}.{name}.gate", 1, 1, 1);
                build.Embedding($"{tower}.{name}.embedding", Arrangements, Tiles * vision.Hidden);
            }

            build.Norm(tower + ".layernorm_pre", vision.Hidden, true);
            build.Norm(tower + ".layernorm_post", vision.Hidden, true);
            build.Layers(tower + ".transformer.layers", vision.Layers, _ => SeeingLayer(isGated: false));
            build.Layers(tower + ".global_transformer.layers", GlobalLayers, _ => SeeingLayer(isGated: true));
            build.Linear(prefix + "multi_modal_projector", vision.Output, size.Hidden, true);
        }

        build.Embedding(decoder + ".embed_tokens", size.Vocabulary + 8, size.Hidden);
        build.Layers(decoder + ".layers", size.Layers, layer =>
        {
            var looks = layer % 5 == 3;
            var attention = looks ? "cross_attn." : "self_attn.";
            build.Linear(attention + "q_proj", size.Hidden, size.QueryWidth);
            build.Linear(attention + "k_proj", size.Hidden, size.KeyValueWidth);
            build.Linear(attention + "v_proj", size.Hidden, size.KeyValueWidth);
            build.Linear(attention + "o_proj", size.QueryWidth, size.Hidden);
            if (looks)
            {
                build.Norm("cross_attn.q_norm", size.HeadSize);
                build.Norm("cross_attn.k_norm", size.HeadSize);
                build.Parameter("cross_attn_attn_gate", 1, 1, 1);
                build.Parameter("cross_attn_mlp_gate", 1, 1, 1);
            }

            s_llama.ListMlp(build, size, "mlp", size.Intermediate);
            build.Norm("input_layernorm", size.Hidden);
            build.Norm("post_attention_layernorm", size.Hidden);
        });
        build.Norm(decoder + ".norm", size.Hidden);
        return Close(build, size, decoder, head, library, vision?.Layers ?? 0);

        void SeeingLayer(bool isGated)
        {
            foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "o_proj"])
                build.Linear("self_attn." + name, vision!.Hidden, vision.Hidden);
            build.Linear("mlp.fc1", vision!.Hidden, vision.Intermediate, true);
            build.Linear("mlp.fc2", vision.Intermediate, vision.Hidden, true);
            build.Norm("input_layernorm", vision.Hidden, true);
            build.Norm("post_attention_layernorm", vision.Hidden, true);
            if (!isGated)
                return;
            build.Parameter("gate_attn", 1, 1, 1);
            build.Parameter("gate_ffn", 1, 1, 1);
        }
    }

    // Experts are stacked from the first release on; queries and keys are normed without weights.
    private static ModelShape Llama4(ModelDimensions size, VisionDimensions? vision, string prefix, string library)
    {
        var build = new ShapeBuilder();
        if (vision is not null)
        {
            const string Tower = "vision_model";
            build.Linear(Tower + ".patch_embedding.linear", vision.Patch, vision.Hidden);
            build.Parameter(Tower + ".class_embedding", 1, 1, vision.Hidden);
            build.Parameter(Tower + ".positional_embedding_vlm", 1, vision.Positions, vision.Hidden);
            build.Norm(Tower + ".layernorm_pre", vision.Hidden, true);
            build.Norm(Tower + ".layernorm_post", vision.Hidden, true);
            build.Layers(Tower + ".model.layers", vision.Layers, _ =>
            {
                foreach (var name in (string[])["q_proj", "k_proj", "v_proj", "o_proj"])
                    build.Linear("self_attn." + name, vision.Hidden, vision.Hidden, true);
                build.Linear("mlp.fc1", vision.Hidden, vision.Intermediate, true);
                build.Linear("mlp.fc2", vision.Intermediate, vision.Hidden, true);
                build.Norm("input_layernorm", vision.Hidden, true);
                build.Norm("post_attention_layernorm", vision.Hidden, true);
            });
            // Four neighbouring patches become one.
            build.Linear(Tower + ".vision_adapter.mlp.fc1", vision.Intermediate, vision.Output);
            build.Linear(Tower + ".vision_adapter.mlp.fc2", vision.Output, vision.Output);
            build.Linear("multi_modal_projector.linear_1", vision.Output, size.Hidden);
        }

        s_llama.List(build, size, prefix + "model", layer =>
        {
            if (size.ExpertInterval > 1 && (layer + 1) % size.ExpertInterval != 0)
            {
                s_llama.ListMlp(build, size, "feed_forward", size.Intermediate);
                return;
            }

            build.Parameter("feed_forward.experts.gate_up_proj", size.Experts, size.Hidden, 2 * size.ExpertIntermediate);
            build.Parameter("feed_forward.experts.down_proj", size.Experts, size.ExpertIntermediate, size.Hidden);
            build.Linear("feed_forward.router", size.Hidden, size.Experts);
            s_llama.ListMlp(build, size, "feed_forward.shared_expert", size.SharedIntermediate);
        });
        return Close(build, size, prefix + "model", prefix + "lm_head", library, vision?.Layers ?? 0);
    }

    private static ModelShape Close(
        ShapeBuilder build, ModelDimensions size, string decoder, string head, string library, int visionLayers)
    {
        build.Linear(head, size.Hidden, size.Vocabulary);
        return new ModelShape(build.Modules)
        {
            Library = library, Embedding = decoder + ".embed_tokens", Head = head, TiesEmbeddings = size.TiesEmbeddings,
            Layers = Math.Max(size.Layers, visionLayers),
        };
    }
}
