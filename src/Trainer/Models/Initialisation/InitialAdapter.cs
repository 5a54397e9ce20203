namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>Where training starts: A and B by module, and the base weights that go with them.</summary>
public sealed class InitialAdapter : IDisposable
{
    private readonly ResidualWeights _weights;
    private readonly bool _changesBase;

    internal InitialAdapter(
        AdapterPlan plan, IReadOnlyDictionary<string, InitialModule> modules, ResidualWeights weights, bool changesBase)
    {
        Plan = plan;
        Modules = modules;
        _weights = weights;
        _changesBase = changesBase;
    }

    /// <summary>The plan; that of EVA has other ranks than were asked for.</summary>
    public AdapterPlan Plan { get; }

    /// <summary>A and B by the module's full name.</summary>
    public IReadOnlyDictionary<string, InitialModule> Modules { get; }

    /// <summary>The base to train on. It must be kept as long as it is used.</summary>
    public IWeights Weights => _weights;

    /// <summary>Whether <see cref="Weights"/> are not those of the model.</summary>
    public bool ChangesBase => _changesBase;

    /// <summary>
    /// The adapter for the unchanged base that does what the trained one does on <see cref="Weights"/>, as PEFT's
    /// <c>path_initial_model_for_weight_conversion</c>: with W = W' + s B0 A0, W' + s B A = W + s [B | -B0] [A ; A0]. Ranks double where
    /// the base was changed, which the embedding's weight never is; scalings stay.
    /// </summary>
    /// <param name="trained">A and B of each module after training.</param>
    public (AdapterPlan Plan, IReadOnlyDictionary<string, InitialModule> Modules) ForOriginalBase(
        IReadOnlyDictionary<string, InitialModule> trained)
    {
        if (!_changesBase)
            return (Plan, trained);
        var modules = Plan.Modules.ToDictionary(
            m => m.Name, m => m.IsEmbedding ? trained[m.Name] : Join(m, trained[m.Name], Modules[m.Name]), StringComparer.Ordinal);
        return (Plan with { Modules = [.. Plan.Modules.Select(m => m.IsEmbedding ? m : m with { Rank = 2 * m.Rank })] }, modules);
    }

    /// <summary>The same with one more module before the others, on the same weights, which the result owns.</summary>
    internal InitialAdapter WithFirst(AdaptedModule module, InitialModule start) => new(
        Plan with { Modules = [module, .. Plan.Modules] },
        new Dictionary<string, InitialModule>(Modules, StringComparer.Ordinal) { [module.Name] = start }, _weights, _changesBase);

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();

    private static InitialModule Join(AdaptedModule module, InitialModule trained, InitialModule initial)
    {
        var rank = module.Rank;
        var b = new float[module.OutFeatures * 2 * rank];
        for (var row = 0; row < module.OutFeatures; row++)
        {
            trained.B.AsSpan(row * rank, rank).CopyTo(b.AsSpan(2 * row * rank));
            for (var k = 0; k < rank; k++)
                b[(((2 * row) + 1) * rank) + k] = -initial.B[(row * rank) + k];
        }

        return new InitialModule([.. trained.A, .. initial.A], b);
    }
}

/// <summary>A and B of a module.</summary>
/// <param name="A">(rank, in), row by row.</param>
/// <param name="B">(out, rank), row by row.</param>
public sealed record InitialModule(float[] A, float[] B);
