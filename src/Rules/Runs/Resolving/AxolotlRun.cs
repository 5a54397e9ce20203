using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// Axolotl's YAML. What its keys do: src/axolotl/utils/schemas (axolotl-ai-cloud/axolotl@067b021c), core/builders, loaders,
/// prompt_strategies. Paths count from the working folder.
/// </summary>
internal sealed class AxolotlRun : RunFormat
{
    /// <inheritdoc/>
    public override string Name => "axolotl";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } = TransformersRun.With(
        // Names of classes, all of causal language models; other tasks are refused where they are read.
        "tokenizer_type", "processor_type", "is_llama_derived_model", "is_mistral_derived_model", "is_qwen_derived_model",
        "is_falcon_derived_model", "strict", "base_model_ignore_patterns", "tokenizer_use_fast", "tokenizer_legacy",
        // Kernels, precision and memory.
        "bfloat16", "float16", "float32", "flash_attention", "sdp_attention", "xformers_attention", "flex_attention", "eager_attention",
        "flash_attn_cross_entropy", "flash_attn_rms_norm", "flash_attn_fuse_qkv", "flash_attn_fuse_mlp", "flash_optimum",
        "flash_attn_d512", "flex_attn_compile_kwargs", "sage_attention", "lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel",
        "lora_embedding_kernel", "lora_on_cpu", "liger_rope", "liger_rms_norm", "liger_rms_norm_gated", "liger_layer_norm",
        "liger_swiglu", "liger_glu_activation", "liger_cross_entropy", "liger_fused_linear_cross_entropy", "cut_cross_entropy",
        "chunked_cross_entropy", "chunked_cross_entropy_num_chunks", "unsloth_cross_entropy_loss", "unsloth_lora_mlp",
        "unsloth_lora_qkv", "unsloth_lora_o", "unsloth_rms_norm", "unsloth_rope", "activation_offloading", "layer_offloading",
        "selective_checkpointing", "gpu_memory_limit", "max_memory", "device", "device_map", "gc_steps", "gc_collect_steps",
        "torch_compile_options", "qlora_sharded_model_loading", "peft_autocast_adapter_dtype", "embeddings_skip_upcast",
        "attn_implementation", "torch_dtype", "experimental_skip_move_to_device", "plugins",
        // Where data are kept between runs, and how batches are laid out in memory.
        "dataset_prepared_path", "push_dataset_to_hub", "dataset_processes", "dataset_num_proc", "dataset_keep_in_memory",
        "num_dataset_shards_to_save", "pad_to_sequence_len", "pad_to_multiple_of", "collator_pad_to_longest", "eval_sample_packing",
        "sample_packing_group_size", "sample_packing_bin_size", "sample_packing_eff_est", "sample_packing_mp_start_method",
        "multipack_real_batches", "eval_batch_size", "eval_table_size", "eval_max_new_tokens", "eval_table_max_new_tokens",
        "eval_causal_lm_metrics", "do_causal_lm_eval", "do_bench_eval", "bench_dataset", "bench_split", "is_preprocess",
        "total_num_tokens", "total_supervised_tokens", "remove_unused_columns", "special_tokens.pad_token",
        // Logging, the hub, devices.
        "wandb_project", "wandb_entity", "wandb_watch", "wandb_name", "wandb_run_id", "wandb_mode", "wandb_log_model", "use_wandb",
        "mlflow_tracking_uri", "mlflow_experiment_name", "mlflow_run_name", "hf_mlflow_log_artifacts", "use_mlflow", "use_tensorboard",
        "comet_api_key", "comet_workspace", "comet_project_name", "comet_experiment_key", "comet_mode", "comet_online",
        "comet_experiment_config", "use_comet", "use_swanlab", "use_trackio", "trackio_project_name", "trackio_run_name",
        "trackio_space_id", "otel_metrics_host", "otel_metrics_port", "include_tkps", "profiler_steps", "profiler_steps_start",
        "hf_use_auth_token", "ddp", "world_size", "ray_run_name", "ray_num_workers", "use_ray", "resources_per_worker",
        "datasets[].trust_remote_code", "datasets[].preprocess_shards", "datasets[].revision", "test_datasets[].trust_remote_code",
        "test_datasets[].preprocess_shards", "test_datasets[].revision", "axolotl_config_path", "save_first_step", "save_compressed",
        "generate_samples", "num_generation_samples",
        "generation_max_new_tokens", "generation_temperature", "generation_top_p", "generation_top_k", "generation_prompt_ratio",
        "generation_do_sample", "gradio_title", "gradio_share", "gradio_server_name", "gradio_server_port", "gradio_max_new_tokens",
        "gradio_temperature", "merge_method", "lora_fan_in_fan_out", "tokenizer_save_jinja_files", "loss_watchdog_threshold",
        "loss_watchdog_patience", "auto_resume_from_checkpoints");

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Remedies { get; } = TransformersRun.With(
        ("lora_model_dir", "training does not go on with another run's adapter here; remove the key to start a new one"),
        ("rl", "preference and reinforcement training are not supported by the embedded engine; train with Axolotl"),
        ("pretraining_dataset", "streaming pre-training is not supported here; name the files under datasets with type: completion"),
        ("chat_template_jinja", "Jinja templates of one's own are not run; choose a template by name"),
        ("special_tokens", "other special tokens change what is trained on; set them in the model's tokenizer_config.json"),
        ("special_tokens.bos_token", "set it in the model's tokenizer_config.json"),
        ("special_tokens.eos_token", "set it in the model's tokenizer_config.json"),
        ("special_tokens.unk_token", "set it in the model's tokenizer_config.json"),
        ("tokens", "adding tokens is not supported by the embedded engine; add them to the model and its tokenizer first"),
        ("shuffle_merged_datasets", "samples are always drawn in random order here; remove the key"),
        ("relora", "ReLoRA is not supported by the embedded engine"));

    /// <inheritdoc/>
    public override ICollection<string> OffIsOn { get; } = ["shuffle_merged_datasets"];

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        read.See("load_in_4bit", "load_in_8bit", "lora_target_modules", "lora_target_linear", "warmup_ratio");
        CheckQuantization(read);
        CheckBatch(read, config);
        if (config.Packing.Or(false))
            read.Note("sample packing keeps samples apart, as Axolotl does with flash attention");
        CheckModelType(read);
        var lora = CommonRun.LoraOf(read, config);
        var pattern = read.Take(keys.Texts("peft_layers_pattern", []), []);
        var training = TransformersRun.TrainingOf(read, config);
        read.See("batch_size", "evals_per_epoch", "saves_per_epoch", "bf16", "fp16", "bnb_config_kwargs.bnb_4bit_compute_dtype");
        var limit = keys.Number("save_total_limit");
        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, config.BaseModel, places.FromWorkingFolder, places),
            Lora = lora with { LayersPattern = pattern },
            Quantization = CommonRun.QuantizationOf(read, config),
            Data = DataOf(read, config, places),
            Optimizer = OptimizerOf(read, config, lora, training),
            Training = training with { SaveLimit = limit.IsWritten ? read.Whole(limit, 1, 1) : null },
            OutputDirectory = places.FromWorkingFolder(read.Take(config.OutputDir, "model-out")),
        };
    }

    // loaders/model.py, _set_quantization_config: 4 bits for qlora alone, 8 for lora alone.
    private static void CheckQuantization(RunReader read)
    {
        var adapter = read.Read.Text("adapter").Or("");
        if (adapter == "lora" && read.Read.IsOn("load_in_4bit"))
            read.Refuse(
                "load_in_4bit", "Axolotl does not quantize the base with adapter: lora; write adapter: qlora, or load_in_4bit: false");
        if (adapter == "qlora" && read.Read.IsOn("load_in_8bit"))
            read.Refuse("load_in_8bit", "Axolotl does not load in 8 bits with adapter: qlora; write load_in_8bit: false");
    }

    // batch_size is the product, from which the accumulation follows where it is not written (utils/config/__init__.py).
    private static void CheckBatch(RunReader read, TrainingConfig config)
    {
        var total = read.Read.Number("batch_size");
        if (!total.IsWritten)
            return;
        var product = config.MicroBatchSize.Or(1) * config.GradientAccumulationSteps.Or(0);
        if (!total.TryGet(out var number) || number != product)
            read.Refuse("batch_size", "write micro_batch_size and gradient_accumulation_steps, whose product is the batch of a step");
    }

    private static void CheckModelType(RunReader read)
    {
        var type = read.Take(read.Read.Text("model_type", "AutoModelForCausalLM"), "");
        if (!type.EndsWith("CausalLM", StringComparison.Ordinal))
            read.Refuse("model_type", $"{type} is no causal language model; the embedded engine trains AutoModelForCausalLM");
        var config = read.Read.Text("base_model_config");
        if (config.IsWritten && config.Or("") != read.Read.Text("base_model").Or(""))
            read.Refuse("base_model_config", "the base model's own config.json is used; remove the key");
        var tokenizer = read.Read.Text("tokenizer_config");
        if (tokenizer.IsWritten && tokenizer.Or("") != read.Read.Text("base_model").Or(""))
            read.Refuse("tokenizer_config", "the base model's own tokenizer is used; remove the key");
        read.See("base_model_config", "tokenizer_config");
    }

    // Neither written: 3 % of the steps, at most 100 of them (core/builders/base.py, _configure_warmup_and_logging).
    private static OptimizerOptions OptimizerOf(RunReader read, TrainingConfig config, LoraOptions lora, TrainingOptions training)
    {
        var optimizer = TransformersRun.OptimizerOf(read, config, lora);
        if (config.Warmup.IsWritten || config.LrScheduler.Or("") == "constant")
            return optimizer;
        if (training.MaxSteps is { } steps)
            return optimizer with { WarmupRatio = 0, WarmupSteps = Math.Min((int)(0.03 * steps), 100) };
        read.Note("warmup is Axolotl's default, 3 % of the steps; Axolotl makes it no longer than 100 steps, this run does not");
        return optimizer;
    }

    private static DataOptions DataOf(RunReader read, TrainingConfig config, IRunPlaces places)
    {
        var keys = read.Read;
        var names = new List<string>();
        List<DataSource> SourcesOf(string key) => [.. read.Items(key).Select(i => SourceOf(read, i, places, names)).OfType<DataSource>()];
        var train = SourcesOf("datasets");
        if (!keys.Has("datasets"))
            read.Refuse("datasets", "no training data are named; write datasets with path and type");
        var validation = SourcesOf("test_datasets");
        var own = read.Take(keys.Text("chat_template", "tokenizer_default"), "tokenizer_default");
        names.Add(TemplateOf(read, "chat_template", own) ?? "");
        var distinct = names.Where(n => n != "?").Distinct().ToList();
        if (distinct.Count > 1 && names.Count > 1 && keys.Has("chat_template"))
            read.Refuse("chat_template", "datasets with chat templates of their own are not supported together; use one template for all");
        var long_ = read.Take(keys.Text("excess_length_strategy", "drop"), "drop").ToLowerInvariant();
        if (long_ is not ("drop" or "truncate"))
            read.Refuse("excess_length_strategy", "write drop or truncate");
        var isMasked = !read.Take(keys.Bool("train_on_inputs", false), false);
        if (!isMasked && train.Any(s => s.Format is DataFormat.Chat or DataFormat.ShareGpt))
            read.Refuse(
                "train_on_inputs", "Axolotl does not look at it for type: chat_template, where roles_to_train decides; remove the key");
        return new DataOptions
        {
            Train = train,
            Validation = validation,
            ValidationSplit = validation.Count > 0 ? 0 : read.Within(config.ValidationSplit, 0, double.PositiveInfinity, 0),
            MaskPrompt = isMasked,
            MaxSequenceLength = read.Whole(config.MaxSequenceLength, 1, 512),
            DropLongSamples = long_ == "drop",
            Packing = read.Take(config.Packing, false),
            ChatTemplate = distinct.FirstOrDefault(n => n.Length > 0),
        };
    }

    private static string? TemplateOf(RunReader read, string key, string name)
    {
        if (name is "tokenizer_default" or "")
            return null;
        if (ChatTemplateNames.OfAxolotl(name) is { } ours)
            return ours;
        read.Refuse(key, $"the chat template {name} is not known here; write {ChatTemplateNames.AxolotlNames}, or tokenizer_default");
        return null;
    }

    private static DataSource? SourceOf(RunReader read, RunReader item, IRunPlaces places, List<string> templates)
    {
        var keys = item.Read;
        var type = item.Take(keys.Text("type"), "");
        var files = keys.Has("data_files") ? "data_files" : "path";
        // With a packaged builder (path: json) the files are named apart.
        var paths = item.Take(keys.Texts(files), []);
        if (files == "data_files" && item.Take(keys.Text("path", "json"), "json") is not ("json" or "text"))
            item.Refuse("path", "with data_files, path must be json or text");
        if (item.Take(keys.Text("ds_type", "json"), "json") is not ("json" or "text"))
            item.Refuse("ds_type", "the embedded engine reads json and text; convert the data to JSON Lines");
        if (item.Take(keys.Text("split", "train"), "train") != "train")
            item.Refuse("split", "a local file has the split train only; cut the file itself");
        var (format, columns) = FormatOf(item, type);
        if (keys.Has("chat_template"))
            templates.Add(TemplateOf(item, "chat_template", item.Take(keys.Text("chat_template"), "")) ?? "");
        item.Finish(s_harmlessOfData, TransformersRun.Remedies, []);
        if (paths.Count != 1)
        {
            item.Refuse(files, "name one file for each dataset");
            return null;
        }

        return CommonRun.SourceOf(item, files, paths[0], places.FromWorkingFolder(paths[0]), format, places, columns);
    }

    private static IReadOnlyDictionary<string, string> Columns(params (string Field, string Column, string Usual)[] columns) =>
        CommonRun.Columns(columns);

    private static readonly string[] s_harmlessOfData = ["trust_remote_code", "preprocess_shards", "revision"];

    private static (DataFormat Format, IReadOnlyDictionary<string, string> Columns) FormatOf(RunReader item, string type)
    {
        var keys = item.Read;
        switch (type)
        {
            case "chat_template":
                var roles = item.Take(keys.Texts("roles_to_train", ["assistant"]), ["assistant"]);
                if (roles.Count != 1 || roles[0] is not ("assistant" or "gpt"))
                    item.Refuse("roles_to_train", "the embedded engine trains on the assistant's turns; write [assistant]");
                if (item.Take(keys.Text("train_on_eos", "turn"), "turn") != "turn")
                    item.Refuse("train_on_eos", "each trained turn includes its end here; write turn");
                var role = item.Take(
                    keys.FirstOf(k => keys.Text(k, "role"), "message_property_mappings.role", "message_field_role"), "role");
                var content = item.Take(
                    keys.FirstOf(k => keys.Text(k, "content"), "message_property_mappings.content", "message_field_content"), "content");
                var messages = item.Take(keys.Text("field_messages", "messages"), "messages");
                return role == "from"
                    ? (DataFormat.ShareGpt,
                        Columns(("messages", messages, "conversations"), ("role", role, "from"), ("content", content, "value")))
                    : (DataFormat.Chat,
                        Columns(("messages", messages, "messages"), ("role", role, "role"), ("content", content, "content")));
            case "alpaca":
                return (DataFormat.Alpaca, Columns());
            case "completion":
                item.Note("type completion: Axolotl cuts a long text into several samples; here the rest of it is left out");
                return (DataFormat.Text, Columns(("text", item.Take(keys.Text("field", "text"), "text"), "text")));
            default:
                item.Refuse("type", type.Length == 0
                    ? "the type of the dataset is not written; the embedded engine takes chat_template, alpaca and completion"
                    : $"the dataset type {type} is not supported by the embedded engine; it takes chat_template, alpaca and completion");
                return (DataFormat.Chat, Columns());
        }
    }
}
