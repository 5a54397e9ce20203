using LoraLint.Rules.Knowledge;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>LitGPT's YAML for <c>litgpt finetune_lora</c>; keys as in src/Rules/Formats/LitgptFormat.cs.</summary>
internal sealed class LitgptWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "litgpt";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "litgpt.yaml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => !plan.IsSupervised ? "trains on answers that are given; take trl or ms-swift"
        : plan.IsQuantized && plan.Gpus > 1 ? "quantizes on one card alone"
        : plan.UsesDora ? "has no DoRA" : plan.UseRslora ? "has no rsLoRA"
        : plan.TargetModules.Value is { } names && names.Any(n => ModuleNames.RoleOf(n) == ModuleRoles.None)
            ? "chooses modules by switches, and these have none" : null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) =>
        ["lr_scheduler", "gradient_checkpointing", "early_stopping_patience", "load_best_model_at_end", "base_model"];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        yield return $"get the model by `litgpt download {plan.ModelName}`, run by `litgpt finetune_lora --config {FileNameOf(plan)}`";
        if (plan.Data.Shape is not (RowShape.Alpaca or RowShape.Unknown))
            yield return "LitGPT reads instruction, input and output: bring the rows into that form";
    }

    /// <inheritdoc/>
    public override string Write(Plan plan)
    {
        var roles = plan.TargetModules.Value?.Aggregate(ModuleRoles.None, (sum, n) => sum | ModuleNames.RoleOf(n)) ?? ModuleRoles.AllLinear;
        return new YamlText()
            .Word("checkpoint_dir", "checkpoints/" + plan.ModelName)
            .Word("out_dir", plan.OutputDirectory)
            .Word("precision", plan.UsesBf16.Value ? "bf16-true" : "16-true", plan.UsesBf16.Reason)
            .If(plan.IsQuantized, y => y.Word("quantize", "bnb.nf4-dq", plan.Method.Reason))
            .Number("devices", plan.Gpus)
            .Gap()
            .Number("lora_r", plan.Rank)
            .Number("lora_alpha", plan.Alpha)
            .Number("lora_dropout", plan.Dropout)
            .Switch("lora_query", roles.HasFlag(ModuleRoles.Query), plan.TargetModules.Reason)
            .Switch("lora_key", roles.HasFlag(ModuleRoles.Key))
            .Switch("lora_value", roles.HasFlag(ModuleRoles.Value))
            .Switch("lora_projection", roles.HasFlag(ModuleRoles.Output))
            .Switch("lora_mlp", roles.HasFlag(ModuleRoles.Mlp))
            .Switch("lora_head", false)
            .Gap()
            .Section("data", y => y.Word("class_path", "litgpt.data.JSON").Section("init_args", a => a
                .Word("json_path", plan.DataPath).Number("val_split_fraction", plan.ValidationSplit).Switch("mask_prompt", true)))
            .Section("train", y => y
                .Number("epochs", plan.Epochs)
                .Number("global_batch_size", plan.Batch)
                .Number("micro_batch_size", plan.MicroBatchSize)
                .Number("lr_warmup_steps", plan.WarmupSteps, plan.WarmupRatio.Reason)
                .Number("max_seq_length", plan.MaxSequenceLength)
                .Number("max_norm", plan.MaxGradNorm)
                .Number("save_interval", plan.EvaluateEvery.Value)
                .Number("log_interval", 1))
            .Section("eval", y => y.Number("interval", plan.EvaluateEvery))
            .Section("optimizer", y => y.Word("class_path", "torch.optim.AdamW").Section("init_args", a => a
                .Number("lr", plan.LearningRate).Number("weight_decay", plan.WeightDecay)))
            .Number("seed", plan.Seed)
            .ToString();
    }
}
