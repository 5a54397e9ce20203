using System.Text.Json;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Knowledge.Models;

public sealed class ModelCatalogTests
{
    private const string Facts = "src/Rules/Knowledge/Models/base-models.json";

    /// <summary>Models whose number of parameters is published (the hub's count of their safetensors files).</summary>
    public static TheoryData<string, long> Published
    {
        get
        {
            var data = new TheoryData<string, long>();
            foreach (var model in Models().Where(m => m.TryGetProperty("parameters", out _)))
                data.Add(model.GetProperty("name").GetString()!, model.GetProperty("parameters").GetInt64());
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void The_modules_of_a_model_add_up_to_its_published_number_of_parameters(string name, long parameters)
    {
        var model = ModelCatalog.Find(name);
        Assert.NotNull(model);
        Assert.All(model.Shapes, shape => Assert.Equal(parameters, shape.Parameters));
    }

    [Fact]
    public void The_table_holds_what_the_facts_say()
    {
        var names = new List<string>();
        foreach (var model in Models())
        {
            var name = model.GetProperty("name").GetString()!;
            var size = ModelCatalog.FindDimensions(name);
            Assert.NotNull(size);
            Assert.Equal(model.GetProperty("model_type").GetString(), size.ModelType);
            foreach (var (key, of) in s_sizes)
                Assert.Equal((name, key, model.TryGetProperty(key, out var value) ? value.GetInt64() : 0), (name, key, of(size)));
            Assert.Equal(model.GetProperty("tied").GetBoolean(), size.TiesEmbeddings);
            Assert.Equal(model.TryGetProperty("qkv_bias", out var bias) && bias.GetBoolean(), size.HasQueryKeyValueBias);
            names.Add(name);
            foreach (var other in model.TryGetProperty("also", out var also) ? also.EnumerateArray().Select(a => a.GetString()!) : [])
            {
                Assert.Equal(size, ModelCatalog.FindDimensions(other));
                names.Add(other);
            }
        }

        Assert.Equal(names.Order(), ModelCatalog.Names.Order());
    }

    [Fact]
    public void The_table_holds_the_default_targets_of_PEFT()
    {
        using var facts = JsonDocument.Parse(File.ReadAllText(Repository.PathTo(Facts)));
        foreach (var entry in facts.RootElement.GetProperty("peft_default_targets").EnumerateObject())
        {
            var expected = entry.Value.ValueKind == JsonValueKind.String
                ? ["~" + entry.Value.GetString()] : entry.Value.EnumerateArray().Select(t => t.GetString()!);
            Assert.Equal(expected, ModelCatalog.DefaultTargets(entry.Name));
        }

        Assert.Null(ModelCatalog.DefaultTargets("phi3"));
    }

    [Fact]
    public void Names_are_found_in_any_case_and_guessed_in_none()
    {
        Assert.NotNull(ModelCatalog.Find("meta-llama/llama-3.1-8b-instruct"));
        Assert.NotNull(ModelCatalog.Find("unsloth/Llama-3.2-1B-Instruct-bnb-4bit"));
        Assert.Null(ModelCatalog.Find("unsloth/Phi-3-mini-4k-instruct"));
        Assert.Null(ModelCatalog.Find("somebody/Llama-3.1-8B-Instruct"));
    }

    [Theory]
    [InlineData("microsoft/Phi-3-mini-4k-instruct", "qkv_proj o_proj gate_up_proj down_proj")]
    [InlineData("deepseek-ai/DeepSeek-V2-Lite", "q_proj kv_a_proj_with_mqa kv_b_proj o_proj gate_proj up_proj down_proj")]
    [InlineData("openai-community/gpt2", "c_attn c_proj c_fc")]
    [InlineData("openai/gpt-oss-20b", "q_proj k_proj v_proj o_proj")]
    [InlineData("google/flan-t5-small", "q k v o wi_0 wi_1 wo")]
    public void Linear_layers_have_the_names_of_their_architecture(string name, string linears) =>
        Assert.Equal(linears.Split(' '), ModelCatalog.Find(name)!.Shape.LinearNames());

    [Fact]
    public void Layers_and_experts_are_counted_in_names_and_in_numbers()
    {
        var shapes = ModelCatalog.Find("Qwen/Qwen3-30B-A3B")!.Shapes;
        Assert.Equal(["transformers 5", "transformers 4"], shapes.Select(s => s.Library));
        var separate = shapes[1].Modules.Last(m => m.Expert is not null);
        Assert.Equal(("model.layers.47.mlp.experts.127.down_proj", 47, 127), (separate.Name, separate.Layer, separate.Expert));
        var stacked = shapes[0].Modules.Last(m => m.Kind == ModuleKind.Parameter);
        Assert.Equal(("model.layers.47.mlp.experts.down_proj", 128L), (stacked.Name, stacked.Stack));
        Assert.Contains("model.layers.47.mlp.experts", shapes[0].Containers);
        Assert.Equal(48, shapes[0].Layers);
    }

    [Fact]
    public void An_architecture_without_a_layout_has_sizes_and_no_modules()
    {
        Assert.Null(ModelCatalog.Find("google-bert/bert-base-uncased"));
        Assert.Equal(768, ModelCatalog.FindDimensions("google-bert/bert-base-uncased")!.Hidden);
    }

    private static readonly (string Key, Func<ModelDimensions, long> Of)[] s_sizes =
    [
        ("hidden", d => d.Hidden), ("layers", d => d.Layers), ("heads", d => d.Heads), ("kv_heads", d => d.KeyValueHeads),
        ("head_size", d => d.HeadSize), ("intermediate", d => d.Intermediate), ("vocabulary", d => d.Vocabulary),
        ("positions", d => d.Positions), ("channels", d => d.Channels),
        ("decoder_layers", d => d.DecoderLayers), ("experts", d => d.Experts), ("experts_per_token", d => d.ExpertsPerToken),
        ("expert_intermediate", d => d.ExpertIntermediate), ("shared_intermediate", d => d.SharedIntermediate),
        ("dense_layers", d => d.DenseLayers), ("query_rank", d => d.QueryRank), ("kv_rank", d => d.KeyValueRank),
        ("nope_head", d => d.NopeHead), ("rope_head", d => d.RopeHead), ("value_head", d => d.ValueHead),
    ];

    private static List<JsonElement> Models()
    {
        using var facts = JsonDocument.Parse(File.ReadAllText(Repository.PathTo(Facts)));
        return [.. facts.RootElement.GetProperty("models").EnumerateArray().Select(m => m.Clone())];
    }
}
