namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// Which modules of a model get an adapter and how many parameters that trains, by the rules of PEFT (src/peft/tuners/tuners_utils.py
/// <c>inject_adapter</c>, lora/layer.py, utils/other.py <c>_set_trainable</c>; huggingface/peft@5d602fdb, 2026-08-21).
/// </summary>
public sealed class AdapterShape
{
    private AdapterShape(
        ModelShape model,
        IReadOnlyList<AdaptedModule> modules,
        IReadOnlyList<string> refused,
        IReadOnlyList<ModelModule> saved,
        long biases)
    {
        Model = model;
        Modules = modules;
        Refused = refused;
        Saved = saved;
        BiasParameters = biases;
    }

    /// <summary>The base model.</summary>
    public ModelShape Model { get; }

    /// <summary>The modules and bare parameters that get an adapter, in the order of the model.</summary>
    public IReadOnlyList<AdaptedModule> Modules { get; }

    /// <summary>
    /// What the targets match and PEFT has no adapter for, so that it stops: norms, routers, modules that only hold others.
    /// </summary>
    public IReadOnlyList<string> Refused { get; }

    /// <summary>The modules that are trained in full, those below a named one included.</summary>
    public IReadOnlyList<ModelModule> Saved { get; }

    /// <summary>The parameters of the adapter's matrices, magnitudes and own biases.</summary>
    public long AdapterParameters => Modules.Sum(m => m.Parameters);

    /// <summary>The parameters of the modules that are trained in full; a copy of each is made.</summary>
    public long SavedParameters => Saved.Sum(m => m.Parameters);

    /// <summary>The parameters of the base's biases that are trained.</summary>
    public long BiasParameters { get; }

    /// <summary>All parameters that are trained.</summary>
    public long Trainable => AdapterParameters + SavedParameters + BiasParameters;

    /// <summary>
    /// The trained share of all parameters, those of the adapter and of copies among them, 0 to 1: as PEFT's
    /// <c>print_trainable_parameters</c> tells it.
    /// </summary>
    public double Share => (double)Trainable / (Model.Parameters + AdapterParameters + SavedParameters);

    /// <summary>Matches a request with a model; null where a regular expression in it cannot be judged.</summary>
    public static AdapterShape? Find(ModelShape model, AdapterRequest request)
    {
        if (request.TargetsLinearNames)
            request = request with { Targets = request.Targets with { Names = [.. request.Targets.Names, .. LinearNames(model)] } };
        if (ExpertConversion.Convert(model, request) is not { } converted)
            return null;
        var modules = new List<AdaptedModule>();
        var refused = new List<string>();
        foreach (var module in model.Modules)
        {
            if (IsTargeted(model, module, converted) is not { } isTargeted || RankOf(module, converted) is not { } rank)
                return null;
            if (!isTargeted)
                continue;
            if (module.Kind is ModuleKind.Norm || (module.Kind is ModuleKind.Other && !TargetsWeight(module, converted)))
                refused.Add(module.Name);
            else
                modules.Add(new AdaptedModule(module, rank, Count(module, rank, converted)));
        }

        if (!converted.TargetsAllLinear)
        {
            foreach (var container in model.Containers)
            {
                if (PeftMatching.Targets(converted.Targets, container) is not { } isTargeted)
                    return null;
                if (isTargeted)
                    refused.Add(container);
            }
        }

        var saved = SavedModules(model, converted.Targets.ModulesToSave);
        return new AdapterShape(model, modules, refused, saved, Biases(model, converted, modules, saved));
    }

    /// <summary>
    /// The modules that PEFT trains in full: those whose name ends with an entry, at a dot or not, and all below them
    /// (utils/other.py:1074). A module that is reached twice counts once.
    /// </summary>
    public static IReadOnlyList<ModelModule> SavedModules(ModelShape model, IReadOnlyList<string> modulesToSave)
    {
        if (modulesToSave.Count == 0)
            return [];
        var named = new HashSet<string>(
            model.Modules.Where(m => m.Kind != ModuleKind.Parameter).Select(m => m.Name).Concat(model.Containers)
                .Where(n => modulesToSave.Any(s => n.EndsWith(s, StringComparison.Ordinal))),
            StringComparer.Ordinal);
        return named.Count == 0 ? [] : [.. model.Modules.Where(m => Above(m.Name).Any(named.Contains))];
    }

    // By the class's name, which Conv1D's does not fit (axolotl loaders/adapter.py:54; LLaMA-Factory model/model_utils/misc.py:28).
    private static IEnumerable<string> LinearNames(ModelShape model) => model.LinearNames().Intersect(
        model.Modules.Where(m => m.Kind == ModuleKind.Linear).Select(m => m.LastPart));

    private static IEnumerable<string> Above(string name)
    {
        for (var end = name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
            yield return name.Substring(0, end);
    }

    private static bool? IsTargeted(ModelShape model, ModelModule module, AdapterRequest request)
    {
        if (TargetsWeight(module, request))
            return true;
        if (module.Kind == ModuleKind.Parameter)
            return false;
        if (!request.TargetsAllLinear)
            return PeftMatching.Targets(request.Targets, module.Name);
        // The names found are handed on as a list, so exclusions and modules to save still count.
        return module.IsLinear && module.Name != model.Head
            ? PeftMatching.Targets(request.Targets with { Pattern = null, Names = [module.Name] }, module.Name) : false;
    }

    private static bool TargetsWeight(ModelModule module, AdapterRequest request) =>
        request.TargetParameters.Count > 0 && PeftMatching.HasName(request.TargetParameters, ParameterName(module));

    private static string ParameterName(ModelModule module) =>
        module.Kind == ModuleKind.Parameter ? module.Name : module.Name + ".weight";

    private static long? RankOf(ModelModule module, AdapterRequest request)
    {
        var name = TargetsWeight(module, request) ? ParameterName(module) : module.Name;
        foreach (var (key, rank) in request.RankPattern.Select(p => (p.Key, p.Value)))
        {
            switch (PeftMatching.PatternKeyMatches(key, name))
            {
                case true:
                    return rank >= 1 && rank <= AdapterRequest.LargestRank ? (long)rank : 0;
                case null:
                    return null;
            }
        }

        return request.Rank;
    }

    private static long Count(ModelModule module, long rank, AdapterRequest request) =>
        (rank * module.Stack * (module.Inputs + module.Outputs))
        + (request.UseDora ? module.Outputs : 0)
        + (request.HasLoraBias && module.Kind != ModuleKind.Embedding ? module.Outputs : 0);

    private static long Biases(
        ModelShape model, AdapterRequest request, IReadOnlyList<AdaptedModule> adapted, IReadOnlyList<ModelModule> saved)
    {
        var trained = request.Bias switch
        {
            "all" => model.Modules,
            "lora_only" => adapted.Select(m => m.Module),
            _ => [],
        };
        // Of a module that is trained in full the bias is counted there; the frozen original's is trained too with `all`.
        return request.Bias == "all" ? trained.Sum(m => m.BiasParameters) : trained.Except(saved).Sum(m => m.BiasParameters);
    }
}

/// <summary>A module with an adapter.</summary>
/// <param name="Module">The module.</param>
/// <param name="Rank">The adapter's rank.</param>
/// <param name="Parameters">The adapter's parameters.</param>
public sealed record AdaptedModule(ModelModule Module, long Rank, long Parameters);
