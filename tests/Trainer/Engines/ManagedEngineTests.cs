using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines;

public class ManagedEngineTests
{
    public static TheoryData<string> Families => [.. TinyModel.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void An_adapter_whose_b_is_zero_gives_the_base_models_loss(string family)
    {
        using var model = TinyModel.Make(family);
        var batch = model.Batch([7, 4]);
        using var engine = model.Start(model.Plan(), zeroB: true);
        using var bare = model.StartBare();

        Assert.Equal(bare.Evaluate(batch), engine.Evaluate(batch));
        Assert.Equal(bare.Evaluate(batch), bare.Accumulate(batch, 1, 0));
    }

    [Fact]
    public void A_new_engine_computes_the_base_model_whatever_is_trained()
    {
        using var model = TinyModel.Make("qwen2");
        var batch = model.Batch([7, 4]);
        using var bare = model.StartBare();
        string[] saved = ["model.embed_tokens", "lm_head", "model.norm"];
        var plan = model.Plan(["q_proj", "down_proj"], dora: true, bias: LoraBias.All, saved: saved);
        using var engine = new ManagedEngine(model.Config, model.Weights, plan, new EngineOptions { Threads = 1 });

        Assert.Equal(bare.Evaluate(batch).Loss, engine.Evaluate(batch).Loss, 1e-4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Switching_the_adapter_off_shows_the_base_model(bool dora)
    {
        using var model = TinyModel.Make("qwen2");
        var batch = model.Batch([7, 4]);
        using var bare = model.StartBare();
        using var engine = model.Start(model.Plan(dora: dora, bias: LoraBias.All, saved: ["model.embed_tokens", "lm_head", "model.norm"]));

        Assert.NotEqual(bare.Evaluate(batch), engine.Evaluate(batch));
        engine.AdapterEnabled = false;
        Assert.Equal(bare.Evaluate(batch), engine.Evaluate(batch));
        Assert.Equal(bare.LastLogits(batch), engine.LastLogits(batch));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Recomputing_layers_gives_the_same_bits(string family)
    {
        using var model = TinyModel.Make(family);
        var batch = model.Batch([9, 5]);
        var plan = model.Plan(bias: LoraBias.All, saved: ["model.norm"]);
        using var keeping = model.Start(plan, new EngineOptions { Threads = 1, Dropout = 0.2 });
        using var recomputing = model.Start(plan, new EngineOptions { Threads = 1, Dropout = 0.2, GradientCheckpointing = true });

        Assert.Equal(keeping.Accumulate(batch, 0.1, 77), recomputing.Accumulate(batch, 0.1, 77));
        Assert.Equal(GradientCheck.Gradients(keeping), GradientCheck.Gradients(recomputing));
    }

    [Theory]
    [InlineData("llama", false)]
    [InlineData("gemma3_text", true)]
    [InlineData("phi3", false)]
    public void The_number_of_threads_changes_no_bit(string family, bool dora)
    {
        using var model = TinyModel.Make(family);
        var batch = model.Batch([13, 8, 3]);
        var plan = model.Plan(["q_proj", "qkv_proj", "down_proj", "lm_head"], dora: dora, saved: ["model.embed_tokens", "model.norm"]);
        using var one = model.Start(plan, new EngineOptions { Threads = 1, Dropout = 0.1 });
        using var three = model.Start(plan, new EngineOptions { Threads = 3, Dropout = 0.1 });

        for (var step = 1; step <= 3; step++)
        {
            Assert.Equal(one.Accumulate(batch, 0.05, (ulong)step), three.Accumulate(batch, 0.05, (ulong)step));
            Assert.Equal(one.GradientNorm(), three.GradientNorm());
            one.Step(step, 1e-2, 0.5);
            three.Step(step, 1e-2, 0.5);
        }

        for (var i = 0; i < one.Parameters.Count; i++)
            Assert.Equal(GradientCheck.Value(one, i), GradientCheck.Value(three, i));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Packed_sequences_do_not_see_each_other(string family)
    {
        using var model = TinyModel.Make(family);
        using var together = model.Start(model.Plan());
        using var apart = model.Start(model.Plan());
        var batch = model.Batch([9, 1, 6]);

        var expected = default(LossSum);
        for (var i = 0; i < batch.Sequences; i++)
        {
            var range = batch.Starts[i]..batch.Starts[i + 1];
            var tokens = batch.Tokens[range];
            expected += apart.Accumulate(new TokenBatch(tokens, batch.Targets[range], [0, tokens.Length]), 1, 0);
        }

        var actual = together.Accumulate(batch, 1, 0);

        Assert.Equal(expected.Loss, actual.Loss, 1e-4);
        Assert.Equal(expected.Tokens, actual.Tokens);
        Assert.True(GradientCheck.Distance(GradientCheck.Gradients(apart), GradientCheck.Gradients(together)) < 1e-5);
    }

    [Fact]
    public void Two_micro_batches_add_up_to_one_batch_when_each_token_weighs_the_same()
    {
        using var model = TinyModel.Make("llama");
        using var whole = model.Start(model.Plan());
        using var parts = model.Start(model.Plan());
        var batch = model.Batch([9, 6, 2], ignored: 0.5);
        var first = new TokenBatch(batch.Tokens[..9], batch.Targets[..9], [0, 9]);
        var second = new TokenBatch(batch.Tokens[9..], batch.Targets[9..], [0, 6, 8]);
        var scale = 1.0 / batch.Supervised;

        whole.Accumulate(batch, scale, 0);
        parts.Accumulate(first, scale, 0);
        parts.Accumulate(second, scale, 0);

        Assert.NotEqual(first.Supervised, second.Supervised);
        Assert.True(GradientCheck.Distance(GradientCheck.Gradients(whole), GradientCheck.Gradients(parts)) < 1e-5);
        Assert.Equal(whole.GradientNorm(), parts.GradientNorm(), 1e-6);
    }

    [Fact]
    public void More_supervised_positions_than_logits_held_at_once_give_the_same_as_few()
    {
        using var model = TinyModel.Make("gemma2");
        using var whole = model.Start(model.Plan(["v_proj", "lm_head"]));
        using var parts = model.Start(model.Plan(["v_proj", "lm_head"]));
        var batch = model.Batch([.. Enumerable.Repeat(64, 9)], ignored: 0);
        Assert.True(batch.Length > OutputHead.ChunkRows(model.Config.VocabularySize));

        var expected = default(LossSum);
        for (var i = 0; i < batch.Sequences; i++)
        {
            var range = batch.Starts[i]..batch.Starts[i + 1];
            expected += parts.Accumulate(new TokenBatch(batch.Tokens[range], batch.Targets[range], [0, 64]), 1, 0);
        }

        Assert.Equal(expected.Loss, whole.Accumulate(batch, 1, 0).Loss, 1e-5 * expected.Loss);
        Assert.Equal(expected.Loss, whole.Evaluate(batch).Loss, 1e-5 * expected.Loss);
        Assert.True(GradientCheck.Distance(GradientCheck.Gradients(parts), GradientCheck.Gradients(whole)) < 1e-5);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_decoder_gives_the_logits_of_the_whole_sequence(string family)
    {
        using var model = TinyModel.Make(family);
        using var engine = model.Start(model.Plan([.. model.Linears().Select(linear => linear.Name), "embed_tokens"]));
        var tokens = model.Batch([12]).Tokens;
        using var decoder = engine.CreateDecoder(12);

        var length = 0;
        foreach (var count in new[] { 5, 1, 1, 4, 1 })
        {
            var logits = decoder.Next(tokens.AsSpan(length, count)).ToArray();
            length += count;
            var expected = engine.LastLogits(new TokenBatch(tokens[..length], new int[length], [0, length]));
            Assert.True(GradientCheck.Distance([expected], [logits]) < 1e-5);
        }

        Assert.Equal(12, decoder.Length);
        Assert.Throws<TrainerException>(() => decoder.Next([1]).Length);
    }

    [Fact]
    public void A_decoder_can_go_back_and_switch_the_adapter_off()
    {
        using var model = TinyModel.Make("llama");
        using var engine = model.Start(model.Plan());
        using var decoder = engine.CreateDecoder(8);
        var first = decoder.Next([3, 1, 4]).ToArray();
        decoder.Next([1, 5]);
        decoder.Truncate(0);
        engine.AdapterEnabled = false;
        var without = decoder.Next([3, 1, 4]).ToArray();

        Assert.True(GradientCheck.Distance([engine.LastLogits(new TokenBatch([3, 1, 4], new int[3], [0, 3]))], [without]) < 1e-5);
        Assert.NotEqual(first, without);
        decoder.Truncate(0);
        engine.AdapterEnabled = true;
        Assert.Equal(first, decoder.Next([3, 1, 4]).ToArray());
    }

    [Fact]
    public void A_batch_without_supervised_positions_changes_nothing()
    {
        using var model = TinyModel.Make("llama");
        using var engine = model.Start(model.Plan());
        var batch = new TokenBatch([1, 2, 3], [TokenBatch.Ignored, TokenBatch.Ignored, TokenBatch.Ignored], [0, 3]);

        Assert.Equal(default, engine.Accumulate(batch, 1, 0));
        Assert.Equal(default, engine.Evaluate(batch));
        Assert.Equal(0, engine.GradientNorm());
    }

    [Fact]
    public void Memory_does_not_grow_after_the_largest_batch()
    {
        using var model = TinyModel.Make("llama");
        using var engine = model.Start(model.Plan(), new EngineOptions { Threads = 1, Dropout = 0.1 });
        engine.Accumulate(model.Batch([20, 11], ignored: 0), 1, 0);
        var capacity = engine.ActivationCapacity;
        foreach (var length in new[] { 3, 31, 17, 1, 30 })
        {
            engine.Accumulate(model.Batch([length]), 1, 0);
            engine.Evaluate(model.Batch([length]));
            engine.LastLogits(model.Batch([length]));
        }

        Assert.True(capacity > 0);
        Assert.Equal(capacity, engine.ActivationCapacity);
    }

    [Fact]
    public void Inputs_of_adapted_modules_are_shown_in_the_order_of_the_pass()
    {
        using var model = TinyModel.Make("llama");
        var plan = model.Plan(["q_proj", "down_proj", "lm_head"]);
        using var engine = model.Start(plan);
        var batch = model.Batch([5, 3]);
        var seen = new List<(int Module, float[] Values)>();
        engine.CaptureInputs(batch, (module, input) =>
        {
            var columns = plan.Modules[module].InFeatures;
            var values = new float[8 * columns];
            for (var row = 0; row < 8; row++)
                input(row, values.AsSpan(row * columns, columns));
            seen.Add((module, values));
        });

        Assert.Equal(Enumerable.Range(0, plan.Modules.Count), seen.Select(s => s.Module));

        // What the head sees times the head is the logits, those of the base model.
        var table = new float[model.Config.VocabularySize * model.Config.HiddenSize];
        model.Weights.Find("model.embed_tokens.weight")!.CopyTo(table);
        var last = seen[^1].Values.AsSpan(7 * model.Config.HiddenSize).ToArray();
        var logits = table.Chunk(last.Length).Select(row => row.Zip(last, (w, x) => w * x).Sum()).ToArray();
        engine.AdapterEnabled = false;
        Assert.True(GradientCheck.Distance([engine.LastLogits(batch)[model.Config.VocabularySize..]], [logits]) < 1e-5);
    }

    [Theory]
    [InlineData(StorageType.BFloat16)]
    [InlineData(StorageType.Float16)]
    public void Weights_in_16_bits_are_used_as_they_are(StorageType type)
    {
        using var stored = TinyModel.Make("llama", type: type);
        using var widened = new MemoryWeights();
        foreach (var name in stored.Linears().Select(linear => linear.Name).Append("model.embed_tokens").Concat(Norms(stored)))
        {
            if (stored.Weights.Find(name + ".weight") is not { } tensor)
                continue;
            var values = new float[tensor.Length];
            tensor.CopyTo(values);
            widened.Add(name + ".weight", tensor.Shape, values);
        }

        var plan = stored.Plan();
        using var narrow = stored.Start(plan);
        using var wide = new ManagedEngine(stored.Config, widened, plan, new EngineOptions { Threads = 1 });
        for (var i = 0; i < narrow.Parameters.Count; i++)
            wide.Write(ParameterState.Value, i, GradientCheck.Value(narrow, i));

        var batch = stored.Batch([6, 5]);
        Assert.Equal(wide.Accumulate(batch, 1, 0), narrow.Accumulate(batch, 1, 0));
        Assert.Equal(GradientCheck.Gradients(wide), GradientCheck.Gradients(narrow));
    }

    [Fact]
    public void Frozen_32_bit_weights_are_rounded_to_bf16_when_memory_matters()
    {
        using var model = TinyModel.Make("llama");
        using var rounded = TinyModel.Make("llama", type: StorageType.BFloat16);
        var plan = model.Plan();
        using var engine = model.Start(plan, new EngineOptions { Threads = 1, KeepFloat32 = false });
        using var exact = model.Start(plan);
        var batch = model.Batch([6, 5]);

        Assert.NotEqual(exact.Evaluate(batch), engine.Evaluate(batch));
        Assert.Equal(exact.Evaluate(batch).Loss, engine.Evaluate(batch).Loss, 0.5);
    }

    private static IEnumerable<string> Norms(TinyModel model) =>
        Enumerable.Range(0, model.Config.Layers)
            .SelectMany(i => new[] { $"model.layers.{i}.input_layernorm", $"model.layers.{i}.post_attention_layernorm" })
            .Append("model.norm");
}
