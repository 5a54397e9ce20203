using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// A project's own YAML, JSON or TOML with LoRA settings in it, which its own program reads. What the settings mean is known by the names
/// that the field uses, and no more: nothing has a default, no key is unknown, and how values are typed is the program's affair. It comes
/// behind every framework's format.
/// </summary>
public sealed class OwnSchemaFormat : ConfigFormat
{
    /// <summary>The name by which rules know it.</summary>
    public const string FormatName = "lora";

    private static readonly string[] s_ranks =
        ["lorarank", "lorar", "loradim", "networkdim", "networkrank", "adapterdim", "r", "rank", "dim"];

    // Mappings in which people put the settings of a run beside those of the adapter.
    private static readonly HashSet<string> s_parts =
    [
        "training", "train", "trainer", "trainingargs", "trainingarguments", "trainargs", "trainconfig", "trainingconfig",
        "hyperparameters", "hparams", "params", "args", "kwargs", "initargs", "config", "settings", "optimizer", "optim", "optimizerconfig",
        "model", "modelconfig", "basemodel", "quantization", "quantizationconfig", "quant", "bnb", "bnbconfig", "bitsandbytes", "sft",
        "sftargs", "sftconfig", "finetuning", "finetune", "experiment", "run", "peft", "peftconfig",
    ];

    private static readonly string[] s_models =
    [
        "basemodel", "basemodelname", "basemodelnameorpath", "modelnameorpath", "pretrainedmodelnameorpath", "pretrainedmodelname",
        "modelid", "basemodelid", "modelname", "hfmodelckpt", "modelpath",
    ];

    // What the record of a run that is over holds: nobody starts a run with it.
    private static readonly string[] s_results = ["metrics", "results", "losses", "loghistory", "history"];

    // What only programs for pictures and films have.
    private static readonly string[] s_diffusion =
        ["unet", "vae", "denoiserconfig", "noisescheduler", "noiseoffset", "resolution", "instanceprompt", "validationprompt", "snrgamma"];

    private static readonly string[] s_switches = [.. LoraBlock.Switches, "usepeft", "ispeft", "enablepeft", "peftenabled"];

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "a project's own schema";

    /// <inheritdoc/>
    public override string Upstream => "the names that the field uses for LoRA's settings";

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path) =>
        LoraBlock.Find(root, s_results) is not { Value.IsScalar: false } && LoraBlock.FindAll(root).Count > 0 ? 51 : 0;

    /// <inheritdoc/>
    public override IReadOnlyList<ConfigNode> Split(ConfigNode root) => [.. LoraBlock.FindAll(root).Select(b => b.Root)];

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        if (LoraBlock.FindAll(read.Root).FirstOrDefault() is not { } block)
            return new TrainingConfig { ConcernsLora = false };
        var places = new Places(block);
        var rank = read.Number(places.KeyInBlock(s_ranks));
        if (IsOff(read, places, rank))
            return new TrainingConfig { ConcernsLora = false, Method = Setting<TuningMethod>.Derived(TuningMethod.Full) };

        string[] Named(string setting) => [.. SettingNames.Of(setting)];
        var alpha = read.Number(
            places.KeyInBlock(block.IsLoraAlone ? ["loraalpha", "networkalpha", "alpha"] : ["loraalpha", "networkalpha"]));
        var useRslora = read.Bool(places.KeyInBlock(Named(nameof(TrainingConfig.UseRslora))));
        var bits = BitsOf(read, places);
        var targets = read.Read<ModuleSelection>(TargetsKey(places, block), null, (ConfigNode node, out ModuleSelection m) =>
            TryTargets(read, node, out m));
        // What PEFT gets as it is has PEFT's defaults.
        var goesToPeft = PeftTargets(read) is not null;
        var modulesToSave = read.Texts(
            places.KeyInBlock(Named(nameof(TrainingConfig.ModulesToSave))), goesToPeft ? Adapters.None : null);
        var accumulation = read.Number(places.Key(Named(nameof(TrainingConfig.GradientAccumulationSteps))));
        var isDiffusion = places.Holds(s_diffusion) || targets.Or(ModuleSelection.AllLinear()).Names.Any(n => n.StartsWith("to_"));
        return new TrainingConfig
        {
            Method = Setting<TuningMethod>.Derived(MethodOf(read, places, bits), rank.Key, rank.Entry),
            Task = isDiffusion ? TrainingTask.Diffusion : TrainingTask.Unknown,
            BaseModel = BaseModelOf(read, places),
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, useRslora),
            Dropout = read.Number(places.KeyInBlock(block.IsLoraAlone ? ["loradropout", "dropout"] : ["loradropout"])),
            TargetModules = targets,
            ModulesToSave = modulesToSave,
            Layers = goesToPeft ? read.Layers(places.KeyInBlock(["layerstotransform"])) : Setting<LayerSelection>.Absent(),
            Bias = WordOf(read, places.KeyInBlock(block.IsLoraAlone ? ["lorabias", "bias"] : ["lorabias"]), "none", "all", "lora_only"),
            UseRslora = useRslora,
            LearningRate = read.Number(places.Key(["learningrate", "lr"])),
            LrScheduler = read.Text(places.Key(["lrschedulertype", "lrscheduler"])),
            Warmup = WarmupOf(read, places),
            Optimizer = read.Text(places.Key(["optim", "optimizer", "optimizertype"])),
            WeightDecay = read.Number(places.Key(Named(nameof(TrainingConfig.WeightDecay)))),
            // Which of the two ends a run that has both is the program's affair.
            Epochs = read.Number(places.Key(["numtrainepochs", "numepochs", "epochs", "maxtrainepochs"])),
            // A batch is one device's, and not put together of several, where nothing is accumulated.
            MicroBatchSize = read.Number(places.Key(accumulation.IsWritten
                ? ["perdevicetrainbatchsize", "microbatchsize", "perdevicebatchsize"]
                : ["perdevicetrainbatchsize", "microbatchsize", "perdevicebatchsize", "trainbatchsize", "batchsize"])),
            GradientAccumulationSteps = accumulation,
            QuantizationBits = bits,
            QuantizationType = bits.Or(16) == 4
                ? WordOf(read, places.Key(["bnb4bitquanttype", "quanttype", "quantizationtype"]), "nf4", "fp4") : Setting<string>.Absent(),
            DoubleQuantization = bits.Or(16) == 4
                ? read.Bool(places.Key(["bnb4bitusedoublequant", "doublequant", "doublequantization", "usedoublequantization"]))
                : Setting<bool>.Absent(),
            ComputeDtype = bits.Or(16) == 4 ? read.Text(places.Key(["bnb4bitcomputedtype", "computedtype"])).AsDtype()
                : Setting<string>.Absent(),
            MaxSequenceLength = read.Number(places.Key(["maxseqlength", "maxseqlen", "maxlength", "cutofflen"])),
            GradientCheckpointing = read.Bool(places.Key(["gradientcheckpointing"])),
            Seed = read.Number(places.Key(["seed", "randomseed"])),
            OutputDir = read.Text(places.Key(["outputdir"])),
        };
    }

    /// <summary>
    /// The entry of the target modules where the block is surely handed to PEFT: it has names that are PEFT's alone. Null where it is not,
    /// or where no list is written.
    /// </summary>
    internal static ConfigEntry? PeftTargets(SettingReader read)
    {
        if (LoraBlock.FindAll(read.Root).FirstOrDefault() is not { } block
            || LoraBlock.Find(block.Node, ["targetmodules", "loratargetmodules"]) is not { Value.IsSequence: true } targets)
            return null;
        var speaksPeft = block.Node.Find("lora_alpha") is not null || block.Node.Find("task_type") is not null
            || block.Node.Find("peft_type") is not null;
        return speaksPeft ? targets : null;
    }

    private static string TargetsKey(Places places, LoraBlock block) =>
        places.KeyInBlock(block.IsLoraAlone ? ["targetmodules", "loratargetmodules", "targets"] : ["loratargetmodules", "targetmodules"]);

    // A text may be split, matched or looked up: only the word for all linear layers is clear.
    private static bool TryTargets(SettingReader read, ConfigNode node, out ModuleSelection modules)
    {
        modules = ModuleSelection.AllLinear();
        if (node.IsScalar)
            return read.TryText(node, out var word) && word.Replace('_', '-').ToLowerInvariant() is "all-linear" or "all";
        if (!read.TryTexts(node, out var names))
            return false;
        modules = ModuleSelection.OfNames(names);
        return true;
    }

    // A rank of 0 is how many programs of one's own say that there is no adapter.
    private static bool IsOff(SettingReader read, Places places, Setting<double> rank)
    {
        if (rank.IsWritten && rank.Or(1) == 0)
            return true;
        if (places.Block.IsLoraAlone && read.Bool(places.KeyInBlock(["enabled", "enable", "active", "use"])) is { IsWritten: true } own)
            return !own.Or(true);
        var switches = s_switches.Select(name => read.Bool(places.Key([name]))).Where(s => s.IsWritten && s.IsKnown).ToList();
        if (switches.Count > 0)
            return switches.All(s => !s.Or(true));
        return new[] { "finetuningtype", "tuningmethod", "tunertype", "traintype", "method" }
            .Any(name => read.Text(places.Key([name])).Or("").StartsWith("full", StringComparison.OrdinalIgnoreCase));
    }

    private static TuningMethod MethodOf(SettingReader read, Places places, Setting<double> bits)
    {
        var kind = read.Text(places.KeyInBlock(["pefttype", "tunertype", "adaptertype"]));
        if (kind.IsWritten && !kind.Or("").Equals("lora", StringComparison.OrdinalIgnoreCase))
            return TuningMethod.Other;
        return Adapters.MethodOf(bits, read.IsOn(places.KeyInBlock(["usedora"])));
    }

    private static Setting<double> BitsOf(SettingReader read, Places places)
    {
        var four = read.Bool(places.Key(["loadin4bit", "usein4bit", "use4bit"]));
        if (four.Or(false))
            return four.Select(_ => 4.0);
        var eight = read.Bool(places.Key(["loadin8bit", "use8bit"]));
        return eight.Or(false) ? eight.Select(_ => 8.0) : Setting<double>.Absent();
    }

    private static Setting<string> BaseModelOf(SettingReader read, Places places)
    {
        if (places.Key(s_models) is { Length: > 0 } key)
            return read.Text(key);
        if (new[] { "model.name", "model.name_or_path", "model.path", "model.id" }.FirstOrDefault(read.Has) is { } within)
            return read.Text(within);
        return read.Find("model") is { Value.IsScalar: true } ? read.Text("model") : Setting<string>.Absent();
    }

    private static Setting<Warmup> WarmupOf(SettingReader read, Places places)
    {
        var steps = read.Number(places.Key(["warmupsteps", "lrwarmupsteps"]));
        return steps.IsWritten ? steps.Select(s => new Warmup(s, WarmupUnit.Steps))
            : read.Number(places.Key(["warmupratio"])).Select(r => new Warmup(r, WarmupUnit.Ratio));
    }

    private static Setting<string> WordOf(SettingReader read, string key, params string[] words) =>
        read.Text(key) is { } text && words.Contains(text.Or("")) ? text : Setting<string>.Absent();

    // Where a setting stands: in the block, in a mapping around it, or in a mapping beside those that has one of the usual names.
    private sealed class Places
    {
        private readonly List<(ConfigNode Mapping, string Path)> _around = [];
        private readonly List<(ConfigNode Mapping, string Path)> _beside = [];

        public Places(LoraBlock block)
        {
            Block = block;
            _around.Add((block.Root, ""));
            var path = "";
            var node = block.Root;
            foreach (var key in block.Path.Split(['.'], StringSplitOptions.RemoveEmptyEntries))
            {
                path += key + ".";
                node = node.Find(key)!.Value;
                _around.Add((node, path));
            }

            foreach (var (mapping, above) in _around)
                AddParts(mapping, above, 0);
            _around.Reverse();
        }

        public LoraBlock Block { get; }

        /// <summary>The dotted path of a setting of the adapter by its first name, or an empty text.</summary>
        public string KeyInBlock(IReadOnlyList<string> names) =>
            LoraBlock.Find(Block.Node, names) is { } entry ? Block.Path + entry.Key : "";

        /// <summary>The dotted path of a setting of the run; empty where it is not written, or in several places.</summary>
        public string Key(IReadOnlyList<string> names)
        {
            foreach (var (mapping, path) in _around)
            {
                if (Value(mapping, names) is { } entry)
                    return path + entry.Key;
            }

            var found = _beside.Select(b => (b.Path, Entry: Value(b.Mapping, names))).Where(b => b.Entry is not null).Take(2).ToList();
            return found.Count == 1 ? found[0].Path + found[0].Entry!.Key : "";
        }

        /// <summary>Whether one of the mappings has one of the names.</summary>
        public bool Holds(string[] names) => _around.Concat(_beside).Any(p => LoraBlock.Find(p.Mapping, names) is not null);

        private static ConfigEntry? Value(ConfigNode mapping, IReadOnlyList<string> names) =>
            LoraBlock.Find(mapping, names) is { Value.IsScalar: true } entry ? entry : null;

        private void AddParts(ConfigNode mapping, string path, int level)
        {
            foreach (var entry in mapping.Entries)
            {
                if (level > 2 || entry.IsOverridden || !entry.Value.IsMapping || entry.Key.IndexOf('.') >= 0
                    || !s_parts.Contains(SettingNames.Fold(entry.Key)) || _around.Any(a => a.Mapping == entry.Value)
                    || _beside.Any(b => b.Mapping == entry.Value))
                    continue;
                _beside.Add((entry.Value, path + entry.Key + "."));
                AddParts(entry.Value, path + entry.Key + ".", level + 1);
            }
        }
    }
}
