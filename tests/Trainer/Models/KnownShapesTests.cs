using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Models;

/// <summary>The linter's knowledge of a model against the trainer's: two readings of the same config.json.</summary>
public sealed class KnownShapesTests
{
    [Theory]
    [InlineData("llama", """, "attention_bias": true, "mlp_bias": true""")]
    [InlineData("llama", """, "tie_word_embeddings": true, "num_key_value_heads": 2""")]
    [InlineData("mistral", """, "num_key_value_heads": 2, "head_dim": 8, "sliding_window": null""")]
    [InlineData("qwen2", """, "num_key_value_heads": 2""")]
    [InlineData("qwen3", """, "num_key_value_heads": 2, "head_dim": 32""")]
    [InlineData("smollm3", """, "num_key_value_heads": 2, "no_rope_layers": [1, 0]""")]
    [InlineData("gemma2", """, "num_key_value_heads": 2, "head_dim": 32""")]
    [InlineData("gemma3_text", """, "num_key_value_heads": 1, "head_dim": 32, "layer_types": ["sliding_attention", "full_attention"]""")]
    [InlineData("phi3", """, "num_key_value_heads": 2, "pad_token_id": 0""")]
    public void Linter_and_trainer_see_the_same_modules(string type, string more)
    {
        var json = $$"""
            {"model_type": "{{type}}", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4,
             "vocab_size": 50, "max_position_embeddings": 64, "rms_norm_eps": 1e-5{{more}}}
            """;
        using var scratch = new ScratchFolder().Write("config.json", json);
        var config = ModelConfigReader.Read(scratch.PathTo("config.json"));
        var root = ConfigReader.Read(new SourceText("config.json", json), ConfigLanguage.Json).Roots[0];
        var size = ModelConfigFile.Read(root, out var problem);
        Assert.Equal("", problem);
        var shape = Assert.Single(ModelLayouts.Find(size!)!);
        Assert.Equal(config.TiesEmbeddings, shape.TiesEmbeddings);
        Assert.Equal(
            ModelLayout.Modules(config).Select(m => (m.Name, Values: m.Shape.Aggregate(1L, (all, n) => all * n), m.HasBias)).Order(),
            shape.Modules.Select(m => (m.Name, Values: m.WeightParameters, m.HasBias)).Order());
        Assert.Equal(
            ModelLayout.Tensors(config).Sum(t => t.Shape.Aggregate(1L, (all, n) => all * n)), shape.Parameters);
    }
}
