using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Rules.Formats;

/// <summary>
/// What PEFT is told by a config of a framework that works through it. Which linear layers the frameworks name for themselves: axolotl
/// loaders/adapter.py:54 and :174, LLaMA-Factory model/adapter.py:219 and model_utils/misc.py:28, ms-swift utils/transformers_utils.py:178.
/// </summary>
public static class AdapterRequests
{
    // What changes the count and not the modules.
    private static readonly string[] s_notCounted =
    [
        "layer_replication", "trainable_token_indices", "ensure_weight_tying", "peft_layer_replication", "peft_trainable_token_indices",
        "peft_ensure_weight_tying",
    ];

    /// <summary>Reads a request.</summary>
    /// <param name="format">The config's format.</param>
    /// <param name="read">Its keys.</param>
    /// <param name="config">What the framework makes of them.</param>
    /// <param name="model">The base model, whose architecture has target modules of its own when none are written.</param>
    /// <param name="problem">Why there is none, or empty.</param>
    public static AdapterRequest? Read(ConfigFormat format, SettingReader read, TrainingConfig config, BaseModel model, out string problem)
    {
        problem = "";
        if (format is OwnSchemaFormat && OwnSchemaFormat.PeftTargets(read) is null)
            problem = "whether PEFT gets the target modules, and which, is the project's own affair";
        else if (PeftTargetValue.KeyOf(format.Name) is null
            && format is not (LoraLintFormat or OwnSchemaFormat or CSharpFormat { IsOwn: true }))
            problem = $"{format.Title} does not go through PEFT, and its own choice of modules is not modelled";
        else if (!config.TrainsLora)
            problem = "no low-rank adapter is trained";
        else if (format.Name == "ms-swift" && MsSwiftFormat.UsesMegatron(read))
            problem = "Megatron's modules have names of their own";
        else if (format.Name == "oumi" && read.Has("peft.lora_exclude_modules"))
            problem = "the expressions for modules that are left out are not modelled";
        else if (read.Root.Origin is { } origin && !origin.Calls[0].IsComplete)
            problem = "not all arguments of the adapter's call are known";
        if (problem.Length > 0)
            return null;
        var request = Targets(format, read, config, model);
        if (request is null || !config.ModulesToSave.TryGet(out var saved) || !config.Layers.TryGet(out var layers))
        {
            problem = "what the config says about modules or layers is not known";
            return null;
        }

        if (ExcludedOf(format, read) is not { } excluded || layers.Last is not null || HasLastLayers(format, read))
        {
            problem = "the modules that are left out are not known";
            return null;
        }

        var counted = Counted(read, config, request with
        {
            Targets = request.Targets with
            {
                ModulesToSave = saved,
                Layers = layers.Indices,
                LayersPattern = LayersPatternOf(format, read),
                ExcludeNames = excluded.Names,
                ExcludePattern = excluded.Pattern,
            },
        });
        // PEFT trains the head of a classifier with the adapter (src/peft/peft_model.py, PeftModelForSequenceClassification).
        return counted.NotCounted is null && model.ModelType is { } type && ModelLayouts.HasTaskHeads(type)
            ? counted with { NotCounted = "the head that its task gets is trained with it" } : counted;
    }

    private static AdapterRequest? Targets(ConfigFormat format, SettingReader read, TrainingConfig config, BaseModel model)
    {
        var parameters = ParametersKey(format) is { } key ? read.Texts(key, Adapters.None) : Setting<IReadOnlyList<string>>.Default([], "");
        if (!parameters.TryGet(out var parameterNames))
            return null;
        var request = new AdapterRequest { TargetParameters = parameterNames };
        if (config.TargetModules.IsWritten && !config.TargetModules.IsKnown)
            return null;
        if (format.Name == "loralint")
            return OfSelection(request, config.TargetModules.Or(ModuleSelection.AllLinear()));
        if (format is CSharpFormat)
            return config.TargetModules.IsWritten ? OfSelection(request, config.TargetModules.Or(ModuleSelection.AllLinear())) : null;
        if (PeftTargetValue.Read(format, read) is { } value)
            return OfValue(request, format, config, value, model);
        if (config.TargetModules.IsWritten && format.Name == "axolotl" && config.TargetModules.Or(ModuleSelection.AllLinear()).IsAllLinear)
            return request with { TargetsLinearNames = true };
        if (config.TargetModules.IsWritten)
            return null;
        return format.Name switch
        {
            "llama-factory" => HasVision(model) ? null : request with { TargetsLinearNames = true },
            "ms-swift" => HasVision(model) || HasExperts(model) ? null : request with { TargetsAllLinear = true },
            "peft" or "python" or "oumi" or "llmforge" => Default(request, model),
            "autotrain" => request with { TargetsAllLinear = true },
            "unsloth" when config.TargetModules.TryGet(out var own) => OfSelection(request, own),
            "trl" => read.Has("use_peft") ? Default(request, model) : null,
            _ => null,
        };
    }

    private static AdapterRequest? OfValue(
        AdapterRequest request, ConfigFormat format, TrainingConfig config, PeftTargetValue value, BaseModel model)
    {
        if (value.Pattern is { } pattern)
        {
            return PeftTargetValue.IsAllLinear(pattern.Text) ? request with { TargetsAllLinear = true }
                : request with { Targets = new PeftTargets { Pattern = pattern.Text } };
        }

        var names = value.Names.Select(n => n.Text).ToList();
        var targets = new PeftTargets { Names = names };
        switch (format.Name)
        {
            case "llama-factory" when names.Count == 1 && names[0] == "all":
                return HasVision(model) ? null : request with { TargetsLinearNames = true };
            // Names are turned into a pattern that leaves the vision tower out (model_utils/visual.py).
            case "llama-factory" when HasVision(model):
                return null;
            case "ms-swift" when names.Any(n => n is "all-linear" or "all-embedding" or "all-router"):
                return names.Count == 1 && names[0] == "all-linear" && !HasVision(model) && !HasExperts(model)
                    ? request with { TargetsAllLinear = true } : null;
            case "axolotl" when config.TargetModules.Or(ModuleSelection.OfNames([])).IsAllLinear:
                return request with { Targets = targets, TargetsLinearNames = true };
            default:
                return request with { Targets = targets };
        }
    }

    private static AdapterRequest OfSelection(AdapterRequest request, ModuleSelection modules) => modules.IsAllLinear
        ? request with { TargetsAllLinear = true }
        : request with { Targets = new PeftTargets { Pattern = modules.Pattern, Names = modules.Names } };

    // src/peft/tuners/lora/model.py:590: the architecture's own, else none when parameters are named.
    private static AdapterRequest? Default(AdapterRequest request, BaseModel model)
    {
        if (model.ModelType is not { } type)
            return null;
        return ModelCatalog.DefaultTargets(type) switch
        {
            { Count: 1 } only when only[0][0] == '~' => request with { Targets = new PeftTargets { Pattern = only[0].Substring(1) } },
            { } names => request with { Targets = new PeftTargets { Names = names } },
            null => request.TargetParameters.Count > 0 ? request : null,
        };
    }

    private static AdapterRequest Counted(SettingReader read, TrainingConfig config, AdapterRequest request)
    {
        var extra = s_notCounted.FirstOrDefault(k => read.Has(k) && !(read.Bool(k).TryGet(out var on) && !on));
        var isRankKnown = config.Rank.TryGet(out var rank) && IsRank(rank);
        var isPatternKnown = config.RankPattern.TryGet(out var pattern)
            ? pattern.Values.All(IsRank) : config.RankPattern.Origin == SettingOrigin.Absent;
        return request with
        {
            Rank = isRankKnown ? (long)rank : 0,
            RankPattern = pattern ?? new Dictionary<string, double>(),
            UseDora = config.Method.Or(TuningMethod.Unknown) == TuningMethod.Dora,
            HasLoraBias = read.Root.Find("peft_type") is not null && read.IsOn("lora_bias"),
            Bias = config.Bias.Or("none"),
            NotCounted = !isRankKnown ? "the rank is not known" : !isPatternKnown ? "the ranks are not known"
                : extra is not null ? $"{extra} changes their number" : null,
        };
    }

    private static bool IsRank(double rank) => rank >= 1 && rank <= AdapterRequest.LargestRank && rank == Math.Floor(rank);

    private static string? ParametersKey(ConfigFormat format) => format.Name switch
    {
        "peft" or "python" or "unsloth" or "ms-swift" => "target_parameters",
        "axolotl" or "trl" => "lora_target_parameters",
        "oumi" => "peft.lora_target_parameters",
        "llmforge" => "lora_config.target_parameters",
        _ => null,
    };

    // axolotl drops lora_exclude_modules (LL913).
    private static string? ExcludeKey(ConfigFormat format) => format.Name switch
    {
        "peft" or "python" => "exclude_modules",
        "llmforge" => "lora_config.exclude_modules",
        "loralint" => "adapter.exclude_modules",
        _ => null,
    };

    private static ModuleSelection? ExcludedOf(ConfigFormat format, SettingReader read)
    {
        if (format is not CSharpFormat code)
            return Exclude(read, ExcludeKey(format));
        if (code.KeyOf("exclude_pattern") is { } pattern && read.Has(pattern))
            return read.Text(pattern).TryGet(out var text) ? ModuleSelection.OfPattern(text) : null;
        return Exclude(read, code.KeyOf("exclude_modules"));
    }

    private static bool HasLastLayers(ConfigFormat format, SettingReader read) =>
        format is CSharpFormat code && code.Find(RunMembers.LastLayers) is { } last && read.Has(last.Key);

    private static ModuleSelection? Exclude(SettingReader read, string? key) => key is null || !read.Has(key)
        ? ModuleSelection.OfNames([]) : read.Modules(key).TryGet(out var modules) && !modules.IsAllLinear ? modules : null;

    private static IReadOnlyList<string> LayersPatternOf(ConfigFormat format, SettingReader read) => format.Name switch
    {
        CSharpFormat.FormatName when ((CSharpFormat)format).KeyOf("layers_pattern") is { } key =>
            read.Texts(key, Adapters.None).Or(Adapters.None),
        "peft" or "python" or "unsloth" => read.Texts("layers_pattern", Adapters.None).Or(Adapters.None),
        "axolotl" => read.Texts("peft_layers_pattern", Adapters.None).Or(Adapters.None),
        "loralint" => read.Texts("adapter.layers_pattern", Adapters.None).Or(Adapters.None),
        _ => [],
    };

    private static bool HasVision(BaseModel model) => model.ModelType is null || model.Dimensions?.HasVision == true;

    private static bool HasExperts(BaseModel model) => model.Dimensions is not { Experts: 0 };
}
