using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Spectra;

/// <summary>
/// The gradients of the loss by the base model's own weights, averaged over the sample: the directions in which full fine-tuning would set
/// out. The engine trains the modules in full for that, as modules_to_save are, and never takes a step; so many at a time that their values
/// and gradients stay within <see cref="MostValues"/> values, with one pass over the sample for each group.
/// </summary>
internal static class GradientAnalysis
{
    /// <summary>Weights of a group at most, 4 bytes each and as much for their gradients; a single module may have more.</summary>
    public const long MostValues = 1L << 28;

    private const string Layers = "model.layers.";

    /// <summary>Runs forward and backward.</summary>
    /// <param name="plan">The modules.</param>
    /// <param name="model">The base model's description.</param>
    /// <param name="weights">Its tensors.</param>
    /// <param name="sample">The data.</param>
    /// <param name="kind">The engine.</param>
    /// <param name="options">Its options; the optimizer is none.</param>
    /// <param name="seed">Where iterations start.</param>
    /// <param name="mostValues">Weights of a group at most.</param>
    public static GradientResult Run(
        AdapterPlan plan, ModelConfig model, IWeights weights, ITrainingBatches sample, IEngineKind kind, EngineOptions options, long seed,
        long mostValues = MostValues)
    {
        var spectra = new List<(string, Spectrum)>();
        var importances = new List<WeightedImportance>();
        var supervised = Enumerable.Range(0, sample.MicroBatches).Sum(i => (long)sample.Training(0, i).Supervised);
        var loss = 0.0;
        foreach (var group in Groups(plan.Modules.Where(m => !m.IsEmbedding), mostValues))
        {
            var full = new AdapterPlan([], UseDora: false, LoraBias.None, [.. group.Select(m => m.Name)]);
            using var engine = kind.Create(
                model, weights, full, options with { Optimizer = "sgd", GradientCheckpointing = true, Dropout = 0 });
            for (var i = 0; i < sample.MicroBatches; i++)
                engine.Accumulate(sample.Training(0, i), 1.0 / supervised, dropoutKey: 0);
            loss = engine.ReadSums().Loss / supervised;
            foreach (var module in group)
            {
                var gradient = GradientOf(engine, module);
                importances.Add(new WeightedImportance(
                    module.Name, module.InFeatures, module.OutFeatures, Importance(WeightOf(weights, module.Name), gradient)));
                if (HasSpectrum(module, model))
                {
                    spectra.Add((module.Name, new SpectrumSolver(options.Threads).OfMatrix(
                        gradient, module.OutFeatures, module.InFeatures, new CounterRandom(seed, module.Name))));
                }
            }
        }

        return new GradientResult(spectra, importances, loss);
    }

    // The spectra of large matrices are dear: those of the first, the middle and the last layer stand for all.
    private static bool HasSpectrum(AdaptedModule module, ModelConfig model) =>
        Math.Min(module.InFeatures, module.OutFeatures) <= SpectrumSolver.LargestExact
        || !module.Name.StartsWith(Layers, StringComparison.Ordinal)
        || new[] { 0, model.Layers / 2, model.Layers - 1 }.Any(
            layer => module.Name.StartsWith(FormattableString.Invariant($"{Layers}{layer}."), StringComparison.Ordinal));

    private static IEnumerable<List<AdaptedModule>> Groups(IEnumerable<AdaptedModule> modules, long most)
    {
        var group = new List<AdaptedModule>();
        var values = 0L;
        foreach (var module in modules)
        {
            var size = (long)module.InFeatures * module.OutFeatures;
            if (group.Count > 0 && values + size > most)
            {
                yield return group;
                (group, values) = ([], 0);
            }

            group.Add(module);
            values += size;
        }

        if (group.Count > 0)
            yield return group;
    }

    private static float[] GradientOf(ITrainingEngine engine, AdaptedModule module)
    {
        var key = AdapterKeys.Saved(module.Name);
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            if (engine.Parameters[i].Name != key)
                continue;
            var values = new float[engine.Parameters[i].Length];
            engine.Read(ParameterState.Gradient, i, values);
            return values;
        }

        throw new InvalidOperationException($"the engine does not train {key}");
    }

    private static StoredTensor WeightOf(IWeights weights, string module) =>
        weights.Find(module + ".weight") ?? weights.Find(ModelLayout.Embedding + ".weight")!;

    // GoRA's: the mean of |W * G| value by value, the change of the loss that setting each weight to zero would bring to first order.
    private static double Importance(StoredTensor weight, float[] gradient)
    {
        var columns = weight.Shape[1];
        var row = new float[columns];
        var sum = 0.0;
        for (var start = 0; start < gradient.Length; start += columns)
        {
            weight.CopyTo(start, row);
            for (var j = 0; j < columns; j++)
                sum += Math.Abs((double)row[j] * gradient[start + j]);
        }

        return sum / gradient.Length;
    }
}

/// <summary>What <see cref="GradientAnalysis"/> found.</summary>
/// <param name="Spectra">Of the gradient of each module; of large ones in three layers.</param>
/// <param name="Importances">By which ranks are shared out.</param>
/// <param name="Loss">The base model's loss on a target of the sample, nats.</param>
internal sealed record GradientResult(
    IReadOnlyList<(string Module, Spectrum Spectrum)> Spectra, IReadOnlyList<WeightedImportance> Importances, double Loss);
