using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>mlx-lm's YAML for <c>mlx_lm.lora --config</c>; keys as in src/Rules/Formats/MlxLmFormat.cs.</summary>
internal sealed class MlxLmWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "mlx-lm";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "mlx-lm.yaml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => !plan.IsSupervised ? "trains on answers that are given; take trl or ms-swift"
        : plan.TargetModules.Value is not null ? "names modules with their place in a layer (self_attn.q_proj), which is not written here"
        : plan.Gpus > 1 ? "trains on one machine's chip" : null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) =>
    [
        "alpha", "bias", "init", "modules_to_save", "use_rslora", "max_grad_norm", "epochs", "packing", "validation_split",
        "early_stopping_patience", "load_best_model_at_end", "method", "quantization_bits", "compute_dtype",
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        yield return $"data/ holds train.jsonl and valid.jsonl; run by `mlx_lm.lora --config {FileNameOf(plan)}`";
        if (plan.IsQuantized)
        {
            yield return "QLoRA here is LoRA on a quantized copy of the base: take one from mlx-community, or make it by "
                + "`mlx_lm.convert -q`";
        }
    }

    /// <inheritdoc/>
    public override string Write(Plan plan)
    {
        var iterations = plan.Steps * (long)plan.GradientAccumulationSteps;
        var isConstant = plan.Scheduler.Value == "constant";
        return new YamlText()
            .Word("model", plan.ModelName)
            .Switch("train", true)
            .Word("fine_tune_type", plan.UsesDora ? "dora" : "lora", plan.Method.Reason)
            .Word("data", "data", "holds train.jsonl and valid.jsonl")
            .Number("num_layers", -1, "all of them: the default is 16")
            .Section("lora_parameters", y => y
                .Number("rank", plan.Rank)
                .Number("scale", plan.Scaling, $"alpha {plan.Alpha.Value} over the rank: {plan.Alpha.Reason}")
                .Number("dropout", plan.Dropout))
            .Number("max_seq_length", plan.MaxSequenceLength)
            .Switch("grad_checkpoint", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
            .Number("batch_size", plan.MicroBatchSize)
            .Number("grad_accumulation_steps", plan.GradientAccumulationSteps, plan.BatchReason)
            .Number("iters", iterations, $"micro batches: {plan.Steps} steps, {plan.Epochs.Value} epochs of {plan.Data.Rows} rows")
            .Word("optimizer", "adamw")
            .Section("optimizer_config", y => y.Section("adamw", a => a.Number("weight_decay", plan.WeightDecay)))
            .If(isConstant, y => y.Number("learning_rate", plan.LearningRate))
            .If(!isConstant, y => y.Section("lr_schedule", s => s
                .Word("name", "cosine_decay", plan.Scheduler.Reason)
                .Number("warmup", plan.WarmupSteps, plan.WarmupRatio.Reason)
                .Raw("arguments", $"[{ConfigEditor.Number(plan.LearningRate.Value)}, {plan.Steps}]", plan.LearningRate.Reason)))
            .Number("steps_per_eval", plan.EvaluateEvery.Value * (long)plan.GradientAccumulationSteps, plan.EvaluateEvery.Reason)
            .Number("save_every", plan.EvaluateEvery.Value * (long)plan.GradientAccumulationSteps)
            .Word("adapter_path", plan.OutputDirectory)
            .Number("seed", plan.Seed)
            .ToString();
    }
}
