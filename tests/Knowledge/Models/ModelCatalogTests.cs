using System.Text.Json;
using System.Text.RegularExpressions;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Knowledge.Models;

public sealed class ModelCatalogTests
{
    private const string Facts = "src/Rules/Knowledge/Models/base-models.json";

    /// <summary>
    /// Models whose number of parameters is published (the hub's count of their safetensors files): in all libraries that have the same
    /// modules by other names (null), or with a head or a class of models that changes it.
    /// </summary>
    public static TheoryData<string, string?, long> Published
    {
        get
        {
            var data = new TheoryData<string, string?, long>();
            foreach (var model in Models())
            {
                var name = model.GetProperty("name").GetString()!;
                if (model.TryGetProperty("parameters", out var all))
                    data.Add(name, null, all.GetInt64());
                if (!model.TryGetProperty("parameters_with", out var each))
                    continue;
                foreach (var with in each.EnumerateObject())
                    data.Add(name, with.Name, with.Value.GetInt64());
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void The_modules_of_a_model_add_up_to_its_published_number_of_parameters(string name, string? with, long parameters)
    {
        var model = ModelCatalog.Find(name);
        Assert.NotNull(model);
        var shapes = model.Shapes
            .Where(s => with is null ? s.Library.Length == 0 || s.Library.StartsWith("transformers") : s.Library == with).ToList();
        Assert.NotEmpty(shapes);
        Assert.All(shapes, shape => Assert.Equal(parameters, shape.Parameters));
    }

    /// <summary>
    /// tensor-names.tsv: how many tensors have which name, numbers left out, in the indexes of published files. Those of layers that
    /// predict several tokens ahead (mtp), which no model builds, are left out.
    /// </summary>
    [Theory]
    [InlineData("Qwen/Qwen2-VL-7B-Instruct", "transformers before 4.52", 730)]
    [InlineData("Qwen/Qwen3-VL-8B-Instruct", "", 750)]
    [InlineData("Qwen/Qwen3.5-4B", "", 723)]
    [InlineData("Qwen/Qwen3-Next-80B-A3B-Instruct", "transformers 4", 74391)]
    public void Modules_have_the_names_of_the_tensors_in_published_files(string name, string library, int count)
    {
        var published = File.ReadLines(Repository.PathTo("tests", "Knowledge", "Models", "tensor-names.tsv"))
            .Select(l => l.Split('\t')).Where(c => c[0] == name && c[1] == library).Select(c => $"{c[2]} {c[3]}").Order().ToList();
        var shape = ModelCatalog.Find(name)!.Shapes.Single(s => s.Library == library);
        var tensors = shape.Modules.Where(m => !shape.TiesEmbeddings || m.Name != shape.Head).SelectMany(TensorsOf).ToList();
        Assert.Equal(count, tensors.Count);
        var found = tensors.Select(t => Regex.Replace(t, @"\.\d+(?=\.)", ".N")).CountBy(t => t).Select(g => $"{g.Value} {g.Key}");
        Assert.Equal(published, found.Order());
    }

    private static IEnumerable<string> TensorsOf(ModelModule module)
    {
        if (module.Kind == ModuleKind.Parameter)
            return [module.Name];
        return module.HasBias ? [module.Name + ".weight", module.Name + ".bias"] : [module.Name + ".weight"];
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
    public void An_architecture_that_is_built_in_an_unknown_way_has_sizes_and_no_modules()
    {
        // Version 2 has a convolution beside its first layer.
        Assert.Null(ModelCatalog.Find("microsoft/deberta-v2-xxlarge"));
        Assert.Equal(1536, ModelCatalog.FindDimensions("microsoft/deberta-v2-xxlarge")!.Hidden);
    }

    [Fact]
    public void An_encoder_has_a_list_of_modules_for_each_head_that_it_may_get()
    {
        var shapes = ModelCatalog.Find("roberta-base")!.Shapes;
        Assert.Equal(["lm_head.decoder", null, null, null], shapes.Select(s => s.Head));
        var inner = shapes.Select(s => s.Modules.Where(m => m.Layer is not null).ToList()).ToList();
        Assert.All(inner, modules => Assert.Equal(inner[0], modules));
        Assert.Equal(
            ["classifier.dense", "classifier.out_proj"],
            shapes[1].Modules.Where(m => m.Name.StartsWith("classifier")).Select(m => m.Name));
    }

    [Fact]
    public void Layers_of_several_kinds_follow_each_other_as_the_config_says()
    {
        var shape = ModelCatalog.Find("Qwen/Qwen3.5-9B")!.Shape;
        var attention = shape.Modules.Where(m => m.LastPart == "q_proj").Select(m => m.Layer).ToList();
        Assert.Equal(Enumerable.Range(0, 8).Select(i => (int?)((4 * i) + 3)), attention);
        var jamba = ModelCatalog.Find("ai21labs/Jamba-v0.1")!.Shape;
        Assert.Equal([4, 12, 20, 28], jamba.Modules.Where(m => m.LastPart == "q_proj").Select(m => m.Layer!.Value));
        Assert.Equal(
            Enumerable.Range(0, 16).Select(i => (2 * i) + 1),
            jamba.Modules.Where(m => m.LastPart == "router").Select(m => m.Layer!.Value));
        var mllama = ModelCatalog.Find("meta-llama/Llama-3.2-11B-Vision-Instruct")!.Shape;
        Assert.Equal(
            [3, 8, 13, 18, 23, 28, 33, 38],
            mllama.Modules.Where(m => m.Name.EndsWith("cross_attn.q_proj")).Select(m => m.Layer!.Value));
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
        ("segments", d => d.Segments), ("attention_interval", d => d.AttentionInterval), ("attention_offset", d => d.AttentionOffset),
        ("expert_interval", d => d.ExpertInterval), ("linear_key_heads", d => d.LinearKeyHeads),
        ("linear_value_heads", d => d.LinearValueHeads), ("linear_key_head", d => d.LinearKeyHead),
        ("linear_value_head", d => d.LinearValueHead), ("state_width", d => d.StateWidth), ("state_size", d => d.StateSize),
        ("step_rank", d => d.StepRank), ("vision_hidden", d => d.Vision?.Hidden ?? 0), ("vision_layers", d => d.Vision?.Layers ?? 0),
        ("vision_intermediate", d => d.Vision?.Intermediate ?? 0), ("vision_patch", d => d.Vision?.Patch ?? 0),
        ("vision_positions", d => d.Vision?.Positions ?? 0), ("vision_output", d => d.Vision?.Output ?? 0),
        ("vision_inner_outputs", d => d.Vision?.InnerOutputs ?? 0),
    ];

    private static List<JsonElement> Models()
    {
        using var facts = JsonDocument.Parse(File.ReadAllText(Repository.PathTo(Facts)));
        return [.. facts.RootElement.GetProperty("models").EnumerateArray().Select(m => m.Clone())];
    }
}
