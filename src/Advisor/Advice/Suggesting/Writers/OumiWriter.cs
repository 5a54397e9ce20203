namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>Oumi's YAML for <c>oumi train</c>; keys as in src/Rules/Formats/OumiFormat.cs.</summary>
internal sealed class OumiWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "oumi";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "oumi.yaml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => !plan.IsSupervised ? "is written for answers that are given; take trl or ms-swift"
        : plan.Data.Shape == RowShape.Text ? "reads conversations and instructions from files, and no plain text"
        : plan.UsesDora ? "has no DoRA" : plan.UseRslora ? "has no rsLoRA" : null;

    // Data to evaluate on is a file of its own.
    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) => ["validation_split", "early_stopping_patience"];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        yield return $"run it by `oumi train -c {FileNameOf(plan)}`";
        if (plan.Data.Shape is not (RowShape.Messages or RowShape.Alpaca or RowShape.Unknown))
            yield return "Oumi reads messages, or instruction, input and output: bring the rows into one of these forms";
        if (plan.ValidationSplit.Value > 0)
            yield return "Oumi splits nothing off: put rows to evaluate on into a file of their own and name it under data.validation";
    }

    /// <inheritdoc/>
    public override string Write(Plan plan)
    {
        var dtype = plan.UsesBf16.Value ? "bfloat16" : "float16";
        return new YamlText()
            .Section("model", y => y
                .Word("model_name", plan.ModelName)
                .Number("model_max_length", plan.MaxSequenceLength)
                .Word("torch_dtype_str", dtype, plan.UsesBf16.Reason))
            .Section("data", y => y.Section("train", d => d.ListOfOne("datasets", f => f
                .Word("dataset_name", "text_sft_jsonl").Word("dataset_path", plan.DataPath))))
            .Section("training", y => y
                .Word("trainer_type", "TRL_SFT")
                .Switch("use_peft", true, plan.IsQuantized ? null : plan.Method.Reason)
                .Word("output_dir", plan.OutputDirectory)
                .Number("per_device_train_batch_size", plan.MicroBatchSize)
                .Number("gradient_accumulation_steps", plan.GradientAccumulationSteps, plan.BatchReason)
                .Number("num_train_epochs", plan.Epochs)
                .Word("optimizer", plan.HasSmallOptimizer.Value ? "paged_adamw_8bit" : "adamw_torch_fused", plan.HasSmallOptimizer.Reason)
                .Number("learning_rate", plan.LearningRate)
                .Word("lr_scheduler_type", plan.Scheduler.Value, plan.Scheduler.Reason)
                .Number("warmup_ratio", plan.WarmupRatio)
                .Number("weight_decay", plan.WeightDecay)
                .Number("max_grad_norm", plan.MaxGradNorm)
                .Word("mixed_precision_dtype", plan.UsesBf16.Value ? "BF16" : "FP16")
                .Switch("enable_gradient_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
                .If(plan.GradientCheckpointing.Value, t => t
                    .Section("gradient_checkpointing_kwargs", k => k.Switch("use_reentrant", false)))
                .Number("save_steps", plan.EvaluateEvery.Value)
                .Number("seed", plan.Seed))
            .Section("peft", y => y
                .If(plan.IsQuantized, p => p
                    .Switch("q_lora", true, plan.Method.Reason).Number("q_lora_bits", 4).Word("bnb_4bit_quant_type", "nf4")
                    .Switch("use_bnb_nested_quant", true).Word("bnb_4bit_compute_dtype", dtype))
                .Number("lora_r", plan.Rank)
                .Number("lora_alpha", plan.Alpha)
                .Number("lora_dropout", plan.Dropout)
                .Words("lora_target_modules", plan.TargetModules.Value ?? ["all-linear"], plan.TargetModules.Reason))
            .ToString();
    }
}
