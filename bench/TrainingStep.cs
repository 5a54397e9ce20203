using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Benchmarks;

/// <summary>
/// One LoRA step of SmolLM2-135M's shape with random bf16 weights, r = 16 on all linear layers, AdamW, clipping: what bench/rival.py does
/// in PyTorch, with the same options and the same line of output.
/// </summary>
internal static class TrainingStep
{
    private const int Layers = 30, Hidden = 576, Inner = 1536, Heads = 9, KeyValueHeads = 3, HeadSize = 64, Vocabulary = 49152, Rank = 16;

    /// <summary>Takes <c>--threads N</c>, <c>--steps N</c>, <c>--checkpoint</c>, <c>--mask none|half</c>.</summary>
    public static int Run(string[] args)
    {
        var (threads, steps, recomputes, masksHalf) = (1, 5, false, false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--threads":
                    threads = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--steps":
                    steps = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--checkpoint":
                    recomputes = true;
                    break;
                case "--mask":
                    masksHalf = args[++i] == "half";
                    break;
                default:
                    Console.Error.WriteLine($"error: unknown option {args[i]}");
                    return 2;
            }
        }

        using var weights = new RandomWeights();
        var options = new EngineOptions { Threads = threads, GradientCheckpointing = recomputes };
        using var engine = new ManagedEngine(Describe(), weights, Plan(), options);
        FillAdapters(engine);
        var batch = MakeBatch(masksHalf);
        var times = new List<double>();
        var loss = 0.0;

        // The first step is not counted: it compiles the code and touches the memory for the first time.
        for (var step = 1; step <= steps + 1; step++)
        {
            var start = Stopwatch.GetTimestamp();
            loss = engine.Accumulate(batch, 1.0 / batch.Supervised, (ulong)step).Mean;
            engine.Step(step, 2e-4, Math.Min(1, 1 / engine.GradientNorm()));
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        var counted = times.Skip(1).Order().ToList();
        var seconds = (counted[(counted.Count - 1) / 2] + counted[counted.Count / 2]) / 2;
        var peak = Process.GetCurrentProcess().PeakWorkingSet64 / Math.Pow(1024, 3);
        Console.WriteLine(FormattableString.Invariant(
            $"{seconds:F3} s/step, {batch.Length / seconds:F1} tokens/s, peak {peak:F2} GiB, loss {loss:F4}"));
        return 0;
    }

    private static ModelConfig Describe() => new()
    {
        ModelType = "llama",
        HiddenSize = Hidden,
        IntermediateSize = Inner,
        Layers = Layers,
        Heads = Heads,
        KeyValueHeads = KeyValueHeads,
        HeadSize = HeadSize,
        VocabularySize = Vocabulary,
        MaxPositions = 2048,
        NormEpsilon = 1e-5,
        AttentionScale = 1 / Math.Sqrt(HeadSize),
        SlidingWindows = new int[Layers],
        RopeOfLayer = new int[Layers],
        Ropes = [new RotaryEmbedding([.. Enumerable.Range(0, HeadSize / 2).Select(i => Math.Pow(100000, -2.0 * i / HeadSize))], 1)],
        TiesEmbeddings = true,
    };

    private static AdapterPlan Plan() => new(
        [.. ModelLayout.Linears(Describe()).Select(module => new AdaptedModule(module.Name, module.Shape[1], module.Shape[0], Rank, 2))],
        UseDora: false, LoraBias.None, []);

    private static void FillAdapters(ManagedEngine engine)
    {
        var random = new Random(1);
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            if (engine.Parameters[i].Role != TensorRole.LoraA)
                continue;
            var bound = 1 / MathF.Sqrt(engine.Parameters[i].Shape[1]);
            var values = new float[engine.Parameters[i].Length];
            foreach (ref var value in values.AsSpan())
                value = bound * (2 * random.NextSingle() - 1);
            engine.Write(ParameterState.Value, i, values);
        }
    }

    /// <summary>4 x 256 tokens that are all supervised, or 256, 224, 176 and 112 of which the latter half is.</summary>
    private static TokenBatch MakeBatch(bool masksHalf)
    {
        var random = new Random(2);
        int[] lengths = masksHalf ? [256, 224, 176, 112] : [256, 256, 256, 256];
        var tokens = new List<int>();
        var targets = new List<int>();
        var starts = new List<int> { 0 };
        foreach (var length in lengths)
        {
            var sequence = Enumerable.Range(0, length).Select(_ => random.Next(Vocabulary)).ToArray();
            var first = masksHalf ? length / 2 - 1 : 0;
            tokens.AddRange(sequence);
            targets.AddRange(Enumerable.Range(0, length).Select(i => i >= first && i < length - 1 ? sequence[i + 1] : TokenBatch.Ignored));
            starts.Add(tokens.Count);
        }

        return new TokenBatch([.. tokens], [.. targets], [.. starts]);
    }

    /// <summary>Weights in bf16 with a deviation of 0.02; norms of ones.</summary>
    private sealed unsafe class RandomWeights : IWeights, IDisposable
    {
        private readonly Dictionary<string, StoredTensor> _tensors = [];

        public RandomWeights()
        {
            var random = new Random(3);
            foreach (var (name, shape) in ModelLayout.Tensors(Describe()))
            {
                var length = shape.Aggregate(1, (product, size) => product * size);
                var data = (ushort*)NativeMemory.AlignedAlloc((nuint)length * sizeof(ushort), 64);
                for (var i = 0; i < length; i++)
                {
                    // A sum of four uniforms is near enough to a normal.
                    var sum = random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2;
                    var value = shape.Length == 1 ? 1 : 0.02f * sum / 0.577f;
                    data[i] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
                }

                _tensors.Add(name, new StoredTensor(name, StorageType.BFloat16, shape, (nint)data));
            }
        }

        public StoredTensor? Find(string name) => _tensors.GetValueOrDefault(name);

        public void Dispose()
        {
            foreach (var tensor in _tensors.Values)
                NativeMemory.AlignedFree((void*)tensor.Data);
        }
    }
}
