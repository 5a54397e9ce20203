using System.Text.Json.Nodes;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Models;

public sealed class ModelConfigReaderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Model type, what is written over the tiny config (null removes nothing: it is written as null), what the error names.
    public static TheoryData<string, string, string> Mistakes => new()
    {
        { "gpt2", "{}", "model_type: \"gpt2\" is not supported; supported are llama, mistral" },
        { "gemma3", "{}", "holds a vision tower" },
        { "mixtral", "{}", "is a mixture of experts" },
        { "llama", """{"hidden_size": null}""", "config.json: 'hidden_size' is missing" },
        { "llama", """{"hidden_size": "16"}""", "hidden_size: \"16\" where a whole number from 1 to 16777216 belongs" },
        { "llama", """{"hidden_size": 16.5}""", "hidden_size: 16.5 where a whole number" },
        { "llama", """{"hidden_size": 1e30}""", "hidden_size: 1e30 where a whole number" },
        { "llama", """{"num_hidden_layers": 0}""", "num_hidden_layers: 0 where a whole number from 1 to 4096 belongs" },
        { "llama", """{"num_key_value_heads": 3}""", "num_key_value_heads, 3, does not divide num_attention_heads, 4" },
        { "llama", """{"head_dim": null, "hidden_size": 18}""", "head_dim would be needed" },
        { "llama", """{"head_dim": 3}""", "leaves 3 dimensions to turn where an even number" },
        { "llama", """{"rms_norm_eps": -1}""", "rms_norm_eps: -1 where a number from 0 to 1 belongs" },
        { "llama", """{"vocab_size": 2147483648}""", "vocab_size: 2147483648 where" },
        { "llama", """{"hidden_act": "relu"}""", "hidden_act: \"relu\" is not supported; models of type llama are with silu only" },
        { "gemma2", """{"hidden_activation": "gelu"}""", "hidden_activation: \"gelu\" is not supported" },
        { "llama", """{"tie_word_embeddings": 1}""", "tie_word_embeddings: 1 where true or false belongs" },
        { "llama", """{"quantization_config": {"quant_method": "gptq"}}""", "quantization_config: the weights are quantized (gptq)" },
        { "llama", """{"architectures": ["LlamaForSequenceClassification"]}""", "only causal language models" },
        { "llama", """{"partial_rotary_factor": 0.5}""", "partial_rotary_factor: 0.5 where 1 belongs" },
        { "llama", """{"rope_scaling": {"rope_type": "mrope"}}""",
            "rope_scaling.rope_type: \"mrope\" is not supported; supported are default, linear" },
        { "llama", """{"rope_scaling": {"rope_type": "linear"}}""", "rope_scaling: 'factor' is missing" },
        { "llama", """{"rope_scaling": {"type": "linear", "factor": 0}}""",
            "rope_scaling.factor: 0 where a number from 1 to 1000000 belongs" },
        {
            "llama",
            """
            {"rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 4, "high_freq_factor": 1,
             "original_max_position_embeddings": 8}}
            """,
            "rope_scaling.high_freq_factor: 1 where a number above low_freq_factor, 4, belongs"
        },
        { "llama", """{"rope_scaling": [1]}""", "rope_scaling: a list where an object belongs" },
        { "phi3", """{"rope_scaling": {"type": "su", "short_factor": [1], "long_factor": [1, 2]}}""",
            "rope_scaling.short_factor: 1 numbers where 2 belong" },
        { "phi3", """{"rope_scaling": {"type": "su", "short_factor": [1, "x"], "long_factor": [1, 2]}}""",
            "rope_scaling.short_factor[1]: \"x\" where a number" },
        { "qwen3", """{"layer_types": ["full_attention"]}""", "layer_types: 1 entries where 2 belong, as many as num_hidden_layers" },
        { "qwen3", """{"layer_types": ["full_attention", "linear_attention"]}""", "layer_types[1]: \"linear_attention\" is not supported" },
        { "qwen3", """{"layer_types": ["full_attention", "sliding_attention"]}""",
            "layer 1 attends within a sliding window and there is no sliding_window in use" },
        { "smollm3", """{"no_rope_layers": [1]}""", "no_rope_layers: 1 entries where 2 belong" },
        { "gemma2", """{"final_logit_softcapping": 0}""", "final_logit_softcapping: 0 where a number above 0, or null for none, belongs" },
        { "gemma3_text", """{"attn_logit_softcapping": 50}""", "attn_logit_softcapping: 50 is not supported" },
        { "gemma3_text", """{"use_bidirectional_attention": true}""", "use_bidirectional_attention: true is not supported" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_config_that_cannot_be_computed_is_refused_by_key(string type, string changes, string expected)
    {
        var path = _folder.PathTo("config.json");
        var error = Assert.Throws<TrainerException>(() => Read(type, changes));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Families_differ_by_their_switches()
    {
        Assert.True(Read("qwen2").HasQueryKeyValueBias);
        Assert.False(Read("qwen2").HasOutputBias);
        Assert.True(Read("llama", """{"attention_bias": true, "mlp_bias": true}""") is
            { HasQueryKeyValueBias: true, HasOutputBias: true, HasMlpBias: true });
        Assert.False(Read("mistral", """{"attention_bias": true}""").HasQueryKeyValueBias);
        Assert.True(Read("qwen3").HasQueryKeyNorm);
        Assert.True(Read("phi3").HasFusedProjections);
        Assert.True(Read("gemma2") is
            { NormAddsOne: true, HasPostNorms: true, UsesGelu: true, AttentionSoftcap: 50, LogitSoftcap: 30, EmbeddingScale: 4 });
        Assert.True(Read("gemma2", """{"attn_logit_softcapping": null, "final_logit_softcapping": null}""") is
            { AttentionSoftcap: 0, LogitSoftcap: 0 });
        Assert.Equal(1 / Math.Sqrt(256), Read("gemma3_text").AttentionScale);
        Assert.Equal(0.5, Read("llama").AttentionScale);
    }

    [Theory]
    [InlineData("llama", false)]
    [InlineData("qwen2", false)]
    [InlineData("phi3", false)]
    [InlineData("smollm3", true)]
    [InlineData("gemma2", true)]
    [InlineData("gemma3_text", true)]
    public void An_absent_tie_is_the_families_own(string type, bool expected) =>
        Assert.Equal(expected, Read(type, "{}", "tie_word_embeddings").TiesEmbeddings);

    [Fact]
    public void Absent_keys_are_the_classes_defaults_and_null_is_something_else()
    {
        Assert.Equal(8, Read("mistral", """{"num_attention_heads": 16}""", "num_key_value_heads").KeyValueHeads);
        Assert.Equal(16, Read("mistral", """{"num_attention_heads": 16, "num_key_value_heads": null}""").KeyValueHeads);
        Assert.Equal(128, Read("qwen3", "{}", "head_dim").HeadSize);
        Assert.Equal(4, Read("llama", "{}", "head_dim").HeadSize);
        Assert.Equal([4096, 4096], Read("mistral").SlidingWindows);
        Assert.Equal([0, 0], Read("mistral", """{"sliding_window": null}""").SlidingWindows);
    }

    [Theory]
    [InlineData("bfloat16", 25.25)]
    [InlineData("float32", 25.298221588134766)]
    public void The_embedding_scale_is_rounded_to_the_models_type(string type, double expected) =>
        Assert.Equal(expected, Read("gemma2", $$"""{"hidden_size": 640, "torch_dtype": "{{type}}"}""").EmbeddingScale);

    [Fact]
    public void Windows_follow_each_familys_rule()
    {
        const string Five = "\"num_hidden_layers\": 7, ";
        Assert.Equal(
            [0, 0, 0, 9, 9, 9, 9],
            Read("qwen2", $$"""{{{Five}}"use_sliding_window": true, "sliding_window": 9, "max_window_layers": 3}""").SlidingWindows);
        Assert.All(Read("qwen2", $$"""{{{Five}}"sliding_window": 9, "max_window_layers": 3}""").SlidingWindows, w => Assert.Equal(0, w));
        Assert.Equal([9, 0, 9, 0, 9, 0, 9], Read("gemma2", $$"""{{{Five}}"sliding_window": 9}""").SlidingWindows);
        Assert.Equal([9, 9, 9, 9, 9, 0, 9], Read("gemma3_text", $$"""{{{Five}}"sliding_window": 9}""").SlidingWindows);
        Assert.Equal([1, 1, 1, 1, 1, 0, 1], Read("gemma3_text", $$"""{{{Five}}"sliding_window": 9}""").RopeOfLayer);
        Assert.Equal([0, 9, 0, 0, 9, 0, 9], Read("gemma3_text", $$"""
            {{{Five}}"sliding_window": 9, "layer_types": ["full_attention", "sliding_attention", "full_attention", "full_attention",
            "sliding_attention", "full_attention", "sliding_attention"]}
            """).SlidingWindows);
        Assert.Equal([0, 0, 0, -1, 0, 0, 0], Read("smollm3", "{" + Five[..^2] + "}").RopeOfLayer);
        Assert.Equal([0, -1], Read("smollm3", """{"no_rope_layers": [1, 0]}""").RopeOfLayer);
    }

    [Theory]
    [InlineData("""{"rope_theta": 500.0}""")]
    [InlineData("""{"rope_theta": null, "rope_parameters": {"rope_type": "default", "rope_theta": 500.0}}""")]
    public void Both_spellings_of_the_rope_are_read(string changes)
    {
        var rope = Assert.Single(Read("llama", changes).Ropes);
        Assert.Equal([1, Math.Pow(500, -0.5)], rope.InverseFrequencies);
        Assert.Equal(1, rope.Scale);
    }

    [Theory]
    [InlineData("""{"rope_theta": 1000.0, "rope_local_base_freq": 100.0}""")]
    [InlineData("""
        {"rope_theta": null, "rope_parameters":
         {"full_attention": {"rope_theta": 1000.0}, "sliding_attention": {"rope_theta": 100.0}}}
        """)]
    public void Gemma_3_has_another_rope_for_its_local_layers(string changes)
    {
        var ropes = Read("gemma3_text", changes).Ropes;
        Assert.Equal(Math.Pow(1000, -0.5), ropes[0].InverseFrequencies[1]);
        Assert.Equal(Math.Pow(100, -0.5), ropes[1].InverseFrequencies[1]);
    }

    [Fact]
    public void Scaled_ropes_are_those_of_transformers()
    {
        var linear = Rope("""{"type": "linear", "factor": 4}""");
        Assert.Equal(0.25, linear.InverseFrequencies[0]);

        // Beyond 64 positions the base is 10000 (2 * 128 / 64 - 1)^(8/6) = 10000 * 3^(4/3).
        var dynamic = Rope("""{"type": "dynamic", "factor": 2}""");
        Assert.Equal(0.1, dynamic.InverseFrequenciesFor(64)[1], 1e-12);
        Assert.Equal(Math.Pow(10000 * Math.Pow(3, 4.0 / 3), -0.25), dynamic.InverseFrequenciesFor(128)[1], 1e-12);

        // The second pair turns once in 62.8 positions, between 64 / 4 and 64: a blend of 0.1 and 0.1 / 8 by (64 / 62.8 - 1) / 3.
        AssertNear(
            [1, 0.013042256043820465, 0.00125, 0.000125],
            Rope("""
                {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4, "original_max_position_embeddings": 64}
                """).InverseFrequencies,
            1e-12);
    }

    [Fact]
    public void Yarn_keeps_fast_dimensions_slows_slow_ones_and_scales_attention()
    {
        var rope = Rope("""{"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 64}""");
        // 64 positions: 32 turns are below dimension 0, one turn at log(64 / 2 pi) 8 / (2 log 10000) = 1.008, rounded up to 2.
        Assert.Equal(1, rope.InverseFrequencies[0], 1e-12);
        Assert.Equal(0.1 * ((0.5 / 4) + 0.5), rope.InverseFrequencies[1], 1e-12);
        Assert.Equal(0.01 / 4, rope.InverseFrequencies[2], 1e-12);
        Assert.Equal((0.1 * Math.Log(4)) + 1, rope.Scale, 1e-12);
        Assert.Equal(1.5, Rope("""{"rope_type": "yarn", "factor": 4, "attention_factor": 1.5}""").Scale);
    }

    [Fact]
    public void Dynamic_scaling_alone_reaches_beyond_the_positions_of_the_config()
    {
        Assert.Equal(160, Read("llama", """{"rope_scaling": {"type": "dynamic", "factor": 2.5}}""").MaxPositions);
        Assert.Equal(64, Read("llama", """{"rope_scaling": {"type": "linear", "factor": 2.5}}""").MaxPositions);
    }

    [Fact]
    public void Longrope_has_factors_for_short_and_for_long_sequences()
    {
        var rope = Assert.Single(Read("phi3", """
            {"max_position_embeddings": 64, "original_max_position_embeddings": 16,
             "rope_scaling": {"type": "longrope", "short_factor": [1, 2], "long_factor": [4, 8]}}
            """).Ropes);
        Assert.Equal([1, 0.005], rope.InverseFrequenciesFor(16));
        Assert.Equal([0.25, 0.00125], rope.InverseFrequenciesFor(17));
        Assert.Equal(Math.Sqrt(1 + (Math.Log(4) / Math.Log(16))), rope.Scale, 1e-12);
    }

    [Fact]
    public void A_part_of_each_head_may_turn_in_phi_3() =>
        Assert.Equal(2, Read("phi3", """{"partial_rotary_factor": 0.5}""").Ropes[0].RotaryDim);

    private static void AssertNear(double[] expected, double[] actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.InRange(actual[i], expected[i] * (1 - relative), expected[i] * (1 + relative));
    }

    private RotaryEmbedding Rope(string scaling) =>
        Assert.Single(Read("llama", $$"""{"head_dim": 8, "rope_scaling": {{scaling}}}""").Ropes);

    private ModelConfig Read(string type, string changes = "{}", params string[] without)
    {
        var config = TinyModel.Config(type);
        foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject())
            config[key] = value?.DeepClone();
        foreach (var key in without)
            config.Remove(key);
        var path = _folder.PathTo("config.json");
        File.WriteAllText(path, config.ToJsonString());
        return ModelConfigReader.Read(path);
    }
}
