using LoraLint.Trainer.Data.Samples;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Spectra;

/// <summary>
/// What the layers of the base model are fed by the data, at tokens that are targets. The ranks are those of EVA (arXiv 2410.07170), found
/// as a run that starts with it finds them. The spectra are of up to <see cref="MostPositions"/> positions drawn from the first pass over
/// the sample, around their mean; modules that are fed the same have one spectrum.
/// </summary>
internal static class ActivationAnalysis
{
    /// <summary>Positions of a spectrum at most.</summary>
    public const int MostPositions = 512;

    // Each batch costs a decomposition for each input, so that batches have many targets; and the sample is small, so that more rounds over
    // it find nothing new.
    private const int TargetsOfBatch = 512, MostRounds = 2;
    private const ulong DrawPositions = 12;

    /// <summary>Reads the sample with the model.</summary>
    /// <param name="plan">The modules, with the rank that all of them would have.</param>
    /// <param name="sample">The data.</param>
    /// <param name="engine">The base model with an adapter of that plan.</param>
    /// <param name="seed">Decides which positions are drawn, and where iterations start.</param>
    /// <param name="threads">Threads that work.</param>
    public static ActivationResult Run(AdapterPlan plan, ITrainingBatches sample, ITrainingEngine engine, long seed, int threads)
    {
        var eva = new EvaInitialisation(plan, seed, threads: threads);
        var drawn = new PositionSample(seed);
        var inputs = new Dictionary<int, float[][]>();
        var (next, read, passes) = (0, 0, 0);
        // Positions come from the first round; EVA goes on until its components stay as they are.
        while (read < sample.MicroBatches || (read < MostRounds * sample.MicroBatches && !eva.HasConverged))
        {
            var from = next;
            var batch = EvaStart.Gather(sample, Math.Max(eva.SmallestBatch, TargetsOfBatch), ref next);
            read += next > from ? next - from : next - from + sample.MicroBatches;
            var rows = EvaStart.TargetRows(batch);
            var slots = read <= sample.MicroBatches ? drawn.Draw(rows.Length) : [];
            engine.CaptureInputs(batch, (module, readRow) =>
            {
                if (!eva.Observes(module))
                    return;
                EvaStart.Observe(eva, module, readRow, rows);
                Keep(module, readRow, rows, slots);
            });
            passes++;
        }

        var solver = new SpectrumSolver(threads);
        var spectra = inputs.OrderBy(i => i.Key).Where(i => drawn.Count > 1)
            .Select(i => (plan.Modules[i.Key].Name, solver.OfRows(i.Value[..drawn.Count], isCentred: true))).ToList();
        return new ActivationResult(spectra, eva.FindRanks(), eva.HasConverged, passes);

        void Keep(int module, ReadRow readRow, int[] rows, int[] slots)
        {
            if (!inputs.TryGetValue(module, out var kept))
                inputs.Add(module, kept = new float[MostPositions][]);
            for (var i = 0; i < slots.Length; i++)
            {
                if (slots[i] >= 0)
                    readRow(rows[i], kept[slots[i]] = new float[plan.Modules[module].InFeatures]);
            }
        }
    }

    // Which positions are kept, and in whose place: the same for every module.
    private sealed class PositionSample(long seed)
    {
        private SeededRandom _random = new(seed, DrawPositions, 0);
        private int _seen;

        public int Count => Math.Min(_seen, MostPositions);

        // The place of each of so many further positions; -1 for none.
        public int[] Draw(int positions)
        {
            var slots = new int[positions];
            for (var i = 0; i < positions; i++)
            {
                var slot = _seen < MostPositions ? _seen : _random.Below(_seen + 1);
                slots[i] = slot < MostPositions ? slot : -1;
                _seen++;
            }

            return slots;
        }
    }
}

/// <summary>What <see cref="ActivationAnalysis"/> found.</summary>
/// <param name="Spectra">Of the input of each group of modules that are fed the same, by the name of its first.</param>
/// <param name="Ranks">EVA's rank of each module of the plan, whose sum is that of the plan; null when no batch had enough targets.</param>
/// <param name="HasConverged">Whether EVA's components stayed as they were in the end.</param>
/// <param name="Passes">Forward passes.</param>
internal sealed record ActivationResult(
    IReadOnlyList<(string Module, Spectrum Spectrum)> Spectra, int[]? Ranks, bool HasConverged, int Passes);
