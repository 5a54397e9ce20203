using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Tests.Knowledge.Models;

/// <summary>Counts that others published, and PEFT's rules on real models.</summary>
public sealed class AdapterShapeTests
{
    private const string AllSeven = "q_proj k_proj v_proj o_proj gate_proj up_proj down_proj";
    private const string Mlp = "gate_proj up_proj down_proj";
    private const string Attention = "q_proj k_proj v_proj o_proj";

    [Theory]
    // PEFT: README.md; method_comparison/MetaMathQA/results.
    [InlineData("Qwen/Qwen2.5-3B-Instruct", 16, "q_proj v_proj", 3_686_400)]
    [InlineData("meta-llama/Llama-3.2-3B", 32, "q_proj v_proj", 9_175_040)]
    [InlineData("meta-llama/Llama-3.2-3B", 64, "q_proj v_proj", 18_350_080)]
    [InlineData("meta-llama/Llama-3.2-3B", 10, Mlp, 9_461_760)]
    // litgpt: tests and tutorials.
    [InlineData("meta-llama/Llama-2-7b-hf", 8, "q_proj v_proj", 4_194_304)]
    [InlineData("meta-llama/Llama-2-13b-hf", 8, "q_proj v_proj", 6_553_600)]
    [InlineData("microsoft/phi-1_5", 8, "q_proj v_proj", 1_572_864)]
    // Raschka, Practical Tips for Finetuning LLMs Using LoRA.
    [InlineData("meta-llama/Llama-2-7b-hf", 8, AllSeven + " lm_head", 20_277_248)]
    // Hugging Face, Personal Copilot.
    [InlineData("bigcode/starcoder", 32, "c_attn c_proj c_fc", 110_428_160)]
    // Unsloth's notebooks; LLaMA-Adapter's comparison.
    [InlineData("meta-llama/Meta-Llama-3-8B", 16, AllSeven, 41_943_040)]
    [InlineData("mistralai/Mistral-7B-v0.1", 16, AllSeven, 41_943_040)]
    [InlineData("huggyllama/llama-7b", 32, AllSeven, 79_953_920)]
    // thinking-machines-lab/tinker-cookbook, tinker_cookbook/hyperparam_utils.py: a rank of 1.
    [InlineData("meta-llama/Llama-3.1-8B", 1, Mlp, 1_769_472)]
    [InlineData("meta-llama/Llama-3.1-8B", 1, Attention, 851_968)]
    [InlineData("meta-llama/Llama-3.1-8B", 1, "lm_head", 132_352)]
    [InlineData("Qwen/Qwen3-8B", 1, Mlp, 1_769_472)]
    [InlineData("Qwen/Qwen3-8B", 1, Attention, 958_464)]
    [InlineData("Qwen/Qwen3-8B", 1, "lm_head", 156_032)]
    [InlineData("Qwen/Qwen3-30B-A3B", 1, Attention, 835_584)]
    [InlineData("openai/gpt-oss-20b", 1, Attention, 497_664)]
    [InlineData("deepseek-ai/DeepSeek-V3.1", 1, "q_a_proj kv_a_proj_with_mqa o_proj", 2_440_000)]
    public void Published_counts_are_met_exactly(string model, int rank, string targets, long parameters) =>
        Assert.All(ModelCatalog.Find(model)!.Shapes, shape => Assert.Equal(parameters, Of(shape, rank, targets).Trainable));

    [Fact]
    public void Dora_trains_a_magnitude_per_output()
    {
        var shape = ModelCatalog.Find("meta-llama/Llama-3.2-3B")!.Shape;
        Assert.Equal(9_289_728, AdapterShape.Find(shape, Request(32, "q_proj v_proj") with { UseDora = true })!.Trainable);
    }

    // docs/source/package_reference/lora.md of PEFT: Food-101.
    [Fact]
    public void A_classifier_that_is_saved_counts_whole()
    {
        var size = ModelCatalog.FindDimensions("google/vit-base-patch16-224")! with { Labels = 101 };
        var request = Request(16, "query value");
        request = request with { Targets = request.Targets with { ModulesToSave = ["classifier"] } };
        var adapter = AdapterShape.Find(ModelLayouts.Find(size)![0], request)!;
        Assert.Equal(667_493, adapter.Trainable);
        Assert.Equal(77_669, adapter.SavedParameters);
    }

    // litgpt splits the fused layer: each part that is adapted has matrices of its own (litgpt/lora.py).
    [Fact]
    public void The_parts_of_a_fused_layer_count_by_the_width_of_their_heads()
    {
        var size = ModelCatalog.FindDimensions("tiiuae/falcon-40b")!;
        Assert.Equal(12_042_240, 8 * size.Layers * (size.Hidden + size.QueryWidth + size.Hidden + size.KeyValueWidth));
        Assert.Equal(size.QueryWidth + (2 * size.KeyValueWidth), Of("tiiuae/falcon-40b", 8, "query_key_value").Modules[0].Module.Outputs);
    }

    // Tinker shares the outer matrix of all experts of a layer.
    [Fact]
    public void Experts_have_the_width_that_others_count_with()
    {
        var size = ModelCatalog.FindDimensions("Qwen/Qwen3-30B-A3B")!;
        Assert.Equal(14_450_688, size.Layers * 3 * (size.Hidden + (size.Experts * size.ExpertIntermediate)));
    }

    // PEFT's README prints all params: 3,089,625,088 and trainable%: 0.1193.
    [Fact]
    public void The_share_is_what_PEFT_prints()
    {
        var adapter = Of("Qwen/Qwen2.5-3B-Instruct", 16, "q_proj v_proj");
        Assert.Equal(3_089_625_088, adapter.Model.Parameters + adapter.AdapterParameters);
        Assert.Equal(0.1193, 100 * adapter.Share, 4);
    }

    [Fact]
    public void All_linear_is_every_linear_layer_but_the_head()
    {
        var shape = ModelCatalog.Find("microsoft/Phi-3-mini-4k-instruct")!.Shape;
        var adapter = AdapterShape.Find(shape, new AdapterRequest { TargetsAllLinear = true, Rank = 8 })!;
        Assert.Equal(4 * 32, adapter.Modules.Count);
        Assert.DoesNotContain(adapter.Modules, m => m.Module.Name == "lm_head");
    }

    [Fact]
    public void A_rank_pattern_counts_for_the_modules_that_it_matches()
    {
        var pattern = new Dictionary<string, double> { ["layers.0.self_attn.q_proj"] = 1, ["q_proj"] = 2 };
        var adapter = AdapterShape.Find(
            ModelCatalog.Find("meta-llama/Llama-3.2-1B")!.Shape, Request(8, "q_proj v_proj") with { RankPattern = pattern })!;
        Assert.Equal([1, 8, 2, 8], adapter.Modules.Take(4).Select(m => m.Rank));
    }

    [Fact]
    public void A_saved_module_takes_all_below_it_and_ends_at_a_letter()
    {
        var shape = ModelCatalog.Find("meta-llama/Llama-3.2-1B")!.Shape;
        Assert.Equal(["lm_head"], AdapterShape.SavedModules(shape, ["head"]).Select(m => m.Name));
        Assert.Equal(4, AdapterShape.SavedModules(shape, ["layers.0.self_attn"]).Count);
        Assert.Empty(AdapterShape.SavedModules(shape, ["classifier"]));
    }

    [Fact]
    public void Tied_embeddings_that_are_saved_become_two_copies()
    {
        var request = Request(8, "q_proj");
        request = request with { Targets = request.Targets with { ModulesToSave = ["embed_tokens", "lm_head"] } };
        Assert.Equal(2L * 128256 * 2048, AdapterShape.Find(ModelCatalog.Find("meta-llama/Llama-3.2-1B")!.Shape, request)!.SavedParameters);
    }

    [Fact]
    public void Biases_count_when_they_are_trained()
    {
        var shape = ModelCatalog.Find("Qwen/Qwen2.5-0.5B")!.Shape;
        var bare = AdapterShape.Find(shape, Request(8, "q_proj o_proj"))!;
        var own = AdapterShape.Find(shape, Request(8, "q_proj o_proj") with { Bias = "lora_only" })!;
        var all = AdapterShape.Find(shape, Request(8, "q_proj o_proj") with { Bias = "all" })!;
        Assert.Equal(24 * 896, own.Trainable - bare.Trainable);
        Assert.Equal(24 * (896 + 128 + 128), all.Trainable - bare.Trainable);
    }

    [Fact]
    public void What_has_no_adapter_is_told()
    {
        var shape = ModelCatalog.Find("meta-llama/Llama-3.2-1B")!.Shape;
        var targets = new PeftTargets { Pattern = @"model\.layers\.0\.self_attn.*" };
        var adapter = AdapterShape.Find(shape, new AdapterRequest { Targets = targets, Rank = 8 })!;
        Assert.Equal(["model.layers.0.self_attn"], adapter.Refused);
        Assert.Equal(4, adapter.Modules.Count);
        Assert.Equal(["model.norm"], Of(shape, 8, "norm").Refused);
    }

    [Fact]
    public void A_pattern_that_cannot_be_judged_gives_no_answer()
    {
        var request = new AdapterRequest { Targets = new PeftTargets { Pattern = "(?i)q" }, Rank = 8 };
        Assert.Null(AdapterShape.Find(ModelCatalog.Find("meta-llama/Llama-3.2-1B")!.Shape, request));
    }

    [Fact]
    public void Experts_named_one_by_one_become_parameters_where_they_are_stacked()
    {
        var model = ModelCatalog.Find("Qwen/Qwen3-30B-A3B")!;
        var stacked = Of(model.Shapes[0], 8, Mlp);
        var separate = Of(model.Shapes[1], 8, Mlp);
        Assert.Equal(2 * 48, stacked.Modules.Count);
        // Gate and up are one parameter, so PEFT doubles the rank.
        Assert.Equal([16, 8], stacked.Modules.Take(2).Select(m => m.Rank));
        Assert.Equal(48L * 128 * ((16 * (2048 + 1536)) + (8 * (768 + 2048))), stacked.Trainable);
        Assert.Equal(48L * 128 * 8 * 3 * (2048 + 768), separate.Trainable);
        // One of the two alone is an error there.
        Assert.Null(AdapterShape.Find(model.Shapes[0], Request(8, "up_proj")));
    }

    [Fact]
    public void Stacked_experts_are_reached_by_the_names_of_their_parameters()
    {
        var shape = ModelCatalog.Find("openai/gpt-oss-20b")!.Shape;
        Assert.Empty(Of(shape, 8, "gate_up_proj").Modules);
        var adapter = AdapterShape.Find(
            shape, new AdapterRequest { Rank = 8, TargetParameters = ["7.mlp.experts.gate_up_proj", "7.mlp.experts.down_proj"] })!;
        Assert.Equal(["gate_up_proj", "down_proj"], adapter.Modules.Select(m => m.Module.LastPart));
        Assert.All(adapter.Modules, m => Assert.Equal(7, m.Module.Layer));
        Assert.Equal(8L * 32 * (2880 + 5760 + 2880 + 2880), adapter.Trainable);
    }

    private static AdapterRequest Request(int rank, string targets) =>
        new() { Rank = rank, Targets = new PeftTargets { Names = targets.Split(' ') } };

    private static AdapterShape Of(ModelShape shape, int rank, string targets) => AdapterShape.Find(shape, Request(rank, targets))!;

    private static AdapterShape Of(string model, int rank, string targets) => Of(ModelCatalog.Find(model)!.Shape, rank, targets);
}
