using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Quantization;

namespace LoraLint.Tests.Trainer.Engines;

public class ManagedEngineParameterTests
{
    private static readonly EngineOptions s_options = new() { Threads = 1 };

    [Fact]
    public void Parameters_have_the_keys_of_pefts_files_in_the_order_of_the_model()
    {
        using var model = TinyModel.Make("qwen2", change: config => config with { Layers = 1 });
        string[] targets = ["embed_tokens", "q_proj", "o_proj", "lm_head"];
        string[] saved = ["model.norm", "model.layers.0.mlp.down_proj"];
        using var engine = new ManagedEngine(
            model.Config, model.Weights, model.Plan(targets, bias: LoraBias.LoraOnly, saved: saved), s_options);

        Assert.Equal(
            [
                "base_model.model.model.embed_tokens.lora_embedding_A (3, 50) LoraA",
                "base_model.model.model.embed_tokens.lora_embedding_B (24, 3) LoraB",
                "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight (3, 24) LoraA",
                "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight (24, 3) LoraB",
                "base_model.model.model.layers.0.self_attn.q_proj.base_layer.bias (24) Bias",
                "base_model.model.model.layers.0.self_attn.o_proj.lora_A.weight (4, 24) LoraA",
                "base_model.model.model.layers.0.self_attn.o_proj.lora_B.weight (24, 4) LoraB",
                "base_model.model.model.layers.0.mlp.down_proj.weight (24, 40) Saved",
                "base_model.model.model.norm.weight (24) Saved",
                "base_model.model.lm_head.lora_A.weight (3, 24) LoraA",
                "base_model.model.lm_head.lora_B.weight (50, 3) LoraB",
            ],
            engine.Parameters.Select(p => $"{p.Name} ({string.Join(", ", p.Shape)}) {p.Role}"));
    }

    [Fact]
    public void Magnitudes_and_all_biases_have_the_keys_of_pefts_files()
    {
        using var model = TinyModel.Make("llama-bias", change: config => config with { Layers = 1 });
        var plan = model.Plan(["v_proj"], dora: true, bias: LoraBias.All, saved: ["model.embed_tokens", "lm_head"]);
        using var engine = new ManagedEngine(model.Config, model.Weights, plan, s_options);

        Assert.Equal(
            [
                "base_model.model.model.embed_tokens.weight",
                "base_model.model.model.layers.0.self_attn.q_proj.bias",
                "base_model.model.model.layers.0.self_attn.k_proj.bias",
                "base_model.model.model.layers.0.self_attn.v_proj.lora_A.weight",
                "base_model.model.model.layers.0.self_attn.v_proj.lora_B.weight",
                "base_model.model.model.layers.0.self_attn.v_proj.lora_magnitude_vector",
                "base_model.model.model.layers.0.self_attn.v_proj.base_layer.bias",
                "base_model.model.model.layers.0.self_attn.o_proj.bias",
                "base_model.model.model.layers.0.mlp.gate_proj.bias",
                "base_model.model.model.layers.0.mlp.up_proj.bias",
                "base_model.model.model.layers.0.mlp.down_proj.bias",
                "base_model.model.lm_head.weight",
            ],
            engine.Parameters.Select(p => p.Name));
    }

    [Fact]
    public void Training_one_use_of_tied_embeddings_leaves_the_other_as_it_is()
    {
        using var model = TinyModel.Make("llama");
        var table = new float[50 * 24];
        model.Weights.Find("model.embed_tokens.weight")!.CopyTo(table);
        using var engine = new ManagedEngine(model.Config, model.Weights, model.Plan(["q_proj"], saved: ["lm_head"]), s_options);
        var batch = model.Batch([4, 3]);
        var before = engine.LastLogits(batch);

        var index = engine.Parameters.Count - 1;
        Assert.Equal(table, GradientCheck.Value(engine, index));
        engine.Write(ParameterState.Value, index, [.. table.Select(value => 2 * value)]);

        // Twice the head is twice the logits, unless the embedding had changed with it.
        Assert.Equal(before.Select(logit => 2 * logit), engine.LastLogits(batch));
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        using var model = TinyModel.Make("llama");
        var plan = model.Plan(["q_proj"]);
        var first = plan.Modules[0];

        Refuses("model.layers.9.q", plan with { Modules = [first with { Name = "model.layers.9.q" }] });
        Refuses(first.Name, plan with { Modules = [first, first] });
        Refuses(first.Name, plan with { Modules = [first with { Rank = 0 }] });
        Refuses(first.Name, plan with { Modules = [first with { InFeatures = 23 }] });
        Refuses("model.layers.0.nothing", plan with { SavedModules = ["model.layers.0.nothing"] });
        Refuses(first.Name, plan with { SavedModules = [first.Name] });
        Refuses("embed_tokens", model.Plan(["embed_tokens"], dora: true));
        Refuses("rmsprop", plan, s_options with { Optimizer = "rmsprop" });
        Refuses("1.5", plan, s_options with { Dropout = 1.5 });
        using var other = TinyModel.Make("llama", change: config => config with { IntermediateSize = 39 });
        Refuses("(39, 24)", model.Plan(["q_proj"]), weights: other.Weights, expected: "model.layers.0.mlp.gate_proj.weight");
        model.Weights.Remove("model.layers.1.self_attn.o_proj.weight");
        Refuses("model.layers.1.self_attn.o_proj.weight", plan);

        void Refuses(string part, AdapterPlan plan, EngineOptions? options = null, IWeights? weights = null, string expected = "")
        {
            var error = Assert.Throws<TrainerException>(
                () => new ManagedEngine(model.Config, weights ?? model.Weights, plan, options ?? s_options));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tokens_outside_of_the_vocabulary_and_sequences_too_long_are_refused()
    {
        using var model = TinyModel.Make("llama");
        using var engine = model.Start(model.Plan(["q_proj"]));

        var unknown = Assert.Throws<TrainerException>(() => engine.Evaluate(new TokenBatch([50], [1], [0, 1])));
        Assert.Contains("50", unknown.Message, StringComparison.Ordinal);
        Assert.Throws<TrainerException>(() => engine.Evaluate(new TokenBatch([-1], [1], [0, 1])));
        Assert.Throws<TrainerException>(() => engine.Evaluate(new TokenBatch([1], [50], [0, 1])));
        Assert.Contains("64", Assert.Throws<TrainerException>(() => engine.Evaluate(model.Batch([65]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => engine.Evaluate(new TokenBatch([1, 2], [1, 2], [0, 2, 2])));
        Assert.Throws<ArgumentException>(() => engine.Evaluate(new TokenBatch([1, 2], [1], [0, 2])));
        Assert.Throws<TrainerException>(() => engine.CreateDecoder(65));
    }

    [Theory]
    [InlineData("nf4", true)]
    [InlineData("nf4", false)]
    [InlineData("fp4", true)]
    public void Quantized_layers_compute_with_the_dequantized_values(string type, bool isDouble)
    {
        using var model = TinyModel.Make("qwen2");
        using var dequantized = TinyModel.Make("qwen2");
        foreach (var (name, _, _) in model.Linears().Where(linear => linear.Name != "lm_head"))
        {
            var tensor = model.Weights.Find(name + ".weight")!;
            var values = new float[tensor.Length];
            QuantizedTensor.Quantize(tensor, FourBitType.Find(type), isDouble).CopyTo(0, values);
            dequantized.Weights.Remove(tensor.Name);
            dequantized.Weights.Add(tensor.Name, tensor.Shape, values);
        }

        var plan = model.Plan(dora: true);
        var batch = model.Batch([6, 5]);
        using var engine = model.Start(plan, s_options with { Quantization = new QuantizationOptions { Type = type, Double = isDouble } });
        using var expected = dequantized.Start(plan);
        using var exact = model.Start(plan);

        Assert.Equal(expected.Accumulate(batch, 1, 0), engine.Accumulate(batch, 1, 0));
        Assert.Equal(GradientCheck.Gradients(expected), GradientCheck.Gradients(engine));
        Assert.NotEqual(exact.Evaluate(batch), engine.Evaluate(batch));
    }
}
