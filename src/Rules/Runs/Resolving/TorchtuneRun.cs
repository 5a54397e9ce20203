using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// torchtune's YAML for its LoRA recipes. What its keys do: recipes/lora_finetune_single_device.py, torchtune/models, torchtune/datasets
/// (meta-pytorch/torchtune@bd2a0fc7). Paths count from the working folder.
/// </summary>
internal sealed class TorchtuneRun : RunFormat
{
    private static readonly string[] s_losses = ["CEWithChunkedOutputLoss", "LinearCrossEntropyLoss", "CrossEntropyLoss"];

    /// <inheritdoc/>
    public override string Name => "torchtune";

    /// <inheritdoc/>
    public override HashSet<string> NoInfluence { get; } =
    [
        "tokenizer._component_", "tokenizer.path", "tokenizer.merges_file", "tokenizer.special_tokens_path", "tokenizer.vocab_path",
        "checkpointer.checkpoint_files", "checkpointer.model_type", "checkpointer.output_dir", "checkpointer.recipe_checkpoint",
        "checkpointer.adapter_checkpoint", "checkpointer.safe_serialization", "checkpointer.keep_last_n_checkpoints",
        "checkpointer.enable_dcp", "save_adapter_weights_only", "save_every_n_epochs", "enable_async_checkpointing", "batch_size_val",
        "metric_logger", "profiler", "log_every_n_steps", "log_peak_memory_stats", "log_level", "device", "compile", "low_cpu_ram",
        "enable_activation_offloading", "activation_offloading_use_streams", "ac_mode", "ac_option", "cudnn_deterministic_mode",
        "fsdp_cpu_offload", "fsdp_reshard_after_forward", "custom_sharded_layers", "data_parallel_shard_dim",
        "data_parallel_replicate_dim", "tensor_parallel_dim", "tensor_parallel_plan", "context_parallel_dim", "use_flex",
        "enable_expandable_segments", "use_distributed_state_dict", "optimizer_in_bwd", "model.max_seq_len",
        "lr_scheduler.num_training_steps", "optimizer.fused", "optimizer.foreach", "optimizer.capturable",
        "collate_fn", "loss.num_output_chunks", "loss.ignore_index", "loss.mask_ignored_tokens", "loss.tp_enabled",
    ];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> Remedies { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["resume_from_checkpoint"] =
            "checkpoints of other trainers are not read; go on with a run of this one by `loralint train --resume`",
        ["shuffle"] = "samples are always drawn in random order here; write true",
        ["tokenizer.prompt_template"] = "prompt templates of torchtune are not supported here; remove the key",
        ["checkpointer.resume_from_checkpoint"] = "checkpoints of other trainers are not read; remove the key",
        ["num_steps"] = "write the length as epochs, or as max_steps_per_epoch",
    };

    /// <inheritdoc/>
    public override ICollection<string> OffIsOn { get; } = ["shuffle"];

    /// <inheritdoc/>
    public override TrainingRun Resolve(RunReader read, TrainingConfig config, IRunPlaces places, RunOverrides overrides)
    {
        var keys = read.Read;
        var builder = read.Take(keys.Text("model._component_"), "");
        if (!builder.StartsWith("torchtune.models.", StringComparison.Ordinal)
            || !builder.Contains(".lora_") && !builder.Contains(".qlora_"))
            read.Refuse(
                "model._component_", $"{builder} is none of torchtune's LoRA builders, such as torchtune.models.llama3_2.lora_llama3_2_1b");
        if (builder.Contains(".phi") || builder.Contains("vision") || builder.Contains("clip"))
            read.Refuse(
                "model._component_", $"{builder}: its layers are not those of the Hugging Face model; use another format for this model");
        if (keys.IsOn("shuffle"))
            read.See("shuffle");
        if (read.Take(keys.Text("checkpointer._component_").LastName(), "FullModelHFCheckpointer") != "FullModelHFCheckpointer")
            read.Refuse(
                "checkpointer._component_",
                "the base model must be a Hugging Face folder; write torchtune.training.FullModelHFCheckpointer");
        CheckLoss(read);
        var lora = CommonRun.LoraOf(read, WithNames(config));
        read.See("model.lora_attn_modules", "model.apply_lora_to_mlp", "model.apply_lora_to_output", "model.use_dora",
            "model.quantize_base",
            "max_steps_per_epoch");
        var precision = read.Take(config.ComputeDtype, "float32");
        var training = CommonRun.TrainingOf(read, config) with
        {
            Precision = precision switch { "bfloat16" => "bf16", "float16" => "fp16", _ => "fp32" },
        };
        if (!config.Seed.IsKnown)
            read.Note("torchtune draws a seed when none is written; here it is 42");
        return new TrainingRun
        {
            BaseModel = CommonRun.ModelOf(read, config.BaseModel, places.FromWorkingFolder, places),
            Lora = lora,
            Quantization = CommonRun.QuantizationOf(read, config),
            Data = TorchtuneData.Of(read, config, places),
            Optimizer = OptimizerOf(read, config, lora),
            Training = training,
            OutputDirectory = places.FromWorkingFolder(read.Take(config.OutputDir, "out")),
        };
    }

    private static TrainingConfig WithNames(TrainingConfig config) => new()
    {
        Method = config.Method, Rank = config.Rank, Alpha = config.Alpha, Dropout = config.Dropout,
        TargetModules = ModuleRoleNames.Named(config.TargetModules),
    };

    private static void CheckLoss(RunReader read)
    {
        var loss = read.Take(read.Read.Text("loss._component_", "CrossEntropyLoss").LastName(), "");
        if (!s_losses.Contains(loss))
            read.Refuse("loss._component_", $"the loss {loss} is not supported by the embedded engine; it trains on the cross-entropy");
    }

    private static OptimizerOptions OptimizerOf(RunReader read, TrainingConfig config, LoraOptions lora)
    {
        var keys = read.Read;
        var decay = read.Within(config.WeightDecay, 0, double.PositiveInfinity, 0);
        if (decay > 0 && lora.UseDora)
        {
            read.Refuse(config.WeightDecay,
                "with DoRA torchtune decays the magnitudes too, which the embedded engine does not; write weight_decay: 0");
        }

        var schedule = config.LrScheduler.IsWritten
            ? config.LrScheduler.Select(s => s == "get_cosine_schedule_with_warmup" ? "cosine" : s)
            : Setting<string>.Default("constant", "lr_scheduler");
        if (keys.Has("lr_scheduler") && !config.LrScheduler.IsWritten)
            read.Refuse(
                "lr_scheduler",
                "it names no schedule; write _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup");
        if (read.Take(keys.Number("lr_scheduler.num_cycles", 0.5), 0.5) != 0.5)
            read.Refuse("lr_scheduler.num_cycles", "the cosine falls once, to zero; write 0.5");
        return CommonRun.ScheduleOf(read, new TrainingConfig { LrScheduler = schedule, Warmup = config.Warmup }, new OptimizerOptions
        {
            Name = CommonRun.OptimizerOf(read, config.Optimizer),
            LearningRate = read.Above(config.LearningRate, 0, 1e-3),
            WeightDecay = decay,
            MaxGradNorm = read.Within(config.MaxGradNorm, 0, double.PositiveInfinity, 0),
        });
    }
}
