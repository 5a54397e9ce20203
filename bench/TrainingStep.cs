using System.Diagnostics;
using System.Globalization;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;

namespace LoraLint.Benchmarks;

/// <summary>
/// LoRA steps of a Llama with random bf16 weights, r = 16 on all linear layers, AdamW, clipping: what bench/rival.py does in PyTorch on a
/// CPU and bench/gpu_rival.py on a GPU, with the same options, the same numbers and the same line of output.
/// </summary>
internal static class TrainingStep
{
    private const int Failed = 1, Misused = 2, DoesNotFit = 3;

    private const string Usage =
        "--training [--engine managed|torch] [--device cpu|cuda:N] [--shape tiny|smollm2-135m|llama-3-8b] [--precision fp32|bf16] "
        + "[--quantize nf4] [--sequences N] [--length N] [--mask none|half] [--checkpoint] [--memory [--plain-attention]] "
        + "[--threads N] [--steps N] [--warmup N] [--rate X]";

    /// <summary>Takes what bench/training.sh and bench/gpu.sh give; 3 when the device has not the memory.</summary>
    public static int Run(string[] args)
    {
        try
        {
            var job = Job.Parse(args);
            var kind = FindKind(job.Engine);
            Measure(job, kind);
            return 0;
        }
        catch (EngineMemoryException exception)
        {
            Console.Error.WriteLine($"error: {exception.Message}");
            return DoesNotFit;
        }
        catch (TrainerException exception)
        {
            Console.Error.WriteLine($"error: {exception.Message}");
            return Failed;
        }
        catch (FormatException exception)
        {
            Console.Error.WriteLine($"error: {exception.Message}\nusage: {Usage}");
            return Misused;
        }
    }

    private static IEngineKind FindKind(string name) => name switch
    {
        ManagedEngineKind.KindName => new ManagedEngineKind(),
#if TORCH
        LoraLint.Trainer.Engines.Torch.TorchEngineKind.KindName => new LoraLint.Trainer.Engines.Torch.TorchEngineKind(),
#else
        "torch" => throw new TrainerException(
            "this program was built without the TorchSharp engine; build it with -p:TorchSharp=cpu, cuda-linux or cuda-windows"),
#endif
        _ => throw new FormatException($"there is no engine '{name}'"),
    };

    private static void Measure(Job job, IEngineKind kind)
    {
        var devices = kind.FindDevices();
        if (!devices.Any(device => device.Name == job.Device))
            throw new TrainerException(
                $"the engine {kind.Name} does not find the device {job.Device} here, but {string.Join(", ", devices.Select(d => d.Name))}");
        var model = job.Shape.Describe();
        var plan = job.Shape.Plan();
        var options = new EngineOptions
        {
            Device = job.Device,
            Precision = job.Precision,
            Threads = job.Threads,
            GradientCheckpointing = job.Recomputes,
            Quantization = job.Quantization is { } type ? new QuantizationOptions { Type = type, Double = true } : null,
        };
        var batch = MakeBatch(job);
        using var weights = new HashedWeights(model, sharesMemory: kind is not ManagedEngineKind);
        var before = PeakMemory.Restart();
        using var engine = kind.Create(model, weights, plan, options);
        FillAdapters(engine);
        var (times, losses, memory) = (new List<double>(), new List<double>(), 0L);

        // The first steps are not counted: they compile the code, choose kernels and touch the memory for the first time.
        for (var step = 1; step <= job.Warmup + job.Steps; step++)
        {
            var start = Stopwatch.GetTimestamp();
            engine.Accumulate(batch, 1.0 / batch.Supervised, (ulong)step);
            // Waits for the device, and so for the step before: what a GPU still does when the clock stops counts with the next step.
            var sums = engine.ReadSums();
            engine.Step(step, job.Rate, Math.Min(1, 1 / sums.GradientNorm));
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            losses.Add(sums.Loss / batch.Supervised);
            memory = Math.Max(memory, engine.MemoryBytes);
        }

        // A GPU's driver tells what is in use, which does not shrink, as libtorch keeps what it once took. The system knows a process's
        // peak.
        using var process = Process.GetCurrentProcess();
        var peak = (job.Device == "cpu" ? process.PeakWorkingSet64 : memory) / Math.Pow(1024, 3);
        var counted = times.Skip(job.Warmup).Order().ToList();
        var seconds = (counted[(counted.Count - 1) / 2] + counted[counted.Count / 2]) / 2;
        Console.WriteLine(FormattableString.Invariant(
            $"{seconds:F3} s/step, {batch.Length / seconds:F1} tokens/s, peak {peak:F2} GiB, loss {losses[0]:F5} to {losses[^1]:F5}"));
        if (job.ShowsMemory)
            ShowMemory(EstimateMemory(), PeakMemory.Read() - before);

        MemoryEstimate EstimateMemory() => EngineMemory.Estimate(
            kind.Name, model, plan, options,
            new BatchSize(batch.Length, batch.Supervised, batch.Starts.Zip(batch.Starts.Skip(1), (start, end) => end - start).Max()),
            storedBytes: 2, job.KeepsScores)!;
    }

    // What the engine took beyond what the process had before it, beside what was estimated without what is not the engine's.
    private static void ShowMemory(MemoryEstimate estimate, long taken)
    {
        var expected = estimate.Parts.Where(part => part.Name is not ("program" or ManagedMemory.FromFiles)).Sum(part => part.Bytes);
        Console.WriteLine(FormattableString.Invariant(
            $"memory {taken / 1e6:F0} MB, estimated {expected / 1e6:F0} MB ({100.0 * expected / taken - 100:+0.0;-0.0} %): ")
            + estimate.InParts());
    }

    // As PEFT does: A uniform within 1 / sqrt(in), B zero.
    private static void FillAdapters(ITrainingEngine engine)
    {
        var place = 0L;
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            if (engine.Parameters[i].Role != TensorRole.LoraA)
                continue;
            var bound = 1 / MathF.Sqrt(engine.Parameters[i].Shape[1]);
            var values = new float[engine.Parameters[i].Length];
            foreach (ref var value in values.AsSpan())
                value = bound * HashedNumbers.UnitAt(HashedNumbers.Adapters, place++);
            engine.Write(ParameterState.Value, i, values);
        }
    }

    /// <summary>Sequences of full length that are all supervised, or of unequal lengths of which the latter half is.</summary>
    private static TokenBatch MakeBatch(Job job)
    {
        double[] shares = job.MasksHalf ? [1, 0.875, 0.6875, 0.4375] : [1];
        var tokens = new List<int>();
        var targets = new List<int>();
        var starts = new List<int> { 0 };
        for (var sequence = 0; sequence < job.Sequences; sequence++)
        {
            var length = (int)(job.Length * shares[sequence % shares.Length]);
            for (var i = 0; i < length; i++)
                tokens.Add((int)(HashedNumbers.At(HashedNumbers.Tokens, tokens.Count) % job.Shape.Vocabulary));
            var first = job.MasksHalf ? length / 2 - 1 : 0;
            for (var i = 0; i < length; i++)
                targets.Add(i >= first && i < length - 1 ? tokens[starts[^1] + i + 1] : TokenBatch.Ignored);
            starts.Add(tokens.Count);
        }

        return new TokenBatch([.. tokens], [.. targets], [.. starts]);
    }

    /// <summary>What is timed.</summary>
    private sealed record Job
    {
        public string Engine { get; private init; } = ManagedEngineKind.KindName;
        public string Device { get; private init; } = "cpu";
        public TrainingShape Shape { get; private init; } = TrainingShape.Find("smollm2-135m")!;
        public string Precision { get; private init; } = "fp32";
        public string? Quantization { get; private init; }
        public int Sequences { get; private init; } = 4;
        public int Length { get; private init; } = 256;
        public bool MasksHalf { get; private init; }
        public bool Recomputes { get; private init; }
        public bool ShowsMemory { get; private init; }
        public bool KeepsScores { get; private init; }
        public int Threads { get; private init; } = 1;
        public int Steps { get; private init; } = 5;
        public int Warmup { get; private init; } = 1;
        public double Rate { get; private init; } = 2e-4;

        /// <exception cref="FormatException">An option is not known, lacks its value, or its value is none.</exception>
        public static Job Parse(string[] args)
        {
            var job = new Job();
            for (var i = 0; i < args.Length; i++)
            {
                if (args[i] == "--memory")
                {
                    job = job with { ShowsMemory = true };
                    continue;
                }

                if (args[i] == "--plain-attention")
                {
                    job = job with { KeepsScores = true };
                    continue;
                }

                if (args[i] == "--checkpoint")
                {
                    job = job with { Recomputes = true };
                    continue;
                }

                var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} needs a value");
                job = args[i] switch
                {
                    "--engine" => job with { Engine = value },
                    "--device" => job with { Device = value },
                    "--shape" => job with { Shape = TrainingShape.Find(value) ?? throw Unknown(args[i], value) },
                    "--precision" when value is "fp32" or "bf16" => job with { Precision = value },
                    "--quantize" when value == "nf4" => job with { Quantization = value },
                    "--sequences" => job with { Sequences = Count(value) },
                    "--length" => job with { Length = Count(value) },
                    "--mask" when value is "none" or "half" => job with { MasksHalf = value == "half" },
                    "--threads" => job with { Threads = Count(value) },
                    "--steps" => job with { Steps = Count(value) },
                    "--warmup" => job with { Warmup = Count(value) },
                    "--rate" => job with { Rate = double.Parse(value, CultureInfo.InvariantCulture) },
                    _ => throw Unknown(args[i], value),
                };
                i++;
            }

            return job;
        }

        private static int Count(string text)
        {
            var count = int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
            return count > 0 ? count : throw new FormatException($"'{text}' must be 1 or more");
        }

        private static FormatException Unknown(string option, string value) => new($"there is no option {option} {value}");
    }
}
