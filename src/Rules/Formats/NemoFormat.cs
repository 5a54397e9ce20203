using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The tuning YAML of NeMo up to 2.x's collections (examples/nlp/language_modeling/tuning/conf) and of NeMo-Framework-Launcher, which
/// Hydra and OmegaConf load. What the adapter block means: nemo/collections/nlp/parts/peft_config.py and
/// modules/common/megatron/adapters/parallel_adapters.py. Scripts read the other blocks key by key, so keys of any name may be there,
/// and what a script does without one is not read here.
/// </summary>
public sealed class NemoFormat : ConfigFormat
{
    private const string Lora = "model.peft.lora_tuning.";
    private const ModuleRoles Qkv = ModuleRoles.Query | ModuleRoles.Key | ModuleRoles.Value;

    // PEFT_MODULE_MAP; every other name ends the run.
    private static readonly Dictionary<string, ModuleRoles> s_modules = new(StringComparer.Ordinal)
    {
        ["attention_qkv"] = Qkv, ["attention_dense"] = ModuleRoles.Output, ["attention"] = ModuleRoles.Attention,
        ["mlp_fc1"] = ModuleRoles.Gate | ModuleRoles.Up, ["mlp_fc2"] = ModuleRoles.Down, ["mlp"] = ModuleRoles.Mlp,
        ["all"] = ModuleRoles.AllLinear,
    };

    private static readonly string[] s_blocks = ["peft_scheme", "lora_tuning", "adapter_tuning", "p_tuning", "ia3_tuning"];

    private static readonly Dictionary<string, string> s_precisions = new(StringComparer.Ordinal) { ["16"] = "fp16", ["32"] = "fp32" };

    /// <inheritdoc/>
    public override string Name => "nemo";

    /// <inheritdoc/>
    public override string Title => "NeMo";

    /// <inheritdoc/>
    public override string Upstream => "NVIDIA/NeMo@8cfedd72 (2025-09-20)";

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.FindPath("model.peft") is not { Value: { IsMapping: true } peft })
            return 0;
        var blocks = s_blocks.Count(k => peft.Find(k) is not null);
        return blocks > 0 && root.Find("trainer") is { Value.IsMapping: true } ? 92 : blocks > 1 ? 85 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var scheme = read.Text("model.peft.peft_scheme", "none");
        // A file without training data serves a script that generates or evaluates.
        var trains = new[] { "model.data.train_ds", "model.optim" }.Any(k => read.Find(k) is not null) || read.Find("model.data") is null;
        if (!trains || scheme.Or("") == "none")
        {
            return new TrainingConfig
            {
                ConcernsLora = false,
                Method = scheme.Derive(_ => trains ? TuningMethod.Full : TuningMethod.None),
                BaseModel = read.Text("model.restore_from_path"),
            };
        }

        var rank = read.Number(Lora + "adapter_dim");
        var alpha = AlphaOf(read, rank, scheme);
        var precision = read.Text("trainer.precision").Select(p => s_precisions.TryGetValue(p, out var word) ? word : p);
        var trainer = TrainerOf(read);
        var checks = read.Number(trainer + "val_check_interval");
        return new TrainingConfig
        {
            Method = scheme.Select(MethodOf),
            Task = scheme.Or("") == "sdlora" ? TrainingTask.Diffusion : TrainingTask.SupervisedFineTuning,
            BaseModel = BaseModelOf(read),
            Rank = rank,
            Alpha = alpha,
            Scaling = TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent()),
            Dropout = read.Number(Lora + "adapter_dropout"),
            TargetModules = scheme.Or("") == "sdlora" ? Setting<ModuleSelection>.Absent() : Modules(read),
            Layers = read.Layers(Lora + "layer_selection").Select(FromOne),
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            LearningRate = read.Number("model.optim.lr"),
            LrScheduler = read.Text("model.optim.sched.name"),
            Warmup = Warmup(read),
            Optimizer = read.Text("model.optim.name"),
            WeightDecay = read.Number("model.optim.weight_decay"),
            MaxGradNorm = read.Number(trainer + "gradient_clip_val"),
            Epochs = read.Number(trainer + "max_epochs"),
            MaxSteps = read.Number(trainer + "max_steps"),
            MicroBatchSize = read.Number("model.micro_batch_size"),
            GradientAccumulationSteps = Accumulation(read),
            ComputeDtype = precision.AsDtype(),
            MaxSequenceLength = read.Number("model.data.train_ds.max_seq_length"),
            Packing = read.Bool("model.data.train_ds.packed_sequence"),
            GradientCheckpointing = read.Has("model.activations_checkpoint_granularity")
                ? read.Text("model.activations_checkpoint_granularity").Derive(_ => true) : Setting<bool>.Absent(),
            Seed = read.Number("model.seed"),
            Dataset = read.Texts("model.data.train_ds.file_names"),
            EvalDataset = read.Texts("model.data.validation_ds.file_names"),
            OutputDir = read.FirstOf(k => read.Text(k), "exp_manager.explicit_log_dir", "exp_manager.exp_dir"),
            // A whole number above 1 counts steps; a share counts epochs.
            EvalStrategy = checks.Or(0) > 1 ? checks.Derive(_ => "steps") : Setting<string>.Absent(checks.Key, checks.Entry),
            EvalSteps = checks.Or(0) > 1 ? checks : Setting<double>.Absent(checks.Key, checks.Entry),
            EarlyStoppingPatience = read.IsOn("exp_manager.create_early_stopping_callback")
                ? read.Number("exp_manager.early_stopping_callback_params.patience") : Setting<double>.Absent(),
        };
    }

    // NeMo Aligner's loops have a block of their own below the trainer, such as trainer.draftp_sd; Lightning's numbers do not count there.
    private static string TrainerOf(SettingReader read)
    {
        var loop = read.Find("trainer")?.Value.Entries.FirstOrDefault(e => e.Value.IsMapping && e.Value.Find("max_steps") is not null);
        return loop is null ? "trainer." : $"trainer.{loop.Key}.";
    }

    // PEFT_CONFIG_MAP; qlora is lora on a base that the script loads in four bits.
    private static TuningMethod MethodOf(string scheme) => scheme switch
    {
        "lora" or "sdlora" => TuningMethod.Lora,
        "qlora" => TuningMethod.Qlora,
        "adapter" or "ia3" or "ptuning" or "mlp_head" or "selective" => TuningMethod.Other,
        _ => TuningMethod.Unknown,
    };

    // Three question marks are OmegaConf's word for a value that the command line must bring.
    private static Setting<string> BaseModelOf(SettingReader read)
    {
        var path = read.Text("model.restore_from_path");
        return path.Or("") == "???" ? path.AsUnknown() : path;
    }

    // Without alpha the scaling is 1: alpha is the rank. The diffusion adapter has a key of its own, with the same meaning.
    private static Setting<double> AlphaOf(SettingReader read, Setting<double> rank, Setting<string> scheme)
    {
        var key = Lora + (scheme.Or("") == "sdlora" ? "network_alpha" : "alpha");
        if (read.Has(key))
            return read.Number(key);
        return rank.TryGet(out var r) && r > 0 ? Setting<double>.Derived(r, key, rank.Entry) : Setting<double>.Absent(key, read.Find(key));
    }

    private static Setting<ModuleSelection> Modules(SettingReader read)
    {
        var names = read.Texts(Lora + "target_modules", ["attention_qkv"]);
        // With another name the run ends (LL972), so the list stands for no modules.
        return names.Or(Adapters.None).All(s_modules.ContainsKey)
            ? names.Select(list => ModuleSelection.OfRoles(list.Aggregate(ModuleRoles.None, (sum, n) => sum | s_modules[n]), list))
            : names.AsUnknown().Select(_ => ModuleSelection.AllLinear());
    }

    // NeMo counts layers from 1.
    private static LayerSelection FromOne(LayerSelection layers) =>
        layers.Indices is { } indices ? new LayerSelection([.. indices.Select(i => i - 1)]) : layers;

    private static Setting<Warmup> Warmup(SettingReader read)
    {
        var ratio = read.Number("model.optim.sched.warmup_ratio");
        return ratio.IsWritten && !read.Has("model.optim.sched.warmup_steps")
            ? ratio.Select(r => new Warmup(r, WarmupUnit.Ratio))
            : read.Number("model.optim.sched.warmup_steps").Select(n => new Warmup(n, WarmupUnit.Steps));
    }

    // The global batch is split over the devices that hold copies of the model.
    private static Setting<double> Accumulation(SettingReader read)
    {
        var global = read.Number("model.global_batch_size");
        if (!global.TryGet(out var batch) || !read.Number("model.micro_batch_size").TryGet(out var micro)
            || !read.Number("trainer.devices").TryGet(out var devices) || !read.Number("trainer.num_nodes", 1).TryGet(out var nodes)
            || !read.Number("model.tensor_model_parallel_size", 1).TryGet(out var tensor)
            || !read.Number("model.pipeline_model_parallel_size", 1).TryGet(out var pipeline) || read.Has("model.context_parallel_size"))
            return Setting<double>.Absent(global.Key, global.Entry);
        var copies = devices * nodes / (tensor * pipeline);
        var steps = batch / (micro * copies);
        return copies >= 1 && copies == Math.Floor(copies) && steps >= 1 && steps == Math.Floor(steps)
            ? Setting<double>.Derived(steps, global.Key, global.Entry) : Setting<double>.Absent(global.Key, global.Entry);
    }
}
