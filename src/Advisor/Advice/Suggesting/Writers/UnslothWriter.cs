namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>A script for Unsloth with TRL's SFTTrainer.</summary>
internal sealed class UnslothWriter : ConfigWriter
{
    // What Unsloth's own kernels are for (models/llama.py, get_peft_model).
    private static readonly string[] s_all = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <inheritdoc/>
    public override string Format => "unsloth";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "train_unsloth.py";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => !plan.IsSupervised ? "is written for answers that are given; take trl or ms-swift"
        : plan.UsesDora ? "has no DoRA" : plan.Gpus > 1 ? "trains on one card"
        : plan.Model is not null && plan.TargetModules.Value is null && s_all.Except(plan.Model.Shape.LinearNames()).Any()
            ? "has kernels for layers that this model does not have" : null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) =>
    [
        "dataset", "validation_split", "early_stopping_patience", "compute_dtype", "gradient_checkpointing", "double_quantization",
        "dropout",
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan) =>
        plan.Dropout.Value > 0 ? ["dropout is 0 here: Unsloth's fast kernels do without it"] : [];

    /// <inheritdoc/>
    public override string Write(Plan plan) => new PythonText()
        .Line("from unsloth import FastLanguageModel")
        .Line("from datasets import load_dataset")
        .Line("from transformers import EarlyStoppingCallback")
        .Line("from trl import SFTConfig, SFTTrainer")
        .Line()
        .Line("model, tokenizer = FastLanguageModel.from_pretrained(")
        .Word("model_name", plan.ModelName)
        .Number("max_seq_length", plan.MaxSequenceLength)
        .Switch("load_in_4bit", plan.IsQuantized, plan.Method.Reason)
        .Line(")")
        .Line()
        .Line("model = FastLanguageModel.get_peft_model(")
        .Line("    model,")
        .Number("r", plan.Rank)
        .Number("lora_alpha", plan.Alpha)
        .Number("lora_dropout", 0, "the fast kernels do without it")
        .Words("target_modules", plan.TargetModules.Value ?? s_all, plan.TargetModules.Reason)
        .If(plan.UseRslora, p => p.Switch("use_rslora", true))
        .Word("bias", "none")
        .Word("use_gradient_checkpointing", "unsloth")
        .Number("random_state", plan.Seed)
        .Line(")")
        .Line()
        .Line("arguments = SFTConfig(")
        .Word("output_dir", plan.OutputDirectory)
        .Number("max_length", plan.MaxSequenceLength)
        .Optimization(plan)
        .Switch(plan.UsesBf16.Value ? "bf16" : "fp16", true, plan.UsesBf16.Reason)
        .Cadence(plan)
        .Switch("load_best_model_at_end", true)
        .Number("seed", plan.Seed)
        .Line(")")
        .Line()
        .Line($"rows = load_dataset(\"json\", data_files={YamlText.Quote(plan.DataPath)}, split=\"train\")")
        .Line(Text($"parts = rows.train_test_split(test_size={plan.ValidationSplit.Value}, seed={plan.Seed})"))
        .Line("trainer = SFTTrainer(")
        .Raw("model", "model")
        .Raw("processing_class", "tokenizer")
        .Raw("args", "arguments")
        .Raw("train_dataset", "parts[\"train\"]")
        .Raw("eval_dataset", "parts[\"test\"]")
        .Raw("callbacks", Text($"[EarlyStoppingCallback(early_stopping_patience={plan.Patience.Value})]"), plan.Patience.Reason)
        .Line(")")
        .Line("trainer.train()")
        .Line("model.save_pretrained(" + YamlText.Quote(plan.OutputDirectory) + ")")
        .ToString();
}
