using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Training;

/// <summary>
/// The start of a run with EVA: the base model reads training data, and what its layers are fed decides on A and on the ranks. Of a batch
/// the tokens count that are targets, as PEFT's label mask has it.
/// </summary>
internal static class EvaStart
{
    /// <summary>Forward passes at most. PEFT goes through the data until the components are found, however long.</summary>
    public const int MostPasses = 256;

    /// <summary>Finds where training starts.</summary>
    /// <param name="plan">The modules with the ranks asked for.</param>
    /// <param name="model">The base model's description.</param>
    /// <param name="weights">The base, which must outlive the result.</param>
    /// <param name="batches">The first epoch's are read, again from the start when they are used up.</param>
    /// <param name="kind">Of the engine that will train.</param>
    /// <param name="options">Its options: inputs are those of the model as it will be stored.</param>
    /// <param name="seed">The run's.</param>
    /// <param name="warn">Takes a sentence when the components are not found in <see cref="MostPasses"/>.</param>
    /// <exception cref="TrainerException">The data has too few supervised tokens.</exception>
    public static InitialAdapter Create(
        AdapterPlan plan, ModelConfig model, IWeights weights, ITrainingBatches batches, IEngineKind kind, EngineOptions options, long seed,
        Action<string> warn)
    {
        // The embedding has no input to look at: as in PEFT it keeps its rank and starts as it always does.
        var layers = plan with { Modules = [.. plan.Modules.Where(m => !m.IsEmbedding)] };
        if (layers.Modules.Count == 0)
        {
            throw new TrainerException(
                "initialisation eva looks at what linear layers are fed, and none gets an adapter; use another initialisation");
        }

        var eva = new EvaInitialisation(layers, seed, threads: options.Threads);
        using var engine = kind.Create(model, weights, layers, options);
        var next = 0;
        for (var pass = 0; pass < MostPasses && !eva.HasConverged; pass++)
        {
            var batch = Gather(batches, eva.SmallestBatch, ref next);
            var rows = TargetRows(batch);
            engine.CaptureInputs(batch, (module, inputs) => Observe(eva, module, inputs, rows));
        }

        var initial = eva.Finish(weights);
        if (!eva.HasConverged)
            warn($"initialisation eva: the components of some layers still change after {MostPasses} batches; they are used as they are");
        return plan.Modules.FirstOrDefault(m => m.IsEmbedding) is { } embedding
            ? initial.WithFirst(embedding, AdapterInitialisation.Embedding(embedding, seed)) : initial;
    }

    /// <summary>
    /// Where a run that goes on has started: the ranks that its checkpoint has. A and B come from the checkpoint, and finding them again
    /// could end in other ranks on another machine.
    /// </summary>
    /// <param name="plan">The modules with the ranks asked for.</param>
    /// <param name="weights">The base, which must outlive the result.</param>
    /// <param name="checkpoints">The run's.</param>
    /// <param name="step">That of the checkpoint, whose folder is an adapter's too.</param>
    public static InitialAdapter Resume(AdapterPlan plan, IWeights weights, CheckpointStore checkpoints, int step)
    {
        // Its files are what was written, or this throws.
        _ = checkpoints.Read(step);
        using var adapter = AdapterFolder.Open(checkpoints.FolderOf(step));
        var ranks = adapter.Modules.ToDictionary(m => m.Name, m => m.Rank, StringComparer.Ordinal);
        var modules = plan.Modules.Where(m => ranks.ContainsKey(m.Name)).Select(m => m with { Rank = ranks[m.Name] });
        return new InitialAdapter(
            plan with { Modules = [.. modules] }, new Dictionary<string, InitialModule>(), new ResidualWeights(weights),
            changesBase: false);
    }

    /// <summary>Hands the inputs at some rows on.</summary>
    internal static void Observe(EvaInitialisation eva, int module, ReadRow read, int[] rows) =>
        eva.Observe(module, rows.Length, (row, values) => read(rows[row], values));

    /// <summary>Micro batches put together until enough of their tokens are targets, an epoch of them at most.</summary>
    internal static TokenBatch Gather(ITrainingBatches batches, int smallest, ref int next)
    {
        List<int> tokens = [], targets = [], starts = [0];
        var supervised = 0;
        for (var i = 0; i < batches.MicroBatches && supervised < smallest; i++)
        {
            var batch = batches.Training(0, next);
            next = (next + 1) % batches.MicroBatches;
            starts.AddRange(batch.Starts.Skip(1).Select(end => tokens.Count + end));
            tokens.AddRange(batch.Tokens);
            targets.AddRange(batch.Targets);
            supervised += batch.Supervised;
        }

        return new TokenBatch([.. tokens], [.. targets], [.. starts]);
    }

    /// <summary>The rows that count: a position's target is the token behind it, whose row is the one.</summary>
    internal static int[] TargetRows(TokenBatch batch) =>
        [.. Enumerable.Range(1, batch.Length - 1).Where(row => batch.Targets[row - 1] != TokenBatch.Ignored)];
}
