using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines;

public sealed class EngineMemoryTests
{
    private static readonly int[] s_lengths = [60, 64, 40, 64, 64, 33, 64];

    public static TheoryData<string> Families => [.. TinyModel.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void The_knowledge_of_models_has_the_modules_that_the_trainer_has(string family)
    {
        using var model = Make(family);
        var shape = ModelLayouts.Find(EngineMemory.SizeOf(model.Config))![0];
        Assert.Equal(
            ModelLayout.Modules(model.Config).Select(m => (m.Name, Values(m.Shape), m.HasBias)).Order(),
            shape.Modules.Select(m => (m.Name, m.WeightParameters, m.HasBias)).Order());

        static long Values(int[] lengths) => lengths.Aggregate(1L, (product, length) => product * length);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void What_is_trained_is_counted_as_the_engine_does(string family)
    {
        using var model = Make(family);
        foreach (var plan in Plans(model))
        {
            using var engine = new ManagedEngine(model.Config, model.Weights, plan, new EngineOptions { Threads = 1 });
            Assert.Equal(engine.Parameters.Sum(parameter => (long)parameter.Length), EngineMemory.Trained(model.Config, plan));
        }
    }

    // The engine arranges its activations for a batch before it computes: each tensor begins at a cache line, nothing else is added.
    [Theory]
    [MemberData(nameof(Families))]
    public void The_managed_engines_activations_are_counted_to_the_cache_line(string family)
    {
        using var model = Make(family);
        var batch = model.Batch(s_lengths);
        var size = new BatchSize(batch.Length, batch.Supervised, s_lengths.Max());
        foreach (var plan in Plans(model))
        {
            foreach (var (recomputes, dropout) in new[] { (false, 0.0), (true, 0.0), (false, 0.1), (true, 0.1) })
            {
                var options = new EngineOptions { Threads = 1, GradientCheckpointing = recomputes, Dropout = dropout };
                using var engine = new ManagedEngine(model.Config, model.Weights, plan, options);
                engine.Accumulate(batch, 1, 0);
                var estimate = EngineMemory.Estimate("managed", model.Config, plan, options, size, storedBytes: 4)!;
                var counted = estimate.Parts.Single(part => part.Name == "activations").Bytes / 4;
                Assert.InRange(engine.ActivationCapacity - counted, 0, 16 * 40 * (model.Config.Layers + 2));
                Assert.InRange(counted, 0.97 * engine.ActivationCapacity, engine.ActivationCapacity);
            }
        }
    }

    // loralint train estimates from config.json and the run, the trainer from what it has loaded.
    [Theory]
    [InlineData("llama", "managed", false)]
    [InlineData("qwen3", "managed", true)]
    [InlineData("gemma3_text", "torch", false)]
    [InlineData("phi3", "torch", true)]
    public void Both_programs_estimate_the_same(string family, string engine, bool recomputes)
    {
        using var model = Make(family);
        var run = new TrainingRun
        {
            Lora = new LoraOptions { TargetsAllLinear = true, Rank = 4, Dropout = 0.1, ModulesToSave = ["lm_head"] },
            Training = new TrainingOptions { MicroBatchSize = 3, GradientCheckpointing = recomputes },
            Data = new DataOptions { MaxSequenceLength = 40 },
        };
        var size = EngineMemory.SizeOf(model.Config);
        var known = new BaseModel("tiny", ModelOrigin.Folder, ModelLayouts.Find(size)!) { Dimensions = size };
        var options = new EngineOptions { Dropout = 0.1, GradientCheckpointing = recomputes };
        var expected = EngineMemory.Estimate(
            engine, model.Config, AdapterPlanner.Plan(run.Lora, model.Config), options, new BatchSize(120, 120, 40), storedBytes: 2)!;
        var found = RunMemory.Estimate(run, known, engine == "managed", isGpu: false, storedBytes: 2)!;
        Assert.Equal(expected.Parts, found.Parts);
        Assert.Equal((expected.Low, expected.High), (found.Low, found.High));
        Assert.InRange(RunMemory.Least(run, known, engine == "managed", isGpu: false, storedBytes: 2)!.Value, 1, found.Low - 1);
    }

    [Fact]
    public void Weights_in_four_bits_are_counted_with_their_constants()
    {
        // 64 values: 32 bytes of codes, and one constant of 4 bytes; quantized again one of a byte, and 4 bytes for 256 of them.
        Assert.Equal(36, FrozenBytes.FourBit(64, isDouble: false));
        Assert.Equal((256 * 32) + 256 + 4, FrozenBytes.FourBit(256 * 64, isDouble: true));
    }

    [Fact]
    public void A_quantized_base_counts_tables_and_trained_modules_in_full()
    {
        using var model = TinyModel.Make("llama");
        var shape = ModelLayouts.Find(EngineMemory.SizeOf(model.Config))![0];
        var all = FrozenBytes.Quantizable(shape, _ => false);
        Assert.Equal(ModelLayout.Linears(model.Config).Sum(m => (long)m.Shape[0] * m.Shape[1]), all);
        var first = shape.Modules.First(m => m.Name == "model.layers.0.mlp.up_proj");
        Assert.Equal(all - first.WeightParameters, FrozenBytes.Quantizable(shape, m => m.Name == first.Name));
    }

    // Families of the tests whose name says more than the architecture.
    private static TinyModel Make(string family) =>
        TinyModel.Make(family, change: config => config with { ModelType = config.ModelType.Split('-')[0] });

    private static IEnumerable<AdapterPlan> Plans(TinyModel model) =>
    [
        model.Plan(),
        model.Plan(["q_proj", "qkv_proj", "down_proj", "lm_head"]),
        model.Plan(dora: true),
        model.Plan(["o_proj"], bias: LoraBias.LoraOnly, saved: ["model.norm"]),
        model.Plan(["layers.1.mlp.down_proj"], bias: LoraBias.None),
        model.Plan(["o_proj"], bias: LoraBias.All),
    ];
}
