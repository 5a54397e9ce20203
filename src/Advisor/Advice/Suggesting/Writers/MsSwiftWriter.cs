using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>ms-swift's YAML; keys as in src/Rules/Formats/MsSwiftFormat.cs.</summary>
internal sealed class MsSwiftWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "ms-swift";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "ms-swift.yaml";

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        var command = !plan.IsSupervised ? "rlhf" : plan.Data.Shape == RowShape.Text ? "pt" : "sft";
        yield return $"run it by `swift {command} {FileNameOf(plan)}`";
        if (plan.Task == AdvisedTask.Reinforcement)
            yield return "reward_funcs names the rewards: `swift rlhf --help` lists those that come with it";
    }

    /// <inheritdoc/>
    public override string Write(Plan plan) => new YamlText()
        .Word("model", plan.ModelName)
        .Word("torch_dtype", plan.UsesBf16.Value ? "bfloat16" : "float16", plan.UsesBf16.Reason)
        .If(plan.IsQuantized, y => y
            .Word("quant_method", "bnb", plan.Method.Reason).Number("quant_bits", 4).Word("bnb_4bit_quant_type", "nf4")
            .Word("bnb_4bit_compute_dtype", plan.UsesBf16.Value ? "bfloat16" : "float16"))
        .If(!plan.IsSupervised, y => y.Word("rlhf_type", plan.Task == AdvisedTask.Preference ? "dpo" : "grpo"))
        .Gap()
        .Word("tuner_type", "lora", plan.IsQuantized ? null : plan.Method.Reason)
        .If(plan.UsesDora, y => y.Switch("use_dora", true))
        .Number("lora_rank", plan.Rank)
        .Number("lora_alpha", plan.Alpha)
        .If(plan.UseRslora, y => y.Switch("use_rslora", true))
        .Number("lora_dropout", plan.Dropout)
        .Words("target_modules", plan.TargetModules.Value ?? ["all-linear"], plan.TargetModules.Reason)
        .Gap()
        .Words("dataset", [plan.DataPath])
        .Number("split_dataset_ratio", plan.ValidationSplit)
        .Number("max_length", plan.MaxSequenceLength)
        .If(plan.IsSupervised && plan.Data.Shape == RowShape.Text, y => y.Switch("use_chat_template", false))
        .If(plan.Task == AdvisedTask.Reinforcement, y => y.Words("reward_funcs", ["accuracy"]).Number("num_generations", 8))
        .Word("output_dir", plan.OutputDirectory)
        .Gap()
        .Optimization(plan)
        .Switch("gradient_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
        .Gap()
        .Cadence(plan)
        .If(plan.Patience.Value > 0, y => y.Number("early_stop_interval", plan.Patience).Switch("load_best_model_at_end", true))
        .Number("seed", plan.Seed)
        .ToString();
}
