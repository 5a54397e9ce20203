using System.Text.Json;
using LoraLint.Advisor.Output;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>PEFT's adapter_config.json: the adapter alone, as JSON has no comments without its reasons.</summary>
internal sealed class PeftWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "peft";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "adapter_config.json";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) =>
    [
        "method", "quantization_bits", "compute_dtype", "learning_rate", "lr_scheduler", "warmup", "optimizer", "weight_decay",
        "max_grad_norm", "epochs", "micro_batch_size", "gradient_accumulation_steps", "max_sequence_length", "gradient_checkpointing",
        "seed", "output_dir", "dataset", "packing", "validation_split", "early_stopping_patience", "load_best_model_at_end",
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan) =>
        ["adapter_config.json says nothing of the training: `--framework python` writes a script with both"];

    /// <inheritdoc/>
    public override string Write(Plan plan)
    {
        using var output = new StringWriter { NewLine = "\n" };
        JsonReportWriter.Write(output, json =>
        {
            json.WriteStartObject();
            json.WriteString("peft_type", "LORA");
            json.WriteString("task_type", "CAUSAL_LM");
            json.WriteString("base_model_name_or_path", plan.ModelName);
            json.WriteNumber("r", plan.Rank.Value);
            json.WriteNumber("lora_alpha", plan.Alpha.Value);
            json.WriteNumber("lora_dropout", plan.Dropout.Value);
            WriteTargets(json, plan);
            json.WriteString("bias", "none");
            json.WriteBoolean("use_rslora", plan.UseRslora);
            json.WriteBoolean("use_dora", plan.UsesDora);
            json.WriteEndObject();
        });
        return output.ToString();
    }

    private static void WriteTargets(Utf8JsonWriter json, Plan plan)
    {
        if (plan.TargetModules.Value is not { } names)
        {
            json.WriteString("target_modules", "all-linear");
            return;
        }

        json.WriteStartArray("target_modules");
        foreach (var name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
