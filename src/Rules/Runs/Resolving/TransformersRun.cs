using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// What formats that hand their keys to transformers' TrainingArguments have in common. Which keys change nothing about the training:
/// src/transformers/training_args.py (huggingface/transformers@00349ae8, version 5).
/// </summary>
internal static class TransformersRun
{
    /// <summary>Logging, the hub, workers, devices, memory and checkpoints on disk.</summary>
    public static readonly string[] NoInfluence =
    [
        "logging_dir", "logging_strategy", "logging_first_step", "logging_steps", "logging_nan_inf_filter", "log_level",
        "log_level_replica",
        "log_on_each_node", "report_to", "report_to[]", "run_name", "disable_tqdm", "project", "trackio_space_id",
        "push_to_hub", "push_to_hub_model_id", "push_to_hub_organization", "push_to_hub_token", "hub_always_push", "hub_model_id",
        "hub_private_repo", "hub_revision", "hub_strategy", "hub_token",
        "dataloader_num_workers", "dataloader_pin_memory", "dataloader_persistent_workers", "dataloader_prefetch_factor",
        "preprocessing_num_workers", "remove_unused_columns", "length_column_name", "data_seed",
        "ddp_backend", "ddp_broadcast_buffers", "ddp_bucket_cap_mb", "ddp_find_unused_parameters", "ddp_timeout", "deepspeed", "fsdp",
        "fsdp_config", "fsdp_min_num_params", "fsdp_transformer_layer_cls_to_wrap", "local_rank", "average_tokens_across_devices",
        "no_cuda", "use_cpu", "use_mps_device", "tf32", "torch_compile", "torch_compile_backend", "torch_compile_mode",
        "torch_empty_cache_steps", "half_precision_backend", "fp16_opt_level", "fp16_backend", "bf16_full_eval", "fp16_full_eval",
        "gradient_checkpointing_kwargs", "use_liger_kernel", "liger_kernel_config", "use_cache", "attn_implementation", "full_determinism",
        "per_device_eval_batch_size", "eval_accumulation_steps", "prediction_loss_only", "batch_eval_metrics", "include_for_metrics",
        "include_inputs_for_metrics", "include_num_input_tokens_seen", "include_tokens_per_second", "skip_memory_metrics",
        "eval_do_concat_batches", "eval_use_gather_object", "eval_on_start", "do_eval", "save_only_model", "save_safetensors",
        "save_on_each_node", "save_total_limit", "overwrite_output_dir", "ignore_data_skip", "low_cpu_mem_usage", "cache_dir", "debug",
        "restore_callback_states_from_checkpoint", "enable_jit_checkpoint", "trust_remote_code",
    ];

    /// <summary>What to do about keys of TrainingArguments that change the training.</summary>
    public static readonly Dictionary<string, string> Remedies = new(StringComparer.Ordinal)
    {
        ["resume_from_checkpoint"] =
            "checkpoints of other trainers are not read; go on with a run of this one by `loralint train --resume`",
        ["dataloader_drop_last"] = "the last, smaller batch of an epoch is trained on here; remove the key",
        ["group_by_length"] = "samples are drawn in random order here, not grouped by length; remove the key",
        ["train_sampling_strategy"] = "samples are drawn in random order here; remove the key",
        ["neftune_noise_alpha"] = "noise on the embeddings is not supported by the embedded engine; remove the key",
        ["label_smoothing_factor"] = "label smoothing is not supported by the embedded engine; remove the key",
        ["lr_scheduler_kwargs"] = "schedules take no further arguments here; remove the key",
        ["optim_args"] = "further arguments of the optimizer are not supported here; use adam_beta1, adam_beta2, adam_epsilon",
        ["auto_find_batch_size"] = "the batch is as it is written here; remove the key",
        ["model_revision"] = "hub revisions are not looked up; download that revision and name its folder as the model",
        ["eval_delay"] = "evaluation starts with the first interval here; remove the key",
    };

    private static readonly HashSet<string> s_lowerIsBetter = new(StringComparer.Ordinal) { "loss", "eval_loss" };

    /// <summary>The keys without influence together with a framework's own.</summary>
    public static HashSet<string> With(params string[] own) => [.. NoInfluence, .. own];

    /// <summary>The remedies together with a framework's own.</summary>
    public static Dictionary<string, string> With(params (string Key, string Remedy)[] own)
    {
        var all = new Dictionary<string, string>(Remedies, StringComparer.Ordinal);
        foreach (var (key, remedy) in own)
            all[key] = remedy;
        return all;
    }

    /// <summary>The optimizer, with its keys as TrainingArguments has them.</summary>
    public static OptimizerOptions OptimizerOf(
        RunReader read, TrainingConfig config, LoraOptions lora, string loraPlusKey = "loraplus_lr_ratio")
    {
        var keys = read.Read;
        var decay = read.Within(config.WeightDecay, 0, double.PositiveInfinity, 0);
        if (decay > 0 && lora.UseDora)
        {
            // get_decay_parameter_names leaves out biases and norms; lora_magnitude_vector is neither.
            read.Refuse(config.WeightDecay, "with DoRA this framework decays the magnitudes too, which the embedded engine does not; "
                + "write weight_decay: 0");
        }

        var ratio = keys.Number(loraPlusKey);
        return CommonRun.ScheduleOf(read, config, new OptimizerOptions
        {
            Name = CommonRun.OptimizerOf(read, config.Optimizer),
            LearningRate = read.Above(config.LearningRate, 0, 5e-5),
            LoraPlusRatio = ratio.IsWritten ? read.Above(ratio, 0, 1) : 1,
            Beta1 = read.Within(keys.Number("adam_beta1", 0.9), 0, 1, 0.9),
            Beta2 = read.Within(keys.Number("adam_beta2", 0.999), 0, 1, 0.999),
            Epsilon = read.Above(keys.Number("adam_epsilon", 1e-8), 0, 1e-8),
            WeightDecay = decay,
            MaxGradNorm = read.Within(config.MaxGradNorm, 0, double.PositiveInfinity, 1),
        });
    }

    /// <summary>Batches, evaluation and checkpoints.</summary>
    public static TrainingOptions TrainingOf(RunReader read, TrainingConfig config)
    {
        var keys = read.Read;
        if (!s_lowerIsBetter.Contains(read.Take(keys.Text("metric_for_best_model", "loss"), "loss")))
            read.Refuse("metric_for_best_model", "the best checkpoint is that of the lowest evaluation loss here; write eval_loss");
        if (read.Take(keys.Bool("greater_is_better", false), false))
            read.Refuse("greater_is_better", "the best checkpoint is that of the lowest evaluation loss here; write false");
        // Of no meaning once a limit in steps is written.
        if (config.MaxSteps.Or(-1) > 0)
            read.See("num_train_epochs", "num_epochs");
        var training = CommonRun.TrainingOf(read, config);
        // Steps between evaluations and checkpoints mean nothing when these come by epoch or not at all.
        read.See("eval_steps", "save_steps", "save_strategy", "eval_strategy");
        NoteWhatDiffers(read);
        return training;
    }

    private static void NoteWhatDiffers(RunReader read)
    {
        foreach (var key in new[] { "deepspeed", "fsdp", "fsdp_config" })
        {
            if (read.Read.Has(key))
                read.Note($"{key} spreads the training over devices; here one trains, so the global batch is micro batch x accumulation");
        }
    }
}
