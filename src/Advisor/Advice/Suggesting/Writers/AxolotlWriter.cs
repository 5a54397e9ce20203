using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>Axolotl's YAML; keys as in src/Rules/Formats/AxolotlFormat.cs.</summary>
internal sealed class AxolotlWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "axolotl";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "axolotl.yml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) =>
        plan.Task == AdvisedTask.Reinforcement ? "needs reward functions in Python beside its config; take trl or ms-swift" : null;

    /// <inheritdoc/>
    public override string Write(Plan plan) => new YamlText()
        .Word("base_model", plan.ModelName)
        .Gap()
        .Word("adapter", plan.IsQuantized ? "qlora" : "lora", plan.Method.Reason)
        .If(plan.IsQuantized, y => y.Switch("load_in_4bit", true))
        .If(plan.UsesDora, y => y.Switch("peft_use_dora", true))
        .Number("lora_r", plan.Rank)
        .Number("lora_alpha", plan.Alpha)
        .If(plan.UseRslora, y => y.Switch("peft_use_rslora", true))
        .Number("lora_dropout", plan.Dropout)
        .If(plan.TargetModules.Value is null, y => y.Switch("lora_target_linear", true, plan.TargetModules.Reason))
        .If(plan.TargetModules.Value is not null, y => y.Words("lora_target_modules", plan.TargetModules.Value!, plan.TargetModules.Reason))
        .Gap()
        .If(plan.Task == AdvisedTask.Preference, y => y.Word("rl", "dpo"))
        .ListOfOne("datasets", y => y.Word("path", plan.DataPath).If(plan.Data.Path is not null, d => d.Word("ds_type", "json"))
            .Word("type", TypeOf(plan)).If(plan.Task == AdvisedTask.Preference, d => d.Word("split", "train")))
        .Number("val_set_size", plan.ValidationSplit)
        .Number("sequence_len", plan.MaxSequenceLength)
        .Word("output_dir", plan.OutputDirectory)
        .Gap()
        .Number("micro_batch_size", plan.MicroBatchSize)
        .Number("gradient_accumulation_steps", plan.GradientAccumulationSteps, plan.BatchReason)
        .Number("num_epochs", plan.Epochs)
        .Word("optimizer", plan.HasSmallOptimizer.Value ? "paged_adamw_8bit" : "adamw_torch_fused", plan.HasSmallOptimizer.Reason)
        .Number("learning_rate", plan.LearningRate)
        .Word("lr_scheduler", plan.Scheduler.Value, plan.Scheduler.Reason)
        .Number("warmup_ratio", plan.WarmupRatio)
        .Number("weight_decay", plan.WeightDecay)
        .Number("max_grad_norm", plan.MaxGradNorm)
        .Switch(plan.UsesBf16.Value ? "bf16" : "fp16", true, plan.UsesBf16.Reason)
        .If(!plan.UsesBf16.Value, y => y.Switch("bf16", false))
        .Switch("gradient_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
        .Gap()
        .Number("eval_steps", plan.EvaluateEvery)
        .Number("save_steps", plan.EvaluateEvery.Value)
        .If(plan.Patience.Value > 0, y => y.Number("early_stopping_patience", plan.Patience).Switch("load_best_model_at_end", true))
        .Number("seed", plan.Seed)
        .ToString();

    private static string TypeOf(Plan plan) => plan.Task == AdvisedTask.Preference ? "chatml.intel" : plan.Data.Shape switch
    {
        RowShape.Alpaca => "alpaca", RowShape.Text => "completion", RowShape.PromptCompletion => "input_output", _ => "chat_template",
    };
}
