namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>Ludwig's YAML for <c>ludwig train</c>; keys as in src/Rules/Formats/LudwigFormat.cs.</summary>
internal sealed class LudwigWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "ludwig";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "ludwig.yaml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => !plan.IsSupervised ? "is written for answers that are given; take trl or ms-swift"
        : plan.Data.Shape == RowShape.Text ? "learns a column of answers, and no plain text"
        : ModulesOf(plan) is null ? "has no word for all linear layers, and those of this model are not known" : null;

    // The data, the seed of its split and the output folder stand on the command line or are not read back.
    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) =>
        ["dataset", "validation_split", "early_stopping_patience", "output_dir", "seed"];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        yield return $"run it by `ludwig train --config {FileNameOf(plan)} --dataset {plan.DataPath} "
            + $"--output_directory {plan.OutputDirectory} "
            + Text($"--random_seed {plan.Seed}`");
        if (plan.Data.Shape is not (RowShape.Alpaca or RowShape.PromptCompletion or RowShape.Unknown))
            yield return "Ludwig reads a column of inputs and one of answers, here instruction and output: bring the rows into that form";
    }

    /// <inheritdoc/>
    public override string Write(Plan plan)
    {
        var (input, output) = plan.Data.Shape == RowShape.PromptCompletion ? ("prompt", "completion") : ("instruction", "output");
        return new YamlText()
            .Word("model_type", "llm")
            .Word("base_model", plan.ModelName)
            .ListOfOne("input_features", y => y.Word("name", input).Word("type", "text"))
            .ListOfOne("output_features", y => y.Word("name", output).Word("type", "text"))
            .Gap()
            .Section("adapter", y => y
                .Word("type", "lora", plan.IsQuantized ? null : plan.Method.Reason)
                .If(plan.UsesDora, a => a.Switch("use_dora", true))
                .Number("r", plan.Rank)
                .Number("alpha", plan.Alpha)
                .If(plan.UseRslora, a => a.Switch("use_rslora", true))
                .Number("dropout", plan.Dropout)
                .Words("target_modules", ModulesOf(plan)!, plan.TargetModules.Reason))
            .If(plan.IsQuantized, y => y.Section("quantization", q => q
                .Number("bits", 4, plan.Method.Reason)
                .Word("bnb_4bit_compute_dtype", plan.UsesBf16.Value ? "bfloat16" : "float16", plan.UsesBf16.Reason)))
            .Gap()
            .Section("preprocessing", y => y
                .Number("global_max_sequence_length", plan.MaxSequenceLength)
                .Section("split", s => s.Word("type", "random").Raw("probabilities", Text(
                    $"[{Math.Round(1 - plan.ValidationSplit.Value, 4)}, {plan.ValidationSplit.Value}, 0]"), plan.ValidationSplit.Reason)))
            .Section("trainer", y => y
                .Word("type", "finetune")
                .Number("epochs", plan.Epochs)
                .Number("batch_size", plan.MicroBatchSize)
                .Number("gradient_accumulation_steps", plan.GradientAccumulationSteps, plan.BatchReason)
                .Number("learning_rate", plan.LearningRate)
                .Section("learning_rate_scheduler", s => s
                    .If(plan.Scheduler.Value != "constant", c => c.Word("decay", plan.Scheduler.Value, plan.Scheduler.Reason))
                    .Number("warmup_fraction", plan.WarmupRatio))
                .Section("optimizer", o => o
                    .Word("type", plan.HasSmallOptimizer.Value ? "paged_adamw_8bit" : "adamw", plan.HasSmallOptimizer.Reason)
                    .Number("weight_decay", plan.WeightDecay))
                .Section("gradient_clipping", c => c.Number("clipglobalnorm", plan.MaxGradNorm))
                .Switch("enable_gradient_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
                .If(plan.Patience.Value > 0, t => t.Number("early_stop", plan.Patience)))
            .ToString();
    }

    private static IEnumerable<string>? ModulesOf(Plan plan) => plan.TargetModules.Value ?? plan.Model?.Shape.LinearNames();
}
