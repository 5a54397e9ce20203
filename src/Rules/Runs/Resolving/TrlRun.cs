using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// YAML for TRL's sft script. What its keys do: trl/scripts/sft.py, trl/trainer/sft_config.py and sft_trainer.py
/// (huggingface/trl@f2cd5771). Paths count from the working folder.
/// </summary>
internal sealed class TrlRun : RunFormat
{
    /// <inheritdoc/>
    public override string Name => "trl";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } = TransformersRun.With(
        "dtype", "torch_dtype", "bnb_4bit_quant_storage", "bnb_4bit_compute_dtype", "dataset_num_proc", "dataset_batch_size", "pad_token",
        "pad_to_multiple_of", "padding_free", "activation_offloading", "eval_packing", "shuffle_dataset", "hub_model_revision",
        "overwrite_hub_revision", "push_to_hub_revision", "benchmarks", "callbacks", "wandb_entity", "wandb_project", "wandb_run_group",
        "gradient_checkpointing_use_reentrant", "trl_project", "log_with", "tracker_project_name", "bf16", "fp16", "use_reentrant",
        "do_train");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Remedies { get; } = TransformersRun.With(
        ("chat_template_path", "Jinja templates of one's own are not run; the model's tokenizer names the template"),
        ("chat_template", "Jinja templates of one's own are not run; the model's tokenizer names the template"),
        ("eos_token", "the end token is that of the model's tokenizer here; set it in tokenizer_config.json"),
        ("dataset_config",
            "hub datasets are not looked up; save the dataset as JSON Lines and write datasets: [{path: json, data_files: FILE}]"),
        ("dataset_mixer",
            "hub datasets are not looked up; save the data as JSON Lines and write datasets: [{path: json, data_files: FILE}]"),
        ("dataset_mixture", "mixtures are not supported here; write datasets: [{path: json, data_files: FILE}]"),
        ("system_prompt", "a system message of one's own is not supported here; put it into the data"),
        ("reward_funcs", "reinforcement training is not supported by the embedded engine; train with TRL"));

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        if (config.Task is not (TrainingTask.SupervisedFineTuning or TrainingTask.Pretraining or TrainingTask.Unknown))
            read.Refuse("", "this is a config for another trainer of TRL than SFT; the embedded engine trains SFT only");
        if (!keys.IsOn("use_peft"))
            read.Refuse("use_peft", "without use_peft: true TRL trains all weights; write use_peft: true");
        read.See("use_peft", "load_in_4bit", "load_in_8bit", "use_dora", "use_bnb_nested_quant");
        if (read.Take(keys.Text("lora_task_type", "CAUSAL_LM"), "CAUSAL_LM") != "CAUSAL_LM")
            read.Refuse("lora_task_type", "the embedded engine trains causal language models; write CAUSAL_LM");
        if (read.Take(keys.Text("loss_type", "nll"), "nll") is not ("nll" or "chunked_nll"))
            read.Refuse("loss_type", "the embedded engine computes the cross-entropy (nll); remove the key");
        if (config.QuantizationBits.Or(16) != 4)
            read.See("bnb_4bit_quant_type", "use_bnb_nested_quant", "bnb_4bit_use_double_quant");
        var lora = CommonRun.LoraOf(read, config);
        var training = TransformersRun.TrainingOf(read, config);
        var limit = keys.Number("save_total_limit");
        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, config.BaseModel, places.FromWorkingFolder, places),
            Lora = lora,
            Quantization = CommonRun.QuantizationOf(read, config),
            Data = DataOf(read, config, places, training.Evaluate != Cadence.Never),
            Optimizer = TransformersRun.OptimizerOf(read, config, lora),
            Training = training with { SaveLimit = limit.IsWritten ? read.Whole(limit, 1, 1) : null },
            OutputDirectory = places.FromWorkingFolder(read.Take(config.OutputDir, "trainer_output")),
        };
    }

    private static DataOptions DataOf(RunReader read, TrainingConfig config, IRunPlaces places, bool evaluates)
    {
        var keys = read.Read;
        var train = new List<DataSource>();
        var validation = new List<DataSource>();
        var field = read.Take(keys.Text("dataset_text_field", "text"), "text");
        if (keys.Has("datasets"))
        {
            train.AddRange(read.Items("datasets").Select(i => OfItem(i, places, field)).OfType<DataSource>());
            if (keys.Has("dataset_name"))
                read.Refuse("dataset_name", "datasets is written too, and TRL does not look at this one; keep one of them");
            if (read.Take(keys.Text("dataset_train_split", "train"), "train") != "train")
                read.Refuse("dataset_train_split", "a mixture of files has the split train; remove the key");
            if (read.Take(keys.Text("dataset_test_split", "test"), "test") != "test")
                read.Refuse("dataset_test_split", "a mixture of files has the split test, made by test_split_size; remove the key");
        }
        else
        {
            OfFolder(read, places, field, evaluates, train, validation);
        }

        if (read.Take(keys.Text("packing_strategy", "bfd"), "bfd") != "bfd")
            read.Refuse("packing_strategy", "samples are packed whole here; write bfd");
        if (read.Take(keys.Text("truncation_mode", "keep_start"), "keep_start") != "keep_start")
            read.Refuse("truncation_mode", "long samples keep their start here; write keep_start");
        var split = read.Within(config.ValidationSplit, 0, double.PositiveInfinity, 0);
        var isPair = train.Any(s => s.Format == DataFormat.PromptCompletion);
        var completionOnly = read.Take(keys.Bool("completion_only_loss"), isPair);
        if (completionOnly && !isPair)
            read.Refuse("completion_only_loss", "the rows have no prompt and completion; write assistant_only_loss: true for messages");
        var assistantOnly = read.Take(keys.Bool("assistant_only_loss", false), false);
        return new DataOptions
        {
            Train = train,
            Validation = validation,
            ValidationSplit = split,
            MaskPrompt = isPair ? completionOnly : assistantOnly,
            MaxSequenceLength = read.Whole(config.MaxSequenceLength, 1, 1024),
            Packing = read.Take(config.Packing, false),
        };
    }

    private static DataSource? OfItem(RunReader item, IRunPlaces places, string field)
    {
        var keys = item.Read;
        if (item.Take(keys.Text("path"), "") is not ("json" or "text"))
            item.Refuse("path", "hub datasets are not looked up; save the dataset as JSON Lines and write path: json, data_files: FILE");
        if (item.Take(keys.Text("split", "train"), "train") != "train")
            item.Refuse("split", "a local file has the split train only; cut the file itself");
        var files = item.Take(keys.Texts("data_files", []), []);
        item.Finish([], TransformersRun.Remedies, []);
        if (files.Count != 1)
        {
            item.Refuse("data_files", "name one file for each dataset");
            return null;
        }

        return SourceOf(item, "data_files", files[0], places.FromWorkingFolder(files[0]), places, field);
    }

    // A local folder holds its splits as files.
    private static void OfFolder(
        RunReader read, IRunPlaces places, string field, bool evaluates, List<DataSource> train, List<DataSource> validation)
    {
        var keys = read.Read;
        var name = read.Take(keys.Text("dataset_name"), "");
        var folder = places.FromWorkingFolder(name);
        if (name.Length == 0 || !places.IsFolder(folder))
        {
            read.Refuse("dataset_name", "hub datasets are not looked up (LoraLint uses no network); save the data as JSON Lines and write "
                + "datasets: [{path: json, data_files: FILE}], or a folder with train.jsonl");
            return;
        }

        void Add(string key, string split, List<DataSource> to)
        {
            var word = read.Take(keys.Text(key, split), split);
            var file = new[] { ".jsonl", ".json", ".txt" }.Select(e => folder.TrimEnd('/') + "/" + word + e).FirstOrDefault(places.IsFile);
            if (file is null)
                read.Refuse(keys.Has(key) ? key : "dataset_name", $"{name} has no {word}.jsonl, {word}.json or {word}.txt");
            else if (SourceOf(read, "dataset_name", file, file, places, field) is { } source)
                to.Add(source);
        }

        Add("dataset_train_split", "train", train);
        if (evaluates)
            Add("dataset_test_split", "test", validation);
    }

    private static DataSource? SourceOf(RunReader read, string key, string path, string fullPath, IRunPlaces places, string field)
    {
        if (fullPath.EndsWith(".txt", StringComparison.OrdinalIgnoreCase))
            return CommonRun.SourceOf(read, key, path, fullPath, DataFormat.Text, places);
        if (CommonRun.SourceOf(read, key, path, fullPath, DataFormat.Text, places) is not { } source)
            return null;
        var row = places.FirstRowKeys(fullPath) ?? [];
        if (row.Contains(field) && !row.Contains("messages") && !row.Contains("prompt"))
            return source with { Columns = CommonRun.Columns(("text", field, "text")) };
        if (RowFormat.Of(row, DataFormat.PromptCompletion) is { } format and (DataFormat.Chat or DataFormat.PromptCompletion))
        {
            return format == DataFormat.Chat
                ? source with { Format = format, Columns = CommonRun.Columns(("system", "", "system")) } : source with { Format = format };
        }

        read.Refuse(key, $"{path}: the rows have none of messages, prompt and completion, or {field}, which TRL's SFT trainer looks for");
        return null;
    }
}
