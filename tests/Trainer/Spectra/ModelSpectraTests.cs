using LoraLint.Rules.Runs;
using LoraLint.Tests.Trainer.Engines;
using LoraLint.Tests.Trainer.Training;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Spectra;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Spectra;

public sealed class ModelSpectraTests
{
    private static readonly EngineOptions s_options = new() { Threads = 1 };

    [Fact]
    public void Few_kinds_of_tokens_are_few_directions_of_the_first_layers_input()
    {
        using var model = TinyModel.Make("llama");
        var found = Activations(model, model.Plan(rank: 2), new OfTokens(5, 40), threads: 1);
        // What the first layer is fed depends on the token alone: five points around their mean have four directions.
        var first = found.Spectra.Single(s => s.Module == "model.layers.0.self_attn.q_proj").Spectrum;
        Assert.Equal(4, first.Values.Count(v => v > 1e-4 * first.Values[0]));
        Assert.Equal(4, first.EnergyRank(0.9999));
        // Behind attention, tokens before matter too.
        var last = found.Spectra.Single(s => s.Module == "model.layers.1.mlp.down_proj").Spectrum;
        Assert.True(last.EnergyRank(0.9999) > 4);
    }

    [Fact]
    public void Modules_that_are_fed_the_same_have_one_spectrum_and_ranks_add_up_to_the_budget()
    {
        using var model = TinyModel.Make("qwen3");
        var plan = model.Plan(rank: 3);
        var one = Activations(model, plan, new OfTokens(40, 60), threads: 1);
        Assert.Equal(
            ["self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj"],
            one.Spectra.Select(s => s.Module.Split('.', 4)[3]).Distinct());
        Assert.Equal(plan.Modules.Sum(m => m.Rank), one.Ranks!.Sum());
        var three = Activations(model, plan, new OfTokens(40, 60), threads: 3);
        Assert.Equal(one.Ranks, three.Ranks);
        Assert.All(one.Spectra.Zip(three.Spectra), pair => Assert.Equal(pair.First.Spectrum.Values, pair.Second.Spectrum.Values));
    }

    [Fact]
    public void Positions_are_drawn_from_all_of_a_sample_that_has_more_than_are_kept()
    {
        using var model = TinyModel.Make("llama");
        // Tokens below 5 alone in the first half, all tokens in the second.
        var found = Activations(model, model.Plan(["0.self_attn.q_proj"], rank: 2), new OfTokens(45, 400, lateFrom: 200), threads: 1);
        var first = Assert.Single(found.Spectra).Spectrum;
        Assert.Equal(ActivationAnalysis.MostPositions, first.Rows);
        Assert.True(first.Values.Count(v => v > 1e-4 * first.Values[0]) > 10);
    }

    [Fact]
    public void With_too_few_targets_for_its_components_EVA_has_no_ranks_and_spectra_are_told_all_the_same()
    {
        using var model = TinyModel.Make("llama");
        var found = Activations(model, model.Plan(rank: 6), new OfTokens(9, 1), threads: 1);
        Assert.Null(found.Ranks);
        Assert.NotEmpty(found.Spectra);
    }

    [Fact]
    public void The_gradient_of_one_target_behind_the_last_attention_is_one_direction()
    {
        using var model = TinyModel.Make("llama");
        var found = Gradients(model, model.Plan(), new OneTarget([3, 1, 4, 1, 5], 9));
        foreach (var name in new[] { "o_proj", "gate_proj", "up_proj", "down_proj" })
        {
            // Behind the last attention a target has one row of inputs and one of gradients: their outer product.
            var spectrum = found.Spectra.Single(s => s.Module.StartsWith("model.layers.1.", StringComparison.Ordinal)
                && s.Module.EndsWith(name, StringComparison.Ordinal)).Spectrum;
            Assert.Equal(1, spectrum.EnergyRank(0.999999));
            Assert.Equal(1, spectrum.StableRank, 6);
        }

        // Keys and values of all five tokens matter.
        var keys = found.Spectra.Single(s => s.Module == "model.layers.1.self_attn.k_proj").Spectrum;
        Assert.InRange(keys.Values.Count(v => v > 1e-5 * keys.Values[0]), 2, 5);
    }

    [Fact]
    public void Importance_is_what_a_weight_does_to_the_loss()
    {
        // Growing all of a module's weights by a share e changes the loss by e sum(W G): of one weight alone, by e W G.
        using var model = TinyModel.Make("llama");
        var batches = new OneTarget([7, 2, 9], 4);
        const string Name = "model.layers.1.mlp.down_proj";
        var plan = model.Plan([Name]);
        var found = Gradients(model, plan, batches);
        var module = plan.Modules[0];
        using var engine = new ManagedEngine(
            model.Config, model.Weights, new AdapterPlan([], false, LoraBias.None, [Name]), s_options with { Optimizer = "sgd" });
        var weights = new float[module.InFeatures * module.OutFeatures];
        engine.Read(ParameterState.Value, 0, weights);
        var sum = 0.0;
        foreach (var i in Enumerable.Range(0, weights.Length))
        {
            var changed = (float[])weights.Clone();
            const float Share = 0.02f;
            changed[i] = weights[i] * (1 + Share);
            engine.Write(ParameterState.Value, 0, changed);
            var above = engine.Evaluate(batches.Training(0, 0)).Loss;
            changed[i] = weights[i] * (1 - Share);
            engine.Write(ParameterState.Value, 0, changed);
            sum += Math.Abs(above - engine.Evaluate(batches.Training(0, 0)).Loss) / (2 * Share);
        }

        var importance = Assert.Single(found.Importances);
        Assert.Equal((module.InFeatures, module.OutFeatures), (importance.Inputs, importance.Outputs));
        Assert.InRange(importance.Importance, 0.98 * sum / weights.Length, 1.02 * sum / weights.Length);
    }

    [Fact]
    public void Gradients_are_the_same_a_module_at_a_time_and_with_any_number_of_threads()
    {
        using var model = TinyModel.Make("gemma2");
        var plan = model.Plan();
        var all = Gradients(model, plan, new GivenBatches(6, 0));
        var single = GradientAnalysis.Run(
            plan, model.Config, model.Weights, new GivenBatches(6, 0), new ManagedEngineKind(), s_options with { Threads = 2 }, 1,
            mostValues: 1);
        Assert.Equal(all.Loss, single.Loss);
        Assert.Equal(all.Importances, single.Importances);
        Assert.All(all.Spectra.Zip(single.Spectra), pair => Assert.Equal(pair.First.Spectrum.Values, pair.Second.Spectrum.Values));
        using var engine = model.StartBare();
        var batches = Enumerable.Range(0, 6).Select(i => new GivenBatches(6, 0).Training(0, i)).ToList();
        Assert.Equal(batches.Sum(b => engine.Evaluate(b).Loss) / batches.Sum(b => b.Supervised), all.Loss, 6);
    }

    [Fact]
    public void A_tied_heads_weight_is_the_embeddings()
    {
        using var model = TinyModel.Make("llama");
        var found = Gradients(model, model.Plan(["lm_head"]), new OneTarget([3, 1], 9));
        Assert.True(Assert.Single(found.Importances).Importance > 0);
    }

    private static ActivationResult Activations(TinyModel model, AdapterPlan plan, ITrainingBatches batches, int threads)
    {
        var options = s_options with { Threads = threads };
        using var engine = new ManagedEngine(model.Config, model.Weights, plan, options);
        return ActivationAnalysis.Run(plan, batches, engine, seed: 1, threads);
    }

    private static GradientResult Gradients(TinyModel model, AdapterPlan plan, ITrainingBatches batches) =>
        GradientAnalysis.Run(plan, model.Config, model.Weights, batches, new ManagedEngineKind(), s_options, seed: 1);

    /// <summary>Sequences of eight tokens out of the first so many, all but the first targets.</summary>
    private sealed class OfTokens(int kinds, int microBatches, int lateFrom = 0) : ITrainingBatches
    {
        public int MicroBatches => microBatches;

        public int ValidationBatches => 0;

        public TokenBatch Training(int epoch, int index)
        {
            var random = new Random(index);
            var tokens = Enumerable.Range(0, 8).Select(_ => random.Next(index < lateFrom ? 5 : kinds)).ToArray();
            return new TokenBatch(tokens, [.. tokens.Skip(1), TokenBatch.Ignored], [0, 8]);
        }

        public TokenBatch Validation(int index) => throw new NotSupportedException();
    }

    /// <summary>One sequence, whose last position alone has a target.</summary>
    private sealed class OneTarget(int[] tokens, int target) : ITrainingBatches
    {
        public int MicroBatches => 1;

        public int ValidationBatches => 0;

        public TokenBatch Training(int epoch, int index) =>
            new(tokens, [.. tokens.Select((_, i) => i == tokens.Length - 1 ? target : TokenBatch.Ignored)], [0, tokens.Length]);

        public TokenBatch Validation(int index) => throw new NotSupportedException();
    }
}
