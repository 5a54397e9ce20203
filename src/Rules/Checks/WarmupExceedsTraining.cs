using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The warmup lasts as long as training or longer.</summary>
public sealed class WarmupExceedsTraining : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL307",
        Name = "warmup-exceeds-training",
        Category = Category.Suspicious,
        Summary = "The warmup has as many steps as training or more.",
        Why = "The learning rate is still rising when training ends, so the peak that was chosen is never used and nothing decays.",
        Sources =
        [
            new("Lightning-AI/litgpt@26857050 (2026-06-29)", "litgpt/args.py:49-54"),
            new("QLoRA, arXiv 2305.14314", "appendix B: warmup of 3 percent of the steps"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var setting = context.Config.Warmup;
        if (!setting.IsWritten || !setting.TryGet(out var warmup) || warmup.Unit != WarmupUnit.Steps || warmup.Amount < 1
            || StepsOf(context) is not { } total || warmup.Amount < total.Steps)
            return;
        context.Report(
            setting,
            $"{setting.Key} {ConfigEditor.Number(warmup.Amount)} is not less than the {ConfigEditor.Number(total.Steps)} steps of training "
            + $"({total.From}): the learning rate never reaches its peak; 3 to 10 percent of the steps is usual",
            total.Steps >= 10 ? AskedFix.Set(context, setting, Math.Floor(total.Steps / 10)) : null);
    }

    // The steps on one device, which is the most: more devices mean fewer steps.
    private static (double Steps, string From)? StepsOf(CheckContext context)
    {
        var config = context.Config;
        if (config.MaxSteps.IsWritten && !config.MaxSteps.IsKnown)
            return null;
        if (config.MaxSteps.Or(0) > 0)
            return config.MaxSteps.IsWritten ? (config.MaxSteps.Or(0), config.MaxSteps.Key) : null;
        if (context.DatasetRows is not { } rows || rows <= 0 || config.Packing.Or(false) || !config.Epochs.TryGet(out var epochs)
            || !config.MicroBatchSize.TryGet(out var micro) || !config.GradientAccumulationSteps.TryGet(out var sums) || micro * sums <= 0)
            return null;
        return (Math.Ceiling(Math.Ceiling(rows / (micro * sums)) * epochs), $"{rows} rows on one device");
    }
}
