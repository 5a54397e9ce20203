using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// LLaMA-Factory's YAML. What its keys do: src/llamafactory/hparams (hiyouga/LLaMA-Factory@ff6d4d12); datasets by name: data/parser.py
/// and data/converter.py, after dataset_info.json. Paths count from the working folder.
/// </summary>
internal sealed class LlamaFactoryRun : RunFormat
{
    /// <inheritdoc/>
    public override string Name => "llama-factory";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } = TransformersRun.With(
        "media_dir", "image_dir", "overwrite_cache", "preprocessing_batch_size", "eval_num_beams", "eval_on_each_dataset",
        "data_shared_file_system", "flash_attn", "use_unsloth", "use_unsloth_gc", "use_reentrant_gc", "enable_liger_kernel",
        "upcast_layernorm", "upcast_lmhead_output", "offload_folder", "use_fast_tokenizer", "use_kv_cache", "infer_backend",
        "infer_dtype", "print_param_status", "disable_version_checking", "plot_loss", "include_effective_tokens_per_second",
        "compute_accuracy", "predict_with_generate", "generation_max_length", "generation_num_beams", "hf_hub_token", "ms_hub_token",
        "om_hub_token", "pure_bf16", "quantization_device_map", "use_swanlab", "swanlab_project", "swanlab_workspace",
        "swanlab_run_name", "swanlab_mode", "swanlab_api_key", "swanlab_logdir", "swanlab_lark_webhook_url", "swanlab_lark_secret",
        "ray_run_name", "ray_storage_path", "ray_num_workers", "ray_init_kwargs", "ray_storage_filesystem", "resources_per_worker",
        "placement_strategy", "pissa_convert", "do_predict", "use_audio_in_video", "image_max_pixels", "image_min_pixels",
        "video_max_pixels", "video_min_pixels", "video_fps", "video_maxlen", "use_fast_processor", "freeze_vision_tower",
        "freeze_multi_modal_projector", "tool_format", "export_size", "bf16", "fp16");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Remedies { get; } = TransformersRun.With(
        ("adapter_name_or_path", "training does not go on with another run's adapter here; remove the key to start a new one"),
        ("mask_history", "all answers of a conversation are trained on here; write false"),
        ("streaming", "data are read from files as a whole here; write false"),
        ("mix_strategy", "datasets are joined (concat) here; remove the key"),
        ("default_system", "a system message of one's own is not supported here; put it into the data"),
        ("tokenized_path", "tokenized data are not read; name the dataset itself"),
        ("max_samples", "the first samples alone cannot be chosen here; cut the data file"),
        ("resize_vocab", "adding tokens is not supported by the embedded engine; add them to the model first"),
        ("rope_scaling", "rope scaling is that of the model's config.json here; remove the key"),
        ("additional_target", "name the modules"));

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        var stage = read.Take(keys.Text("stage", "sft"), "sft");
        if (stage is not ("sft" or "pt"))
            read.Refuse("stage", $"the stage {stage} is not supported by the embedded engine; it trains sft and pt");
        var lora = CommonRun.LoraOf(read, config);
        read.See("finetuning_type", "use_dora", "pissa_init", "pissa_iter", "lora_rank", "quantization_type", "double_quantization");
        if (read.Take(keys.Text("quantization_method", "bnb"), "bnb") is not ("bnb" or "bitsandbytes"))
            read.Refuse("quantization_method", "the embedded engine quantizes as bitsandbytes does; write bnb");
        if (read.Take(keys.Bool("ignore_pad_token_for_loss", true), true) is false)
            read.Refuse("ignore_pad_token_for_loss", "padding is never trained on here; remove the key");
        var training = TransformersRun.TrainingOf(read, config);
        read.See("do_train", "early_stopping_steps");
        var limit = keys.Number("save_total_limit");
        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, config.BaseModel, places.FromWorkingFolder, places),
            Lora = lora,
            Quantization = CommonRun.QuantizationOf(read, config),
            Data = DataOf(read, config, places, stage),
            Optimizer = TransformersRun.OptimizerOf(read, config, lora),
            Training = training with { SaveLimit = limit.IsWritten ? read.Whole(limit, 1, 1) : null },
            OutputDirectory = places.FromWorkingFolder(read.Take(config.OutputDir, "trainer_output")),
        };
    }

    private static DataOptions DataOf(RunReader read, TrainingConfig config, IRunPlaces places, string stage)
    {
        var keys = read.Read;
        var folder = read.Take(keys.Text("dataset_dir", "data"), "data");
        var info = places.Open(places.FromWorkingFolder(folder.TrimEnd('/') + "/dataset_info.json"));
        List<DataSource> SourcesOf(Setting<IReadOnlyList<string>> names) =>
        [
            .. read.Take(names, []).Select(n => LlamaFactoryDataset.SourceOf(read, names.Key, n, folder, info, places, stage))
                .OfType<DataSource>(),
        ];
        if (!config.Dataset.IsWritten)
            read.Refuse("dataset", "no dataset is named; write a name from dataset_info.json");
        if (config.Packing.Or(false) && !read.Take(keys.Bool("neat_packing", false), false))
        {
            read.Refuse(keys.Has("packing") ? "packing" : "stage", "LLaMA-Factory lets packed samples see each other, the embedded engine "
                + "keeps them apart; write neat_packing: true, or packing: false");
        }

        read.See("packing", "neat_packing");
        var isMasked = stage == "sft" && !read.Take(keys.Bool("train_on_prompt", false), false);
        return new DataOptions
        {
            Train = SourcesOf(config.Dataset),
            Validation = SourcesOf(config.EvalDataset),
            ValidationSplit = read.Within(config.ValidationSplit, 0, double.PositiveInfinity, 0),
            MaskPrompt = isMasked,
            MaxSequenceLength = read.Whole(config.MaxSequenceLength, 1, 2048),
            Packing = config.Packing.Or(false),
            ChatTemplate = TemplateOf(read, stage),
        };
    }

    private static string? TemplateOf(RunReader read, string stage)
    {
        var name = read.Take(read.Read.Text("template"), "");
        if (name.Length == 0 || stage == "pt")
            return null;
        if (ChatTemplateNames.OfLlamaFactory(name) is { } ours)
        {
            if (ChatTemplateNames.Trims(ours))
                read.Note($"template: {ours} leaves out the white space around a message, LLaMA-Factory keeps it");
            return ours;
        }

        read.Refuse("template", $"the template {name} is not known here; write {ChatTemplateNames.LlamaFactoryNames}, "
            + "or leave it out for the one of the model's tokenizer");
        return null;
    }
}

/// <summary>One entry of dataset_info.json as a source: data/parser.py, DatasetAttr.</summary>
internal static class LlamaFactoryDataset
{
    private static readonly string[] s_known =
        ["file_name", "formatting", "columns", "tags", "ranking", "subset", "split", "folder", "num_samples"];

    /// <summary>The file of a dataset's name, and how its rows are read.</summary>
    public static DataSource? SourceOf(
        RunReader read, string key, string name, string folder, ConfigDocument? info, IRunPlaces places, string stage)
    {
        var where = folder.TrimEnd('/') + "/dataset_info.json";
        if (info is null || info.Roots.Count == 0)
        {
            read.Refuse(key, $"{where}, which names the datasets, is not there or cannot be read");
            return null;
        }

        if (info.Roots[0].Find(name) is not { Value.IsMapping: true } entry)
        {
            read.Refuse(key, $"{where} has no dataset {name}");
            return null;
        }

        var of = new SettingReader(entry.Value, ScalarDialect.Strict);
        if (!of.Has("file_name"))
        {
            read.Refuse(
                key, $"{where}: {name} is no local file; LoraLint uses no network: save it as JSON Lines and name the file by file_name");
            return null;
        }

        if (entry.Value.Entries.FirstOrDefault(e => !s_known.Contains(e.Key)) is { } other)
            read.Refuse(key, $"{where}: {name}: {other.Key} is not supported by the embedded engine");
        if (of.IsOn("ranking") || of.Has("subset") || of.Has("folder") || of.Has("num_samples")
            || of.Text("split", "train").Or("") != "train")
            read.Refuse(
                key, $"{where}: {name}: ranking, subset, folder, num_samples and other splits are not supported by the embedded engine");
        var file = of.Text("file_name").Or("");
        var path = folder.TrimEnd('/') + "/" + file;
        if (FormatOf(of, stage) is not { } format)
        {
            read.Refuse(key, $"{where}: {name}: its columns or tags are not supported by the embedded engine; "
                + "it takes the formattings alpaca and sharegpt without history, tools, media and other role names");
            return null;
        }

        return CommonRun.SourceOf(read, key, path, places.FromWorkingFolder(path), format.Format, places, format.Columns);
    }

    // Alpaca rows become one exchange in the chat template, instruction and input joined by a line break.
    private static (DataFormat Format, IReadOnlyDictionary<string, string> Columns)? FormatOf(SettingReader of, string stage)
    {
        string Column(string key, string whenAbsent) => of.Has("columns") ? of.Text("columns." + key).Or("") : whenAbsent;
        string Tag(string key, string whenAbsent) => of.Has("tags") ? of.Text("tags." + key).Or("") : whenAbsent;
        string[] unsupported = ["history", "tools", "images", "videos", "audios", "chosen", "rejected", "kto_tag"];
        if (unsupported.Any(u => of.Has("columns." + u)))
            return null;
        switch (of.Text("formatting", "alpaca").Or(""))
        {
            case "alpaca" when stage == "pt":
                return (DataFormat.Text, CommonRun.Columns(("text", Column("prompt", "instruction"), "text")));
            case "alpaca":
                var columns = new[]
                {
                    ("prompt", Column("prompt", "instruction")), ("input", Column("query", "input")),
                    ("completion", Column("response", "output")), ("system", Column("system", "")),
                };
                return columns[0].Item2.Length == 0 || columns[2].Item2.Length == 0 ? null
                    : (DataFormat.ChatExchange, columns.ToDictionary(c => c.Item1, c => c.Item2));
            case "sharegpt" when stage == "sft":
                var messages = Column("messages", "conversations");
                var (user, assistant) = (Tag("user_tag", "human"), Tag("assistant_tag", "gpt"));
                var (role, content) = (Tag("role_tag", "from"), Tag("content_tag", "value"));
                if (messages.Length == 0 || role.Length == 0 || content.Length == 0 || of.Has("columns.system"))
                    return null;
                if (user is "human" && assistant is "gpt")
                {
                    return (DataFormat.ShareGpt, CommonRun.Columns(
                        ("messages", messages, "conversations"), ("role", role, "from"), ("content", content, "value"),
                        ("system", "", "system")));
                }

                return user is not "user" || assistant is not "assistant" ? null : (DataFormat.Chat, CommonRun.Columns(
                    ("messages", messages, "messages"), ("role", role, "role"), ("content", content, "content"), ("system", "", "system")));
            default:
                return null;
        }
    }
}
