using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A batch larger than what LoRA bears well.</summary>
public sealed class EffectiveBatchLarge : Rule
{
    private static readonly RuleOption s_most = new("max-batch-size", 32,
        "Samples per optimizer step on one device up to which nothing is said; the bound in TRL's guide.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL317",
        Name = "effective-batch-large",
        Category = Category.Advice,
        Summary = "An optimizer step sums up more samples than LoRA bears well.",
        Why = "LoRA loses more from large batches than full fine-tuning does, and a higher rank does not make up for it.",
        Sources =
        [
            new("huggingface/trl@f2cd5771 (2026-07-24)", "docs/source/lora_without_regret.md:325-327: an effective batch below 32"),
            new("Thinking Machines 2025, LoRA Without Regret", "batch size effects"),
            new("Against it: QLoRA, arXiv 2305.14314", "table 9: batches of 64 for 65B"),
        ],
        Options = [s_most],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        // Policy optimisation counts generations and diffusion images: other measures.
        if (config.Task is TrainingTask.Reinforcement or TrainingTask.Diffusion
            || !config.MicroBatchSize.TryGet(out var micro) || !config.GradientAccumulationSteps.TryGet(out var sums)
            || micro * sums <= context.Option(s_most))
            return;
        var place = config.GradientAccumulationSteps is { Entry: not null } accumulation && sums > 1 ? accumulation : config.MicroBatchSize;
        context.Report(
            place,
            $"one optimizer step sums up {ConfigEditor.Number(micro * sums)} samples on each device ({ConfigEditor.Number(micro)} x "
            + $"{ConfigEditor.Number(sums)}); LoRA tends to learn worse from batches above {ConfigEditor.Number(context.Option(s_most))}, "
            + "while QLoRA's largest runs use 64, so lower it when the loss lags behind",
            Math.Floor(context.Option(s_most) / micro) is >= 1 and var fewer && fewer < sums
                ? AskedFix.Set(context, config.GradientAccumulationSteps, fewer) : null);
    }
}
