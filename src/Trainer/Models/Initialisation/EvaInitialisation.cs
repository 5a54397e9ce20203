namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>
/// EVA (arXiv 2410.07170): A starts as the principal components of what its layer is fed, B as zero, and the ranks go to the layers whose
/// components explain most, their sum unchanged. As PEFT does it (src/peft/tuners/lora/eva.py), scalings kept when ranks change.
/// </summary>
/// <remarks>
/// Feed batches through the model, hand each module's supervised input rows to <see cref="Observe"/>, stop when
/// <see cref="HasConverged"/> or the data is used up, then <see cref="Finish"/>.
/// </remarks>
internal sealed class EvaInitialisation
{
    private readonly AdapterPlan _plan;
    private readonly double _tau;
    private readonly int[] _leaderOf;
    private readonly int[] _components;
    private readonly IncrementalPca?[] _analyses;

    /// <summary>Prepares for a plan.</summary>
    /// <param name="plan">The modules with the ranks asked for.</param>
    /// <param name="seed">The run's.</param>
    /// <param name="rho">The most that a rank can grow, as a factor of 1 or more. 1: ranks only shrink or stay.</param>
    /// <param name="tau">The cosine between a component and its state a batch before from which it counts as found.</param>
    /// <param name="threads">Threads that work.</param>
    public EvaInitialisation(AdapterPlan plan, long seed, double rho = 2, double tau = 0.99, int threads = 1)
    {
        _plan = plan;
        _tau = tau;
        var leaders = new Dictionary<string, int>(StringComparer.Ordinal);
        _leaderOf = new int[plan.Modules.Count];
        _components = new int[plan.Modules.Count];
        _analyses = new IncrementalPca?[plan.Modules.Count];
        for (var i = 0; i < plan.Modules.Count; i++)
        {
            var module = plan.Modules[i];
            leaders.TryAdd(InputOf(module.Name), i);
            _leaderOf[i] = leaders[InputOf(module.Name)];
            var wanted = (int)Math.Round(module.Rank * rho, MidpointRounding.ToEven);
            _components[_leaderOf[i]] = Math.Max(_components[_leaderOf[i]], Math.Min(wanted, module.InFeatures));
        }

        for (var i = 0; i < plan.Modules.Count; i++)
        {
            _components[i] = _components[_leaderOf[i]];
            if (_leaderOf[i] == i)
            {
                _analyses[i] = new IncrementalPca(
                    plan.Modules[i].InFeatures, _components[i], new CounterRandom(seed, plan.Modules[i].Name), threads);
            }
        }
    }

    /// <summary>Rows that a batch must have to be taken in.</summary>
    public int SmallestBatch => _components.Max();

    /// <summary>Whether the components of every module that get a rank stay as they are from batch to batch.</summary>
    public bool HasConverged
    {
        get
        {
            if (_analyses.Any(a => a is { Similarities.Length: 0 }))
                return false;
            var ranks = Ranks();
            return Enumerable.Range(0, ranks.Length)
                .All(i => _analyses[_leaderOf[i]]!.Similarities.Take(ranks[i]).All(s => s >= _tau));
        }
    }

    /// <summary>Takes the inputs of a module in a batch. Modules that are fed the same as another are passed over.</summary>
    /// <param name="module">Its index in the plan.</param>
    /// <param name="rows">Number of positions.</param>
    /// <param name="readRow">Fills the input of a position; called from several threads.</param>
    public void Observe(int module, int rows, Action<int, Span<float>> readRow) => _analyses[module]?.Add(rows, readRow);

    /// <summary>Whether a module's inputs are looked at; not those of one that is fed the same as another.</summary>
    public bool Observes(int module) => _analyses[module] is not null;

    /// <summary>The rank of each module of the plan, 0 for none; null when no batch had enough positions.</summary>
    public int[]? FindRanks() => _analyses.Any(a => a is { Components: null }) ? null : Ranks();

    /// <summary>The adapter to start from. Modules whose components explain least may be left without one.</summary>
    /// <param name="weights">The base, which must outlive the result.</param>
    /// <exception cref="TrainerException">No batch had enough positions.</exception>
    public InitialAdapter Finish(IWeights weights)
    {
        var lacking = Array.FindIndex(_analyses, a => a is { Components: null });
        if (lacking >= 0)
        {
            throw new TrainerException(
                $"initialisation eva needs at least {_components[lacking]} supervised tokens, and the training data has fewer; "
                + "lower the rank, or use another initialisation");
        }

        var ranks = Ranks();
        var modules = new List<AdaptedModule>();
        var initial = new Dictionary<string, InitialModule>(StringComparer.Ordinal);
        for (var i = 0; i < ranks.Length; i++)
        {
            if (ranks[i] == 0)
                continue;
            var module = _plan.Modules[i] with { Rank = ranks[i] };
            var components = _analyses[_leaderOf[i]]!.Components!.Values.AsSpan(0, ranks[i] * module.InFeatures).ToArray();
            modules.Add(module);
            initial.Add(
                module.Name, new InitialModule(Array.ConvertAll(components, v => (float)v), new float[module.OutFeatures * ranks[i]]));
        }

        return new InitialAdapter(_plan with { Modules = modules }, initial, new ResidualWeights(weights), changesBase: false);
    }

    // The components of all modules in one row by the share they explain; the first ones are in, as many as ranks were asked for.
    private int[] Ranks()
    {
        var ranks = new int[_plan.Modules.Count];
        var order = Enumerable.Range(0, ranks.Length).OrderBy(i => _leaderOf[i] == i ? 0 : 1);
        var best = order.SelectMany(i => _analyses[_leaderOf[i]]!.ExplainedShares.Select(share => (Module: i, Share: share)))
            .OrderByDescending(c => c.Share).Take(_plan.Modules.Sum(m => m.Rank));
        foreach (var (module, _) in best)
            ranks[module]++;
        for (var i = 0; i < ranks.Length; i++)
        {
            ranks[i] = Math.Min(ranks[i], Math.Min(_plan.Modules[i].InFeatures, _plan.Modules[i].OutFeatures));
            if (ranks[_leaderOf[i]] < ranks[i])
                (ranks[_leaderOf[i]], ranks[i]) = (ranks[i], ranks[_leaderOf[i]]);
        }

        return ranks;
    }

    // Queries, keys and values are fed the same, as are gate and up.
    private static string InputOf(string module) => module[(module.LastIndexOf('.') + 1)..] switch
    {
        "q_proj" or "k_proj" or "v_proj" => module[..module.LastIndexOf('.')] + ".qkv",
        "gate_proj" or "up_proj" => module[..module.LastIndexOf('.')] + ".gate_up",
        _ => module,
    };
}
