using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>A warmup of a negative length, or of all steps and more.</summary>
public sealed class WarmupRatioOutOfRange : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL306",
        Name = "warmup-ratio-out-of-range",
        Category = Category.Correctness,
        Summary = "The warmup's share of training is negative, or 1 and more.",
        Why = "The learning rate would never reach its peak; most trainers refuse such a share, and transformers 5 takes it for a "
            + "number of steps.",
        Sources =
        [
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/trainers/arguments.py:231-235"),
            new("Lightning-AI/litgpt@26857050 (2026-06-29)", "litgpt/args.py:46-47"),
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: __post_init__, _validate_args"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/core/builders/base.py:242-246"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var setting = context.Config.Warmup;
        if (!setting.IsWritten || !setting.TryGet(out var warmup))
            return;
        // A whole number above 1 was meant in steps where the format has a key for them, a number up to 100 perhaps in percent.
        var stepsKey = context.Format.Name is "axolotl" or "trl" or "llama-factory" or "ms-swift" ? "warmup_steps" : null;
        if (RunLimits.SayWarmup(setting.Key, warmup.Amount, warmup.Unit == WarmupUnit.Ratio, stepsKey) is not { } problem)
            return;
        var isCount = warmup.Amount > 1 && warmup.Amount == Math.Floor(warmup.Amount)
            && stepsKey is not null && !context.Read.Has(stepsKey);
        context.Report(
            setting,
            problem,
            isCount && setting.Entry!.Key == setting.Key
                ? new Fix(FixSafety.Unsafe, $"Rename it to {stepsKey}", context.Edit.Rename(setting.Entry, stepsKey!))
                : null);
    }
}
