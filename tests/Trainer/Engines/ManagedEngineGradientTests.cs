using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines;

public class ManagedEngineGradientTests
{
    public static TheoryData<string> Families => [.. TinyModel.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Gradients_of_adapters_on_all_linear_layers_agree_with_differences_of_the_loss(string family)
    {
        using var model = TinyModel.Make(family);
        using var engine = model.Start(model.Plan([.. model.Linears().Select(linear => linear.Name)]));

        GradientCheck.Run(engine, model.Batch([7, 4]));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Gradients_of_norms_biases_embedding_and_head_agree_with_differences_of_the_loss(string family)
    {
        using var model = TinyModel.Make(family);
        string[] norms = model.Config switch
        {
            { HasPostNorms: true, HasQueryKeyNorm: true } =>
                ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm",
                    "self_attn.q_norm", "self_attn.k_norm"],
            { HasPostNorms: true } =>
                ["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"],
            { HasQueryKeyNorm: true } => ["input_layernorm", "post_attention_layernorm", "self_attn.q_norm", "self_attn.k_norm"],
            _ => ["input_layernorm", "post_attention_layernorm"],
        };
        string[] saved =
            ["model.embed_tokens", "model.norm", "lm_head", "model.layers.1.mlp.down_proj",
                .. norms.Select(norm => $"model.layers.0.{norm}"), .. norms.Select(norm => $"model.layers.1.{norm}")];
        using var engine = model.Start(model.Plan(["o_proj"], bias: LoraBias.All, saved: saved));

        // Biases of keys shift all scores of a query alike without a norm or rotation, and hardly with one: their gradients are tiny.
        GradientCheck.Run(engine, model.Batch([7, 4]), tolerance: 2e-2);
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("phi3")]
    public void Gradients_under_dropout_agree_with_differences_of_the_loss_under_the_same_masks(string family)
    {
        using var model = TinyModel.Make(family);
        using var engine = model.Start(
            model.Plan([.. model.Linears().Select(linear => linear.Name)]), new EngineOptions { Threads = 1, Dropout = 0.3 });

        GradientCheck.Run(engine, model.Batch([7, 4]));
    }

    [Theory]
    [InlineData("llama", 0)]
    [InlineData("llama", 0.3)]
    [InlineData("qwen2", 0)]
    [InlineData("qwen2", 0.3)]
    public void Gradients_of_dora_agree_with_differences_when_the_norms_are_held(string family, double dropout)
    {
        using var model = TinyModel.Make(family);
        var plan = model.Plan([.. model.Linears().Select(linear => linear.Name)], dora: true);
        using var engine = model.Start(plan, new EngineOptions { Threads = 1, Dropout = dropout });

        // The norm n counts as a constant. Where A or B move, the magnitude follows so that m / n stays: what is left is the gradient.
        var ratios = plan.Modules.Select((module, i) => Divide(GradientCheck.Value(engine, 3 * i + 2), Norms(i))).ToArray();
        GradientCheck.Run(engine, model.Batch([7, 4]), follow: parameter =>
        {
            var module = parameter / 3;
            if (parameter % 3 != 2)
                engine.Write(ParameterState.Value, 3 * module + 2, Multiply(ratios[module], Norms(module)));
        });

        float[] Norms(int module)
        {
            var (a, b) = (GradientCheck.Value(engine, 3 * module), GradientCheck.Value(engine, 3 * module + 1));
            var shape = plan.Modules[module];
            var weight = new float[shape.InFeatures * shape.OutFeatures];
            (model.Weights.Find(shape.Name + ".weight") ?? model.Weights.Find("model.embed_tokens.weight"))!.CopyTo(weight);
            var norms = new float[shape.OutFeatures];
            for (var row = 0; row < norms.Length; row++)
            {
                var sum = 0.0;
                for (var column = 0; column < shape.InFeatures; column++)
                {
                    double value = weight[row * shape.InFeatures + column];
                    for (var r = 0; r < shape.Rank; r++)
                        value += shape.Scaling * b[row * shape.Rank + r] * a[r * shape.InFeatures + column];
                    sum += value * value;
                }

                norms[row] = (float)Math.Sqrt(sum);
            }

            return norms;
        }

        static float[] Divide(float[] x, float[] y) => [.. x.Zip(y, (a, b) => a / b)];
        static float[] Multiply(float[] x, float[] y) => [.. x.Zip(y, (a, b) => a * b)];
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma3_text")]
    public void Gradients_of_an_adapter_on_the_embedding_agree_with_differences_of_the_loss(string family)
    {
        using var model = TinyModel.Make(family);
        using var engine = model.Start(model.Plan(["embed_tokens", "v_proj"]));

        GradientCheck.Run(engine, model.Batch([7, 4]));
    }

    [Theory]
    [InlineData("model.layers.1.mlp.down_proj")]
    [InlineData("model.layers.1.mlp.up_proj")]
    [InlineData("model.layers.1.self_attn.o_proj")]
    [InlineData("model.layers.1.self_attn.k_proj")]
    [InlineData("model.layers.0.mlp.gate_proj")]
    [InlineData("lm_head")]
    public void A_single_adapter_gets_the_gradient_that_it_gets_among_others(string target)
    {
        using var model = TinyModel.Make("gemma2");
        var batch = model.Batch([7, 4]);
        var all = model.Plan([.. model.Linears().Select(linear => linear.Name)]);
        using var among = model.Start(all, zeroB: true);
        var index = all.Modules.ToList().FindIndex(module => module.Name == target);
        using var alone = new ManagedEngine(model.Config, model.Weights, all with { Modules = [all.Modules[index]] }, new EngineOptions { Threads = 1 });
        alone.Write(ParameterState.Value, 0, GradientCheck.Value(among, 2 * index));

        var expected = among.Accumulate(batch, 1, 0);
        var actual = alone.Accumulate(batch, 1, 0);

        Assert.Equal(expected.Loss, actual.Loss);
        Assert.Equal(GradientCheck.Gradients(among)[2 * index + 1], GradientCheck.Gradients(alone)[1]);
    }

    [Fact]
    public void Biases_and_whole_modules_without_adapters_get_the_gradients_that_they_get_beside_adapters()
    {
        using var model = TinyModel.Make("llama-bias");
        var batch = model.Batch([7, 4]);
        using var with = model.Start(model.Plan(bias: LoraBias.All, saved: ["model.norm"]), zeroB: true);
        using var without = new ManagedEngine(
            model.Config, model.Weights, new AdapterPlan([], false, LoraBias.All, ["model.norm"]), new EngineOptions { Threads = 1 });
        with.Accumulate(batch, 1, 0);
        var expected = GradientCheck.Gradients(with);
        for (var i = 0; i < without.Parameters.Count; i++)
        {
            var name = without.Parameters[i].Name;
            var other = with.Parameters.ToList().FindIndex(p => p.Name.Replace(".base_layer", "", StringComparison.Ordinal) == name);
            without.Write(ParameterState.Value, i, GradientCheck.Value(with, other));
        }

        without.Accumulate(batch, 1, 0);

        var actual = GradientCheck.Gradients(without);
        Assert.Equal(15, without.Parameters.Count);
        for (var i = 0; i < without.Parameters.Count; i++)
        {
            var other = with.Parameters.ToList()
                .FindIndex(p => p.Name.Replace(".base_layer", "", StringComparison.Ordinal) == without.Parameters[i].Name);
            Assert.Equal(expected[other], actual[i]);
        }
    }
}
