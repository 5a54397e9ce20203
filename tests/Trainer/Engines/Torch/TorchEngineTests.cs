using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Torch;
using TorchSharp;

namespace LoraLint.Tests.Trainer.Engines.Torch;

/// <summary>What the reference does not show of the TorchSharp engine.</summary>
[Collection("torch")]
public sealed class TorchEngineTests
{
    private static readonly int[] s_lengths = [7, 3, 12, 11];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_with_dropout_are_slopes_of_the_loss(bool dora)
    {
        using var model = TinyModel.Make("llama");
        using var engine = Start(model, model.Plan(dora: dora), new EngineOptions { Threads = 2, Dropout = 0.3 });
        // Norms of the rows count as constants in DoRA's gradients: slopes of the loss are those of magnitudes alone.
        if (!dora)
        {
            GradientCheck.Run(engine, model.Batch(s_lengths), tolerance: 2e-2);
            return;
        }

        using var expected = model.Start(model.Plan(dora: true), new EngineOptions { Threads = 1 });
        using var without = Start(model, model.Plan(dora: true), new EngineOptions { Threads = 2 });
        expected.Accumulate(model.Batch(s_lengths), 1, 0);
        without.Accumulate(model.Batch(s_lengths), 1, 0);
        Assert.True(GradientCheck.Distance(GradientCheck.Gradients(expected), GradientCheck.Gradients(without)) < 1e-4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Masks_are_the_same_in_the_recomputed_pass_and_others_with_another_key(bool dora)
    {
        using var model = TinyModel.Make("llama");
        using var keeping = Start(model, model.Plan(dora: dora), new EngineOptions { Threads = 2, Dropout = 0.3 });
        using var recomputing = Start(
            model, model.Plan(dora: dora), new EngineOptions { Threads = 2, Dropout = 0.3, GradientCheckpointing = true });
        var batch = model.Batch(s_lengths);
        keeping.Accumulate(batch, 0.1, 77);
        recomputing.Accumulate(batch, 0.1, 77);
        Assert.Equal(keeping.ReadSums(), recomputing.ReadSums());
        Assert.Equal(GradientCheck.Gradients(keeping), GradientCheck.Gradients(recomputing));
        GradientCheck.Clear(keeping);
        keeping.Accumulate(batch, 0.1, 78);
        Assert.True(GradientCheck.Distance(GradientCheck.Gradients(recomputing), GradientCheck.Gradients(keeping)) > 0.05);
    }

    [Fact]
    public void A_mask_drops_the_share_asked_for_and_keeps_the_expectation()
    {
        using var model = TinyModel.Make("llama");
        var pass = new Pass
        {
            Device = torch.CPU, Precision = torch.ScalarType.Float32, Groups = SequenceGroups.Of([0, 4], torch.CPU), Ropes = [],
            Dropout = 0.3, DropoutKey = 5,
        };
        using var mask = pass.DrawMask(3, [200, 500]);
        using var again = pass.DrawMask(3, [200, 500]);
        using var other = pass.DrawMask(4, [200, 500]);
        Assert.Equal(0.7, mask.to(torch.ScalarType.Float32).mean().item<float>(), 0.01);
        Assert.True(mask.eq(again).all().item<bool>());
        Assert.False(mask.eq(other).all().item<bool>());
    }

    // bf16 keeps 8 bits: a loss is right to a few thousandths, and gradients point where they should.
    [Theory]
    [InlineData("llama", false)]
    [InlineData("qwen3", false)]
    [InlineData("gemma2", false)]
    [InlineData("gemma3_text", true)]
    [InlineData("phi3", false)]
    public void In_bf16_losses_agree_within_a_hundredth_and_gradients_within_a_tenth(string family, bool dora)
    {
        using var model = TinyModel.Make(family);
        var plan = model.Plan(dora: dora);
        using var wide = model.Start(plan, new EngineOptions { Threads = 1 });
        using var narrow = Start(model, plan, new EngineOptions { Threads = 2, Precision = "bf16" });
        var batch = model.Batch(s_lengths);
        wide.Accumulate(batch, 0.1, 0);
        narrow.Accumulate(batch, 0.1, 0);
        var expected = ((ITrainingEngine)wide).ReadSums();
        Assert.Equal(expected.Loss, narrow.ReadSums().Loss, 0.01 * expected.Loss);
        var distance = GradientCheck.Distance(GradientCheck.Gradients(wide), GradientCheck.Gradients(narrow));
        Assert.True(distance < 0.1, $"{distance:g3}");
    }

    [Fact]
    public void Twenty_steps_in_bf16_learn_what_those_in_32_bits_do()
    {
        using var model = TinyModel.Make("llama");
        using var wide = model.Start(model.Plan(), new EngineOptions { Threads = 1 }, zeroB: true);
        using var narrow = Start(model, model.Plan(), new EngineOptions { Threads = 2, Precision = "bf16" }, zeroB: true);
        var batch = model.Batch(s_lengths);
        var (before, expected) = (wide.Evaluate(batch).Mean, Train(wide));
        Assert.True(expected < 0.9 * before, $"{before} to {expected}");
        Assert.Equal(expected, Train(narrow), 0.1 * expected);

        double Train(ITrainingEngine engine)
        {
            for (var step = 1; step <= 20; step++)
            {
                engine.Accumulate(batch, 1.0 / batch.Supervised, 0);
                engine.Step(step, 1e-2, 1);
            }

            return engine.Evaluate(batch).Mean;
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void No_tensor_is_left_behind_by_a_step(bool recomputes, bool dora)
    {
        using var model = TinyModel.Make("gemma3_text");
        var options = new EngineOptions
        {
            Threads = 1, Dropout = 0.1, GradientCheckpointing = recomputes,
            Quantization = new QuantizationOptions { Type = "nf4", Double = true },
        };
        using var engine = Start(model, model.Plan(dora: dora, saved: ["model.layers.1.self_attn.q_norm"]), options);
        Step(1);
        var after = torch.Tensor.TotalCount;
        Step(2);
        Step(3);
        Assert.Equal(after, torch.Tensor.TotalCount);

        void Step(int step)
        {
            foreach (var lengths in new int[][] { [5, 5], [9, 4, 2] })
            {
                var next = model.Batch(lengths);
                engine.Prepare(next);
                engine.Evaluate(model.Batch(lengths));
                engine.Accumulate(next, 0.1, (ulong)step);
            }

            engine.ReadSums();
            engine.Step(step, 1e-3, 0.5);
        }
    }

    [Theory]
    [InlineData("llama", "fp32")]
    [InlineData("gemma3_text", "bf16")]
    public void Batches_that_were_prepared_give_the_same_bits(string family, string precision)
    {
        using var model = TinyModel.Make(family);
        var options = new EngineOptions { Threads = 1, Dropout = 0.1, Precision = precision };
        using var plain = Start(model, model.Plan(), options);
        using var ahead = Start(model, model.Plan(), options);
        TokenBatch[] batches = [model.Batch([7, 3]), model.Batch([12, 12]), model.Batch([2]), model.Batch([30, 1, 9])];
        for (var step = 1; step <= 3; step++)
        {
            for (var i = 0; i < batches.Length; i++)
            {
                plain.Accumulate(batches[i], 0.1, (ulong)(step + i));
                ahead.Accumulate(batches[i], 0.1, (ulong)(step + i));
                // The last one announces what comes behind the step, the optimizer and an evaluation, which grows the rotary tables.
                ahead.Prepare(batches[(i + 1) % batches.Length]);
            }

            Assert.Equal(plain.ReadSums(), ahead.ReadSums());
            plain.Step(step, 1e-2, 1);
            ahead.Step(step, 1e-2, 1);
            var other = model.Batch([31 + step, 4]);
            Assert.Equal(plain.Evaluate(other), ahead.Evaluate(other));
        }

        // Not the one that was announced.
        plain.Accumulate(batches[3], 0.1, 9);
        ahead.Accumulate(batches[3], 0.1, 9);
        Assert.Equal(plain.ReadSums(), ahead.ReadSums());
        Assert.Equal(GradientCheck.Gradients(plain), GradientCheck.Gradients(ahead));
    }

    [Fact]
    public void An_announcement_that_is_replaced_or_never_used_leaves_no_tensor_behind()
    {
        using var model = TinyModel.Make("gemma3_text");
        // What other tests left to the finalizer is not to go in the middle of this one.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = torch.Tensor.TotalCount;
        using (var engine = Start(model, model.Plan(), new EngineOptions { Threads = 1 }))
        {
            var idle = torch.Tensor.TotalCount;
            engine.Prepare(model.Batch([5, 5]));
            var first = torch.Tensor.TotalCount;
            Assert.True(first > idle);
            engine.Prepare(model.Batch([5, 5]));
            Assert.Equal(first, torch.Tensor.TotalCount);
        }

        Assert.Equal(before, torch.Tensor.TotalCount);
    }

    [Fact]
    public void An_announced_batch_outside_of_the_vocabulary_is_refused()
    {
        using var model = TinyModel.Make("llama");
        using var engine = Start(model, model.Plan(), new EngineOptions { Threads = 1 });
        var token = model.Config.VocabularySize;
        Assert.Throws<TrainerException>(() => engine.Prepare(new TokenBatch([token], [TokenBatch.Ignored], [0, 1])));
    }

    [Fact]
    public void Inputs_and_norms_of_adapted_modules_are_those_of_the_managed_engine()
    {
        using var model = TinyModel.Make("llama");
        var plan = model.Plan(["q_proj", "down_proj", "lm_head"], dora: true);
        using var managed = model.Start(plan);
        using var engine = Start(model, plan, new EngineOptions { Threads = 1 });
        var batch = model.Batch([5, 3]);
        Assert.True(GradientCheck.Distance(Inputs(managed), Inputs(engine)) < 1e-5);
        Assert.True(GradientCheck.Distance(Norms(managed), Norms(engine)) < 1e-6);

        float[][] Inputs(ITrainingEngine of)
        {
            var seen = new List<float[]>();
            of.CaptureInputs(batch, (module, read) =>
            {
                for (var row = 0; row < batch.Length; row++)
                {
                    seen.Add(new float[plan.Modules[module].InFeatures]);
                    read(row, seen[^1]);
                }
            });
            return [.. seen];
        }

        float[][] Norms(ITrainingEngine of) => [.. Enumerable.Range(0, plan.Modules.Count).Select(of.WeightNorms)];
    }

    [Fact]
    public void A_precision_that_needs_scaled_gradients_is_refused()
    {
        using var model = TinyModel.Make("llama");
        var error = Assert.Throws<TrainerException>(() => Start(model, model.Plan(), new EngineOptions { Precision = "fp16" }));
        Assert.Contains("bf16", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_does_not_suffice_is_told_with_what_to_change()
    {
        // 2^26 tokens of width 2^20 would take 256 TiB.
        using var model = TinyModel.Make("llama");
        var failure = Record.Exception(() => torch.empty([1L << 26, 1L << 20]));
        var error = Assert.IsType<EngineMemoryException>(TorchFailure.Of(
            Assert.IsType<System.Runtime.InteropServices.ExternalException>(failure), new EngineOptions(),
            new MemoryNeed(5, 3L << 30, 1L << 28)));
        Assert.Equal(
            "the memory of cpu does not suffice for a micro batch of 5 tokens: the base model takes 3 GiB of it, what is trained 256 MiB, "
            + "and activations want more than the rest; turn gradient_checkpointing on, lower micro_batch_size (and raise "
            + "gradient_accumulation_steps as much) or max_sequence_length, or quantize the base model to 4 bits",
            error.Message);
    }

    [Fact]
    public void Memory_that_does_not_suffice_is_told_with_the_estimate_by_parts_and_the_rule()
    {
        var failure = Assert.IsType<System.Runtime.InteropServices.ExternalException>(
            Record.Exception(() => torch.empty([1L << 26, 1L << 20])));
        var options = new EngineOptions
        {
            GradientCheckpointing = true, Quantization = new QuantizationOptions(),
            Memory = new MemoryEstimate(
                [new("base weights", 3_200_000_000), new("activations kept", 900_000_000)], 3_900_000_000, 4_500_000_000),
        };
        Assert.EndsWith(
            "or max_sequence_length. The run was estimated to take about 4.1 GB (3.9 GB to 4.5 GB): base weights 3.2 GB, activations kept "
            + "900 MB; with gpu in loralint.yaml the rule memory-exceeds-gpu tells in a check what cannot fit",
            TorchFailure.Of(failure, options, new MemoryNeed(5, 3L << 30, 1L << 28)).Message, StringComparison.Ordinal);
        Assert.StartsWith(
            "the base model does not fit into the memory of cpu: take a smaller one. The run was estimated",
            TorchFailure.Of(failure, options, null).Message, StringComparison.Ordinal);
    }

    // Frozen weights and what is trained are counted to the byte, but for norms and biases, which the engine's own count leaves out.
    [Theory]
    [InlineData("llama", "fp32", null)]
    [InlineData("qwen3", "bf16", null)]
    [InlineData("phi3", "fp32", true)]
    [InlineData("gemma3_text", "bf16", false)]
    public void Weights_and_trained_values_take_what_is_estimated(string family, string precision, bool? isDouble)
    {
        using var model = TinyModel.Make(family);
        var plan = model.Plan(dora: true);
        var options = new EngineOptions
        {
            Threads = 1, Precision = precision,
            Quantization = isDouble is { } nested ? new QuantizationOptions { Double = nested } : null,
        };
        using var engine = Start(model, plan, options);
        var (frozen, trained) = engine.Bytes;
        var parts = EngineMemory.Estimate("torch", model.Config, plan, options, new BatchSize(10, 10, 10), 4)!.Parts;
        Assert.Equal(trained, parts.Single(part => part.Name.StartsWith("trained", StringComparison.Ordinal)).Bytes);
        var modules = LoraLint.Trainer.Models.ModelLayout.Modules(model.Config);
        var norms = 4L * modules.Where(m => m.Kind == LoraLint.Trainer.Models.ModuleKind.Norm).Sum(m => m.Shape[0]);
        var biases = (precision == "fp32" ? 4L : 2) * modules.Where(m => m.HasBias).Sum(m => m.Shape[0]);
        // A block that is not full has a constant all the same.
        var estimated = parts.Single(part => part.Name == "base weights").Bytes - norms - biases;
        Assert.InRange(estimated, 0.97 * frozen, frozen);
    }

    private static TorchEngine Start(
        TinyModel model, LoraLint.Trainer.Models.AdapterPlan plan, EngineOptions options, bool zeroB = false)
    {
        var engine = new TorchEngine(model.Config, model.Weights, plan, options);
        TinyModel.Randomise(engine, zeroB);
        return engine;
    }
}
