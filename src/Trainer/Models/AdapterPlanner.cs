using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Models;

/// <summary>
/// From the options of an adapter to the modules of a model, by PEFT's rules. What PEFT would leave out in silence or fail on late is an
/// error here.
/// </summary>
public static class AdapterPlanner
{
    /// <summary>Which modules get adapters of which shape, and what else is trained.</summary>
    /// <exception cref="TrainerException">The options do not fit the model.</exception>
    public static AdapterPlan Plan(LoraOptions options, ModelConfig model)
    {
        var modules = ModelLayout.Modules(model);
        var targets = TargetsOf(options, model);
        var adapted = new List<AdaptedModule>();
        foreach (var module in modules)
        {
            if (module.Kind != ModuleKind.Linear && options.TargetsAllLinear)
                continue;
            if (!Decide(PeftMatching.Targets(targets, module.Name), options))
                continue;
            RefuseUnsuited(module, options);
            adapted.Add(Adapt(options, module));
        }

        RefuseContainers(targets, modules, options);
        if (adapted.Count == 0)
            throw NothingMatched(options, modules);
        CheckPatternKeys(options, adapted);
        return new AdapterPlan(adapted, options.UseDora, options.Bias, SavedModules(options, modules));
    }

    /// <summary>The scaling of a module: alpha/r, or alpha/sqrt(r) for rsLoRA.</summary>
    public static double Scaling(double alpha, int rank, bool isRslora) => isRslora ? alpha / Math.Sqrt(rank) : alpha / rank;

    /// <summary>The value for a module from a pattern dictionary: the first key that matches counts, by PEFT's rule.</summary>
    internal static T Of<T>(IReadOnlyDictionary<string, T> pattern, string option, string moduleName, T otherwise)
    {
        foreach (var (key, value) in pattern)
        {
            switch (PeftMatching.PatternKeyMatches(key, moduleName))
            {
                case true:
                    return value;
                case null:
                    throw new TrainerException(
                        $"{option}: the key `{key}` cannot be judged as a regular expression; write the modules' names");
            }
        }

        return otherwise;
    }

    private static PeftTargets TargetsOf(LoraOptions options, ModelConfig model)
    {
        var linears = options.TargetsAllLinear ? [.. ModelLayout.Linears(model).Select(LastPart).Distinct()] : options.TargetModules;
        return new PeftTargets
        {
            Pattern = options.TargetsAllLinear ? null : options.TargetPattern,
            Names = linears,
            ExcludePattern = options.ExcludePattern,
            ExcludeNames = options.ExcludeModules,
            ModulesToSave = options.ModulesToSave,
            Layers = LayersOf(options, model),
            LayersPattern = options.LayersPattern,
        };
    }

    private static IReadOnlyList<long>? LayersOf(LoraOptions options, ModelConfig model)
    {
        foreach (var layer in options.Layers ?? [])
        {
            if (layer >= model.Layers)
                throw new TrainerException($"layer {layer} is to get adapters and the model has layers 0 to {model.Layers - 1}");
        }

        if (options.Layers is { Count: > 0 } && options.TargetPattern is not null && !options.TargetsAllLinear)
            throw new TrainerException("layers and a pattern of target modules exclude each other; write the layers into the pattern");
        if (options.LastLayers is null)
            return options.Layers;
        if (options.LastLayers > model.Layers)
            throw new TrainerException($"the last {options.LastLayers} layers are to get adapters and the model has {model.Layers}");
        if (options.Layers is { Count: > 0 })
            throw new TrainerException("layers by index and a number of last layers exclude each other; write one of them");
        return [.. Enumerable.Range(model.Layers - (int)options.LastLayers, (int)options.LastLayers).Select(l => (long)l)];
    }

    private static bool Decide(bool? judged, LoraOptions options) => judged ?? throw new TrainerException(
        $"the pattern of target or excluded modules ({string.Join(", ", PatternsOf(options).Select(p => $"`{p}`"))}) cannot be judged: "
        + "it uses what this program's regular expressions do not know or takes too long; list the modules' names");

    private static IEnumerable<string> PatternsOf(LoraOptions options) =>
        new[] { options.TargetPattern, options.ExcludePattern }.Where(p => p is not null).Concat(options.ModulesToSave)!;

    private static AdaptedModule Adapt(LoraOptions options, WeightedModule module)
    {
        var rank = Of(options.RankPattern, "rank_pattern", module.Name, options.Rank);
        var alpha = Of(options.AlphaPattern, "alpha_pattern", module.Name, options.Alpha);
        var most = Math.Min(module.Shape[0], module.Shape[1]);
        if (rank > most)
        {
            throw new TrainerException(
                $"the rank of {module.Name} is {rank}, more than its weight of {module.Shape[0]} x {module.Shape[1]} can have; lower the "
                + $"rank to {most} at most, for this module through rank_pattern");
        }

        var (rows, columns) = (module.Shape[0], module.Shape[1]);
        var (outputs, inputs) = module.Kind == ModuleKind.Embedding ? (columns, rows) : (rows, columns);
        return new AdaptedModule(module.Name, inputs, outputs, rank, Scaling(alpha, rank, options.UseRslora));
    }

    private static void RefuseUnsuited(WeightedModule module, LoraOptions options)
    {
        if (module.Kind == ModuleKind.Norm)
            throw new TrainerException(
                $"the target modules match {module.Name}, a norm, which gets no adapter (PEFT refuses it too); leave it out");
        if (module.Kind == ModuleKind.Embedding && options.UseDora)
        {
            throw new TrainerException(
                $"the target modules match {module.Name}, and DoRA on the embedding is not supported; leave it out, or train without DoRA");
        }
    }

    // A pattern such as `.*self_attn.*` matches the block around the layers too, on which PEFT fails.
    private static void RefuseContainers(PeftTargets targets, IReadOnlyList<WeightedModule> modules, LoraOptions options)
    {
        if (options.TargetsAllLinear)
            return;
        foreach (var container in ContainersOf(modules))
        {
            if (Decide(PeftMatching.Targets(targets, container), options))
            {
                throw new TrainerException(
                    $"the target modules match {container}, which is no linear layer but holds some; name the layers in it "
                    + $"({string.Join(", ", NamesIn(container, modules))})");
            }
        }
    }

    private static IEnumerable<string> ContainersOf(IReadOnlyList<WeightedModule> modules) => modules
        .SelectMany(m => Prefixes(m.Name)).Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Prefixes(string name)
    {
        for (var dot = name.IndexOf('.'); dot >= 0; dot = name.IndexOf('.', dot + 1))
            yield return name[..dot];
    }

    private static IEnumerable<string> NamesIn(string container, IReadOnlyList<WeightedModule> modules) => modules
        .Where(m => m.Kind == ModuleKind.Linear && m.Name.StartsWith(container + ".", StringComparison.Ordinal))
        .Select(LastPart).Distinct();

    private static TrainerException NothingMatched(LoraOptions options, IReadOnlyList<WeightedModule> modules)
    {
        var names = modules.Where(m => m.Kind == ModuleKind.Linear).Select(LastPart).Distinct().ToArray();
        var written = options.TargetPattern is { } pattern ? $"the pattern `{pattern}`"
            : options.TargetModules.Count > 0 ? string.Join(", ", options.TargetModules.Select(t => $"`{t}`"))
            : "all-linear with its exceptions";
        var near = options.TargetModules
            .Select(t => t[(t.LastIndexOf('.') + 1)..])
            .Select(t => names.Select(n => (Name: n, Cost: NameDistance.Between(t, n)))
                .Where(n => n.Cost > 0).OrderBy(n => n.Cost).FirstOrDefault().Name)
            .FirstOrDefault(n => n is not null);
        return new TrainerException(
            $"no module gets an adapter: {written} matches none of the model's; it has {string.Join(", ", names)}"
            + (near is null ? "" : $"; did you mean {near}?"));
    }

    // PEFT ignores such a key: the module keeps the rank that its author meant to change.
    private static void CheckPatternKeys(LoraOptions options, List<AdaptedModule> adapted)
    {
        foreach (var (option, keys) in new[] { ("rank_pattern", options.RankPattern.Keys), ("alpha_pattern", options.AlphaPattern.Keys) })
        {
            if (keys.FirstOrDefault(k => !adapted.Any(m => PeftMatching.PatternKeyMatches(k, m.Name) == true)) is { } unused)
                throw new TrainerException($"{option}: the key `{unused}` matches no module that gets an adapter; correct or remove it");
        }
    }

    private static List<string> SavedModules(LoraOptions options, IReadOnlyList<WeightedModule> modules)
    {
        var saved = new List<string>();
        foreach (var name in options.ModulesToSave)
        {
            // PEFT takes modules whose name ends with the entry, the ones below included as parts of them.
            var found = modules.Where(m => m.Name.EndsWith(name, StringComparison.Ordinal)).ToArray();
            if (found.Length == 0)
            {
                throw new TrainerException(
                    ContainersOf(modules).Any(c => c.EndsWith(name, StringComparison.Ordinal))
                        ? $"modules_to_save: `{name}` is no single layer; name the layers in it"
                        : $"modules_to_save: `{name}` matches no module; the model has "
                            + string.Join(", ", modules.Select(LastPart).Distinct()));
            }

            foreach (var module in found)
            {
                if (!saved.Contains(module.Name))
                    saved.Add(module.Name);
            }
        }

        return [.. modules.Where(m => saved.Contains(m.Name)).Select(m => m.Name)];
    }

    private static string LastPart(WeightedModule module) => module.Name[(module.Name.LastIndexOf('.') + 1)..];
}
