using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// litgpt's YAML for finetune_lora. What its keys do: litgpt/finetune/lora.py, litgpt/args.py, litgpt/data/json_data.py
/// (Lightning-AI/litgpt@26857050). Paths count from the working folder.
/// </summary>
internal sealed class LitgptRun : RunFormat
{
    /// <inheritdoc/>
    public override string Name => "litgpt";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } =
    [
        "devices", "num_nodes", "logger_name", "log", "access_token", "train.log_interval", "train.min_lr", "eval.max_new_tokens",
        "eval.max_iters", "eval.initial_validation", "eval.final_validation", "eval.evaluate_example", "data.init_args.num_workers",
        "data.init_args.seed", "data.init_args.ignore_index",
    ];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Remedies { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["train.max_time"] = "a limit in time is not supported here; write train.max_steps",
    };

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        var lora = CommonRun.LoraOf(read, new TrainingConfig
        {
            Method = config.Method, Rank = config.Rank, Alpha = config.Alpha, Dropout = config.Dropout,
            TargetModules = ModuleRoleNames.Named(config.TargetModules),
        });
        read.See("lora_query", "lora_key", "lora_value", "lora_projection", "lora_mlp", "lora_head", "quantize",
            "train.global_batch_size", "train.micro_batch_size");
        var precision = read.Take(keys.Text("precision"), "32-true") switch
        {
            "32-true" or "32" => "fp32",
            "bf16-true" or "bf16-mixed" or "bf16" => "bf16",
            "16-true" or "16-mixed" or "16" => "fp16",
            _ => Refused(),
        };
        if (keys.Number("devices", 1).Or(1) > 1 || keys.Number("num_nodes", 1).Or(1) > 1)
        {
            read.Note(
                "devices: one trains here; each optimizer step takes global_batch_size divided by the devices, as one device does in "
                + "litgpt");
        }

        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, config.BaseModel, places.FromWorkingFolder, places),
            Lora = lora,
            Quantization = CommonRun.QuantizationOf(read, config),
            Data = DataOf(read, config, places),
            Optimizer = OptimizerOf(read, config),
            Training = CommonRun.TrainingOf(read, config) with
            {
                Precision = precision,
            },
            OutputDirectory = places.FromWorkingFolder(read.Take(config.OutputDir, "out/finetune/lora")),
        };

        string Refused()
        {
            read.Refuse("precision", "write 32-true, bf16-true, bf16-mixed, 16-true or 16-mixed");
            return "fp32";
        }
    }

    private static OptimizerOptions OptimizerOf(RunReader read, TrainingConfig config)
    {
        read.See("optimizer.class_path");
        return CommonRun.ScheduleOf(read, config, new OptimizerOptions
        {
            Name = CommonRun.OptimizerOf(read, config.Optimizer),
            LearningRate = read.Above(config.LearningRate, 0, 1e-3),
            WeightDecay = read.Within(config.WeightDecay, 0, double.PositiveInfinity, 0.01),
            MaxGradNorm = read.Within(config.MaxGradNorm, 0, double.PositiveInfinity, 0),
        });
    }

    private static DataOptions DataOf(RunReader read, TrainingConfig config, IRunPlaces places)
    {
        var keys = read.Read;
        var module = keys.Has("data.class_path") ? read.Take(keys.Text("data.class_path").LastName(), "")
            : read.Take(keys.Text("data", "Alpaca").LastName(), "");
        if (module != "JSON")
        {
            read.Refuse(keys.Has("data.class_path") ? "data.class_path" : "data",
                $"{module} is fetched from the network; save the data as JSON and write data: {{class_path: litgpt.data.JSON, "
                + "init_args: {json_path: FILE}}");
            return new DataOptions();
        }

        if (read.Take(keys.Text("data.init_args.prompt_style", "alpaca"), "alpaca") != "alpaca")
            read.Refuse("data.init_args.prompt_style", "the embedded engine has the prompt style alpaca alone");
        var path = read.Take(keys.Text("data.init_args.json_path"), "");
        var fullPath = places.FromWorkingFolder(path);
        var isFolder = places.IsFolder(fullPath);
        DataSource[] SourceOf(string file) =>
            CommonRun.SourceOf(read, "data.init_args.json_path", file, file, DataFormat.Alpaca, places) is { } source ? [source] : [];
        string In(string name) => new[] { ".json", ".jsonl" }.Select(e => fullPath.TrimEnd('/') + "/" + name + e)
            .FirstOrDefault(places.IsFile) ?? fullPath.TrimEnd('/') + "/" + name + ".json";
        return new DataOptions
        {
            Train = SourceOf(isFolder ? In("train") : fullPath),
            Validation = isFolder ? SourceOf(In("val")) : [],
            ValidationSplit = isFolder ? 0 : read.Within(keys.Number("data.init_args.val_split_fraction", 0.05), 0, 1, 0.05),
            MaskPrompt = read.Take(keys.Bool("data.init_args.mask_prompt", false), false),
            // Without a limit nothing is cut; a model's context is the trainer's question.
            MaxSequenceLength = config.MaxSequenceLength.IsKnown ? read.Whole(config.MaxSequenceLength, 1, 2048) : 1 << 20,
        };
    }
}
