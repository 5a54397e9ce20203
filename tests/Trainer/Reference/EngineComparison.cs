using System.Globalization;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Reference;

/// <summary>Makes an engine for a model, its weights, a plan and options.</summary>
public delegate ITrainingEngine MakeEngine(ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options);

/// <summary>A mistake that an engine is given on purpose: what the reference's settings are multiplied by.</summary>
public sealed record PlantedFault(double Alpha = 1, double LearningRate = 1, double Epsilon = 1, double RopeBase = 1);

/// <summary>Trains a case with an engine and says where it differs from the reference.</summary>
public sealed class EngineComparison(ReferenceCase reference, MakeEngine make)
{
    /// <summary>Of logits by norm, and of losses, relative.</summary>
    public const double LossTolerance = 1e-5;

    /// <summary>Of each gradient by norm, relative.</summary>
    public const double GradientTolerance = 1e-4;

    /// <summary>Of each parameter after all steps by norm, relative to the norm of its update.</summary>
    public const double UpdateTolerance = 1e-3;

    private readonly List<string> _differences = [];

    /// <summary>All differences beyond the tolerances; empty when engine and reference agree.</summary>
    public IReadOnlyList<string> Run(int threads, bool recomputes = false, PlantedFault? fault = null)
    {
        _differences.Clear();
        fault ??= new PlantedFault();
        var plan = reference.Plan;
        plan = plan with { Modules = [.. plan.Modules.Select(module => module with { Scaling = module.Scaling * fault.Alpha })] };
        var options = reference.EngineOptions(threads);
        options = options with { GradientCheckpointing = recomputes, Epsilon = options.Epsilon * fault.Epsilon };
        using var engine = make(WithRopeBase(reference.Model.Config, fault.RopeBase), reference.Model, plan, options);
        if (CompareNames(engine))
        {
            WriteInitialValues(engine);
            CompareLogits(engine);
            CompareEvaluation(engine);
            Train(engine, reference.LearningRate * fault.LearningRate);
            CompareFinalValues(engine);
        }

        return [.. _differences];
    }

    /// <summary>The model with another base of all rotary embeddings: frequency i is base to the power of -i / pairs.</summary>
    private static ModelConfig WithRopeBase(ModelConfig model, double factor) => model with
    {
        Ropes =
        [
            .. model.Ropes.Select(rope => rope with
            {
                InverseFrequencies =
                [
                    .. rope.InverseFrequencies.Select((value, i) => value * Math.Pow(factor, -(double)i / rope.InverseFrequencies.Length)),
                ],
            }),
        ],
    };

    private bool CompareNames(ITrainingEngine engine)
    {
        var expected = reference.TrainedNames.Order(StringComparer.Ordinal)
            .Select(name => $"{name} ({string.Join(", ", reference.ShapeOf("initial." + name))})");
        var actual = engine.Parameters.OrderBy(parameter => parameter.Name, StringComparer.Ordinal)
            .Select(parameter => $"{parameter.Name} ({string.Join(", ", parameter.Shape)})");
        var missing = expected.Except(actual).ToArray();
        var surplus = actual.Except(expected).ToArray();
        _differences.AddRange(missing.Select(name => $"{name} is not trained"));
        _differences.AddRange(surplus.Select(name => $"{name} is trained"));
        return missing.Length + surplus.Length == 0;
    }

    private void WriteInitialValues(ITrainingEngine engine)
    {
        for (var i = 0; i < engine.Parameters.Count; i++)
            engine.Write(ParameterState.Value, i, reference.Read("initial." + engine.Parameters[i].Name));
    }

    /// <summary>Logits of every position: each is the last one of the sequence's beginning up to it.</summary>
    private void CompareLogits(ITrainingEngine engine)
    {
        var batch = reference.Batches[0];
        var tokens = new List<int>();
        var starts = new List<int> { 0 };
        for (var sequence = 0; sequence < batch.Sequences; sequence++)
        {
            var (start, end) = (batch.Starts[sequence], batch.Starts[sequence + 1]);
            for (var until = start + 1; until <= end; until++)
            {
                tokens.AddRange(batch.Tokens[start..until]);
                starts.Add(tokens.Count);
            }
        }

        var targets = new int[tokens.Count];
        targets.AsSpan().Fill(TokenBatch.Ignored);
        var beginnings = new TokenBatch([.. tokens], targets, [.. starts]);
        CompareNorm("logits", engine.LastLogits(beginnings), reference.Read("logits"), LossTolerance);
    }

    private void CompareEvaluation(ITrainingEngine engine)
    {
        var batches = reference.Batches;
        for (var i = 0; i < batches.Count; i++)
        {
            var sum = engine.Evaluate(batches[i]);
            CompareNumber($"loss of micro batch {i}", sum.Loss, reference.MicroLosses[i], LossTolerance);
            if (sum.Tokens != batches[i].Supervised)
                _differences.Add($"micro batch {i} has {batches[i].Supervised} supervised positions, not {sum.Tokens}");
        }
    }

    private void Train(ITrainingEngine engine, double learningRate)
    {
        var batches = reference.Batches;
        var losses = reference.Losses;
        var scale = 1.0 / batches.Sum(batch => batch.Supervised);
        for (var step = 1; step <= reference.Steps; step++)
        {
            foreach (var batch in batches)
                engine.Accumulate(batch, scale, dropoutKey: (ulong)step);
            var (loss, norm) = engine.ReadSums();
            CompareNumber($"loss of step {step}", loss * scale, losses[step - 1], LossTolerance);
            if (step == 1)
                CompareGradients(engine, norm);
            var limit = reference.MaxGradNorm;
            engine.Step(step, learningRate, limit > 0 && norm > limit ? limit / norm : 1);
        }

        var last = batches.Aggregate(new LossSum(), (sum, batch) => sum + engine.Evaluate(batch));
        CompareNumber("loss after the last step", last.Mean, losses[^1], LossTolerance);
    }

    private void CompareGradients(ITrainingEngine engine, double norm)
    {
        CompareNumber("norm of the gradient", norm, reference.GradientNorm, GradientTolerance);
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            var name = engine.Parameters[i].Name;
            var actual = Read(engine, ParameterState.Gradient, i);
            CompareNorm($"gradient of {name}", actual, reference.Read("gradient." + name), GradientTolerance);
        }
    }

    private void CompareFinalValues(ITrainingEngine engine)
    {
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            var name = engine.Parameters[i].Name;
            var expected = reference.Read("final." + name);
            var difference = Distance(Read(engine, ParameterState.Value, i), expected);
            var update = Distance(reference.Read("initial." + name), expected);
            if (!(difference <= UpdateTolerance * update))
                _differences.Add(Invariant($"{name} after {reference.Steps} steps: off by {difference / update:g3} of its update"));
        }
    }

    private void CompareNumber(string what, double actual, double expected, double tolerance)
    {
        if (!(Math.Abs(actual - expected) <= tolerance * Math.Abs(expected)))
            _differences.Add(Invariant($"{what}: {actual:g9}, not {expected:g9}"));
    }

    private void CompareNorm(string what, float[] actual, float[] expected, double tolerance)
    {
        var norm = Distance(new float[expected.Length], expected);
        var difference = Distance(actual, expected);
        if (!(difference <= tolerance * norm))
            _differences.Add(Invariant($"{what}: off by {difference / norm:g3} of its norm"));
    }

    /// <summary>The Euclidean distance; not a number when lengths differ, which no tolerance accepts.</summary>
    private static double Distance(float[] a, float[] b) => a.Length != b.Length
        ? double.NaN : Math.Sqrt(a.Zip(b, (x, y) => ((double)x - y) * ((double)x - y)).Sum());

    private static float[] Read(ITrainingEngine engine, ParameterState kind, int index)
    {
        var values = new float[engine.Parameters[index].Length];
        engine.Read(kind, index, values);
        return values;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
