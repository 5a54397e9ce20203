using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Models;

public sealed class AdapterPlannerTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_linear_is_every_linear_layer_but_the_head()
    {
        var plan = Plan(new LoraOptions { TargetsAllLinear = true, Rank = 4, Alpha = 8 });
        Assert.Equal(14, plan.Modules.Count);
        Assert.DoesNotContain(plan.Modules, m => m.Name == "lm_head");
        Assert.Equal(new AdaptedModule("model.layers.0.self_attn.k_proj", 16, 8, 4, 2), plan.Modules[1]);
        Assert.Equal(new AdaptedModule("model.layers.1.mlp.down_proj", 24, 16, 4, 2), plan.Modules[^1]);
    }

    [Fact]
    public void Phi_3_has_fused_layers()
    {
        var plan = Plan(new LoraOptions { TargetsAllLinear = true, Rank = 4 }, "phi3");
        Assert.Equal(
            ["qkv_proj", "o_proj", "gate_up_proj", "down_proj"], plan.Modules.Take(4).Select(m => m.Name[(m.Name.LastIndexOf('.') + 1)..]));
        Assert.Equal(32, plan.Modules[0].OutFeatures);
        Assert.Equal(48, plan.Modules[2].OutFeatures);
    }

    [Fact]
    public void Names_suffixes_patterns_exclusions_and_layers_choose_as_in_PEFT()
    {
        Assert.Equal(4, Names(new() { TargetModules = ["q_proj", "self_attn.v_proj"] }).Length);
        Assert.Equal(["model.layers.1.self_attn.q_proj"], Names(new() { TargetModules = ["q_proj"], Layers = [1] }));
        Assert.Equal(["model.layers.1.self_attn.q_proj"], Names(new() { TargetModules = ["q_proj"], LastLayers = 1 }));
        Assert.Equal(["model.layers.0.mlp.up_proj"], Names(new() { TargetPattern = @".*\.0\.mlp\.up_proj" }));
        Assert.Equal(
            ["model.layers.0.self_attn.q_proj"],
            Names(new() { TargetModules = ["q_proj"], ExcludeModules = ["layers.1.self_attn.q_proj"] }));
        Assert.Equal(7, Names(new() { TargetsAllLinear = true, ExcludePattern = @"model\.layers\.0\..*" }).Length);
    }

    [Fact]
    public void Patterns_give_other_ranks_and_alphas()
    {
        var plan = Plan(new LoraOptions
        {
            TargetModules = ["q_proj", "v_proj"], Rank = 4, Alpha = 8, UseRslora = true,
            RankPattern = new Dictionary<string, int> { ["layers.0.self_attn.q_proj"] = 1 },
            AlphaPattern = new Dictionary<string, double> { ["v_proj"] = 6 },
        });
        Assert.Equal([(1, 8), (4, 3), (4, 4), (4, 3)], plan.Modules.Select(m => (m.Rank, (int)m.Scaling)));
    }

    [Fact]
    public void Saved_modules_are_whole_names_and_get_no_adapter()
    {
        var plan = Plan(new LoraOptions
        {
            TargetModules = ["q_proj", "v_proj"], Rank = 2, ModulesToSave = ["lm_head", "layers.0.self_attn.v_proj", "model.norm"],
        });
        Assert.Equal(["model.layers.0.self_attn.v_proj", "model.norm", "lm_head"], plan.SavedModules);
        Assert.Equal(3, plan.Modules.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_head_and_embeddings_can_be_trained_where_they_are_named_tied_or_not(bool tied)
    {
        var adapted = Plan(new LoraOptions { TargetModules = ["q_proj", "lm_head"], Rank = 2, Alpha = 4 }, tied: tied);
        Assert.Equal(new AdaptedModule("lm_head", 16, 32, 2, 2), adapted.Modules[^1]);
        Assert.True(adapted.TrainsEmbeddingOrHead);
        var embedded = Plan(new LoraOptions { TargetModules = ["q_proj", "embed_tokens"], Rank = 2, Alpha = 4 }, tied: tied);
        Assert.Equal(new AdaptedModule("model.embed_tokens", 32, 16, 2, 2), embedded.Modules[0]);
        Assert.True(embedded.TrainsEmbeddingOrHead);
        var saved = Plan(new LoraOptions { TargetModules = ["q_proj"], Rank = 2, ModulesToSave = ["embed_tokens", "lm_head"] }, tied: tied);
        Assert.Equal(["model.embed_tokens", "lm_head"], saved.SavedModules);
        Assert.True(saved.TrainsEmbeddingOrHead);
        Assert.False(Plan(new LoraOptions { TargetsAllLinear = true, Rank = 2 }, tied: tied).TrainsEmbeddingOrHead);
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "typo", "it has q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj; did you mean q_proj?" },
        { "other family", "no module gets an adapter: `query_key_value` matches none" },
        { "glob", "cannot be judged" },
        { "rank", "the rank of model.layers.0.self_attn.k_proj is 9, more than its weight of 8 x 16" },
        { "layer", "layer 2 is to get adapters and the model has layers 0 to 1" },
        { "last layers", "the last 3 layers" },
        { "saved", "modules_to_save: `output` matches no module" },
        { "saved container", "`mlp` is no single layer" },
        { "container", "match model.layers.0.self_attn, which is no linear layer but holds some" },
        { "norm", "match model.norm, a norm" },
        { "dora on the embedding", "match model.embed_tokens, and DoRA on the embedding is not supported" },
        { "rank of the embedding", "the rank of model.embed_tokens is 17, more than its weight of 32 x 16" },
        { "unused rank key", "rank_pattern: the key `k_proj` matches no module" },
        { "pattern and layers", "exclude each other" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void What_does_not_fit_the_model_is_a_clear_error(string mistake, string expected)
    {
        var q = new LoraOptions { TargetModules = ["q_proj"], Rank = 2 };
        LoraOptions options = mistake switch
        {
            "typo" => new() { TargetModules = ["q_porj"] },
            "other family" => new() { TargetModules = ["query_key_value"] },
            "glob" => new() { TargetPattern = "*.q_proj" },
            "rank" => new() { TargetModules = ["k_proj"], Rank = 9 },
            "layer" => q with { Layers = [0, 2] },
            "last layers" => q with { LastLayers = 3 },
            "saved" => q with { ModulesToSave = ["output"] },
            "saved container" => q with { ModulesToSave = ["mlp"] },
            "container" => new() { TargetPattern = @".*self_attn.*", Rank = 2 },
            "norm" => new() { TargetPattern = "model.norm" },
            "dora on the embedding" => new() { TargetModules = ["embed_tokens"], UseDora = true, Rank = 2 },
            "rank of the embedding" => new() { TargetModules = ["embed_tokens"], Rank = 17 },
            "unused rank key" => q with { RankPattern = new Dictionary<string, int> { ["k_proj"] = 2 } },
            "pattern and layers" => new() { TargetPattern = ".*q_proj", Layers = [0] },
            _ => throw new ArgumentException(mistake, nameof(mistake)),
        };
        var error = Assert.Throws<TrainerException>(() => Plan(options));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private string[] Names(LoraOptions options) => [.. Plan(options with { Rank = 2 }).Modules.Select(m => m.Name)];

    private AdapterPlan Plan(LoraOptions options, string type = "llama", bool tied = false)
    {
        var path = _folder.PathTo("config.json");
        File.WriteAllText(path, TinyModel.Config(type, c => c["tie_word_embeddings"] = tied).ToJsonString());
        return AdapterPlanner.Plan(options, ModelConfigReader.Read(path));
    }
}
