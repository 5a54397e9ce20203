using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Engines.Managed.Kernels;

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
                var decay = Decay(engine.Parameters[i]);
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
            AssertNear(expected[i].Select(e => e.W), GradientCheck.Value(engine, i));
            AssertNear(expected[i].Select(e => e.V), moment);
        }
    }

    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(false, 1, 9.0 / 7)]
    public unsafe void Without_bias_correction_the_moments_count_as_they_are(bool corrects, double firstStep, double secondStep)
    {
        // Gradients 1 and 1 with b1 = 0.8, b2 = 0.96: m is 0.2 and 0.36, v is 0.04 and 0.0784, so that sqrt(v) is 0.2 and 0.28.
        // Without correction a step is m / sqrt(v); with it a gradient that stays is a step of the whole rate.
        using var pool = new WorkerPool(1);
        float value = 0, gradient = 1, first = 0, second = 0;
        var steps = new float[2];
        for (var step = 1; step <= 2; step++)
        {
            (gradient, var before) = (1, value);
            AdamW.Update(pool, new AdamWStep(step, 0.1, 0.8, 0.96, 1e-12, 0, 1, corrects), &value, &gradient, &first, &second, 1);
            steps[step - 1] = before - value;
        }

        Assert.Equal([0.1f * (float)firstStep, 0.1f * (float)secondStep], steps, (a, b) => Math.Abs(a - b) < 1e-6);
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
            var decay = Decay(engine.Parameters[i]);
            AssertNear(start[i].Zip(gradients[i], (w, g) => w - (rate * ((decay * w) + (0.5 * g)))), GradientCheck.Value(engine, i));
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

        GradientCheck.Clear(engine);
        engine.Write(ParameterState.Gradient, 0, [.. Enumerable.Repeat(1e-25f, engine.Parameters[0].Length)]);
        Assert.Equal(1e-25 * Math.Sqrt(engine.Parameters[0].Length), engine.GradientNorm(), 1e-31);
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

    [Fact]
    public void The_engines_option_reaches_the_optimizer()
    {
        using var model = TinyModel.Make("llama");
        using var corrected = Start(model, s_options);
        using var plain = Start(model, s_options with { BiasCorrection = false });
        var start = GradientCheck.Value(plain, 0);
        foreach (var engine in new[] { corrected, plain })
        {
            engine.Accumulate(model.Batch([6, 5]), 1e3, 0);
            engine.Step(1, 1e-3, 1);
        }

        // (1 - 0.8) / sqrt(1 - 0.95) of the corrected step, where epsilon does not count; the decay of both is the same.
        var (one, other) = (GradientCheck.Value(corrected, 0), GradientCheck.Value(plain, 0));
        for (var i = 0; i < start.Length; i++)
        {
            var kept = start[i] * (1 - (1e-3 * 0.3));
            Assert.Equal(0.2 / Math.Sqrt(0.05) * (kept - one[i]), kept - other[i], 2e-6);
        }
    }

    private static double Decay(TrainableTensor parameter) =>
        parameter.Role is TensorRole.LoraA or TensorRole.LoraB || parameter.Name == "base_model.model.lm_head.weight" ? 0.3 : 0;

    private static void AssertNear(IEnumerable<double> expected, float[] actual) =>
        Assert.Equal(expected, actual.Select(v => (double)v), (a, b) => Math.Abs(a - b) < 1e-5 * (1 + Math.Abs(a)));

    private static ManagedEngine Start(TinyModel model, EngineOptions options) =>
        model.Start(model.Plan(dora: true, bias: LoraBias.All, saved: ["lm_head", "model.norm"]), options);
}
