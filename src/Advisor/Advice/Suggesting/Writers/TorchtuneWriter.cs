using LoraLint.Rules.Knowledge;

namespace LoraLint.Advisor.Advice.Suggesting.Writers;

/// <summary>
/// torchtune's recipe YAML for <c>lora_finetune_single_device</c> and <c>lora_finetune_distributed</c>. Which builder a model has, with its
/// tokenizer and files, is told by the recipes' own configs (recipes/configs at the commit of src/Rules/Formats/TorchtuneFormat.cs).
/// </summary>
internal sealed class TorchtuneWriter : ConfigWriter
{
    private static readonly Recipe[] s_recipes =
    [
        new("Llama-2-7b", "llama2.lora_llama2_7b", "llama2.llama2_tokenizer", "tokenizer.model", 2, "LLAMA2"),
        new("Llama-3.1-8B", "llama3_1.lora_llama3_1_8b", "llama3.llama3_tokenizer", "original/tokenizer.model", 4, "LLAMA3"),
        new("Meta-Llama-3-8B", "llama3.lora_llama3_8b", "llama3.llama3_tokenizer", "original/tokenizer.model", 4, "LLAMA3"),
        new("Llama-3.2-1B", "llama3_2.lora_llama3_2_1b", "llama3.llama3_tokenizer", "original/tokenizer.model", 1, "LLAMA3_2"),
        new("Llama-3.2-3B", "llama3_2.lora_llama3_2_3b", "llama3.llama3_tokenizer", "original/tokenizer.model", 2, "LLAMA3_2"),
    ];

    /// <inheritdoc/>
    public override string Format => "torchtune";

    /// <inheritdoc/>
    public override string FileNameOf(Plan plan) => "torchtune.yaml";

    /// <inheritdoc/>
    public override string? Refuses(Plan plan) => !plan.IsSupervised ? "trains on answers that are given here; take trl or ms-swift"
        : RecipeOf(plan) is null
            ? "has no recipe for this model that is known here; there are " + string.Join(", ", s_recipes.Select(r => r.Model))
        : plan.UseRslora ? "has no rsLoRA" : !plan.UsesBf16.Value ? "does not train in fp16; its recipes refuse it"
        : plan.Scheduler.Value != "cosine" ? "has no such schedule here" : null;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Lacks(Plan plan) =>
    [
        "validation_split", "early_stopping_patience", "load_best_model_at_end", "optimizer", "base_model", "dataset", "modules_to_save",
        "target_modules", "max_steps",
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> Notes(Plan plan)
    {
        yield return $"get the model by `tune download {plan.ModelName} --output-dir models/{NameOf(plan)}`, run by `tune run "
            + $"lora_finetune_{(plan.Gpus > 1 ? "distributed" : "single_device")} --config {FileNameOf(plan)}`";
        if (plan.Data.Shape is not RowShape.Messages)
            yield return "the dataset's component fits rows with messages: see torchtune.datasets for others";
    }

    /// <inheritdoc/>
    public override string Write(Plan plan)
    {
        var recipe = RecipeOf(plan)!;
        var names = plan.TargetModules.Value;
        bool Has(ModuleRoles role) => names is null || names.Any(n => (ModuleNames.RoleOf(n) & role) != 0);
        // The qlora_ builders are the lora_ ones with the base quantized.
        var builder = plan.IsQuantized ? recipe.Builder.Replace(".lora_", ".qlora_", StringComparison.Ordinal) : recipe.Builder;
        (string Name, ModuleRoles Role)[] attention =
        [
            ("q_proj", ModuleRoles.Query), ("k_proj", ModuleRoles.Key), ("v_proj", ModuleRoles.Value), ("output_proj", ModuleRoles.Output),
        ];
        return new YamlText()
            .Word("output_dir", plan.OutputDirectory)
            .Section("model", y => y
                .Word("_component_", "torchtune.models." + builder, plan.Method.Reason)
                .Words("lora_attn_modules", attention.Where(a => Has(a.Role)).Select(a => a.Name), plan.TargetModules.Reason)
                .Switch("apply_lora_to_mlp", Has(ModuleRoles.Mlp))
                .If(!recipe.TiesOutput, m => m.Switch("apply_lora_to_output", false))
                .Number("lora_rank", plan.Rank)
                .Number("lora_alpha", plan.Alpha)
                .Number("lora_dropout", plan.Dropout)
                .If(plan.UsesDora, m => m.Switch("use_dora", true)))
            .Section("tokenizer", y => y
                .Word("_component_", "torchtune.models." + recipe.Tokenizer)
                .Word("path", $"models/{NameOf(plan)}/{recipe.TokenizerFile}")
                .Number("max_seq_len", plan.MaxSequenceLength))
            .Section("checkpointer", y => y
                .Word("_component_", "torchtune.training.FullModelHFCheckpointer")
                .Word("checkpoint_dir", $"models/{NameOf(plan)}")
                .If(recipe.Files == 1, c => c.Words("checkpoint_files", ["model.safetensors"]))
                .If(recipe.Files > 1, c => c.Section("checkpoint_files", f => f
                    .Raw("filename_format", "model-{}-of-{}.safetensors").Raw("max_filename", Text($"\"{recipe.Files:00000}\""))))
                .Raw("recipe_checkpoint", "null")
                .Raw("output_dir", "${output_dir}")
                .Word("model_type", recipe.ModelType))
            .Switch("resume_from_checkpoint", false)
            .Switch("save_adapter_weights_only", false)
            .Section("dataset", y => y
                .Word("_component_", "torchtune.datasets.chat_dataset")
                .Word("source", "json")
                .Word("data_files", plan.DataPath)
                .Word("conversation_column", "messages")
                .Word("conversation_style", "openai")
                .Word("split", "train")
                .Switch("packed", false))
            .Number("seed", plan.Seed)
            .Switch("shuffle", true)
            .Number("batch_size", plan.MicroBatchSize)
            .Number("gradient_accumulation_steps", plan.GradientAccumulationSteps, plan.BatchReason)
            .Number("epochs", plan.Epochs)
            .Raw("max_steps_per_epoch", "null")
            .Section("optimizer", y => y
                .Word("_component_", plan.HasSmallOptimizer.Value ? "bitsandbytes.optim.PagedAdamW8bit" : "torch.optim.AdamW")
                .Number("lr", plan.LearningRate)
                .Number("weight_decay", plan.WeightDecay))
            .Section("lr_scheduler", y => y
                .Word("_component_", "torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup", plan.Scheduler.Reason)
                .Number("num_warmup_steps", plan.WarmupSteps, plan.WarmupRatio.Reason))
            .Section("loss", y => y.Word("_component_", "torchtune.modules.loss.LinearCrossEntropyLoss"))
            .Number("clip_grad_norm", plan.MaxGradNorm)
            .Word("device", "cuda")
            .Word("dtype", "bf16", plan.UsesBf16.Reason)
            .Switch("enable_activation_checkpointing", plan.GradientCheckpointing.Value, plan.GradientCheckpointing.Reason)
            .Switch("enable_activation_offloading", false)
            .Switch("compile", false)
            .Number("save_every_n_steps", plan.EvaluateEvery.Value)
            .Section("metric_logger", y => y
                .Word("_component_", "torchtune.training.metric_logging.DiskLogger").Raw("log_dir", "${output_dir}/logs"))
            .Number("log_every_n_steps", 1)
            .Word("log_level", "INFO")
            .ToString();
    }

    private static Recipe? RecipeOf(Plan plan) =>
        s_recipes.FirstOrDefault(r => NameOf(plan).Contains(r.Model, StringComparison.OrdinalIgnoreCase));

    private static string NameOf(Plan plan) => plan.ModelName[(plan.ModelName.LastIndexOf('/') + 1)..];

    private sealed record Recipe(string Model, string Builder, string Tokenizer, string TokenizerFile, int Files, string ModelType)
    {
        // The small ones tie head and embedding, and their builders refuse an adapter on the head.
        public bool TiesOutput => ModelType == "LLAMA3_2";
    }
}
