using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>YAML for TRL's own scripts (<c>trl sft --config FILE</c>); keys as in src/Rules/Formats/TrlFormat.cs.</summary>
internal sealed class TrlWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "trl";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => CommandOf(plan) + ".yaml";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) => plan.Task == AdvisedTask.Reinforcement
        ? ["early_stopping_patience", "validation_split", "max_sequence_length"] : ["early_stopping_patience", "validation_split"];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        yield return $"run it by `trl {CommandOf(plan)} --config {FileNameOf(plan)}`";
        if (plan.ValidationSplit.Value > 0)
            yield return "TRL's scripts split nothing off: the data needs a split `test` of its own, else leave out the eval keys";
        if (plan.Task == AdvisedTask.Reinforcement)
            yield return "reward_funcs names the rewards: functions of trl.rewards, or models on the hub";
    }

    /// <inheritdoc/>
    public override string Write(Plan plan) => new YamlText()
        .Word("model_name_or_path", plan.ModelName)
        .Word("dtype", plan.UsesBf16.Value ? "bfloat16" : "float16", plan.UsesBf16.Reason)
        .If(plan.IsQuantized, y => y
            .Switch("load_in_4bit", true, plan.Method.Reason).Word("bnb_4bit_quant_type", "nf4").Switch("use_bnb_nested_quant", true))
        .Gap()
        .Switch("use_peft", true, plan.IsQuantized ? null : plan.Method.Reason)
        .If(plan.UsesDora, y => y.Switch("use_dora", true))
        .Number("lora_r", plan.Rank)
        .Number("lora_alpha", plan.Alpha)
        .If(plan.UseRslora, y => y.Switch("use_rslora", true))
        .Number("lora_dropout", plan.Dropout)
        .If(plan.TargetModules.Value is null, y => y.Word("lora_target_modules", "all-linear", plan.TargetModules.Reason))
        // TRL unwraps a list of one, and PEFT takes a text for a pattern over whole names.
        .If(plan.TargetModules.Value is [_], y => y
            .Word("lora_target_modules", @".*\." + plan.TargetModules.Value![0], plan.TargetModules.Reason))
        .If(plan.TargetModules.Value?.Count > 1, y => y
            .Words("lora_target_modules", plan.TargetModules.Value!, plan.TargetModules.Reason))
        .Gap()
        .ListOfOne("datasets", y => y.Word("path", plan.Data.Path is null ? plan.DataPath : "json")
            .If(plan.Data.Path is not null, d => d.Word("data_files", plan.DataPath)))
        .If(plan.IsSupervised, y => y.Number("max_length", plan.MaxSequenceLength).Switch("packing", false))
        .If(plan.Task == AdvisedTask.Preference, y => y
            .Number("max_length", plan.MaxSequenceLength).Number("beta", 0.1, "TRL's default").Words("loss_type", ["sigmoid"]))
        .If(plan.Task == AdvisedTask.Reinforcement, y => y
            .Words("reward_funcs", ["trl.rewards.accuracy_reward"]).Number("num_generations", 8, "TRL's default")
            .Number("max_completion_length", plan.MaxSequenceLength))
        .Word("output_dir", plan.OutputDirectory)
        .Gap()
        .Optimization(plan)
        .Switch(plan.UsesBf16.Value ? "bf16" : "fp16", true)
        .Switch("gradient_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
        .Gap()
        .Cadence(plan)
        .If(plan.ValidationSplit.Value > 0, y => y.Switch("load_best_model_at_end", true))
        .Number("seed", plan.Seed)
        .ToString();

    private static string CommandOf(Plan plan) => plan.Task switch
    {
        AdvisedTask.Preference => "dpo", AdvisedTask.Reinforcement => "grpo", _ => "sft",
    };
}
