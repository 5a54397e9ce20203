using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines;

/// <summary>A random model of a family, small enough for finite differences, and adapters and batches for it.</summary>
public sealed class TinyModel : IDisposable
{
    private readonly Random _random;

    private TinyModel(ModelConfig config, int seed, StorageType type)
    {
        Config = config;
        _random = new Random(seed);
        Weights = new MemoryWeights();
        Fill(type);
    }

    public ModelConfig Config { get; }

    public MemoryWeights Weights { get; }

    /// <summary>The families whose switches differ.</summary>
    public static IReadOnlyList<string> Families { get; } =
        ["llama", "llama-bias", "mistral", "qwen2", "qwen3", "smollm3", "gemma2", "gemma3_text", "phi3"];

    public static TinyModel Make(
        string family, int seed = 1, StorageType type = StorageType.Float32, Func<ModelConfig, ModelConfig>? change = null)
    {
        var config = Describe(family);
        return new TinyModel(change is null ? config : change(config), seed, type);
    }

    /// <summary>Module names and shapes of all linear layers, in the order of the model.</summary>
    public IEnumerable<(string Name, int In, int Out)> Linears()
    {
        var c = Config;
        int queries = c.Heads * c.HeadSize, keys = c.KeyValueHeads * c.HeadSize;
        for (var i = 0; i < c.Layers; i++)
        {
            var layer = $"model.layers.{i}";
            if (c.HasFusedProjections)
            {
                yield return ($"{layer}.self_attn.qkv_proj", c.HiddenSize, queries + 2 * keys);
            }
            else
            {
                yield return ($"{layer}.self_attn.q_proj", c.HiddenSize, queries);
                yield return ($"{layer}.self_attn.k_proj", c.HiddenSize, keys);
                yield return ($"{layer}.self_attn.v_proj", c.HiddenSize, keys);
            }

            yield return ($"{layer}.self_attn.o_proj", queries, c.HiddenSize);
            if (c.HasFusedProjections)
            {
                yield return ($"{layer}.mlp.gate_up_proj", c.HiddenSize, 2 * c.IntermediateSize);
            }
            else
            {
                yield return ($"{layer}.mlp.gate_proj", c.HiddenSize, c.IntermediateSize);
                yield return ($"{layer}.mlp.up_proj", c.HiddenSize, c.IntermediateSize);
            }

            yield return ($"{layer}.mlp.down_proj", c.IntermediateSize, c.HiddenSize);
        }

        yield return ("lm_head", c.HiddenSize, c.VocabularySize);
    }

    /// <summary>Adapters on the linear layers whose name ends with one of the names; on all but the head when there are none.</summary>
    public AdapterPlan Plan(
        string[]? targets = null, int rank = 3, bool dora = false, LoraBias bias = LoraBias.None, string[]? saved = null)
    {
        var modules = Linears()
            .Where(linear => targets?.Any(target => linear.Name.EndsWith(target, StringComparison.Ordinal)) ?? linear.Name != "lm_head")
            .Select((linear, i) => new AdaptedModule(linear.Name, linear.In, linear.Out, rank + i % 2, 1.5 + 0.25 * (i % 3)))
            .ToList();
        if (targets is not null && targets.Contains("embed_tokens"))
            modules.Insert(0, new AdaptedModule("model.embed_tokens", Config.VocabularySize, Config.HiddenSize, rank, 1.25));
        return new AdapterPlan(modules, dora, bias, saved ?? []);
    }

    /// <summary>An engine that trains nothing: the base model.</summary>
    public ManagedEngine StartBare() =>
        new(Config, Weights, new AdapterPlan([], false, LoraBias.None, []), new EngineOptions { Threads = 1 });

    /// <summary>An engine whose parameters are random, or with B zero as training starts.</summary>
    public ManagedEngine Start(AdapterPlan plan, EngineOptions? options = null, bool zeroB = false, int seed = 7)
    {
        var engine = new ManagedEngine(Config, Weights, plan, options ?? new EngineOptions { Threads = 1 });
        Randomise(engine, zeroB, seed);
        return engine;
    }

    /// <summary>Gives an engine the random values that <see cref="Start"/> does.</summary>
    public static void Randomise(ITrainingEngine engine, bool zeroB = false, int seed = 7)
    {
        var random = new Random(seed);
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            var parameter = engine.Parameters[i];
            var values = new float[parameter.Length];
            if (parameter.Role is TensorRole.Saved or TensorRole.Bias)
                engine.Read(ParameterState.Value, i, values);
            for (var j = 0; j < values.Length; j++)
            {
                values[j] = parameter.Role switch
                {
                    TensorRole.LoraB when zeroB => 0,
                    TensorRole.Magnitude => 0.8f + 0.4f * random.NextSingle(),
                    TensorRole.Saved or TensorRole.Bias => values[j] + 0.1f * Normal(random),
                    _ => 0.3f * Normal(random),
                };
            }

            engine.Write(ParameterState.Value, i, values);
        }
    }

    /// <summary>Random sequences of the lengths; a share of the positions is not supervised.</summary>
    public TokenBatch Batch(int[] lengths, double ignored = 0.25, int seed = 3)
    {
        var random = new Random(seed);
        var starts = new int[lengths.Length + 1];
        for (var i = 0; i < lengths.Length; i++)
            starts[i + 1] = starts[i] + lengths[i];
        var tokens = new int[starts[^1]];
        var targets = new int[starts[^1]];
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = random.Next(Config.VocabularySize);
            targets[i] = random.NextDouble() < ignored ? TokenBatch.Ignored : random.Next(Config.VocabularySize);
        }

        return new TokenBatch(tokens, targets, starts);
    }

    public void Dispose() => Weights.Dispose();

    private static ModelConfig Describe(string family)
    {
        const int layers = 2;
        var plain = new ModelConfig
        {
            ModelType = family,
            HiddenSize = 24,
            IntermediateSize = 40,
            Layers = layers,
            Heads = 4,
            KeyValueHeads = 2,
            HeadSize = 6,
            VocabularySize = 50,
            MaxPositions = 64,
            NormEpsilon = 1e-5,
            AttentionScale = 1 / Math.Sqrt(6),
            SlidingWindows = new int[layers],
            RopeOfLayer = new int[layers],
            Ropes = [Rope(6, 10000)],
            TiesEmbeddings = true,
        };
        return family switch
        {
            "llama" => plain,
            "llama-bias" => plain with { HasQueryKeyValueBias = true, HasOutputBias = true, HasMlpBias = true, TiesEmbeddings = false },
            "mistral" => plain with { SlidingWindows = [5, 5], TiesEmbeddings = false },
            "qwen2" => plain with { HasQueryKeyValueBias = true },
            "qwen3" => plain with { HasQueryKeyNorm = true, HeadSize = 8, AttentionScale = 1 / Math.Sqrt(8), Ropes = [Rope(8, 1e6)] },
            "smollm3" => plain with { RopeOfLayer = [0, -1] },
            "gemma2" => plain with
            {
                NormAddsOne = true, HasPostNorms = true, UsesGelu = true, EmbeddingScale = 4.9, AttentionScale = 1 / Math.Sqrt(7),
                AttentionSoftcap = 5, LogitSoftcap = 6, SlidingWindows = [4, 0],
            },
            "gemma3_text" => plain with
            {
                NormAddsOne = true, HasPostNorms = true, UsesGelu = true, EmbeddingScale = 4.9, HasQueryKeyNorm = true, KeyValueHeads = 1,
                SlidingWindows = [4, 0], RopeOfLayer = [1, 0], Ropes = [Rope(6, 1e6, 0.125), Rope(6, 10000)],
            },
            "phi3" => plain with { HasFusedProjections = true, TiesEmbeddings = false, Ropes = [Rope(4, 10000) with { Scale = 1.19 }] },
            _ => throw new ArgumentOutOfRangeException(nameof(family), family, null),
        };
    }

    private static RotaryEmbedding Rope(int dimensions, double theta, double factor = 1)
    {
        var frequencies = new double[dimensions / 2];
        for (var i = 0; i < frequencies.Length; i++)
            frequencies[i] = factor * Math.Pow(theta, -2.0 * i / dimensions);
        return new RotaryEmbedding(frequencies, 1);
    }

    private static float Normal(Random random) =>
        (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

    private void Fill(StorageType type)
    {
        var c = Config;
        Add("model.embed_tokens.weight", [c.VocabularySize, c.HiddenSize], 0.5f);
        foreach (var (name, inputs, outputs) in Linears())
        {
            if (name == "lm_head" && c.TiesEmbeddings)
                continue;
            Add($"{name}.weight", [outputs, inputs], 1.2f / MathF.Sqrt(inputs));
            var hasBias = name.EndsWith("o_proj", StringComparison.Ordinal) ? c.HasOutputBias
                : name.Contains(".self_attn.", StringComparison.Ordinal) ? c.HasQueryKeyValueBias
                : name.Contains(".mlp.", StringComparison.Ordinal) && c.HasMlpBias;
            if (hasBias)
                Add($"{name}.bias", [outputs], 0.3f);
        }

        for (var i = 0; i < c.Layers; i++)
        {
            AddNorm($"model.layers.{i}.input_layernorm", c.HiddenSize);
            AddNorm($"model.layers.{i}.post_attention_layernorm", c.HiddenSize);
            if (c.HasPostNorms)
            {
                AddNorm($"model.layers.{i}.pre_feedforward_layernorm", c.HiddenSize);
                AddNorm($"model.layers.{i}.post_feedforward_layernorm", c.HiddenSize);
            }

            if (c.HasQueryKeyNorm)
            {
                AddNorm($"model.layers.{i}.self_attn.q_norm", c.HeadSize);
                AddNorm($"model.layers.{i}.self_attn.k_norm", c.HeadSize);
            }
        }

        AddNorm("model.norm", c.HiddenSize);

        void AddNorm(string name, int size) => Add($"{name}.weight", [size], 0.3f, c.NormAddsOne ? 0 : 1);

        void Add(string name, int[] shape, float deviation, float mean = 0)
        {
            var values = new float[shape.Aggregate(1, (product, size) => product * size)];
            for (var i = 0; i < values.Length; i++)
                values[i] = mean + deviation * Normal(_random);
            Weights.Add(name, shape, values, type);
        }
    }
}
