namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>LoraLint's own run file, which <c>loralint train</c> takes (docs/run-format.md).</summary>
internal sealed class LoraLintWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "loralint";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "run.yaml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => plan.IsSupervised ? null : "trains on answers that are given; take trl or ms-swift";

    /// <inheritdoc/>
    public override string Write(Plan plan) => new YamlText()
        .Comment("yaml-language-server: $schema=https://loralint.dev/schemas/loralint.schema.json")
        .Number("loralint", 1)
        .Word("base_model", plan.ModelName)
        .Section("adapter", y => y
            .Word("method", plan.IsQuantized ? "qlora" : plan.UsesDora ? "dora" : "lora", plan.Method.Reason)
            .Number("rank", plan.Rank)
            .Number("alpha", plan.Alpha)
            .If(plan.UseRslora, a => a.Switch("use_rslora", true))
            .Number("dropout", plan.Dropout)
            .If(plan.TargetModules.Value is null, a => a.Word("target_modules", "all-linear", plan.TargetModules.Reason))
            .If(plan.TargetModules.Value is not null, a => a.Words("target_modules", plan.TargetModules.Value!, plan.TargetModules.Reason)))
        .Section("data", y => y
            .Word("train", plan.DataPath)
            .If(FormatOf(plan.Data.Shape) is not null, d => d.Word("format", FormatOf(plan.Data.Shape)!))
            .Number("validation_split", plan.ValidationSplit)
            .Number("max_sequence_length", plan.MaxSequenceLength))
        .Section("training", y => y
            .Number("learning_rate", plan.LearningRate)
            .Word("lr_scheduler", plan.Scheduler.Value, plan.Scheduler.Reason)
            .Number("warmup_ratio", plan.WarmupRatio)
            .Number("weight_decay", plan.WeightDecay)
            .Number("max_grad_norm", plan.MaxGradNorm)
            .Number("epochs", plan.Epochs)
            .Number("micro_batch_size", plan.MicroBatchSize)
            .Number("gradient_accumulation_steps", plan.GradientAccumulationSteps, plan.BatchReason)
            .Switch("gradient_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
            .Word("precision", plan.UsesBf16.Value ? "bf16" : "fp16", plan.UsesBf16.Reason)
            .Number("evaluate_every", plan.EvaluateEvery)
            .Number("save_every", plan.EvaluateEvery.Value)
            .If(plan.Patience.Value > 0, t => t.Number("early_stopping_patience", plan.Patience))
            .Number("seed", plan.Seed))
        .Word("output_dir", plan.OutputDirectory)
        .ToString();

    private static string? FormatOf(RowShape shape) => shape switch
    {
        RowShape.Messages => "chat", RowShape.ShareGpt => "sharegpt", RowShape.Alpaca => "alpaca", RowShape.Text => "text",
        RowShape.PromptCompletion => "exchange", _ => null,
    };
}
