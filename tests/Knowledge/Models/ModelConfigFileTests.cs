using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Knowledge.Models;

/// <summary>config.json as the hub has it for these models, cut to what decides the modules.</summary>
public sealed class ModelConfigFileTests
{
    [Theory]
    [InlineData("meta-llama/Llama-3.2-1B", """
        {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "head_dim": 64, "hidden_size": 2048, "intermediate_size": 8192,
         "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama", "num_attention_heads": 32, "num_hidden_layers": 16,
         "num_key_value_heads": 8, "tie_word_embeddings": true, "vocab_size": 128256}
        """)]
    [InlineData("meta-llama/Llama-2-7b-hf", """
        {"hidden_size": 4096, "intermediate_size": 11008, "max_position_embeddings": 4096, "model_type": "llama",
         "num_attention_heads": 32, "num_hidden_layers": 32, "vocab_size": 32000}
        """)]
    [InlineData("Qwen/Qwen2.5-0.5B", """
        {"hidden_size": 896, "intermediate_size": 4864, "max_position_embeddings": 32768, "model_type": "qwen2", "num_attention_heads": 14,
         "num_hidden_layers": 24, "num_key_value_heads": 2, "tie_word_embeddings": true, "vocab_size": 151936}
        """)]
    [InlineData("Qwen/Qwen3-30B-A3B", """
        {"attention_bias": false, "decoder_sparse_step": 1, "head_dim": 128, "hidden_size": 2048, "intermediate_size": 6144,
         "max_position_embeddings": 40960, "mlp_only_layers": [], "model_type": "qwen3_moe", "moe_intermediate_size": 768,
         "num_attention_heads": 32, "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48, "num_key_value_heads": 4,
         "tie_word_embeddings": false, "vocab_size": 151936}
        """)]
    [InlineData("google/gemma-3-4b-it", """
        {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "text_config": {"hidden_size": 2560,
         "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34}, "vision_config": {"hidden_size": 1152}}
        """)]
    [InlineData("openai-community/gpt2", """
        {"model_type": "gpt2", "n_ctx": 1024, "n_embd": 768, "n_head": 12, "n_inner": null, "n_layer": 12, "n_positions": 1024,
         "vocab_size": 50257}
        """)]
    [InlineData("deepseek-ai/DeepSeek-V2-Lite", """
        {"first_k_dense_replace": 1, "hidden_size": 2048, "intermediate_size": 10944, "kv_lora_rank": 512, "model_type": "deepseek_v2",
         "moe_intermediate_size": 1408, "moe_layer_freq": 1, "n_routed_experts": 64, "n_shared_experts": 2, "num_attention_heads": 16,
         "num_experts_per_tok": 6, "num_hidden_layers": 27, "num_key_value_heads": 16, "q_lora_rank": null, "qk_nope_head_dim": 128,
         "qk_rope_head_dim": 64, "tie_word_embeddings": false, "v_head_dim": 128, "vocab_size": 102400}
        """)]
    [InlineData("tiiuae/falcon-40b", """
        {"alibi": false, "bias": false, "hidden_size": 8192, "model_type": "falcon", "new_decoder_architecture": true,
         "num_attention_heads": 128, "num_hidden_layers": 60, "num_kv_heads": 8, "parallel_attn": true, "vocab_size": 65024}
        """)]
    [InlineData("google/flan-t5-small", """
        {"d_ff": 1024, "d_kv": 64, "d_model": 512, "feed_forward_proj": "gated-gelu", "model_type": "t5", "num_decoder_layers": 8,
         "num_heads": 6, "num_layers": 8, "relative_attention_num_buckets": 32, "tie_word_embeddings": false, "vocab_size": 32128}
        """)]
    [InlineData("google-bert/bert-base-uncased", """
        {"architectures": ["BertForMaskedLM"], "hidden_size": 768, "intermediate_size": 3072, "max_position_embeddings": 512,
         "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12, "type_vocab_size": 2, "vocab_size": 30522}
        """)]
    [InlineData("FacebookAI/roberta-base", """
        {"architectures": ["RobertaForMaskedLM"], "hidden_size": 768, "intermediate_size": 3072, "max_position_embeddings": 514,
         "model_type": "roberta", "num_attention_heads": 12, "num_hidden_layers": 12, "type_vocab_size": 1, "vocab_size": 50265}
        """)]
    [InlineData("distilbert/distilbert-base-uncased", """
        {"dim": 768, "hidden_dim": 3072, "max_position_embeddings": 512, "model_type": "distilbert", "n_heads": 12, "n_layers": 6,
         "vocab_size": 30522}
        """)]
    [InlineData("microsoft/deberta-v3-base", """
        {"model_type": "deberta-v2", "attention_probs_dropout_prob": 0.1, "hidden_size": 768, "intermediate_size": 3072,
         "max_position_embeddings": 512, "relative_attention": true, "position_buckets": 256, "norm_rel_ebd": "layer_norm",
         "share_att_key": true, "pos_att_type": "p2c|c2p", "max_relative_positions": -1, "position_biased_input": false,
         "num_attention_heads": 12, "num_hidden_layers": 12, "type_vocab_size": 0, "vocab_size": 128100}
        """)]
    [InlineData("answerdotai/ModernBERT-base", """
        {"attention_bias": false, "classifier_bias": false, "decoder_bias": true, "hidden_size": 768, "intermediate_size": 1152,
         "mlp_bias": false, "model_type": "modernbert", "norm_bias": false, "num_attention_heads": 12, "num_hidden_layers": 22,
         "vocab_size": 50368}
        """)]
    [InlineData("facebook/bart-base", """
        {"d_model": 768, "decoder_attention_heads": 12, "decoder_ffn_dim": 3072, "decoder_layers": 6, "encoder_attention_heads": 12,
         "encoder_ffn_dim": 3072, "encoder_layers": 6, "max_position_embeddings": 1024, "model_type": "bart", "vocab_size": 50265}
        """)]
    [InlineData("Qwen/Qwen2-VL-7B-Instruct", """
        {"architectures": ["Qwen2VLForConditionalGeneration"], "hidden_size": 3584, "intermediate_size": 18944,
         "max_position_embeddings": 32768, "model_type": "qwen2_vl", "num_attention_heads": 28, "num_hidden_layers": 28,
         "num_key_value_heads": 4, "tie_word_embeddings": false, "vision_config": {"in_chans": 3, "model_type": "qwen2_vl",
         "spatial_patch_size": 14}, "vocab_size": 152064}
        """)]
    [InlineData("Qwen/Qwen2.5-VL-3B-Instruct", """
        {"hidden_size": 2048, "intermediate_size": 11008, "model_type": "qwen2_5_vl", "num_attention_heads": 16, "num_hidden_layers": 36,
         "num_key_value_heads": 2, "tie_word_embeddings": true, "vision_config": {"depth": 32, "hidden_size": 1280,
         "intermediate_size": 3420, "num_heads": 16, "in_chans": 3, "out_hidden_size": 2048, "patch_size": 14, "spatial_merge_size": 2,
         "spatial_patch_size": 14, "temporal_patch_size": 2}, "vocab_size": 151936}
        """)]
    [InlineData("Qwen/Qwen3-VL-8B-Instruct", """
        {"model_type": "qwen3_vl", "text_config": {"attention_bias": false, "head_dim": 128, "hidden_size": 4096,
         "intermediate_size": 12288, "model_type": "qwen3_vl_text", "num_attention_heads": 32, "num_hidden_layers": 36,
         "num_key_value_heads": 8, "vocab_size": 151936}, "tie_word_embeddings": false, "vision_config": {"deepstack_visual_indexes":
         [8, 16, 24], "depth": 27, "hidden_size": 1152, "in_channels": 3, "intermediate_size": 4304, "num_position_embeddings": 2304,
         "out_hidden_size": 4096, "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
        """)]
    [InlineData("Qwen/Qwen3.5-4B", """
        {"model_type": "qwen3_5", "text_config": {"attention_bias": false, "attn_output_gate": true, "full_attention_interval": 4,
         "head_dim": 256, "hidden_size": 2560, "intermediate_size": 9216, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
         "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128, "mlp_only_layers": [],
         "model_type": "qwen3_5_text", "num_attention_heads": 16, "num_hidden_layers": 32, "num_key_value_heads": 4,
         "tie_word_embeddings": true, "vocab_size": 248320}, "tie_word_embeddings": true, "vision_config": {"deepstack_visual_indexes": [],
         "depth": 24, "hidden_size": 1024, "intermediate_size": 4096, "num_position_embeddings": 2304, "out_hidden_size": 2560,
         "patch_size": 16, "spatial_merge_size": 2, "temporal_patch_size": 2}}
        """)]
    [InlineData("llava-hf/llava-1.5-7b-hf", """
        {"model_type": "llava", "text_config": {"model_type": "llama", "max_position_embeddings": 4096, "vocab_size": 32064},
         "vision_config": {"hidden_size": 1024, "image_size": 336, "intermediate_size": 4096, "model_type": "clip_vision_model",
         "num_attention_heads": 16, "num_hidden_layers": 24, "patch_size": 14, "projection_dim": 768, "vocab_size": 32000},
         "vision_feature_layer": -2}
        """)]
    [InlineData("meta-llama/Llama-3.2-11B-Vision-Instruct", """
        {"model_type": "mllama", "text_config": {"cross_attention_layers": [3, 8, 13, 18, 23, 28, 33, 38], "hidden_size": 4096,
         "intermediate_size": 14336, "model_type": "mllama_text_model", "num_attention_heads": 32, "num_hidden_layers": 40,
         "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 128256}, "vision_config": {"hidden_size": 1280,
         "image_size": 560, "intermediate_size": 5120, "max_num_tiles": 4, "num_global_layers": 8, "num_hidden_layers": 32,
         "patch_size": 14, "vision_output_dim": 7680}}
        """)]
    [InlineData("meta-llama/Llama-4-Scout-17B-16E", """
        {"model_type": "llama4", "text_config": {"attention_bias": false, "head_dim": 128, "hidden_size": 5120,
         "interleave_moe_layer_step": 1, "intermediate_size": 8192, "intermediate_size_mlp": 16384, "model_type": "llama4_text",
         "num_attention_heads": 40, "num_experts_per_tok": 1, "num_hidden_layers": 48, "num_key_value_heads": 8,
         "num_local_experts": 16, "vocab_size": 202048}, "vision_config": {"hidden_size": 1408, "image_size": 336,
         "intermediate_size": 5632, "num_hidden_layers": 34, "patch_size": 14, "projector_output_dim": 4096, "vision_output_dim": 4096}}
        """)]
    [InlineData("ibm-granite/granite-3.1-1b-a400m-instruct", """
        {"attention_bias": false, "hidden_size": 1024, "intermediate_size": 512, "model_type": "granitemoe", "num_attention_heads": 16,
         "num_experts_per_tok": 8, "num_hidden_layers": 24, "num_key_value_heads": 8, "num_local_experts": 32,
         "tie_word_embeddings": true, "vocab_size": 49155}
        """)]
    [InlineData("allenai/OLMoE-1B-7B-0924", """
        {"attention_bias": false, "hidden_size": 2048, "intermediate_size": 1024, "model_type": "olmoe", "num_attention_heads": 16,
         "num_experts": 64, "num_experts_per_tok": 8, "num_hidden_layers": 16, "num_key_value_heads": 16, "tie_word_embeddings": false,
         "vocab_size": 50304}
        """)]
    [InlineData("state-spaces/mamba-130m-hf", """
        {"conv_kernel": 4, "expand": 2, "hidden_size": 768, "intermediate_size": 1536, "model_type": "mamba", "num_hidden_layers": 24,
         "state_size": 16, "time_step_rank": 48, "use_bias": false, "use_conv_bias": true, "vocab_size": 50280}
        """)]
    [InlineData("ai21labs/Jamba-v0.1", """
        {"attn_layer_offset": 4, "attn_layer_period": 8, "expert_layer_offset": 1, "expert_layer_period": 2, "hidden_size": 4096,
         "intermediate_size": 14336, "mamba_conv_bias": true, "mamba_d_conv": 4, "mamba_d_state": 16, "mamba_dt_rank": 256,
         "mamba_expand": 2, "mamba_proj_bias": false, "model_type": "jamba", "num_attention_heads": 32, "num_experts": 16,
         "num_experts_per_tok": 2, "num_hidden_layers": 32, "num_key_value_heads": 8, "tie_word_embeddings": false, "vocab_size": 65536}
        """)]
    [InlineData("Qwen/Qwen-7B", """
        {"hidden_size": 4096, "intermediate_size": 22016, "kv_channels": 128, "model_type": "qwen", "no_bias": true,
         "num_attention_heads": 32, "num_hidden_layers": 32, "tie_word_embeddings": false, "vocab_size": 151936}
        """)]
    public void A_config_gives_the_modules_that_the_name_gives(string name, string json)
    {
        var size = Read(json, out var problem);
        Assert.Equal("", problem);
        var expected = ModelCatalog.Find(name)!.Shapes;
        var shapes = ModelLayouts.Find(size!)!;
        Assert.Equal(expected.Select(s => s.Parameters), shapes.Select(s => s.Parameters));
        Assert.Equal(expected[0].Modules, shapes[0].Modules);
    }

    /// <summary>Half of the experts pruned away: 37,087,995,136 bytes in its index of tensors, two for each number.</summary>
    [Fact]
    public void A_config_of_no_known_name_gives_the_number_in_its_index()
    {
        var size = Read(
            """
            {"attention_bias": false, "full_attention_interval": 4, "head_dim": 256, "hidden_size": 2048, "layer_types": [
             "linear_attention", "linear_attention", "linear_attention", "full_attention"], "linear_conv_kernel_dim": 4,
             "linear_key_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128,
             "mlp_only_layers": [], "model_type": "qwen3_5_moe_text", "moe_intermediate_size": 512, "num_attention_heads": 16,
             "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 40, "num_key_value_heads": 2,
             "shared_expert_intermediate_size": 512, "tie_word_embeddings": false, "vocab_size": 248320}
            """,
            out _);
        Assert.Equal(37_087_995_136 / 2, Assert.Single(ModelLayouts.Find(size!)!).Parameters);
    }

    // Built in ways whose modules are others, or are not known.
    [Theory]
    [InlineData("""{"model_type": "deberta-v2", "hidden_size": 1536, "conv_kernel_size": 3, "position_biased_input": false}""")]
    [InlineData("""{"model_type": "bert", "hidden_size": 768, "position_embedding_type": "relative_key"}""")]
    [InlineData("""{"model_type": "qwen3_next", "full_attention_interval": 4, "layer_types": ["full_attention", "linear_attention"]}""")]
    [InlineData("""{"model_type": "qwen3_next", "full_attention_interval": 0}""")]
    [InlineData("""{"model_type": "jamba", "attn_layer_period": 4, "attn_layer_offset": 4}""")]
    [InlineData("""
        {"model_type": "llava", "text_config": {"model_type": "mistral"}, "vision_config": {"model_type": "clip_vision_model"}}
        """)]
    [InlineData("""
        {"model_type": "llava", "text_config": {"model_type": "llama"}, "vision_config": {"model_type": "siglip_vision_model"}}
        """)]
    [InlineData("""{"model_type": "qwen3_vl", "text_config": {"hidden_size": 64}}""")]
    [InlineData("""{"model_type": "mllama", "text_config": {"cross_attention_layers": [1]}, "vision_config": {}}""")]
    public void Another_kind_of_a_known_architecture_is_not_guessed(string json)
    {
        Assert.Null(Read(json, out var problem));
        Assert.EndsWith("models of this kind are not known", problem);
    }

    [Theory]
    [InlineData("depth", "2000000000")]
    [InlineData("patch_size", "9223372036854775807")]
    [InlineData("hidden_size", "-5")]
    public void A_size_of_the_part_for_images_that_no_model_has_is_not_believed(string key, string value)
    {
        const string Text = """
            {"model_type": "qwen3_vl", "text_config": {"head_dim": 16, "hidden_size": 64, "intermediate_size": 64, "num_attention_heads": 4,
             "num_hidden_layers": 2, "num_key_value_heads": 4, "vocab_size": 64}, "vision_config": {"NONE": 1}}
            """;
        Assert.NotNull(Read(Text, out _));
        Assert.Null(Read(Text.Replace("\"NONE\": 1", $"\"{key}\": {value}"), out _));
    }

    [Theory]
    [InlineData("""{"hidden_size": 1}""", "its config.json has no model_type")]
    [InlineData("""{"model_type": "mamba2"}""", "the modules of mamba2 models of this kind are not known")]
    [InlineData("""{"model_type": "llama", "hidden_size": 64}""", "its config.json lacks a size or has one that no model has")]
    public void What_is_not_known_is_said(string json, string expected)
    {
        Assert.Null(Read(json, out var problem));
        Assert.Equal(expected, problem);
    }

    // What would allocate without end, overflow or run backwards.
    [Theory]
    [InlineData("num_hidden_layers", "2000000000")]
    [InlineData("num_hidden_layers", "99999999999999999999")]
    [InlineData("num_hidden_layers", "-1")]
    [InlineData("num_hidden_layers", "1e3")]
    [InlineData("num_experts", "2000000000")]
    [InlineData("num_experts", "0")]
    [InlineData("hidden_size", "9223372036854775807")]
    [InlineData("vocab_size", "[1]")]
    public void A_size_that_no_model_has_is_not_believed(string key, string value)
    {
        var sizes = new Dictionary<string, string>
        {
            ["num_hidden_layers"] = "2", ["num_experts"] = "4", ["hidden_size"] = "64", ["intermediate_size"] = "64", ["vocab_size"] = "64",
            ["moe_intermediate_size"] = "64", ["num_attention_heads"] = "4",
        };
        Assert.NotNull(Read(Json(sizes), out _));
        sizes[key] = value;
        Assert.Null(Read(Json(sizes), out _));
    }

    [Fact]
    public void Layers_times_experts_are_bounded_too()
    {
        var sizes = new Dictionary<string, string>
        {
            ["num_hidden_layers"] = "1000", ["num_experts"] = "2048", ["hidden_size"] = "64", ["intermediate_size"] = "64",
            ["vocab_size"] = "64", ["moe_intermediate_size"] = "64", ["num_attention_heads"] = "4",
        };
        Assert.Null(Read(Json(sizes), out _));
    }

    private static string Json(Dictionary<string, string> sizes) =>
        $$"""{"model_type": "qwen3_moe", {{string.Join(", ", sizes.Select(s => $"\"{s.Key}\": {s.Value}"))}}}""";

    private static ModelDimensions? Read(string json, out string problem)
    {
        var document = ConfigReader.Read(new SourceText("config.json", json), ConfigLanguage.Json);
        return ModelConfigFile.Read(Assert.Single(document.Roots), out problem);
    }
}
