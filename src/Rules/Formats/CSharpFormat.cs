using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// A config that a C# program builds: the records of <c>LoraLint.Rules.Runs</c>, or a type of the program's own in their style. Unlike a
/// file's, its keys are not the same everywhere: each type says which of its members holds which setting. No file is recognised as one.
/// </summary>
/// <param name="members">The members by the setting they hold: names of properties of <see cref="TrainingConfig"/>.</param>
/// <param name="record">The record of ours that it is; null for a type of the program's own.</param>
public sealed class CSharpFormat(IReadOnlyDictionary<string, CodeMember> members, string? record) : ConfigFormat
{
    /// <summary>The name by which rules say that they apply.</summary>
    public const string FormatName = "csharp";

    /// <summary>The setting under which a switch for a base in 4 bits is found in a type of the program's own.</summary>
    public const string LoadIn4Bit = "LoadIn4Bit";

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "C#";

    /// <inheritdoc/>
    public override string Upstream => "loralint, src/Rules/Runs";

    /// <summary>Whether it is a record of ours, whose meaning is known beyond the names of its members.</summary>
    public bool IsOwn => record is not null;

    /// <summary>All members that hold something known.</summary>
    public IEnumerable<CodeMember> Members => members.Values;

    /// <summary>The member that holds a setting, or null.</summary>
    public CodeMember? Find(string setting) => members.TryGetValue(setting, out var member) ? member : null;

    /// <summary>
    /// The key that stands for one of PEFT's in a record of ours, which means the same; null when there is none. What a type of the
    /// program's own does with such a member is not known.
    /// </summary>
    public string? KeyOf(string peftKey) => !IsOwn ? null : Find(peftKey switch
    {
        "layers_to_transform" => nameof(TrainingConfig.Layers),
        "layers_pattern" => RunMembers.LayersPattern,
        "exclude_modules" => RunMembers.ExcludeModules,
        "exclude_pattern" => RunMembers.ExcludePattern,
        "rank_pattern" => nameof(TrainingConfig.RankPattern),
        "alpha_pattern" => nameof(TrainingConfig.AlphaPattern),
        "use_dora" => RunMembers.UseDora,
        "init_lora_weights" => nameof(TrainingConfig.Init),
        _ => "",
    })?.Key;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path) => 0;

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var rank = Number(read, nameof(TrainingConfig.Rank));
        var alpha = Number(read, nameof(TrainingConfig.Alpha));
        var useRslora = Bool(read, nameof(TrainingConfig.UseRslora));
        var bits = BitsOf(read);
        var precision = Text(read, nameof(TrainingConfig.ComputeDtype));
        var (evaluate, evaluateSteps) = CadenceOf(read, RunMembers.Evaluate);
        var (save, saveSteps) = CadenceOf(read, RunMembers.Save);
        return new TrainingConfig
        {
            Method = Setting<TuningMethod>.Derived(
                Bool(read, RunMembers.UseDora).Or(false) ? TuningMethod.Dora : bits.Or(16) == 4 ? TuningMethod.Qlora : TuningMethod.Lora),
            Task = TaskOf(read),
            BaseModel = Text(read, nameof(TrainingConfig.BaseModel)),
            Rank = rank,
            Alpha = alpha,
            // A type without such a switch may scale as it likes: only what is called rsLoRA is known to be it.
            Scaling = TrainingConfig.ScalingOf(rank, alpha, useRslora),
            Dropout = Number(read, nameof(TrainingConfig.Dropout)),
            TargetModules = ModulesOf(read),
            ModulesToSave = Get<IReadOnlyList<string>>(read, nameof(TrainingConfig.ModulesToSave), read.TryTexts),
            Layers = OfPart(read, nameof(TrainingConfig.Layers), read.Layers),
            Bias = Text(read, nameof(TrainingConfig.Bias)).Select(Word),
            Init = Text(read, nameof(TrainingConfig.Init)).Select(i => Word(i) is var word && word == "kaiming" ? "true" : word),
            UseRslora = useRslora,
            RankPattern = OfPart(read, nameof(TrainingConfig.RankPattern), read.Pattern),
            AlphaPattern = OfPart(read, nameof(TrainingConfig.AlphaPattern), read.Pattern),
            LearningRate = Number(read, nameof(TrainingConfig.LearningRate)),
            LrScheduler = Text(read, nameof(TrainingConfig.LrScheduler)),
            Warmup = WarmupOf(read),
            Optimizer = Text(read, nameof(TrainingConfig.Optimizer)),
            WeightDecay = Number(read, nameof(TrainingConfig.WeightDecay)),
            MaxGradNorm = Number(read, nameof(TrainingConfig.MaxGradNorm)),
            Epochs = Number(read, nameof(TrainingConfig.Epochs)),
            MaxSteps = Number(read, nameof(TrainingConfig.MaxSteps)),
            MicroBatchSize = Number(read, nameof(TrainingConfig.MicroBatchSize)),
            // A type with a batch and nothing that it is put together of.
            GradientAccumulationSteps = Find(nameof(TrainingConfig.MicroBatchSize)) is not null
                && Find(nameof(TrainingConfig.GradientAccumulationSteps)) is null
                    ? Setting<double>.Derived(1) : Number(read, nameof(TrainingConfig.GradientAccumulationSteps)),
            QuantizationBits = bits,
            QuantizationType = bits.Or(16) == 4 ? Text(read, nameof(TrainingConfig.QuantizationType)) : Setting<string>.Absent(),
            DoubleQuantization = bits.Or(16) == 4 ? Bool(read, nameof(TrainingConfig.DoubleQuantization)) : Setting<bool>.Absent(),
            ComputeDtype = precision.AsDtype(),
            MaxSequenceLength = Number(read, nameof(TrainingConfig.MaxSequenceLength)),
            Packing = Bool(read, nameof(TrainingConfig.Packing)),
            GradientCheckpointing = Bool(read, nameof(TrainingConfig.GradientCheckpointing)),
            Seed = Number(read, nameof(TrainingConfig.Seed)),
            Dataset = PathsOf(read, nameof(TrainingConfig.Dataset)),
            EvalDataset = PathsOf(read, nameof(TrainingConfig.EvalDataset)),
            ValidationSplit = Number(read, nameof(TrainingConfig.ValidationSplit)),
            EvalStrategy = Validates(read) switch
            {
                true => evaluate,
                // Nothing is there to evaluate on.
                false => Setting<string>.Derived("no", evaluate.Key, evaluate.Entry),
                null when evaluate.Or("") == "no" => evaluate,
                null => Setting<string>.Absent(evaluate.Key),
            },
            EvalSteps = evaluateSteps,
            SaveStrategy = save,
            SaveSteps = saveSteps,
            EarlyStoppingPatience = Number(read, nameof(TrainingConfig.EarlyStoppingPatience)),
            OutputDir = Text(read, nameof(TrainingConfig.OutputDir)),
        };
    }

    private Setting<double> Number(SettingReader read, string setting) => Get<double>(read, setting, read.TryNumber);

    private Setting<bool> Bool(SettingReader read, string setting) => Get<bool>(read, setting, read.TryBool);

    private Setting<string> Text(SettingReader read, string setting) => Get<string>(read, setting, read.TryText);

    private Setting<T> Get<T>(SettingReader read, string setting, TryParse<T> parse) => OfPart(read, setting, key =>
        read.Read(key, Find(setting)!.Default is T known ? Setting<T>.Default(known, key) : Setting<T>.Absent(key), parse));

    // Members of a part that is made elsewhere are not known, and least of all at their defaults.
    private Setting<T> OfPart<T>(SettingReader read, string setting, Func<string, Setting<T>> get)
    {
        if (Find(setting) is not { } member)
            return Setting<T>.Absent();
        return PartOf(read, member.Key) is { } part ? Setting<T>.WrittenUnknown(member.Key, part) : get(member.Key);
    }

    // The outermost object on the way to a member whose own members are not known; null when all are.
    private static ConfigEntry? PartOf(SettingReader read, string key)
    {
        for (var dot = key.IndexOf('.'); dot >= 0; dot = key.IndexOf('.', dot + 1))
        {
            if (read.Root.FindPath(key.Substring(0, dot)) is { Value: { IsMapping: false } value } part && !read.IsNull(value))
                return part;
        }

        return null;
    }

    // Every so many steps, a share of all of them, at the end of each epoch, or never.
    private (Setting<string> Strategy, Setting<double> Steps) CadenceOf(SettingReader read, string setting)
    {
        if (Find(setting) is not { } member)
            return (Setting<string>.Absent(), Setting<double>.Absent());
        if (PartOf(read, member.Key + ".") is { } part)
            return (Setting<string>.WrittenUnknown(member.Key, part), Setting<double>.WrittenUnknown(member.Key, part));
        if (read.Root.FindPath(member.Key) is not { } entry)
            return (Setting<string>.Default("epoch", member.Key), Setting<double>.Absent(member.Key));
        var every = new[] { nameof(Runs.Cadence.Steps), nameof(Runs.Cadence.Share) }.Select(n => member.Key + "." + n)
            .FirstOrDefault(read.Has);
        if (every is null)
            return (Setting<string>.Written("epoch", member.Key, entry), Setting<double>.Absent(member.Key));
        var steps = read.Number(every);
        return steps.TryGet(out var number)
            ? (Setting<string>.Written(number == 0 ? "no" : "steps", member.Key, entry), steps)
            : (Setting<string>.WrittenUnknown(member.Key, entry), Setting<double>.WrittenUnknown(member.Key, entry));
    }

    // Whether a run evaluates on something; null where that is not to be told, as for its parts alone.
    private bool? Validates(SettingReader read)
    {
        if (record != nameof(Runs.TrainingRun) || !read.Has(nameof(Runs.TrainingRun.Data)))
            return null;
        var files = PathsOf(read, nameof(TrainingConfig.EvalDataset));
        var split = Number(read, nameof(TrainingConfig.ValidationSplit));
        if (files.Or([]).Count > 0 || split.Or(0) > 0)
            return true;
        return files.IsKnown && split.IsKnown ? false : null;
    }

    // What rows hold says what is trained for, as in our run format.
    private TrainingTask TaskOf(SettingReader read)
    {
        if (Find(nameof(TrainingConfig.Dataset)) is not { } train || read.Find(train.Key) is not { Value: { IsSequence: true } files })
            return TrainingTask.Unknown;
        var formats = new HashSet<string?>(files.Items.Select(i => !i.IsMapping ? null
            : i.Find(nameof(Runs.DataSource.Format)) is { } format ? read.TryText(format.Value, out var word) ? word : null
            : nameof(Runs.DataFormat.Chat)));
        return formats.Count == 0 || formats.Contains(null) ? TrainingTask.Unknown
            : !formats.Contains(nameof(Runs.DataFormat.Text)) ? TrainingTask.SupervisedFineTuning
            : formats.Count == 1 ? TrainingTask.Pretraining : TrainingTask.Unknown;
    }

    private Setting<IReadOnlyList<string>> PathsOf(SettingReader read, string setting) =>
        OfPart(read, setting, key => read.Has(key) ? read.TextsUnder(key, nameof(Runs.DataSource.Path))
            : Setting<IReadOnlyList<string>>.Default([], key));

    private Setting<ModuleSelection> ModulesOf(SettingReader read)
    {
        var all = Bool(read, RunMembers.TargetsAllLinear);
        if (all.IsWritten && all.Or(true))
            return all.Select(_ => ModuleSelection.AllLinear());
        var pattern = Text(read, RunMembers.TargetPattern);
        if (pattern.IsWritten)
            return pattern.Select(ModuleSelection.OfPattern);
        return Get(read, nameof(TrainingConfig.TargetModules), (ConfigNode node, out ModuleSelection modules) =>
        {
            modules = ModuleSelection.AllLinear();
            if (node.IsScalar)
                return read.TryText(node, out var word) && PeftTargetValue.IsAllLinear(word);
            if (!read.TryTexts(node, out var names))
                return false;
            modules = ModuleSelection.OfNames(names);
            return true;
        });
    }

    // Our options quantize by being there.
    private Setting<double> BitsOf(SettingReader read)
    {
        switch (record)
        {
            case nameof(Runs.QuantizationOptions):
                return Setting<double>.Derived(4, "", read.Root.Entries.FirstOrDefault());
            case nameof(Runs.TrainingRun):
                if (read.Root.Find(RunMembers.QuantizationPart) is not { } part || read.IsNull(part.Value))
                    return Setting<double>.Derived(16);
                return part.Value.IsMapping ? Setting<double>.Written(4, part.Key, part) : Setting<double>.WrittenUnknown(part.Key, part);
            default:
                var isFourBit = Bool(read, LoadIn4Bit);
                return isFourBit.IsWritten && isFourBit.Or(false) ? isFourBit.Select(_ => 4.0) : Setting<double>.Absent();
        }
    }

    private Setting<Warmup> WarmupOf(SettingReader read)
    {
        var steps = Number(read, nameof(WarmupUnit.Steps));
        return steps.IsWritten ? steps.Select(s => new Warmup(s, WarmupUnit.Steps))
            : Number(read, nameof(WarmupUnit.Ratio)).Select(r => new Warmup(r, WarmupUnit.Ratio));
    }

    // LoraOnly is lora_only.
    private static string Word(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 && char.IsLower(name[i - 1]) ? "_" + c : c.ToString()))
            .ToLowerInvariant();
}
