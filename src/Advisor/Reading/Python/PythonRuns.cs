using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// Joins the calls of a script that feed the same run. A call is joined to that of an adapter when it is the only one of its kind that can
/// be meant: in the same function, or in the whole script where that makes one adapter only; and when it is made whenever the adapter is.
/// Where there are such calls but none that is sure, the run has an incomplete one, so that nothing is taken for a default.
/// </summary>
internal sealed class PythonRuns
{
    private static readonly HashSet<string> s_ofModel = new(StringComparer.Ordinal)
    {
        "pretrained_model_name_or_path", "model_name", "torch_dtype", "dtype", "load_in_4bit", "load_in_8bit", "load_in_16bit",
        "quantization_config", "full_finetuning", "device_map", "attn_implementation", "trust_remote_code", "revision", "max_seq_length",
        "max_lora_rank", "use_cache",
    };

    private static readonly HashSet<string> s_ofTrainer = new(StringComparer.Ordinal) { "max_seq_length", "packing", "dataset_text_field" };

    private readonly PythonScript _script;
    private readonly IReadOnlyList<PythonCall> _calls;
    private readonly List<PythonCall> _adapters;
    private readonly List<string> _modules;
    private readonly CodeLimit _limit;

    private PythonRuns(PythonScript script, CodeLimit limit)
    {
        _script = script;
        _limit = limit;
        _calls = new PythonCallFinder(script, limit).Find();
        _adapters = [.. _calls.Where(c => c.Kind == CodeCallKind.Adapter)];
        _modules = [.. script.Imports.WholeNames.Select(m => m.Split('.')[0]).Where(m => m.Length > 0).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>One root for each call that makes an adapter, in order.</summary>
    public static IReadOnlyList<ConfigNode> Find(PythonScript script, CodeLimit limit)
    {
        var runs = new PythonRuns(script, limit);
        // Every rule looks at every run.
        if (runs._adapters.Count > ReadLimits.MaxRuns)
            limit.Pass("the script makes more adapters", ReadLimits.MaxRuns, runs._adapters[ReadLimits.MaxRuns].NameSpan);
        return [.. runs._adapters.Take(ReadLimits.MaxRuns).Select(runs.RunOf)];
    }

    private ConfigNode RunOf(PythonCall adapter) => adapter.Callee.Format switch
    {
        "torchtune" => OfBuilder(adapter),
        "mlx-lm" => OfLayers(adapter),
        _ => Joined(adapter),
    };

    // A recipe's `model:` with the builder for its component; what the recipe's other keys would say is not there.
    private ConfigNode OfBuilder(PythonCall adapter)
    {
        var settings = new List<ConfigEntry> { Named("_component_", adapter, "torchtune.models." + adapter.Callee.Name) };
        settings.AddRange(Settled(adapter));
        return Alone(adapter, [Holding("model", adapter, ConfigNode.Mapping(adapter.Span, settings, isFlow: true))], "model");
    }

    private ConfigNode OfLayers(PythonCall adapter)
    {
        var isPlain = adapter.Find("use_dora") is not { } dora || dora.Value is { IsUnknown: false, Text: "False" };
        var entries = new List<ConfigEntry> { Named("fine_tune_type", adapter, isPlain ? "lora" : "dora", isUnknown: !isPlain) };
        if (adapter.Find("num_layers") is { } layers)
            entries.Add(layers);
        if (adapter.Find("config") is { } config)
            entries.Add(config with { Key = "lora_parameters" });
        return Alone(adapter, entries, "");
    }

    private ConfigNode Alone(PythonCall adapter, IReadOnlyList<ConfigEntry> entries, string defaultsUnder) => ConfigNode.OfCode(
        adapter.Span, entries, new CodeOrigin(adapter.Callee.Format!, [adapter.ToCodeCall()], _modules)
        {
            DefaultsUnder = adapter.IsComplete ? defaultsUnder : "",
        });

    // What the call itself says stands at its name.
    private static ConfigEntry Named(string key, PythonCall adapter, string value, bool isUnknown = false) =>
        Holding(key, adapter, ConfigNode.Scalar(adapter.NameSpan, value, ScalarStyle.Plain, isUnknown: isUnknown));

    private static ConfigEntry Holding(string key, PythonCall adapter, ConfigNode value) =>
        new(key, new TextSpan(adapter.Span.Start, 0), value);

    private ConfigNode Joined(PythonCall adapter)
    {
        var isAlone = _adapters.Exists(a => a != adapter && a.Block.Scope == adapter.Block.Scope);
        var trainer = Partner(CodeCallKind.Trainer, adapter, isAlone, _ => true);
        var model = ModelOf(adapter, trainer.Sure, isAlone);
        var arguments = Partner(CodeCallKind.Arguments, adapter, isAlone, Assigned(trainer.Sure?.Find("args")));
        var quantization = Partner(CodeCallKind.Quantization, adapter, isAlone, Assigned(model.Sure?.Find("quantization_config")));
        var preparation = Partner(CodeCallKind.Preparation, adapter, isAlone, _ => true);
        var collator = Partner(CodeCallKind.Collator, adapter, isAlone, _ => true);

        var entries = new List<ConfigEntry>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        Add(adapter, key => key is not ("model" or "adapter_name"));
        Add(quantization.Sure, _ => true);
        Add(arguments.Sure, _ => true);
        Add(model.Sure, s_ofModel.Contains);
        Add(trainer.Sure, s_ofTrainer.Contains);
        Add(preparation.Sure, key => key == "autocast_adapter_dtype");
        Add(collator.Sure, key => key == "mlm");
        // A trainer loads a model that it is given by name.
        if (trainer.Sure?.Find("model") is { Value: { IsScalar: true, IsUnknown: false, Style: not ScalarStyle.Plain } } named)
            entries.Add(named);

        List<CodeCall> calls = [adapter.ToCodeCall()];
        foreach (var partner in new[] { quantization, arguments, model, trainer, preparation, collator })
        {
            if ((partner.Sure ?? partner.Possible) is { } call)
                calls.Add(call.ToCodeCall() with { IsComplete = partner.Sure is { IsComplete: true } });
        }

        // What else happens in a script with several adapters is not known to be about this one.
        if (_adapters.Count == 1)
            calls.AddRange(PythonDeeds.Find(_script));
        var format = calls.Exists(c => c.Name.StartsWith("Fast", StringComparison.Ordinal)) ? "unsloth" : "python";
        return ConfigNode.OfCode(adapter.Span, entries, new CodeOrigin(format, calls, _modules));

        void Add(PythonCall? call, Predicate<string> takes)
        {
            if (call is null)
                return;
            var own = Settled(call).Where(e => takes(e.Key) && !keys.Contains(e.Key)).ToList();
            entries.AddRange(own);
            keys.UnionWith(own.Select(e => e.Key));
        }
    }

    // `config.r = 8` behind its making: what holds in the end is not known.
    private IEnumerable<ConfigEntry> Settled(PythonCall call)
    {
        var set = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var target in call.Targets)
        {
            foreach (var (member, index) in _script.Bindings.MembersOf(target))
            {
                if (index > call.Start)
                    set[member] = index;
            }
        }

        foreach (var entry in call.Arguments)
            yield return set.Remove(entry.Key) ? entry with { Value = Unknown(entry.Value) } : entry;
        var count = 0;
        foreach (var (name, index) in set)
        {
            var span = _script.Tokens[index].Span;
            if (count++ == ReadLimits.MaxArguments)
            {
                _limit.Pass("more settings are assigned to one name", ReadLimits.MaxArguments, span);
                yield break;
            }

            yield return new ConfigEntry(name, span, ConfigNode.Scalar(span, name, ScalarStyle.Plain, isUnknown: true));
        }
    }

    private static ConfigNode Unknown(ConfigNode node) => ConfigNode.Scalar(node.Span, node.Text, node.Style, isUnknown: true);

    // `args=training_args`: of several calls the one that is assigned to the name.
    private static Predicate<PythonCall> Assigned(ConfigEntry? argument) =>
        argument is { Value: { IsScalar: true, IsUnknown: true, Text: var name } } ? call => call.Targets.Contains(name) : _ => false;

    // The model that is trained is loaded before it is used, and has the name that the trainer is given; what is loaded later is another.
    private Partnership ModelOf(PythonCall adapter, PythonCall? trainer, bool isAlone)
    {
        var user = adapter.Find("model") is not null ? adapter : trainer ?? _calls.FirstOrDefault(
            c => c.Kind == CodeCallKind.Preparation && c.Callee.Name == "get_peft_model" && c.Block.Scope == adapter.Block.Scope);
        var isNamed = Assigned(user?.Find("model"));
        return Partner(
            CodeCallKind.Model, adapter, isAlone, isNamed, c => user is null || c.Block.Scope != user.Block.Scope || c.Start < user.Start);
    }

    private Partnership Partner(
        CodeCallKind kind, PythonCall adapter, bool isAlone, Predicate<PythonCall> isNamed, Predicate<PythonCall>? isPossible = null)
    {
        var all = _calls.Where(c => c.Kind == kind && (isPossible is null || isPossible(c))).ToList();
        if (all.Count == 0)
            return default;
        var near = all.Where(c => c.Block.Scope == adapter.Block.Scope).ToList();
        var pool = near.Count > 0 ? near : all;
        if (isAlone || (near.Count == 0 && _adapters.Count > 1))
            return new Partnership(null, pool[0]);
        if (pool.Count > 1)
            pool = [.. pool.Where(c => isNamed(c))];
        var isSure = pool.Count == 1 && !pool[0].IsAlternative && IsMadeWith(adapter, pool[0]);
        return isSure ? new Partnership(pool[0], null) : new Partnership(null, all[0]);
    }

    private static bool IsMadeWith(PythonCall adapter, PythonCall other)
    {
        var branch = other.Block.Branch;
        return !branch.IsConditional || adapter.Block.IsWithin(branch);
    }

    /// <summary>The call that is surely meant, else one that may be.</summary>
    private readonly record struct Partnership(PythonCall? Sure, PythonCall? Possible);
}
