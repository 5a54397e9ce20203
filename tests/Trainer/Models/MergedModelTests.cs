using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Generation;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Models;

/// <summary>An adapter on its base and the model that it is merged into compute the same, for every family and kind of adapter.</summary>
public sealed class MergedModelTests : IDisposable
{
    // Relative, by norm: sums in 32 bits in another order.
    private const double Tolerance = 2e-5;

    private static readonly Dictionary<string, LoraOptions> s_variants = new()
    {
        ["lora"] = new() { TargetsAllLinear = true, Rank = 3, Alpha = 4 },
        ["rslora"] = new() { TargetsAllLinear = true, Rank = 3, Alpha = 4, UseRslora = true },
        ["dora"] = new() { TargetsAllLinear = true, Rank = 3, Alpha = 4, UseDora = true },
        ["lora-bias"] = new() { TargetPattern = @".*\.0\..*o_proj", Rank = 3, Alpha = 4, Bias = LoraBias.LoraOnly },
        ["all-biases"] = new() { TargetPattern = @".*\.0\..*o_proj", Rank = 3, Alpha = 4, Bias = LoraBias.All },
        ["patterns"] = new()
        {
            TargetsAllLinear = true, Rank = 3, Alpha = 4, UseRslora = true,
            RankPattern = new Dictionary<string, int> { [@"layers\.0\.self_attn\.o_proj"] = 1, ["down_proj"] = 5 },
            AlphaPattern = new Dictionary<string, double> { ["o_proj"] = 7.5 },
        },
        ["saved-norms"] = new() { TargetModules = ["o_proj"], Rank = 3, Alpha = 4, ModulesToSave = ["norm"] },
        ["saved-linear"] = new() { TargetsAllLinear = true, Rank = 3, Alpha = 4, ModulesToSave = ["down_proj"] },
        ["saved-embedding"] = new() { TargetModules = ["o_proj"], Rank = 3, Alpha = 4, ModulesToSave = ["embed_tokens"] },
        ["saved-head"] = new() { TargetModules = ["o_proj"], Rank = 3, Alpha = 4, ModulesToSave = ["lm_head"] },
        ["saved-both"] = new() { TargetModules = ["o_proj"], Rank = 3, Alpha = 4, ModulesToSave = ["lm_head", "embed_tokens"] },
        ["embedding"] = new() { TargetModules = ["o_proj", "embed_tokens"], Rank = 3, Alpha = 4 },
        ["embedding-head"] = new()
        {
            TargetModules = ["lm_head", "embed_tokens"], Rank = 3, Alpha = 4, UseRslora = true,
            RankPattern = new Dictionary<string, int> { ["embed_tokens"] = 5 },
        },
        ["head"] = new() { TargetModules = ["o_proj", "lm_head"], Rank = 3, Alpha = 4 },
        ["head-dora"] = new()
        {
            TargetModules = ["o_proj", "lm_head"], Rank = 3, Alpha = 4, UseDora = true, ModulesToSave = ["embed_tokens"],
        },
    };

    private readonly ScratchFolder _folder = new();

    public static TheoryData<string, string> FamiliesAndVariants
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var family in Families)
            {
                foreach (var variant in s_variants.Keys)
                    data.Add(family, variant);
            }

            return data;
        }
    }

    public static TheoryData<string, LoraInit, bool, bool> Conversions
    {
        get
        {
            var data = new TheoryData<string, LoraInit, bool, bool>();
            foreach (var family in Families)
            {
                data.Add(family, LoraInit.Pissa, false, false);
                data.Add(family, LoraInit.Olora, true, false);
                data.Add(family, LoraInit.Olora, false, true);
            }

            return data;
        }
    }

    private static IEnumerable<string> Families =>
        Directory.EnumerateDirectories(Repository.PathTo("tests", "reference", "models")).Select(path => Path.GetFileName(path)!)
            .Order(StringComparer.Ordinal);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_supported_family_is_among_them()
    {
        var types = Families.Select(family =>
        {
            using var model = OpenFamily(family);
            return model.Config.ModelType;
        });
        Assert.Equal(ModelFamily.All.Select(f => f.ModelType).Order(), types.Distinct().Order());
    }

    [Theory]
    [MemberData(nameof(FamiliesAndVariants))]
    public void The_merged_model_computes_what_the_adapter_does_and_a_reloaded_adapter_the_same_bits(string family, string variant)
    {
        using var model = OpenFamily(family);
        var options = s_variants[variant];
        TinyAdapter.Write(_folder.PathTo("adapter"), model.Config, options);
        using var adapter = AdapterFolder.Open(_folder.PathTo("adapter"));
        adapter.Verify(model);
        using var engine = Load(model, adapter);
        var logits = Logits(engine, model.Config);
        Assert.True(Distance(BaseLogits(model), logits) > 0.01);
        Assert.InRange(Distance(logits, MergedLogits(model, adapter, StorageType.Float32)), 0, Tolerance);

        var initial = new InitialAdapter(
            LoadedAdapter.PlanOf(adapter), new Dictionary<string, InitialModule>(), new ResidualWeights(model), false);
        Export(engine, initial, options, model);
        using var written = AdapterFolder.Open(_folder.PathTo("exported"));
        using var reloaded = Load(model, written);
        Assert.Equal(logits, Logits(reloaded, model.Config));
    }

    [Theory]
    [MemberData(nameof(Conversions))]
    public void An_adapter_that_took_its_start_from_the_base_is_written_for_the_unchanged_base(
        string family, LoraInit init, bool dora, bool withEmbedding)
    {
        using var model = OpenFamily(family);
        var options = new LoraOptions
        {
            TargetsAllLinear = !withEmbedding, TargetPattern = withEmbedding ? ".*(_proj|embed_tokens)" : null, Rank = 3, Alpha = 4,
            Init = init, UseDora = dora,
        };
        var plan = AdapterPlanner.Plan(options, model.Config);
        using var initial = AdapterInitialisation.Create(plan, init, model, 3);
        using var trained = new ManagedEngine(model.Config, initial.Weights, plan, new EngineOptions { Threads = 1 });
        RunSetup.Start(trained, initial);
        // Nothing is trained yet: but for the rounding of what is left of bf16 weights the model is the base, with DoRA too.
        Assert.InRange(Distance(BaseLogits(model), Logits(trained, model.Config)), 0, 0.02);
        if (dora)
            AssertMagnitudesAreTheNormsOf(model, trained, plan);
        var random = new Random(4);
        for (var i = 0; i < trained.Parameters.Count; i++)
        {
            var values = new float[trained.Parameters[i].Length];
            trained.Read(ParameterState.Value, i, values);
            trained.Write(ParameterState.Value, i, [.. values.Select(v => v + ((float)random.NextDouble() - 0.5f) / 10)]);
        }

        var logits = Logits(trained, model.Config);
        Export(trained, initial, options, model);
        using var written = AdapterFolder.Open(_folder.PathTo("exported"));
        Assert.All(written.Modules, m => Assert.Equal(m.IsEmbedding ? 3 : 6, m.Rank));
        Assert.Equal(withEmbedding, written.Modules.Any(m => m.IsEmbedding));
        using var loaded = Load(model, written);
        var onOriginal = Logits(loaded, model.Config);
        // What is left of a bf16 weight is rounded to bf16 again.
        Assert.InRange(Distance(logits, onOriginal), 0, 0.02);
        Assert.InRange(Distance(onOriginal, MergedLogits(model, written, StorageType.Float32)), 0, Tolerance);
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("rslora")]
    [InlineData("dora")]
    [InlineData("head")]
    [InlineData("embedding")]
    public void A_scaling_that_is_off_by_a_hundredth_is_seen(string variant)
    {
        using var model = OpenFamily("llama_tied");
        TinyAdapter.Write(_folder.PathTo("adapter"), model.Config, s_variants[variant]);
        TinyAdapter.Write(_folder.PathTo("other"), model.Config, s_variants[variant] with { Alpha = 1.01 * s_variants[variant].Alpha });
        using var adapter = AdapterFolder.Open(_folder.PathTo("adapter"));
        using var other = AdapterFolder.Open(_folder.PathTo("other"));
        using var engine = Load(model, adapter);
        Assert.InRange(Distance(Logits(engine, model.Config), MergedLogits(model, other, StorageType.Float32)), 5 * Tolerance, 1);
    }

    [Fact]
    public void Merging_one_change_of_a_tied_weight_into_both_of_its_uses_would_be_seen()
    {
        using var model = OpenFamily("llama_tied");
        TinyAdapter.Write(_folder.PathTo("adapter"), model.Config, s_variants["saved-head"]);
        using var adapter = AdapterFolder.Open(_folder.PathTo("adapter"));
        using var engine = Load(model, adapter);
        _ = MergedLogits(model, adapter, StorageType.Float32);
        using var merged = ModelFolder.Open(_folder.PathTo("merged"));
        using var tied = new ManagedEngine(
            merged.Config, new OneForBoth(merged), new AdapterPlan([], false, default, []), new EngineOptions { Threads = 1 });
        Assert.True(Distance(Logits(engine, model.Config), Logits(tied, model.Config)) > 0.01);
    }

    [Theory]
    [InlineData("llama", "lora")]
    [InlineData("qwen2_sliding", "head-dora")]
    [InlineData("phi3", "dora")]
    [InlineData("gemma2", "saved-norms")]
    public void Merged_in_the_bases_own_16_bits_the_model_is_close(string family, string variant)
    {
        using var model = OpenFamily(family);
        TinyAdapter.Write(_folder.PathTo("adapter"), model.Config, s_variants[variant]);
        using var adapter = AdapterFolder.Open(_folder.PathTo("adapter"));
        using var engine = Load(model, adapter);
        var distance = Distance(Logits(engine, model.Config), MergedLogits(model, adapter, null));
        Assert.NotEqual(StorageType.Float32, model.Find("model.embed_tokens.weight")!.Type);
        Assert.InRange(distance, 1e-6, 0.02);
    }

    private static void AssertMagnitudesAreTheNormsOf(ModelFolder model, ManagedEngine engine, AdapterPlan plan)
    {
        foreach (var module in plan.Modules)
        {
            var index = engine.Parameters.Select(p => p.Name).ToList().IndexOf(AdapterKeys.Magnitude(module.Name));
            var magnitudes = new float[module.OutFeatures];
            engine.Read(ParameterState.Value, index, magnitudes);
            var weight = TinyModel.Read(model, module.Name + ".weight");
            for (var row = 0; row < module.OutFeatures; row++)
            {
                var norm = Math.Sqrt(weight.AsSpan(row * module.InFeatures, module.InFeatures).ToArray().Sum(v => (double)v * v));
                Assert.InRange(magnitudes[row] / norm, 0.99, 1.01);
            }
        }
    }

    private static ModelFolder OpenFamily(string family) => ModelFolder.Open(Repository.PathTo("tests", "reference", "models", family));

    private static ManagedEngine Load(ModelFolder model, AdapterFolder adapter)
    {
        var engine = new ManagedEngine(model.Config, model, LoadedAdapter.PlanOf(adapter), new EngineOptions { Threads = 1 });
        LoadedAdapter.WriteInto(engine, adapter);
        return engine;
    }

    private static float[] BaseLogits(ModelFolder model)
    {
        using var engine = new ManagedEngine(
            model.Config, model, new AdapterPlan([], false, default, []), new EngineOptions { Threads = 1 });
        return Logits(engine, model.Config);
    }

    private float[] MergedLogits(ModelFolder model, AdapterFolder adapter, StorageType? type)
    {
        AdapterMerge.Write(new RunFiles(), model, adapter, _folder.PathTo("merged"), type, 1 << 30);
        using var merged = ModelFolder.Open(_folder.PathTo("merged"));
        return BaseLogits(merged);
    }

    private void Export(ManagedEngine engine, InitialAdapter initial, LoraOptions options, ModelFolder model)
    {
        Directory.CreateDirectory(_folder.PathTo("exported"));
        var run = new TrainingRun { BaseModel = model.Path, Lora = options, OutputDirectory = _folder.Root };
        new AdapterExport(engine, initial, run, model.Config, new RunFiles()).WriteInto(_folder.PathTo("exported"));
    }

    private static float[] Logits(ManagedEngine engine, ModelConfig model)
    {
        var random = new Random(7);
        int[] lengths = [1, 2, 5, 11, 23];
        var tokens = Enumerable.Range(0, lengths.Sum()).Select(_ => random.Next(model.VocabularySize)).ToArray();
        var starts = lengths.Aggregate(new List<int> { 0 }, (list, length) => [.. list, list[^1] + length]);
        return engine.LastLogits(new TokenBatch(tokens, [.. tokens.Select(_ => TokenBatch.Ignored)], [.. starts]));
    }

    // Relative to the first one's norm.
    private static double Distance(float[] expected, float[] actual) =>
        Math.Sqrt(expected.Zip(actual, (x, y) => ((double)x - y) * ((double)x - y)).Sum() / expected.Sum(x => (double)x * x));

    private sealed class OneForBoth(IWeights weights) : IWeights
    {
        public StoredTensor? Find(string name) => weights.Find(name == "model.embed_tokens.weight" ? "lm_head.weight" : name);
    }
}
