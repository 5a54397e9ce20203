using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// mlx-lm's YAML. What its keys do: mlx_lm/lora.py, mlx_lm/tuner (ml-explore/mlx-lm@d78bf58e); optimizers and schedules: mlx
/// python/mlx/optimizers. Paths count from the working folder.
/// </summary>
internal sealed class MlxLmRun : RunFormat
{
    /// <inheritdoc/>
    public override string Name => "mlx-lm";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } =
    [
        "steps_per_report", "val_batches", "test", "test_batches", "report_to", "project_name", "wandb", "clear_cache_threshold",
        "trust_remote_code", "config", "prompt", "max_tokens", "temp", "adapter_file",
    ];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Remedies { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["hf_dataset"] = "hub datasets are not looked up; save the data as train.jsonl in a folder and name it by data",
        ["resume_adapter_file"] = "training does not go on with another run's adapter here; remove the key to start a new one",
        ["optimizer_config"] = "remove the arguments of other optimizers",
    };

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        if (!keys.IsOn("train"))
            read.Note("mlx-lm trains with train: true or --train only; this command trains either way");
        read.See("train", "lora_parameters.rank", "lora_parameters.scale", "lora_parameters.alpha", "iters");
        if (keys.Has("lora_parameters.alpha"))
            read.Refuse("lora_parameters.alpha", "mlx-lm does not look at it; write scale, which is alpha / rank");
        read.Note("mlx-lm makes batches of samples alike in length; here they are drawn at random");
        var lora = CommonRun.LoraOf(read, config);
        var training = CommonRun.TrainingOf(read, config);
        read.See("grad_accumulation_steps", "steps_per_eval", "save_every");
        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, config.BaseModel, places.FromWorkingFolder, places),
            Lora = lora,
            Data = DataOf(read, config, places),
            Optimizer = OptimizerOf(read, config, lora, training),
            Training = training,
            OutputDirectory = places.FromWorkingFolder(read.Take(config.OutputDir, "adapters")),
        };
    }

    private static OptimizerOptions OptimizerOf(RunReader read, TrainingConfig config, LoraOptions lora, TrainingOptions training)
    {
        var keys = read.Read;
        var name = read.Take(config.Optimizer, "adam").ToLowerInvariant();
        if (name is not ("adam" or "adamw" or "sgd"))
            read.Refuse("optimizer", $"the optimizer {name} is not supported by the embedded engine; write adamw, adam or sgd");
        var decay = name == "adamw" ? read.Within(config.WeightDecay, 0, double.PositiveInfinity, 0.01) : 0;
        if (decay > 0 && lora.UseDora)
        {
            read.Refuse(config.WeightDecay, "with DoRA mlx-lm decays the magnitudes too, which the embedded engine does not; write "
                + "optimizer_config: {adamw: {weight_decay: 0}}");
        }

        var own = $"optimizer_config.{name}.";
        var betas = keys.Read<(double, double)>(own + "betas", Setting<(double, double)>.Default((0.9, 0.999), own + "betas"),
            (ConfigNode node, out (double, double) pair) =>
            {
                pair = default;
                if (node.Items.Count != 2 || !keys.TryNumber(node.Items[0], out var one) || !keys.TryNumber(node.Items[1], out var two))
                    return false;
                pair = (one, two);
                return true;
            });
        var (beta1, beta2) = read.Take(betas, (0.9, 0.999));
        if (!RunLimits.Beta.Contains(beta1) || !RunLimits.Beta.Contains(beta2))
        {
            read.Refuse(own + "betas", "both must be at least 0 and below 1");
            (beta1, beta2) = (0.9, 0.999);
        }

        return ScheduleOf(read, config, training, new OptimizerOptions
        {
            Name = name == "sgd" ? "sgd" : "adamw",
            LearningRate = read.Above(config.LearningRate, 0, 1e-5),
            Beta1 = beta1,
            Beta2 = beta2,
            Epsilon = read.Above(keys.Number(own + "eps", 1e-8), 0, 1e-8),
            BiasCorrection = name == "sgd" || read.Take(keys.Bool(own + "bias_correction", false), false),
            WeightDecay = decay,
            MaxGradNorm = 0,
        });
    }

    // A schedule of mlx carries over when it starts at the rate that counts, falls to zero, and does so just when the run ends.
    private static OptimizerOptions ScheduleOf(RunReader read, TrainingConfig config, TrainingOptions training, OptimizerOptions optimizer)
    {
        var keys = read.Read;
        if (!keys.Has("lr_schedule"))
            return optimizer with { Schedule = "constant", WarmupSteps = 0 };
        read.See("learning_rate");
        var name = read.Take(keys.Text("lr_schedule.name"), "");
        var warmup = read.Whole(keys.Number("lr_schedule.warmup", 0), 0, 0);
        if (read.Take(keys.Number("lr_schedule.warmup_init", 0), 0) != 0)
            read.Refuse("lr_schedule.warmup_init", "the rate rises from zero here; write 0");
        var arguments = new List<double>();
        foreach (var item in keys.Find("lr_schedule.arguments")?.Value.Items ?? [])
            arguments.Add(keys.TryNumber(item, out var number) ? number : double.NaN);
        read.See("lr_schedule.arguments");
        var (end, steps) = name switch
        {
            "cosine_decay" when arguments.Count is 2 or 3 => (arguments.Count == 3 ? arguments[2] : 0, arguments[1]),
            "linear_schedule" when arguments.Count == 3 => (arguments[1], arguments[2]),
            _ => (double.NaN, double.NaN),
        };
        if (end != 0 || steps + warmup != training.MaxSteps)
        {
            read.Refuse("lr_schedule", "the schedule carries over as cosine_decay or linear_schedule to 0 whose steps and warmup together "
                + $"are the {training.MaxSteps} optimizer steps of the run; write it so, or leave it out for a constant rate");
        }

        return optimizer with { Schedule = name == "linear_schedule" ? "linear" : "cosine", WarmupSteps = warmup };
    }

    private static DataOptions DataOf(RunReader read, TrainingConfig config, IRunPlaces places)
    {
        var keys = read.Read;
        var name = read.Take(keys.Text("data"), "");
        var folder = places.FromWorkingFolder(name);
        var isMasked = read.Take(keys.Bool("mask_prompt", false), false);
        var prompt = read.Take(keys.Text("prompt_feature", "prompt"), "prompt");
        var completion = read.Take(keys.Text("completion_feature", "completion"), "completion");
        var chat = read.Take(keys.Text("chat_feature", "messages"), "messages");
        var text = read.Take(keys.Text("text_feature", "text"), "text");
        if (name.Length == 0 || !places.IsFolder(folder))
        {
            read.Refuse("data", "data must be a local folder with train.jsonl (and valid.jsonl); hub datasets are not looked up");
            return new DataOptions();
        }

        // mlx_lm/tuner/datasets.py, create_dataset: the first row decides.
        DataSource? SourceOf(string file)
        {
            var row = places.FirstRowKeys(file) ?? [];
            var (format, columns) = row.Contains(prompt) && row.Contains(completion)
                    ? (DataFormat.ChatExchange, CommonRun.Columns(
                        ("prompt", prompt, "prompt"), ("completion", completion, "completion"), ("input", "", "input"),
                        ("system", "", "system")))
                : row.Contains(chat) ? (DataFormat.Chat, CommonRun.Columns(("messages", chat, "messages"), ("system", "", "system")))
                : (DataFormat.Text, CommonRun.Columns(("text", text, "text")));
            if (format == DataFormat.Text && !row.Contains(text))
                read.Refuse("data", $"{file}: the first row has none of {prompt} and {completion}, {chat}, or {text}");
            if (format == DataFormat.Text && isMasked)
                read.Refuse("mask_prompt", "plain text has no prompt to mask, and mlx-lm refuses it too; write false");
            if (format == DataFormat.Chat && isMasked)
                read.Note("mask_prompt: mlx-lm trains on the last answer of a conversation, the embedded engine on all of its answers");
            return CommonRun.SourceOf(read, "data", file, file, format, places, columns);
        }

        var valid = folder.TrimEnd('/') + "/valid.jsonl";
        return new DataOptions
        {
            Train = SourceOf(folder.TrimEnd('/') + "/train.jsonl") is { } train ? [train] : [],
            Validation = places.IsFile(valid) && SourceOf(valid) is { } validation ? [validation] : [],
            MaskPrompt = isMasked,
            MaxSequenceLength = read.Whole(config.MaxSequenceLength, 1, 2048),
        };
    }
}
