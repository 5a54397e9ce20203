namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>
/// Arguments of transformers' Trainer, which scripts and frameworks on top of it take by the same names
/// (src/transformers/training_args.py).
/// </summary>
internal static class TrainerArguments
{
    /// <summary>Batch, epochs, optimizer and schedule.</summary>
    /// <param name="text">What they are written to.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="optimizer">AdamW by the framework's usual name, where its moments are in 32 bits.</param>
    public static T Optimization<T>(this T text, Plan plan, string optimizer = "adamw_torch_fused")
        where T : SettingText<T> => text
        .Number("per_device_train_batch_size", plan.MicroBatchSize)
        .Number("gradient_accumulation_steps", plan.GradientAccumulationSteps, plan.BatchReason)
        .Number("num_train_epochs", plan.Epochs)
        .Word("optim", plan.HasSmallOptimizer.Value ? "paged_adamw_8bit" : optimizer, plan.HasSmallOptimizer.Reason)
        .Number("learning_rate", plan.LearningRate)
        .Word("lr_scheduler_type", plan.Scheduler.Value, plan.Scheduler.Reason)
        .Number("warmup_ratio", plan.WarmupRatio)
        .Number("weight_decay", plan.WeightDecay)
        .Number("max_grad_norm", plan.MaxGradNorm);

    /// <summary>How often it is evaluated, where there is something to evaluate on, and saved.</summary>
    public static T Cadence<T>(this T text, Plan plan)
        where T : SettingText<T> => text
        .If(plan.ValidationSplit.Value > 0, t => t.Word("eval_strategy", "steps").Number("eval_steps", plan.EvaluateEvery))
        .Word("save_strategy", "steps")
        .Number("save_steps", plan.EvaluateEvery.Value);
}
