using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Tests.Mutations;

/// <summary>Mistakes in learning rate, schedule, batch, evaluation, data and distribution.</summary>
internal static class MistakesInTraining
{
    // Formats of transformers' trainer, with keys at the top.
    private static readonly string[] s_trainer = ["llama-factory", "trl", "ms-swift"];

    public static IReadOnlyList<Mistake> All { get; } =
    [
        new("learning rate a hundred times as high", s => HasUsualRate(s) ? s.Replace(s.Config.LearningRate, r => 100 * r) : null),
        new("learning rate a hundredth", s => HasUsualRate(s) && s.Config.Task == TrainingTask.SupervisedFineTuning
            && s.Config.Scaling.Or(1) < 8
            ? s.Replace(s.Config.LearningRate, r => r / 100) : null),
        new("learning rate negative", s => s.Replace(s.Config.LearningRate, r => -r)),
        new("learning rate 0", s => s.Replace(s.Config.LearningRate, "0")),
        new("learning rate without its minus", s => HasUsualRate(s) ? s.Replace(s.Config.LearningRate, "2e4") : null),
        new("learning rate a word", s => s.ReplaceWord(s.Config.LearningRate, "auto-tuned")),
        new("learning rate in quotes", s => s.Is("llama-factory", "mlx-lm", "torchtune") && s.Config.LearningRate.IsKnown
            ? s.Replace(s.Config.LearningRate, "\"2e-4\"") : null),
        new("learning rate with a comma", s => s.Language == ConfigLanguage.Yaml ? s.Replace(s.Config.LearningRate, "0,0002") : null),
        new("learning rate a list", s => s.Replace(s.Config.LearningRate, "[0.0001, 0.0002]")),
        new("warmup in percent", s => s.Is([.. s_trainer, "axolotl"]) && s.Recognised.Reader.Has("warmup_ratio")
            ? s.Set(s.Config.Rank, "warmup_ratio", "5") : null),
        new("warmup negative", s => s.Is([.. s_trainer, "axolotl"]) && s.Recognised.Reader.Has("warmup_ratio")
            ? s.Set(s.Config.Rank, "warmup_ratio", "-0.1") : null),
        new("both warmups", s => s.Is([.. s_trainer, "axolotl"]) && s.Recognised.Reader.Number("warmup_ratio").Or(0) > 0
            ? s.Add(s.Config.Rank, "warmup_steps", "100") : null),
        new("warmup longer than training", s => s.Is(s_trainer) && s.Recognised.Reader.Number("warmup_ratio").Or(0) == 0
            && s.Recognised.Reader.Number("max_steps").TryGet(out var steps) && steps > 0
            ? s.Set(s.Config.Rank, "warmup_steps", ConfigEditor.Number(steps * 2)) : null),
        new("epochs 0", s => s.Config.MaxSteps.Or(0) > 0 ? null : s.Replace(s.Config.Epochs, "0")),
        new("epochs negative", s => s.Config.MaxSteps.Or(0) > 0 ? null : s.Replace(s.Config.Epochs, "-1")),
        new("epochs a word", s => s.ReplaceWord(s.Config.Epochs, "three")),
        new("batch of 0", s => s.Replace(s.Config.MicroBatchSize, "0")),
        new("batch negative", s => s.Replace(s.Config.MicroBatchSize, "-1")),
        new("batch a fraction", s => s.Replace(s.Config.MicroBatchSize, "1.5")),
        new("batch a word", s => s.Is("mlx-lm") ? null : s.ReplaceWord(s.Config.MicroBatchSize, "large")),
        new("gradient accumulation 0", s => s.Replace(s.Config.GradientAccumulationSteps, "0")),
        new("gradient accumulation negative", s => s.Replace(s.Config.GradientAccumulationSteps, "-4")),
        new("gradient accumulation a fraction", s => s.Replace(s.Config.GradientAccumulationSteps, "2.5")),
        new("sequences of length 0", s => s.Replace(s.Config.MaxSequenceLength, "0")),
        new("sequences with a unit", s => s.ReplaceWord(s.Config.MaxSequenceLength, "2k")),
        new("sequences longer than the model's context", s => HasContext(s) && s.Is("axolotl", "trl", "llama-factory", "ms-swift")
            ? s.Replace(s.Config.MaxSequenceLength, "99000000") : null),
        new("optimizer misspelled", s => s.Is("axolotl", "trl", "llama-factory", "ms-swift")
            && s.Config.Optimizer.Or("").StartsWith("adamw")
            ? s.ReplaceWord(s.Config.Optimizer, s.Config.Optimizer.Or("").Replace("adamw", "adamww")) : null),
        new("optimizer with a hyphen", s => s.Is("axolotl", "trl", "llama-factory", "ms-swift") && s.Config.Optimizer.Or("").Contains('_')
            ? s.ReplaceWord(s.Config.Optimizer, s.Config.Optimizer.Or("").Replace('_', '-')) : null),
        new("scheduler misspelled", s => s.Is("axolotl", "trl", "llama-factory", "ms-swift")
            ? s.ReplaceWord(s.Config.LrScheduler, "cosin") : null),
        new("scheduler in capitals", s => s.Is("axolotl", "trl", "llama-factory", "ms-swift") && s.Config.LrScheduler.Or("") == "cosine"
            ? s.ReplaceWord(s.Config.LrScheduler, "Cosine") : null),
        new("weight decay 10", s => s.Config.Task is TrainingTask.Diffusion or TrainingTask.Classification ? null
            : s.Replace(s.Config.WeightDecay, "10")) { Least = Severity.Info },
        new("weight decay a word", s => s.ReplaceWord(s.Config.WeightDecay, "small")),
        new("seed a word", s => s.ReplaceWord(s.Config.Seed, "random")),
        new("None of Python", s => s.Language == ConfigLanguage.Yaml
            && !s.Is("mlx-lm", "litgpt", "nemo-automodel") ? s.Replace(s.Config.MaxGradNorm, "None") : null),

        new("fp16 and bf16", s => s.Is(s_trainer) && s.Recognised.Reader.IsOn("bf16") ? s.Set(s.Config.Rank, "fp16", "true") : null),
        new("bf16 as the text false", s => s.Is("llama-factory") && s.Recognised.Reader.Has("bf16")
            ? s.Set(s.Config.Rank, "bf16", "\"false\"") : null),
        new("gradient checkpointing a word", s => s.Is("trl", "ms-swift", "axolotl") && s.Recognised.Reader.Has("gradient_checkpointing")
            ? s.Set(s.Config.Rank, "gradient_checkpointing", s.Edit.Word("sometimes")) : null),
        new("strategy of evaluation without quotes", s => s.Is("trl", "llama-factory", "axolotl", "ms-swift")
            && s.Language == ConfigLanguage.Yaml && s.Recognised.Root.Find("eval_strategy") is not null
            && s.Recognised.Reader.Dialect == ScalarDialect.PyYaml ? s.Set(s.Config.Rank, "eval_strategy", "no") : null),
        new("unknown strategy of saving", s => s.Is("trl", "llama-factory", "axolotl", "ms-swift")
            ? s.Set(s.Config.Rank, "save_strategy", s.Edit.Word("epochs")) : null),
        new("steps beside another strategy", s => s.Is("trl", "llama-factory") && s.Config.EvalSteps.IsWritten
            && s.Recognised.Root.Find("eval_strategy") is not null
            ? s.Set(s.Config.Rank, "eval_strategy", s.Edit.Word("epoch")) : null),
        new("steps of evaluation without a strategy", s => s.Is("trl", "llama-factory") && s.Config.EvalSteps.IsWritten
            && s.Recognised.Root.Find("eval_strategy") is { } entry
                ? s.Changed(s.Edit.Remove(entry), "eval_strategy", "eval_steps") : null),
        new("best model at the end without evaluation", s => s.Is("trl", "llama-factory") && s.Config.EvalStrategy.Or("steps") == "no"
            ? s.Set(s.Config.Rank, "load_best_model_at_end", "true") : null),
        new("early stopping without evaluation", s => s.Is("axolotl") && !s.Recognised.Reader.HasAny("eval_steps", "evals_per_epoch")
            ? s.Set(s.Config.Rank, "early_stopping_patience", "3")
            : s.Is("llama-factory")
                && s.Config.EvalStrategy.Or("steps") == "no" ? s.Set(s.Config.Rank, "early_stopping_steps", "3") : null),
        new("evaluation without data", s => s.Is("llama-factory") && s.Config.EvalStrategy.Or("no") == "no"
            && !s.Recognised.Reader.HasAny("val_size", "eval_dataset", "eval_dataset_size")
            ? s.Set(s.Config.Rank, "eval_strategy", "steps")
            : s.Is("axolotl") && s.Recognised.Reader.Number("val_set_size").Or(1) == 0 && !s.Recognised.Reader.Has("test_datasets")
            && !s.Recognised.Reader.HasAny("eval_strategy", "evals_per_epoch", "eval_steps")
                ? s.Set(s.Config.Rank, "eval_steps", "100") : null),
        new("evaluation by steps and by epoch", s => s.Is("axolotl") && s.Recognised.Reader.Number("evals_per_epoch").Or(0) > 0
            ? s.Set(s.Config.Rank, "eval_steps", "100") : null),
        new("all three of the batch's keys", s => s.Is("axolotl") && s.Recognised.Reader.Has("micro_batch_size")
            && s.Recognised.Reader.Has("gradient_accumulation_steps") ? s.Set(s.Config.Rank, "batch_size", "7") : null),
        new("packing without flash attention", s => s.Is("axolotl") && s.Recognised.Reader.IsOn("sample_packing")
            && s.Recognised.Root.Find("flash_attention") is { } entry && !s.Recognised.Reader.HasAny(
                "attn_implementation", "xformers_attention", "sdp_attention", "flex_attention", "s2_attention", "sage_attention")
            ? s.Changed(s.Edit.Remove(entry), "sample_packing") : null),
        new("held out beside data for evaluation", s => s.Is("axolotl") && s.Recognised.Reader.Number("val_set_size").Or(0) > 0
            ? s.Set(s.Config.Rank, "test_datasets", s.Language == ConfigLanguage.Json ? "[{\"path\": \"a.jsonl\"}]" : "[{path: a.jsonl}]")
            : null),
        new("streaming without an end", s => s.Is("llama-factory") && !s.Recognised.Reader.Has("max_steps")
            ? s.Set(s.Config.Rank, "streaming", "true") : null),
        new("GaLore with an adapter", s => s.Is("llama-factory") ? s.Set(s.Config.Rank, "use_galore", "true")
            : s.Is("axolotl") ? s.Set(s.Config.Rank, "optimizer", "q_galore_adamw8bit") : null),
        new("last answer alone and prompts too", s => s.Is("llama-factory")
            && !s.Recognised.Reader.HasAny("mask_history", "train_on_prompt")
            ? Both(s) : null),
        new("DeepSpeed and FSDP", s => s.Is("axolotl") && s.Recognised.Reader.HasAny("fsdp", "fsdp_config")
            ? s.Add(s.Config.Rank, "deepspeed", "deepspeed_configs/zero2.json")
            : s.Is("axolotl", "trl", "llama-factory", "ms-swift") && s.Recognised.Reader.Has("deepspeed")
            ? s.Add(s.Config.Rank, "fsdp", s.Edit.Word("full_shard")) : null),
        new("access token in the file", s => s.Is([.. s_trainer, "axolotl"])
            ? s.Add(s.Config.Rank, "hub_token", s.Edit.Word("hf_" + "aB3DeF6HiJ9LmN2PqR5TuV8XyZaB1DeF4H")) : null),
        new("LoRA+ beside rates for groups", s => s.Is("axolotl") && s.Recognised.Root.Find("loraplus_lr_ratio") is not null
            ? s.Set(s.Config.Rank, "lr_groups", "[{name: a, modules: [q_proj], lr: 0.001}]") : null),
        new("adapter merged into quantized weights", s => s.Is("axolotl") && s.Config.Method.Or(0) == TuningMethod.Qlora
            ? s.Set(s.Config.Rank, "merge_lora", "true") : null),
    ];

    // A rate that LoRA is trained with, and an optimizer whose rates are of that scale.
    private static bool HasUsualRate(Subject subject) =>
        subject.Config.LearningRate.TryGet(out var rate) && rate is >= 5e-5 and <= 5e-4
        && subject.Config.Task is not (TrainingTask.Diffusion or TrainingTask.Classification)
        && OptimizerNames.HasAdamScale(subject.Config.Optimizer.Or("adamw"));

    private static bool HasContext(Subject subject) =>
        new BaseModelView(subject.Recognised, NoCompanionFiles.Instance).Model?.Dimensions is { } size
            && (size.Positions > 0 || size.Context > 0);

    private static Mutant? Both(Subject subject) =>
        subject.Config.Rank.Entry is not { IsMerged: false } rank || rank.Value.IsAlias ? null
            : subject.Add(subject.Config.Rank, "mask_history", "true\ntrain_on_prompt: true");
}
