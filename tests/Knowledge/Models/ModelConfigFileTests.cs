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
    public void A_config_gives_the_modules_that_the_name_gives(string name, string json)
    {
        var size = Read(json, out var problem);
        Assert.Equal("", problem);
        var expected = ModelCatalog.Find(name)!.Shapes;
        var shapes = ModelLayouts.Find(size!)!;
        Assert.Equal(expected.Select(s => s.Parameters), shapes.Select(s => s.Parameters));
        Assert.Equal(expected[0].Modules, shapes[0].Modules);
    }

    [Theory]
    [InlineData("""{"hidden_size": 1}""", "its config.json has no model_type")]
    [InlineData("""{"model_type": "mamba"}""", "the modules of mamba models of this kind are not known")]
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
