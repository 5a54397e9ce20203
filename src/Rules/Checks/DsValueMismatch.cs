using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A number in the DeepSpeed config contradicts the training config.</summary>
public sealed class DsValueMismatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL505",
        Name = "ds-value-mismatch",
        Category = Category.Correctness,
        Summary = "A fixed value in the DeepSpeed config differs from the training config's.",
        Why = "Transformers compares the two when training starts and stops at the first difference; with auto it fills the value in.",
        Sources =
        [
            new("huggingface/transformers@02348331", "src/transformers/integrations/deepspeed.py: trainer_config_process, "
                + "trainer_config_finalize"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python"],
        Fix = FixSafety.Display,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (DeepSpeedCompanion.Of(context) is not { Read: not null } deepSpeed)
            return;
        var config = context.Config;
        CheckNumber(context, deepSpeed, "train_micro_batch_size_per_gpu", config.MicroBatchSize);
        CheckNumber(context, deepSpeed, "gradient_accumulation_steps", config.GradientAccumulationSteps);
        CheckNumber(context, deepSpeed, "gradient_clipping", config.MaxGradNorm);
        CheckNumber(context, deepSpeed, "optimizer.params.lr", config.LearningRate);
        CheckNumber(context, deepSpeed, "optimizer.params.weight_decay", config.WeightDecay);
        CheckNumber(context, deepSpeed, "scheduler.params.warmup_max_lr", config.LearningRate);
        if (config.Warmup.TryGet(out var warmup) && warmup.Unit == WarmupUnit.Steps && config.Warmup.IsWritten)
            CheckNumber(context, deepSpeed, "scheduler.params.warmup_num_steps", config.Warmup.Select(w => w.Amount));
        CheckSwitch(context, deepSpeed, "fp16.enabled", config.Fp16);
        if (!context.Read.Has("pure_bf16"))
            CheckSwitch(context, deepSpeed, "bf16.enabled", config.Bf16);
    }

    private static void CheckNumber(CheckContext context, DeepSpeedCompanion deepSpeed, string key, Setting<double> setting)
    {
        if (deepSpeed.Read!.Number(key).TryGet(out var theirs) && setting.TryGet(out var ours) && theirs != ours)
            Report(context, deepSpeed, key, ConfigEditor.Number(theirs), setting, ConfigEditor.Number(ours));
    }

    private static void CheckSwitch(CheckContext context, DeepSpeedCompanion deepSpeed, string key, Setting<bool> setting)
    {
        if (deepSpeed.Read!.Bool(key).TryGet(out var theirs) && setting.TryGet(out var ours) && theirs != ours)
            Report(context, deepSpeed, key, ConfigEditor.Bool(theirs), setting, ConfigEditor.Bool(ours));
    }

    // The edit shown is the one that can be made in this file; auto in the other one is the better cure.
    private static void Report(CheckContext context, DeepSpeedCompanion deepSpeed, string key, string theirs, ISetting setting, string ours)
    {
        var entry = deepSpeed.Read!.Find(key)!;
        var isWritten = setting is { Origin: SettingOrigin.Written, Entry: not null };
        context.Report(
            isWritten ? setting.Entry! : deepSpeed.Entry,
            $"{setting.Key} is {ours}{(isWritten ? "" : " (not written here)")}, but {key} is {theirs} ({deepSpeed.PlaceOf(entry)}): "
            + $"transformers stops at the difference; write \"auto\" for {key}, and the value is filled in from here",
            isWritten ? new Fix(FixSafety.Display, $"Set {setting.Key} to {theirs}", context.Edit.Replace(setting.Entry!, theirs)) : null,
            isWritten ? null : Category.Suspicious,
            deepSpeed.RelatedTo(entry, $"{key} is {theirs} here"));
    }
}
