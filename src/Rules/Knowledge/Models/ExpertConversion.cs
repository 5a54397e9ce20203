using System.Text.RegularExpressions;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// PEFT rewrites target modules that name the separate experts of transformers 4 into target parameters for the stacked ones of
/// transformers 5: <c>_convert_peft_config_moe</c> in src/peft/utils/transformers_weight_conversion.py of huggingface/peft@5d602fdb
/// (2026-08-21), for the architectures of transformers' <c>_MODEL_TO_CONVERSION_PATTERN</c>.
/// </summary>
internal static class ExpertConversion
{
    /// <summary>The names of Mixtral's experts and router, and what they became.</summary>
    public static IReadOnlyDictionary<string, string> Mixtral { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["gate"] = "gate.weight", ["w1"] = "gate_up_proj", ["w3"] = "gate_up_proj", ["w2"] = "down_proj",
    };

    /// <summary>The names of the other models' experts and routers, and what they became.</summary>
    public static IReadOnlyDictionary<string, string> Qwen2 { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["gate"] = "gate.weight", ["gate_proj"] = "gate_up_proj", ["up_proj"] = "gate_up_proj", ["down_proj"] = "down_proj",
    };

    /// <summary>
    /// The request as PEFT changes it for a model; null where that cannot be told, or where PEFT fails because one of two projections
    /// that are one parameter is named without the other.
    /// </summary>
    public static AdapterRequest? Convert(ModelShape model, AdapterRequest request)
    {
        if (model.RenamedExperts is not { } renamed)
            return request;
        if (Resolve(model, request, renamed) is not { } names)
            return null;
        if (names.Count == 0)
            return request;
        var targets = request.TargetParameters.ToList();
        var rest = new List<string>();
        var stacked = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in names)
        {
            var old = renamed.Keys.FirstOrDefault(o => name == o || name.EndsWith("." + o, StringComparison.Ordinal));
            if (old is null)
                rest.Add(name);
            else if (!targets.Contains(renamed[old]))
                targets.Add(renamed[old]);
            if (old is not null && renamed[old] == "gate_up_proj")
                stacked.Add(old);
        }

        if (stacked.Count == 1)
            return null;
        var ranks = request.RankPattern;
        if (stacked.Count == 2)
            ranks = ranks.Append(new KeyValuePair<string, double>(".*\\." + Regex.Escape("gate_up_proj"), 2 * request.Rank))
                .GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.Last().Value);
        return request with
        {
            TargetsAllLinear = false,
            Targets = request.Targets with { Pattern = null, Names = rest },
            TargetParameters = targets,
            RankPattern = ranks,
        };
    }

    private static IReadOnlyList<string>? Resolve(ModelShape model, AdapterRequest request, IReadOnlyDictionary<string, string> renamed)
    {
        if (request.TargetsAllLinear)
            return [.. model.LinearNames().Concat(renamed.Keys).Distinct()];
        if (request.Targets.Pattern is null)
            return request.Targets.Names;
        var names = new List<string>();
        var keys = model.Modules.Select(m => m.Name).Concat(model.Containers)
            .Concat(model.Modules.Where(m => m.Kind != ModuleKind.Parameter).Select(m => m.Name + ".weight"));
        foreach (var key in keys)
        {
            if (PeftMatching.Targets(request.Targets, key) is not { } isTargeted)
                return null;
            var last = key.Substring(key.LastIndexOf('.') + 1);
            if (isTargeted && !names.Contains(last))
                names.Add(last);
        }

        // The former names of what is one parameter now are no keys any more: PEFT tries them below the parameter's module.
        var holders = model.Modules.Where(m => m.Kind == ModuleKind.Parameter).ToList();
        foreach (var old in renamed.Where(r => !names.Contains(r.Key)))
        {
            foreach (var holder in holders.Where(h => h.LastPart == old.Value))
            {
                var former = holder.Name.Substring(0, holder.Name.Length - old.Value.Length) + old.Key;
                if (PeftMatching.Targets(request.Targets, former) is not { } isTargeted)
                    return null;
                if (!isTargeted)
                    continue;
                names.Add(old.Key);
                break;
            }
        }

        return names;
    }
}
