using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>What the formats have in common: from a normalised config to the parts of a run.</summary>
internal static class CommonRun
{
    // What torch, apex, XLA and bitsandbytes' paged 32-bit version compute is the same AdamW.
    private static readonly HashSet<string> s_adamW = new(StringComparer.Ordinal)
    {
        "adamw", "adamw_torch", "adamw_torch_fused", "adamw_torch_xla", "adamw_torch_npu_fused", "adamw_apex_fused", "adamw_anyprecision",
        "paged_adamw", "paged_adamw_32bit", "AdamW", "PagedAdamW", "PagedAdamW32bit",
    };

    /// <summary>The adapter.</summary>
    public static LoraOptions LoraOf(RunReader read, TrainingConfig config)
    {
        var method = read.Take(config.Method, TuningMethod.Lora);
        if (method is not (TuningMethod.Lora or TuningMethod.Qlora or TuningMethod.Dora))
            read.Refuse(config.Method, "only LoRA, QLoRA and DoRA adapters are trained here");
        var layers = read.Take(config.Layers, LayerSelection.All);
        var rank = read.Whole(config.Rank, 1, 8, LoraOptions.LargestRank);
        var lora = new LoraOptions
        {
            Rank = rank,
            Alpha = read.Above(config.Alpha.Origin == SettingOrigin.Absent && !config.Alpha.IsKnown
                ? config.Scaling.Select(s => s * rank) : config.Alpha, 0, rank),
            UseRslora = read.Take(config.UseRslora, false),
            UseDora = method == TuningMethod.Dora,
            Dropout = read.Within(config.Dropout, 0, 1, 0),
            Layers = LayersOf(read, config.Layers, layers.Indices),
            LastLayers = LastOf(read, config.Layers, layers.Last),
            ModulesToSave = read.Take(config.ModulesToSave, []),
            Bias = BiasOf(read, config.Bias),
            Init = InitOf(read, config.Init),
            RankPattern = read.Take(config.RankPattern, Empty).ToDictionary(p => p.Key, p => RankOf(read, config.RankPattern, p.Value)),
            AlphaPattern = read.Take(config.AlphaPattern, Empty).ToDictionary(p => p.Key, p => AlphaOf(read, config.AlphaPattern, p.Value)),
        };
        return WithTargets(read, config.TargetModules, lora);
    }

    /// <summary>How the frozen base is stored.</summary>
    public static QuantizationOptions? QuantizationOf(RunReader read, TrainingConfig config)
    {
        var bits = read.Take(config.QuantizationBits, 16);
        if (bits >= 16)
            return null;
        if (bits != 4)
        {
            read.Refuse(config.QuantizationBits, "the embedded engine stores the base in 4 bits or as it is in the files; "
                + "load it in 4 bits (QLoRA) or without quantization");
            return null;
        }

        var type = read.Take(config.QuantizationType, "nf4");
        if (!RunLimits.QuantizationTypes.Contains(type))
        {
            read.Refuse(config.QuantizationType, "the 4-bit types are nf4 and fp4");
            type = "nf4";
        }

        return new QuantizationOptions { Type = type, Double = read.Take(config.DoubleQuantization, true) };
    }

    /// <summary>The optimizer's name of a framework as ours.</summary>
    public static string OptimizerOf(RunReader read, Setting<string> optimizer)
    {
        var name = read.Take(optimizer, "adamw");
        if (s_adamW.Contains(name))
            return "adamw";
        if (name is "sgd" or "SGD")
            return "sgd";
        read.Refuse(optimizer, name.Contains("8bit") || name.Contains("4bit") || name.Contains("fp8")
            ? $"{name} keeps its states quantized, which changes every update; write the framework's 32-bit AdamW (adamw_torch, or AdamW)"
            : $"the optimizer {name} is not supported by the embedded engine; write adamw_torch or sgd (torchtune and litgpt: AdamW, SGD)");
        return "adamw";
    }

    /// <summary>The schedule and its warmup.</summary>
    public static OptimizerOptions ScheduleOf(RunReader read, TrainingConfig config, OptimizerOptions optimizer)
    {
        var schedule = read.Take(config.LrScheduler, "linear");
        var warmup = read.Take(config.Warmup, new Warmup(0, WarmupUnit.Steps));
        if (schedule == "constant_with_warmup")
            schedule = "constant";
        else if (schedule == "constant")
            warmup = new Warmup(0, WarmupUnit.Steps);
        if (!RunLimits.Schedules.Contains(schedule))
        {
            read.Refuse(
                config.LrScheduler, $"the schedule {schedule} is not supported by the embedded engine; write constant, linear or cosine");
            schedule = "constant";
        }

        switch (warmup.Unit)
        {
            case WarmupUnit.Steps when warmup.Amount >= 0 && warmup.Amount == Math.Floor(warmup.Amount) && warmup.Amount <= int.MaxValue:
                return optimizer with { Schedule = schedule, WarmupSteps = (int)warmup.Amount };
            case WarmupUnit.Ratio when warmup.Amount is >= 0 and <= 1:
                return optimizer with { Schedule = schedule, WarmupRatio = warmup.Amount };
            default:
                read.Refuse(config.Warmup, "write the warmup as a whole number of steps, or as a share of all steps from 0 to 1");
                return optimizer with { Schedule = schedule };
        }
    }

    /// <summary>The precision that the config asks for.</summary>
    public static string PrecisionOf(RunReader read, TrainingConfig config)
    {
        var fp16 = read.Take(config.Fp16.IsKnown ? config.Fp16 : Setting<bool>.Absent(), false);
        var bf16 = read.Take(config.Bf16.IsKnown ? config.Bf16 : Setting<bool>.Absent(), false);
        return bf16 ? "bf16" : fp16 ? "fp16" : "fp32";
    }

    /// <summary>When something happens: by a strategy and a number of steps, or a share of all of them.</summary>
    public static Cadence CadenceOf(RunReader read, Setting<string> strategy, Setting<double> steps)
    {
        var word = read.Take(strategy, "no");
        switch (word)
        {
            case "no":
                return Cadence.Never;
            case "epoch" or "best":
                return Cadence.EachEpoch;
            case "steps":
                var every = read.Take(steps, 500);
                if (every is > 0 and < 1)
                    return new Cadence(null, every);
                if (every >= 1 && every == Math.Floor(every) && every <= int.MaxValue)
                    return new Cadence((int)every);
                read.Refuse(steps, "write a whole number of steps, or a share of all steps below 1");
                return Cadence.EachEpoch;
            default:
                read.Refuse(strategy, "write no, epoch or steps");
                return Cadence.EachEpoch;
        }
    }

    /// <summary>Batches, length, checkpoints: what is alike wherever <see cref="TrainingConfig"/> has it.</summary>
    public static TrainingOptions TrainingOf(RunReader read, TrainingConfig config) => new()
    {
        Epochs = read.Above(config.Epochs.IsKnown || config.Epochs.IsWritten ? config.Epochs : Setting<double>.Default(1, ""), 0, 1),
        MaxSteps = read.Take(config.MaxSteps, -1) is var steps && steps > 0 ? read.Whole(config.MaxSteps, 1, 1) : null,
        MicroBatchSize = read.Whole(config.MicroBatchSize, 1, 1),
        GradientAccumulationSteps = read.Whole(config.GradientAccumulationSteps, 1, 1),
        GradientCheckpointing = read.Take(config.GradientCheckpointing, false),
        Seed = SeedOf(read, config.Seed),
        Precision = PrecisionOf(read, config),
        Evaluate = CadenceOf(read, config.EvalStrategy, config.EvalSteps),
        Save = CadenceOf(read, config.SaveStrategy, config.SaveSteps),
        EarlyStoppingPatience = read.Take(config.EarlyStoppingPatience, 0) > 0 ? read.Whole(config.EarlyStoppingPatience, 1, 1) : null,
        RestoreBest = read.Take(config.LoadBestModelAtEnd, false),
    };

    /// <summary>The base model's folder.</summary>
    public static string ModelOf(RunReader read, Setting<string> setting, Func<string, string> fullPath, IRunPlaces places)
    {
        if (setting.Origin == SettingOrigin.Absent)
        {
            read.Refuse(setting.Key, "the base model is not written; name a local folder or a model on the Hugging Face hub");
            return "";
        }

        var name = read.Take(setting, "");
        if (name.Length == 0)
            return "";
        if (places.FindModel(name, fullPath(name), out var problem) is { } folder)
            return folder;
        read.Refuse(setting, problem);
        return "";
    }

    /// <summary>A local data file as a source; refused when there is none.</summary>
    public static DataSource? SourceOf(
        RunReader read, string key, string path, string fullPath, DataFormat format, IRunPlaces places,
        IReadOnlyDictionary<string, string>? columns = null)
    {
        if (!IsData(fullPath))
        {
            read.Refuse(key, places.IsFile(fullPath)
                ? $"{path} is of a kind that is not read; the embedded engine reads .jsonl, .json and .txt"
                : $"{path} is no local data file; LoraLint uses no network: save the dataset as JSON Lines and write that file's path");
            return null;
        }

        if (!places.IsFile(fullPath))
        {
            read.Refuse(key, $"no such data file: {path} ({fullPath})");
            return null;
        }

        return new DataSource { Path = fullPath, Format = format, Columns = columns ?? new Dictionary<string, string>() };
    }

    /// <summary>The columns whose names differ from those that the data format has for their fields.</summary>
    public static IReadOnlyDictionary<string, string> Columns(params (string Field, string Column, string Usual)[] columns) =>
        columns.Where(c => c.Column != c.Usual).ToDictionary(c => c.Field, c => c.Column);

    /// <summary>The seed.</summary>
    public static long SeedOf(RunReader read, Setting<double> seed)
    {
        var number = read.Take(seed, 42);
        if (number >= 0 && number == Math.Floor(number) && number < 9e15)
            return (long)number;
        read.Refuse(seed, "must be a whole number of at least 0");
        return 42;
    }

    private static IReadOnlyDictionary<string, double> Empty { get; } = new Dictionary<string, double>();

    private static bool IsData(string path) =>
        new[] { ".jsonl", ".json", ".txt", ".ndjson" }.Any(e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    private static int RankOf(RunReader read, ISetting pattern, double rank)
    {
        if (RunLimits.Rank.Contains(rank))
            return (int)rank;
        read.Refuse(pattern, $"every rank must be {RunLimits.Rank}");
        return 1;
    }

    private static double AlphaOf(RunReader read, ISetting pattern, double alpha)
    {
        if (RunLimits.Alpha.Contains(alpha))
            return alpha;
        read.Refuse(pattern, $"every alpha must be {RunLimits.Alpha}");
        return 1;
    }

    private static long? LastOf(RunReader read, ISetting setting, long? last)
    {
        if (last is not { } count || RunLimits.Count.Contains(count))
            return last;
        read.Refuse(setting, $"must be {RunLimits.Count}");
        return null;
    }

    private static IReadOnlyList<long>? LayersOf(RunReader read, ISetting setting, IReadOnlyList<long>? layers)
    {
        if (layers is null || layers.All(l => RunLimits.Layer.Contains(l)))
            return layers;
        read.Refuse(setting, "layers count from 0 up and not from the end; write the layer's own number");
        return null;
    }

    private static LoraBias BiasOf(RunReader read, Setting<string> bias)
    {
        switch (read.Take(bias, "none"))
        {
            case "none":
                return LoraBias.None;
            case "lora_only":
                return LoraBias.LoraOnly;
            case "all":
                return LoraBias.All;
            default:
                read.Refuse(bias, "write none, lora_only or all");
                return LoraBias.None;
        }
    }

    private static LoraInit InitOf(RunReader read, Setting<string> init)
    {
        var word = read.Take(init, "true").ToLowerInvariant();
        switch (word)
        {
            case "true":
                return LoraInit.Kaiming;
            case "gaussian":
                return LoraInit.Gaussian;
            case "pissa":
                return LoraInit.Pissa;
            case "olora":
                return LoraInit.Olora;
            case "eva":
                return LoraInit.Eva;
        }

        if (word.StartsWith("pissa_niter_", StringComparison.Ordinal))
        {
            read.Note($"{word} approximates the singular vectors; the embedded engine computes them exactly");
            return LoraInit.Pissa;
        }

        read.Refuse(init, $"the initialisation {word} is not supported by the embedded engine; "
            + "leave it to the default, or choose gaussian, pissa, olora or eva");
        return LoraInit.Kaiming;
    }

    private static LoraOptions WithTargets(RunReader read, Setting<ModuleSelection> setting, LoraOptions lora)
    {
        if (setting.Origin == SettingOrigin.Absent && !setting.IsKnown && setting.Entry is null)
        {
            read.Refuse(setting.Key, "no target modules are written, and what the framework chooses then depends on the model; "
                + "write all-linear, or the modules' names");
            return lora;
        }

        var modules = read.Take(setting, ModuleSelection.AllLinear());
        if (modules.IsAllLinear)
        {
            var others = modules.Names.Where(n =>
                ModuleNames.RoleOf(n) is var role && (role == ModuleRoles.None || (role & ~ModuleRoles.AllLinear) != 0)).ToList();
            if (others.Count > 0)
                read.Refuse(setting, $"all linear layers and {string.Join(", ", others)} beside them; name every module instead");
            return lora with { TargetsAllLinear = true };
        }

        if (modules.Pattern is { } pattern)
            return lora with { TargetPattern = pattern };
        if (modules.Names.Count == 0)
            read.Refuse(setting, "no target modules are named, so there is nothing to train; write all-linear, or the modules' names");
        return lora with { TargetModules = modules.Names };
    }
}
