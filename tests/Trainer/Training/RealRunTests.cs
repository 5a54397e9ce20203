using LoraLint.Rules.Runs;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Training;

/// <summary>The trainer as a whole, in this process.</summary>
public sealed class RealRunTests
{
    [Fact]
    public void The_loss_falls_and_the_adapter_fits_the_model()
    {
        using var run = new RealRun(r => r with
        {
            Lora = r.Lora with { ModulesToSave = ["lm_head"] }, Optimizer = r.Optimizer with { LearningRate = 0.05 },
        });
        var (code, events) = run.Train();
        Assert.True(code == 0, events[^1].ToJson());
        var losses = run.Losses();
        Assert.Equal(30, losses.Count);
        Assert.True(losses.TakeLast(5).Average() < 0.9 * losses.Take(5).Average(), string.Join(' ', losses));
        using var adapter = AdapterFolder.Open(Path.Combine(run.Folder, "adapter"));
        using var model = ModelFolder.Open(run.Model);
        adapter.Verify(model.Config);
        Assert.Equal(14, adapter.Modules.Count);
        Assert.Contains(adapter.Modules, module => module.Name == "model.layers.0.self_attn.q_proj");
        var start = events.OfType<StartEvent>().Single();
        Assert.Equal(
            ("managed", 1, "llama", 40, 5, 30, 3.0),
            (start.Engine, start.Threads, start.ModelType, start.Samples, start.ValidationSamples, start.Steps, start.Epochs));
        Assert.Equal(["lm_head"], adapter.Saved.Keys);
        Assert.Equal(
            adapter.Modules.Sum(module => module.Rank * (module.InFeatures + module.OutFeatures)) + adapter.Saved["lm_head"].Length,
            start.Trainable);
        Assert.Equal(["loading", "tokenizing", "initialising"], events.OfType<PhaseEvent>().Take(3).Select(phase => phase.Name));
    }

    [Theory]
    [InlineData(LoraInit.Kaiming, false, 1)]
    [InlineData(LoraInit.Pissa, false, 17)]
    [InlineData(LoraInit.Gaussian, true, 8)]
    [InlineData(LoraInit.Olora, true, 3)]
    [InlineData(LoraInit.Eva, false, 4)]
    [InlineData(LoraInit.Eva, true, 11)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bytes_whatever_the_threads(LoraInit init, bool dora, int step)
    {
        Func<TrainingRun, TrainingRun> change = run => run with { Lora = run.Lora with { Init = init, UseDora = dora } };
        using var whole = new RealRun(change);
        var (wholeCode, wholeEvents) = whole.Train(threads: 2);
        Assert.True(wholeCode == 0, wholeEvents[^1].ToJson());

        using var run = new RealRun(change);
        using var control = new Control();
        var (code, events) = run.Train(control: control, onEvent: found =>
        {
            if (found is StepEvent done && done.Step == step)
                control.Stop();
        });
        Assert.True(code == 130, events[^1].ToJson());
        // The checkpoint is an adapter that can be served.
        using (var adapter = AdapterFolder.Open(Path.Combine(run.Folder, "checkpoints", $"step-{events.OfType<EndEvent>().Single().Step}")))
        using (var model = ModelFolder.Open(run.Model))
            adapter.Verify(model.Config);
        (code, events) = run.Train(resume: true, threads: 2);
        Assert.True(code == 0, events[^1].ToJson());
        Assert.Equal(whole.Losses(), run.Losses());
        Assert.Equal(whole.Adapter, run.Adapter);
    }

    [Theory]
    [InlineData(LoraInit.Kaiming)]
    [InlineData(LoraInit.Eva)]
    [InlineData(LoraInit.Pissa)]
    public void An_adapter_on_the_embedding_is_trained_and_goes_on_to_the_same_bytes(LoraInit init)
    {
        Func<TrainingRun, TrainingRun> change = run => run with
        {
            Lora = run.Lora with
            {
                Init = init, TargetsAllLinear = false, TargetPattern = null, TargetModules = ["embed_tokens", "q_proj", "v_proj"],
            },
            Optimizer = run.Optimizer with { LearningRate = 0.05 },
        };
        using var whole = new RealRun(change);
        var (wholeCode, wholeEvents) = whole.Train(threads: 2);
        Assert.True(wholeCode == 0, wholeEvents[^1].ToJson());
        using (var adapter = AdapterFolder.Open(Path.Combine(whole.Folder, "adapter")))
        using (var model = ModelFolder.Open(whole.Model))
        {
            adapter.Verify(model);
            var embedding = Assert.Single(adapter.Modules, m => m.IsEmbedding);
            Assert.Equal((model.Config.VocabularySize, model.Config.HiddenSize), (embedding.InFeatures, embedding.OutFeatures));
            Assert.Null(AdapterNorms.Measure(embedding, null).ZeroMatrix);
        }

        using var run = new RealRun(change);
        using var control = new Control();
        var (code, events) = run.Train(control: control, onEvent: found =>
        {
            if (found is StepEvent { Step: 7 })
                control.Stop();
        });
        Assert.True(code == 130, events[^1].ToJson());
        (code, events) = run.Train(resume: true);
        Assert.True(code == 0, events[^1].ToJson());
        Assert.Equal(whole.Losses(), run.Losses());
        Assert.Equal(whole.Adapter, run.Adapter);
    }

    [Fact]
    public void LoRA_plus_and_an_adapter_on_the_embedding_exclude_each_other()
    {
        using var run = new RealRun(r => r with
        {
            Lora = r.Lora with { TargetsAllLinear = false, TargetPattern = null, TargetModules = ["embed_tokens", "q_proj"] },
            Optimizer = r.Optimizer with { LoraPlusRatio = 4 },
        });
        var (code, events) = run.Train();
        Assert.Equal(2, code);
        Assert.Contains("loraplus_lr_embedding", events[^1].ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Eva_gives_the_ranks_to_the_layers_whose_inputs_vary_most_and_the_written_adapter_says_so()
    {
        using var run = new RealRun(r => r with
        {
            Lora = r.Lora with { Init = LoraInit.Eva, UseRslora = true },
            Optimizer = r.Optimizer with { LearningRate = 0.05 },
        });
        var (code, events) = run.Train();
        Assert.True(code == 0, events[^1].ToJson());
        using var adapter = AdapterFolder.Open(Path.Combine(run.Folder, "adapter"));
        using var model = ModelFolder.Open(run.Model);
        adapter.Verify(model);
        Assert.Equal(4 * 14, adapter.Modules.Sum(module => module.Rank));
        Assert.True(adapter.Modules.Select(module => module.Rank).Distinct().Count() > 1);
        Assert.NotEmpty(adapter.Options.RankPattern);
        // The strength of each is that which was asked for, alpha / sqrt(rank) of the rank asked for.
        Assert.All(adapter.Modules, module => Assert.Equal(8 / Math.Sqrt(4), module.Scaling, 1e-9));
        Assert.True(run.Losses().TakeLast(5).Average() < run.Losses().Take(5).Average() - 0.05, string.Join(' ', run.Losses()));
    }

    [Fact]
    public void Eva_with_fewer_targets_than_components_says_so()
    {
        using var run = new RealRun(r => r with { Lora = r.Lora with { Init = LoraInit.Eva } });
        File.WriteAllText(Path.Combine(run.Folder, "..", "train.jsonl"), "{\"prompt\": \"spell ab \", \"completion\": \"ab\"}\n");
        Assert.Contains("initialisation eva needs at least 8 supervised tokens", Error(run, resume: false));
    }

    [Fact]
    public void Another_seed_trains_another_adapter()
    {
        using var first = new RealRun();
        using var second = new RealRun(run => run with { Training = run.Training with { Seed = 7 } });
        Assert.Equal((0, 0), (first.Train().Code, second.Train().Code));
        Assert.NotEqual(first.Adapter, second.Adapter);
    }

    [Fact]
    public void Changed_data_and_a_changed_base_model_are_not_resumed()
    {
        using var run = new RealRun();
        using var control = new Control();
        run.Train(control: control, onEvent: found =>
        {
            if (found is StepEvent { Step: 2 })
                control.Stop();
        });
        var data = Path.Combine(run.Folder, "..", "train.jsonl");
        var before = File.ReadAllText(data);
        File.WriteAllText(data, before.Replace("spell", "smell"));
        Assert.Contains("the training or validation data changed", Error(run));
        File.WriteAllText(data, before);
        var weights = Path.Combine(run.Model, "model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        bytes[^2] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Contains($"the base model in {run.Model} changed", Error(run));
        bytes[^2] ^= 1;
        File.WriteAllBytes(weights, bytes);
        Assert.Equal(0, run.Train(resume: true).Code);
    }

    [Fact]
    public void A_tokenizer_of_another_model_is_an_error()
    {
        using var run = new RealRun();
        var path = Path.Combine(run.Model, "tokenizer.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"s\":20", "\"s\":99"));
        Assert.Contains("the tokenizer belongs to another model", Error(run, resume: false));
    }

    [Fact]
    public void A_sample_beyond_the_models_positions_is_an_error()
    {
        using var run = new RealRun(r => r with { Data = r.Data with { MaxSequenceLength = 4096 } });
        var row = "{\"prompt\": \"" + new string('a', 100) + "\", \"completion\": \"b\"}\n";
        File.AppendAllText(Path.Combine(run.Folder, "..", "train.jsonl"), row);
        Assert.Contains("lower max_sequence_length from 4096 to 64", Error(run, resume: false));
    }

    private static string Error(RealRun run, bool resume = true)
    {
        var (code, events) = run.Train(resume);
        Assert.Equal(2, code);
        return Assert.IsType<ErrorEvent>(events[^1]).Message;
    }

    /// <summary>A parent that says stop when it is asked to; the wish is heard when the call returns.</summary>
    private sealed class Control : TextReader
    {
        private readonly SemaphoreSlim _lines = new(0);
        private readonly SemaphoreSlim _heard = new(0);
        private bool _said;

        public override string? ReadLine()
        {
            // Asked for the next line, the listener is done with the one before.
            if (_said)
                _heard.Release();
            _lines.Wait();
            _said = true;
            return "stop";
        }

        public void Stop()
        {
            _lines.Release();
            _heard.Wait();
        }
    }
}
