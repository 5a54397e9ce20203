using LoraLint.Tests.Trainer.Engines;
using LoraLint.Trainer;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

public sealed class EvaStartTests
{
    private const string Queries = "model.layers.0.self_attn.q_proj";
    private static readonly EngineOptions s_options = new() { Threads = 1 };

    [Fact]
    public void The_inputs_at_tokens_that_are_targets_decide_and_no_others()
    {
        using var model = TinyModel.Make("llama");
        var plan = model.Plan(["0.self_attn.q_proj"], rank: 1);
        using var initial = EvaStart.Create(
            plan, model.Config, model.Weights, new ThreeTargets(6), new ManagedEngineKind(), s_options, 1, _ => { });
        // What the first layer is fed depends on the token alone. Of three points all variance lies in the plane through them.
        var plane = Differences(model, 5, 6, 7);
        Assert.InRange(Outside(initial.Modules[Queries].A, plane), 0, 1e-4);
        Assert.InRange(Outside(initial.Modules[Queries].A, Differences(model, 1, 2, 3)), 0.2, 1);
        Assert.All(initial.Modules[Queries].B, v => Assert.Equal(0, v));
    }

    [Fact]
    public void Micro_batches_with_few_targets_are_put_together_and_the_seed_decides_all()
    {
        using var model = TinyModel.Make("qwen3");
        var plan = model.Plan(rank: 3);
        using var one = Create(1);
        using var again = Create(3);
        Assert.Equal(plan.Modules.Sum(m => m.Rank), one.Plan.Modules.Sum(m => m.Rank));
        Assert.Equal(one.Plan.Modules, again.Plan.Modules);
        Assert.All(one.Modules, m => Assert.Equal(m.Value.A, again.Modules[m.Key].A));

        InitialAdapter Create(int threads) => EvaStart.Create(
            plan, model.Config, model.Weights, new GivenBatches(20, 0), new ManagedEngineKind(), s_options with { Threads = threads }, 1,
            _ => { });
    }

    [Fact]
    public void Data_with_too_few_targets_is_an_error()
    {
        using var model = TinyModel.Make("llama");
        var error = Assert.Throws<TrainerException>(() => EvaStart.Create(
            model.Plan(rank: 4), model.Config, model.Weights, new ThreeTargets(1), new ManagedEngineKind(), s_options, 1, _ => { }));
        Assert.Contains("supervised tokens, and the training data has fewer", error.Message, StringComparison.Ordinal);
    }

    private static double[][] Differences(TinyModel model, int a, int b, int c)
    {
        using var engine = new ManagedEngine(model.Config, model.Weights, model.Plan(["0.self_attn.q_proj"], rank: 1), s_options);
        var inputs = new float[3][];
        engine.CaptureInputs(new TokenBatch([a, b, c], [-1, -1, -1], [0, 3]), (_, read) =>
        {
            inputs = [.. Enumerable.Range(0, 3).Select(_ => new float[model.Config.HiddenSize])];
            for (var row = 0; row < 3; row++)
                read(row, inputs[row]);
        });
        return [Minus(inputs[1], inputs[0]), Minus(inputs[2], inputs[0])];
    }

    private static double[] Minus(float[] x, float[] y) => [.. x.Zip(y, (p, q) => (double)p - q)];

    // The part of a vector outside of a plane, relative to its norm.
    private static double Outside(float[] vector, double[][] plane)
    {
        var rest = vector.Select(v => (double)v).ToArray();
        var first = Unit(plane[0]);
        var second = Unit(Without(plane[1], first));
        rest = Without(Without(rest, first), second);
        return Norm(rest) / Norm([.. vector.Select(v => (double)v)]);

        static double[] Without(double[] x, double[] unit)
        {
            var dot = x.Zip(unit, (p, q) => p * q).Sum();
            return [.. x.Zip(unit, (p, q) => p - (dot * q))];
        }
    }

    private static double[] Unit(double[] x) => [.. x.Select(v => v / Norm(x))];

    private static double Norm(double[] x) => Math.Sqrt(x.Sum(v => v * v));

    /// <summary>Prompts of tokens 1 to 4 and answers of 5 to 7.</summary>
    private sealed class ThreeTargets(int microBatches) : ITrainingBatches
    {
        public int MicroBatches => microBatches;

        public int ValidationBatches => 0;

        public TokenBatch Training(int epoch, int index) =>
            new([1, 2, 3, 4, 5 + (index % 3), 6, 7], [-1, -1, -1, 5 + (index % 3), 6, 7, -1], [0, 7]);

        public TokenBatch Validation(int index) => throw new NotSupportedException();
    }
}
