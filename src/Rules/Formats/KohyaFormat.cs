using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The TOML that kohya's sd-scripts read with <c>--config_file</c>. Keys and defaults: train_network.py setup_parser and
/// library/train_util.py add_*_arguments; that sections are only decoration and the last of equal keys counts: read_config_from_file;
/// what rank and alpha default to: networks/lora.py create_network and LoRAModule.
/// </summary>
public sealed class KohyaFormat : ConfigFormat
{
    private static readonly string[] s_telling =
    [
        "network_alpha", "network_module", "network_args", "network_train_unet_only", "network_train_text_encoder_only", "unet_lr",
        "text_encoder_lr", "pretrained_model_name_or_path", "train_batch_size", "max_train_epochs", "max_train_steps", "optimizer_type",
        "train_data_dir", "dataset_config", "caption_extension", "caption_dropout_rate", "save_every_n_epochs", "cache_latents",
        "enable_bucket", "clip_skip", "output_name", "save_model_as", "min_snr_gamma",
    ];

    /// <inheritdoc/>
    public override string Name => "kohya";

    /// <inheritdoc/>
    public override string Title => "kohya sd-scripts";

    /// <inheritdoc/>
    public override string Upstream => "kohya-ss/sd-scripts@48d368fa (2026-02-16)";

    /// <inheritdoc/>
    public override KeyTable? Keys => KohyaKeys.Table;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        var flat = Flatten(root);
        if (flat.Find("LoRA_type") is not null)
            return 0;
        if (flat.Find("network_module") is { } module && module.Value.Text.Split('.')[0] is "networks" or "lycoris")
            return 90;
        // The name alone is not enough: descriptions of the keys (network_dim: "the rank of ...") look the same.
        var hasDim = flat.Find("network_dim") is { } dim && new SettingReader(flat, ScalarDialect.Strict).TryNumber(dim.Value, out _);
        return hasDim && s_telling.Count(k => flat.Find(k) is not null) >= 3 ? 85 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader written)
    {
        var read = new SettingReader(Flatten(written.Root), written.Dialect);
        var module = read.Text("network_module");
        var rank = KohyaNetworks.Rank(read, module);
        var alpha = KohyaNetworks.Alpha(read, rank);
        var arguments = new KohyaArguments(read, "network_args");
        var precision = read.Text("mixed_precision", "no");
        var fp8 = read.Bool("fp8_base_unet").Or(false) ? read.Bool("fp8_base_unet") : read.Bool("fp8_base", false);
        var isLycoris = module.Or("").StartsWith("lycoris.", StringComparison.Ordinal);
        var useRslora = isLycoris ? arguments.Text("rs_lora").Derive(IsTrue) : Setting<bool>.Absent();
        var epochs = read.Number("max_train_epochs");
        return new TrainingConfig
        {
            Method = KohyaNetworks.MethodOf(module, arguments.Text("algo"), arguments.Text("dora_wd").Derive(IsTrue)),
            Task = TrainingTask.Diffusion,
            BaseModel = read.Text("pretrained_model_name_or_path"),
            Rank = rank,
            Alpha = alpha,
            // Ranks and alphas by block replace the one for all.
            Scaling = arguments.Text("block_dims").Origin == SettingOrigin.Absent
                ? TrainingConfig.ScalingOf(rank, alpha, useRslora) : Setting<double>.Absent(),
            Dropout = read.Number("network_dropout", 0),
            UseRslora = useRslora,
            LearningRate = RateOf(read),
            // A class of torch or another library, when named, takes the place of the schedules known by a word.
            LrScheduler = read.Text("lr_scheduler_type").Or("").Length > 0
                ? read.Text("lr_scheduler_type")
                : read.Text("lr_scheduler", "constant"),
            Warmup = WarmupOf(read),
            Optimizer = OptimizerOf(read),
            WeightDecay = new KohyaArguments(read, "optimizer_args").Number("weight_decay"),
            MaxGradNorm = read.Number("max_grad_norm", 1),
            Epochs = epochs,
            // Epochs, when written, replace the steps, which then depend on the images.
            MaxSteps = epochs.IsWritten
                ? Setting<double>.Absent("max_train_steps", read.Find("max_train_steps"))
                : read.Number("max_train_steps", 1600),
            // A dataset file, or datasets in this one, bring batch sizes of their own.
            MicroBatchSize = read.Has("dataset_config") || read.Has("datasets")
                ? Setting<double>.Absent("train_batch_size")
                : read.Number("train_batch_size", 1),
            GradientAccumulationSteps = read.Number("gradient_accumulation_steps", 1),
            QuantizationBits = fp8.Derive(on => on ? 8.0 : 16.0),
            QuantizationType = fp8.Or(false) ? fp8.Derive(_ => "fp8") : Setting<string>.Absent("fp8_base"),
            ComputeDtype = precision.AsDtype(),
            Fp16 = precision.Derive(p => p == "fp16"),
            Bf16 = precision.Derive(p => p == "bf16"),
            GradientCheckpointing = read.Bool("gradient_checkpointing", false),
            Seed = read.Number("seed"),
            Dataset = read.FirstOf(k => read.Texts(k), "dataset_config", "train_data_dir"),
            OutputDir = read.Text("output_dir"),
            EvalStrategy = StrategyOf(
                read, "validate_every_n_steps", "validate_every_n_epochs", Setting<string>.Absent("validate_every_n_steps")),
            EvalSteps = read.Number("validate_every_n_steps"),
            SaveStrategy = StrategyOf(
                read, "save_every_n_steps", "save_every_n_epochs", Setting<string>.Default("no", "save_every_n_epochs")),
            SaveSteps = read.Number("save_every_n_steps"),
            ValidationSplit = read.Number("validation_split", 0),
        };
    }

    /// <summary>
    /// The keys of all sections beside those at the top, as sd-scripts merge them; an earlier one of equal keys has no effect.
    /// </summary>
    internal static ConfigNode Flatten(ConfigNode root)
    {
        if (!root.Entries.Any(e => e.Value.IsMapping))
            return root;
        var all = Effective(root).SelectMany(e => e.Value.IsMapping ? Effective(e.Value) : [e]).ToList();
        var last = new Dictionary<string, ConfigEntry>(StringComparer.Ordinal);
        foreach (var entry in all)
            last[entry.Key] = entry;
        var flat = all.Select(e => ReferenceEquals(last[e.Key], e) ? e : e with { IsOverridden = true });
        return ConfigNode.Mapping(root.Span, [.. flat], root.IsFlow);
    }

    private static IEnumerable<ConfigEntry> Effective(ConfigNode node) => node.Entries.Where(e => !e.IsOverridden);

    private static bool IsTrue(string text) => text is "True" or "true" or "1";

    // The network's parts each have a rate; without one of its own the U-Net (or transformer) takes learning_rate.
    private static Setting<double> RateOf(SettingReader read)
    {
        var part = read.Bool("network_train_text_encoder_only").Or(false) ? "text_encoder_lr" : "unet_lr";
        if (!read.Has(part))
            return read.Number("learning_rate", 2e-6);
        // A list has a rate for each text encoder.
        var isList = read.Find(part) is { Value: { IsSequence: true, Items.Count: > 0 } };
        return isList && read.Find(part) is { } list && read.TryNumber(list.Value.Items[0], out var first)
            ? Setting<double>.Derived(first, part, list)
            : read.Number(part);
    }

    // int_or_float: an integer counts steps, anything with a point is a share of all steps.
    private static Setting<Warmup> WarmupOf(SettingReader read) =>
        read.Read(
            "lr_warmup_steps",
            Setting<Warmup>.Default(new Warmup(0, WarmupUnit.Steps), "lr_warmup_steps", read.Find("lr_warmup_steps")),
            (ConfigNode node, out Warmup warmup) =>
            {
                var value = read.Dialect.Read(node);
                warmup = new Warmup(value.Number, value.Kind == ConfigValueKind.Float ? WarmupUnit.Ratio : WarmupUnit.Steps);
                return value.IsNumber;
            });

    private static Setting<string> OptimizerOf(SettingReader read)
    {
        if (read.Bool("use_8bit_adam").Or(false))
            return read.Bool("use_8bit_adam").Derive(_ => "AdamW8bit");
        if (read.Bool("use_lion_optimizer").Or(false))
            return read.Bool("use_lion_optimizer").Derive(_ => "Lion");
        var type = read.Text("optimizer_type", "AdamW");
        return type.Or("AdamW").Length == 0 ? Setting<string>.Default("AdamW", type.Key, type.Entry) : type.LastName();
    }

    private static Setting<string> StrategyOf(SettingReader read, string steps, string epochs, Setting<string> otherwise) =>
        read.Has(steps) ? read.Number(steps).Derive(_ => "steps") : read.Has(epochs) ? read.Number(epochs).Derive(_ => "epoch") : otherwise;
}
