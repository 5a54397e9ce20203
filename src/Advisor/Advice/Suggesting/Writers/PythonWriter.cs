namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>A script for TRL's SFTTrainer with PEFT and bitsandbytes.</summary>
internal sealed class PythonWriter : ConfigWriter
{
    /// <inheritdoc/>
    public override string Format => "python";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "train.py";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => plan.IsSupervised ? null : "is written for answers that are given; take trl or ms-swift";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) => ["dataset", "validation_split", "early_stopping_patience"];

    /// <inheritdoc/>
    public override string Write(Plan plan) => new PythonText()
        .Line("import torch")
        .Line("from datasets import load_dataset")
        .Line("from peft import LoraConfig")
        .Line(plan.IsQuantized ? "from transformers import AutoModelForCausalLM, BitsAndBytesConfig, EarlyStoppingCallback"
            : "from transformers import AutoModelForCausalLM, EarlyStoppingCallback")
        .Line("from trl import SFTConfig, SFTTrainer")
        .Line()
        .If(plan.IsQuantized, p => p.Line("quantization = BitsAndBytesConfig(")
            .Switch("load_in_4bit", true, plan.Method.Reason)
            .Word("bnb_4bit_quant_type", "nf4")
            .Switch("bnb_4bit_use_double_quant", true)
            .Raw("bnb_4bit_compute_dtype", DtypeOf(plan), plan.UsesBf16.Reason)
            .Line(")"))
        .Line("model = AutoModelForCausalLM.from_pretrained(")
        .Line("    " + YamlText.Quote(plan.ModelName) + ",")
        .If(plan.IsQuantized, p => p.Raw("quantization_config", "quantization"))
        .Raw("dtype", DtypeOf(plan))
        .Line(")")
        .Line()
        .Line("adapter = LoraConfig(")
        .Number("r", plan.Rank)
        .Number("lora_alpha", plan.Alpha)
        .Number("lora_dropout", plan.Dropout)
        .If(plan.TargetModules.Value is null, p => p.Word("target_modules", "all-linear", plan.TargetModules.Reason))
        .If(plan.TargetModules.Value is not null, p => p.Words("target_modules", plan.TargetModules.Value!, plan.TargetModules.Reason))
        .If(plan.UsesDora, p => p.Switch("use_dora", true, plan.Method.Reason))
        .If(plan.UseRslora, p => p.Switch("use_rslora", true))
        .Word("bias", "none")
        .Word("task_type", "CAUSAL_LM")
        .Line(")")
        .Line()
        .Line("arguments = SFTConfig(")
        .Word("output_dir", plan.OutputDirectory)
        .Number("max_length", plan.MaxSequenceLength)
        .Optimization(plan)
        .Switch(plan.UsesBf16.Value ? "bf16" : "fp16", true)
        .Switch("gradient_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
        .Cadence(plan)
        .Switch("load_best_model_at_end", true)
        .Number("seed", plan.Seed)
        .Line(")")
        .Line()
        .Line($"rows = load_dataset(\"json\", data_files={YamlText.Quote(plan.DataPath)}, split=\"train\")")
        .Line(Text($"parts = rows.train_test_split(test_size={plan.ValidationSplit.Value}, seed={plan.Seed})"))
        .Line("trainer = SFTTrainer(")
        .Raw("model", "model")
        .Raw("args", "arguments")
        .Raw("peft_config", "adapter")
        .Raw("train_dataset", "parts[\"train\"]")
        .Raw("eval_dataset", "parts[\"test\"]")
        .Raw("callbacks", Text($"[EarlyStoppingCallback(early_stopping_patience={plan.Patience.Value})]"), plan.Patience.Reason)
        .Line(")")
        .Line("trainer.train()")
        .Line("trainer.save_model()")
        .ToString();

    private static string DtypeOf(Plan plan) => plan.UsesBf16.Value ? "torch.bfloat16" : "torch.float16";
}
