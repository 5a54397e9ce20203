using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>LLaMA-Factory's YAML; keys as in src/Rules/Formats/LlamaFactoryFormat.cs.</summary>
internal sealed class LlamaFactoryWriter : ConfigWriter
{
    private const string DatasetName = "my_data";

    // By parts of the model's name, the first that fits (src/llamafactory/data/template.py).
    private static readonly (string Part, string Template)[] s_templates =
    [
        ("llama-3", "llama3"), ("llama3", "llama3"), ("llama-2", "llama2"), ("qwen3", "qwen3"), ("qwen", "qwen"), ("mistral", "mistral"),
        ("mixtral", "mistral"), ("gemma-3", "gemma3"), ("gemma", "gemma"), ("phi-4", "phi4"), ("phi-3", "phi"), ("yi-", "yi"),
        ("deepseek", "deepseek3"), ("glm-4", "glm4"), ("internlm2", "intern2"), ("smollm", "smollm"), ("falcon", "falcon"),
        ("granite", "granite3"),
    ];

    /// <inheritdoc/>
    public override string Format => "llama-factory";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "llama-factory.yaml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) =>
        plan.Task == AdvisedTask.Reinforcement ? "needs a reward model for its ppo stage; take trl or ms-swift" : null;

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        var columns = plan.Data.Shape == RowShape.Messages ? ", \"formatting\": \"sharegpt\", \"columns\": {\"messages\": \"messages\"}, "
            + "\"tags\": {\"role_tag\": \"role\", \"content_tag\": \"content\", \"user_tag\": \"user\", \"assistant_tag\": \"assistant\"}"
            : plan.Data.Shape == RowShape.ShareGpt ? ", \"formatting\": \"sharegpt\""
            : plan.Data.Shape == RowShape.Text ? ", \"columns\": {\"prompt\": \"text\"}"
            : plan.Task == AdvisedTask.Preference ? ", \"ranking\": true" : "";
        yield return $"data/dataset_info.json must name the data: \"{DatasetName}\": "
            + $"{{\"file_name\": {YamlText.Quote(plan.DataPath)}{columns}}}";
        if (TemplateOf(plan) == "default")
            yield return "template: the chat template of this model is not known here; name it in place of default";
    }

    /// <inheritdoc/>
    public override string Write(Plan plan) => new YamlText()
        .Word("model_name_or_path", plan.ModelName)
        .If(plan.IsQuantized, y => y.Number("quantization_bit", 4, plan.Method.Reason).Word("quantization_method", "bnb"))
        .Gap()
        .Word("stage", plan.Task == AdvisedTask.Preference ? "dpo" : plan.Data.Shape == RowShape.Text ? "pt" : "sft")
        .Switch("do_train", true)
        .Word("finetuning_type", "lora", plan.IsQuantized ? null : plan.Method.Reason)
        .If(plan.UsesDora, y => y.Switch("use_dora", true))
        .Number("lora_rank", plan.Rank)
        .Number("lora_alpha", plan.Alpha)
        .If(plan.UseRslora, y => y.Switch("use_rslora", true))
        .Number("lora_dropout", plan.Dropout)
        .Word("lora_target", plan.TargetModules.Value is { } names ? string.Join(",", names) : "all", plan.TargetModules.Reason)
        .Gap()
        .Word("dataset", DatasetName, $"{plan.DataPath}, named in data/dataset_info.json")
        .Word("template", TemplateOf(plan))
        .Number("cutoff_len", plan.MaxSequenceLength)
        .If(plan.Data.Shape == RowShape.Text, y => y.Switch("packing", false))
        .Number("val_size", plan.ValidationSplit)
        .Word("output_dir", plan.OutputDirectory)
        .Gap()
        .Optimization(plan, "adamw_torch")
        .Switch(plan.UsesBf16.Value ? "bf16" : "fp16", true, plan.UsesBf16.Reason)
        .If(!plan.GradientCheckpointing.Value, y => y.Switch("disable_gradient_checkpointing", true, plan.GradientCheckpointing.Reason))
        .Gap()
        .Cadence(plan)
        .If(plan.ValidationSplit.Value > 0, y => y.Number("per_device_eval_batch_size", plan.MicroBatchSize.Value))
        .If(plan.Patience.Value > 0, y => y.Number("early_stopping_steps", plan.Patience).Switch("load_best_model_at_end", true))
        .Number("seed", plan.Seed)
        .ToString();

    private static string TemplateOf(Plan plan)
    {
        var name = plan.ModelName.ToLowerInvariant();
        return s_templates.FirstOrDefault(t => name.Contains(t.Part, StringComparison.Ordinal)).Template ?? "default";
    }
}
