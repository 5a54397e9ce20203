using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;

namespace LoraLint.Tests.Trainer.Engines;

public class OptimizerTests
{
    private static readonly EngineOptions s_options = new()
    {
        Threads = 1, Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-3, WeightDecay = 0.3, LoraPlusRatio = 8,
    };

    [Fact]
    public void Adamw_follows_its_formula_and_decays_matrices_alone()
    {
        using var model = TinyModel.Make("qwen2");
        using var engine = Start(model, s_options);
        var expected = Enumerable.Range(0, engine.Parameters.Count)
            .Select(i => GradientCheck.Value(engine, i).Select(v => (W: (double)v, M: 0.0, V: 0.0)).ToArray()).ToArray();

        for (var step = 1; step <= 3; step++)
        {
            engine.Accumulate(model.Batch([6, 5], seed: step), 0.1, 0);
            var gradients = GradientCheck.Gradients(engine);
            for (var i = 0; i < expected.Length; i++)
            {
                var role = engine.Parameters[i].Role;
                var rate = role == TensorRole.LoraB ? 8e-3 : 1e-3;
                var decay = role is TensorRole.LoraA or TensorRole.LoraB || engine.Parameters[i].Name.Contains("lm_head", StringComparison.Ordinal) ? 0.3 : 0;
                for (var j = 0; j < expected[i].Length; j++)
                {
                    var g = 0.5 * gradients[i][j];
                    var (w, m, v) = expected[i][j];
                    (m, v) = ((0.8 * m) + (0.2 * g), (0.95 * v) + (0.05 * g * g));
                    w -= rate * decay * w;
                    w -= rate / (1 - Math.Pow(0.8, step)) * m / (Math.Sqrt(v / (1 - Math.Pow(0.95, step))) + 1e-3);
                    expected[i][j] = (w, m, v);
                }
            }

            engine.Step(step, 1e-3, 0.5);
            Assert.Equal(0, engine.GradientNorm());
        }

        for (var i = 0; i < expected.Length; i++)
        {
            var moment = new float[expected[i].Length];
            engine.Read(ParameterState.SecondMoment, i, moment);
            Assert.Equal(expected[i].Select(e => e.W), GradientCheck.Value(engine, i).Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-5);
            Assert.Equal(expected[i].Select(e => e.V), moment.Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-5 * (1 + Math.Abs(a)));
        }
    }

    [Fact]
    public void Sgd_descends_the_gradient_and_keeps_no_moments()
    {
        using var model = TinyModel.Make("qwen2");
        using var engine = Start(model, s_options with { Optimizer = "sgd" });
        engine.Accumulate(model.Batch([6, 5]), 0.1, 0);
        var gradients = GradientCheck.Gradients(engine);
        var start = Enumerable.Range(0, gradients.Length).Select(i => GradientCheck.Value(engine, i)).ToArray();

        engine.Step(1, 0.01, 0.5);

        for (var i = 0; i < gradients.Length; i++)
        {
            var role = engine.Parameters[i].Role;
            var rate = role == TensorRole.LoraB ? 0.08 : 0.01;
            var decay = role is TensorRole.LoraA or TensorRole.LoraB || engine.Parameters[i].Name.Contains("lm_head", StringComparison.Ordinal) ? 0.3 : 0;
            Assert.Equal(
                start[i].Zip(gradients[i], (w, g) => w - (rate * ((decay * w) + (0.5 * g)))), GradientCheck.Value(engine, i).Select(v => (double)v),
                (a, b) => Math.Abs(a - b) < 1e-5);
            var moment = new float[start[i].Length];
            engine.Read(ParameterState.FirstMoment, i, moment);
            Assert.All(moment, value => Assert.Equal(0, value));
            engine.Write(ParameterState.FirstMoment, i, moment);
            moment[0] = 1;
            Assert.Throws<ArgumentException>(() => engine.Write(ParameterState.FirstMoment, i, moment));
        }
    }

    [Fact]
    public void The_gradient_norm_is_that_of_all_parameters_together()
    {
        using var model = TinyModel.Make("llama");
        using var engine = model.Start(model.Plan(saved: ["model.embed_tokens"]));
        engine.Accumulate(model.Batch([6, 5]), 1, 0);

        var expected = Math.Sqrt(GradientCheck.Gradients(engine).Sum(tensor => tensor.Sum(g => (double)g * g)));
        Assert.Equal(expected, engine.GradientNorm(), 1e-9 * expected);
    }

    [Fact]
    public void Reading_and_writing_all_states_moves_a_run_to_another_engine_bit_by_bit()
    {
        using var model = TinyModel.Make("qwen3");
        var plan = model.Plan(dora: true);
        var options = s_options with { Dropout = 0.2 };
        using var first = model.Start(plan, options);
        first.Accumulate(model.Batch([6, 5]), 0.1, 1);
        first.Step(1, 1e-2, 1);
        using var second = new ManagedEngine(model.Config, model.Weights, plan, options);
        for (var i = 0; i < first.Parameters.Count; i++)
        {
            var values = new float[first.Parameters[i].Length];
            foreach (var kind in Enum.GetValues<ParameterState>())
            {
                first.Read(kind, i, values);
                second.Write(kind, i, values);
            }
        }

        foreach (var engine in new[] { first, second })
        {
            engine.Accumulate(model.Batch([4, 9], seed: 8), 0.1, 2);
            engine.Step(2, 1e-2, 1);
        }

        for (var i = 0; i < first.Parameters.Count; i++)
            Assert.Equal(GradientCheck.Value(first, i), GradientCheck.Value(second, i));
    }

    [Fact]
    public void Training_lowers_the_loss()
    {
        using var model = TinyModel.Make("llama");
        using var engine = model.Start(model.Plan(), zeroB: true);
        var batch = model.Batch([10, 8]);
        var before = engine.Evaluate(batch).Mean;
        for (var step = 1; step <= 60; step++)
        {
            engine.Accumulate(batch, 1.0 / batch.Supervised, (ulong)step);
            engine.Step(step, 1e-2, 1);
        }

        Assert.True(engine.Evaluate(batch).Mean < 0.5 * before);
    }

    private static ManagedEngine Start(TinyModel model, EngineOptions options) =>
        model.Start(model.Plan(dora: true, bias: LoraBias.All, saved: ["lm_head", "model.norm"]), options);
}
