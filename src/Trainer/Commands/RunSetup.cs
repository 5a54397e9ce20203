using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Tokenizers;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Commands;

/// <summary>Makes of a run what trains: the model, the data, the engine with the adapter's first values.</summary>
internal static class RunSetup
{
    /// <summary>Reads everything and checks that it fits together.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="request">Threads and engine.</param>
    /// <param name="tell">Takes the phases and warnings.</param>
    public static TrainingParts Prepare(RunFolder folder, RunRequest request, Action<RunEvent> tell)
    {
        var run = folder.Record.Run;
        var threads = request.Threads ?? Environment.ProcessorCount;
        tell(PhaseEvent.Of(RunPhase.Loading));
        // First of all: native libraries load here as they did when the engine was chosen, before models and data take memory.
        var device = DeviceOf(request);
        List<IDisposable> resources = [];
        try
        {
            var model = Keep(ModelFolder.Open(run.BaseModel));
            model.Verify();
            var modelHash = BaseModelHash.Of([Path.Combine(model.Path, "config.json"), .. model.Files.Select(file => file.Path)]);

            tell(PhaseEvent.Of(RunPhase.Tokenizing));
            var data = TrainingData.Load(run.Data, run.Training, TokenizerFiles.Load(run.BaseModel), TemplateOf(run));
            Check(data, model.Config, run);
            foreach (var warning in data.Warnings)
                tell(new WarningEvent(warning));

            tell(PhaseEvent.Of(RunPhase.Initialising));
            var plan = AdapterPlanner.Plan(run.Lora, model.Config);
            if (run.Optimizer.LoraPlusRatio != 1 && plan.Modules.Any(module => module.IsEmbedding))
            {
                throw new TrainerException(
                    $"the target modules match {ModelLayout.Embedding}, and LoRA+ trains the adapter of an embedding at a rate of its own "
                    + "(PEFT's loraplus_lr_embedding), which is not supported; leave the embedding out, or train without LoRA+");
            }

            var options = WithMemory(OptionsOf(run, threads, device.Name), request.Engine.Name, model, plan, data);
            if (MemoryWarning(options, device) is { } missing)
                tell(new WarningEvent(missing));
            var batches = new PlannedBatches(data);
            var initial = Keep(
                run.Lora.Init != LoraInit.Eva
                    ? AdapterInitialisation.Create(plan, run.Lora.Init, model, run.Training.Seed, run.Quantization is not null, threads)
                : folder.ResumeStep is { } step ? EvaStart.Resume(plan, model, folder.Checkpoints, step)
                : EvaStart.Create(
                    plan, model.Config, model, batches, request.Engine, options, run.Training.Seed,
                    warning => tell(new WarningEvent(warning))));
            var engine = Keep(request.Engine.Create(model.Config, initial.Weights, initial.Plan, options));
            Start(engine, initial);

            var export = new AdapterExport(engine, initial, run, model.Config, folder.Files);
            var identity = new RunIdentity(
                $"{data.Train.Fingerprint} {data.Validation?.Fingerprint}".TrimEnd(), modelHash, engine.Name, engine.Device,
                Advisor.Program.Version);
            var steps = StepPlan.Of(run.Training, data.Train.MicroBatches);
            var start = new StartEvent(
                engine.Name, threads, engine.Device, model.Config.ModelType,
                ModelLayout.Tensors(model.Config).Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size)),
                engine.Parameters.Sum(parameter => (long)parameter.Length),
                data.Train.Samples, data.Validation?.Samples ?? 0, data.Train.Tokens, data.Train.SupervisedTokens,
                data.Files.Sum(file => file.Truncated), data.Files.Sum(file => file.Dropped + file.Empty),
                data.Files.Sum(file => file.Duplicates), steps.Steps, steps.Epochs, null, folder.Path,
                [.. Notes(run, data, model.Config, plan)]);
            return new TrainingParts(engine, batches, identity, export.WriteInto, start, resources);
        }
        catch
        {
            TrainingParts.Dispose(resources);
            throw;
        }

        T Keep<T>(T resource)
            where T : IDisposable
        {
            resources.Add(resource);
            return resource;
        }
    }

    // Only conversations need one, and the model's own may be none that is known.
    private static ChatTemplate? TemplateOf(TrainingRun run) =>
        run.Data.ChatTemplate is { } name ? ChatTemplate.ByName(name)
        : run.Data.Train.Concat(run.Data.Validation).Any(
            source => source.Format is DataFormat.Chat or DataFormat.ShareGpt or DataFormat.ChatExchange)
            ? ChatTemplate.ForModel(run.BaseModel)
        : null;

    private static void Check(TrainingData data, ModelConfig model, TrainingRun run)
    {
        if (data.HighestToken >= model.VocabularySize)
        {
            throw new TrainerException(
                $"the tokenizer in {run.BaseModel} gives the token {data.HighestToken} and the model has embeddings of "
                + $"0 to {model.VocabularySize - 1}: the tokenizer belongs to another model");
        }

        var longest = Math.Max(data.Train.LongestSample, data.Validation?.LongestSample ?? 0);
        if (longest > model.MaxPositions)
        {
            throw new TrainerException($"a sample has {longest} tokens and the model handles {model.MaxPositions}: "
                + $"lower max_sequence_length from {run.Data.MaxSequenceLength} to {model.MaxPositions}");
        }
    }

    private static ComputeDevice DeviceOf(RunRequest request)
    {
        var devices = request.Engine.FindDevices();
        return (request.Device is { } wish ? devices.FirstOrDefault(device => device.Name == wish) : devices.FirstOrDefault())
            ?? throw new TrainerException($"the engine {request.Engine.Name} has no device {request.Device}; it has "
                + string.Join(", ", devices.Select(device => device.Name)));
    }

    // With the lengths that the samples really have.
    private static EngineOptions WithMemory(EngineOptions options, string engine, ModelFolder model, AdapterPlan plan, TrainingData data) =>
        options with
        {
            Memory = EngineMemory.Estimate(
                engine, model.Config, plan, options,
                new BatchSize(data.Train.LongestBatch, data.Train.MostSupervised, data.Train.LongestSample),
                model.Find(ModelLayout.Norm + ".weight")?.Type == StorageType.Float32 ? 4 : 2),
        };

    private static string? MemoryWarning(EngineOptions options, ComputeDevice device) =>
        options.Memory is { } memory && memory.Low > device.MemoryBytes
            ? $"{device.Name} has {MemoryEstimate.Shown(device.MemoryBytes.Value)} of memory, and the run is estimated to take "
                + $"{memory.InBrief()}: {memory.InParts()}"
            : null;

    private static EngineOptions OptionsOf(TrainingRun run, int threads, string device) => new()
    {
        Device = device,
        // On a CPU 32 bits are as fast, and what the managed engine computes in.
        Precision = device == "cpu" ? "fp32" : run.Training.Precision,
        Threads = threads,
        Dropout = run.Lora.Dropout,
        GradientCheckpointing = run.Training.GradientCheckpointing,
        Quantization = run.Quantization,
        Optimizer = run.Optimizer.Name,
        Beta1 = run.Optimizer.Beta1,
        Beta2 = run.Optimizer.Beta2,
        Epsilon = run.Optimizer.Epsilon,
        BiasCorrection = run.Optimizer.BiasCorrection,
        WeightDecay = run.Optimizer.WeightDecay,
        LoraPlusRatio = run.Optimizer.LoraPlusRatio,
    };

    // A run that goes on takes all of its values from the checkpoint, later.
    internal static void Start(ITrainingEngine engine, InitialAdapter initial)
    {
        var values = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var (module, (a, b)) in initial.Modules)
            (values[AdapterKeys.A(module)], values[AdapterKeys.B(module)]) = (a, b);
        WriteAll();
        // DoRA's magnitudes start as the norms of the rows of W + s B A: with PiSSA and OLoRA those of the whole weight, not of what is
        // left.
        if (initial.Plan.UseDora)
        {
            for (var i = 0; i < initial.Plan.Modules.Count; i++)
                values[AdapterKeys.Magnitude(initial.Plan.Modules[i].Name)] = engine.WeightNorms(i);
            WriteAll();
        }

        void WriteAll()
        {
            for (var i = 0; i < engine.Parameters.Count; i++)
            {
                if (values.Remove(engine.Parameters[i].Name, out var first))
                    engine.Write(ParameterState.Value, i, first);
            }

            if (values.Count > 0)
                throw new InvalidOperationException($"the engine has no parameter {values.Keys.First()}");
        }
    }

    private static IEnumerable<string> Notes(TrainingRun run, TrainingData data, ModelConfig model, AdapterPlan plan)
    {
        if (model.TiesEmbeddings && plan.TrainsEmbeddingOrHead)
        {
            yield return "the embedding and the head of this model share one weight, and training parts them, as PEFT does: what is "
                + "trained of the one does not reach the other, and a merged model holds both weights";
        }

        if (data.Validation is null && (run.Training.RestoreBest || run.Training.EarlyStoppingPatience is not null))
            yield return "there is no validation data: training does not stop early, and the adapter is that of the last step";
    }
}
