using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The learning rate of a full fine-tune, used for LoRA.</summary>
public sealed class LrTooLowForLora : Rule
{
    private static readonly RuleOption s_fullRate = new("full-fine-tuning-rate", 2e-5,
        "A rate up to this one looks like one for a full fine-tune; TRL's default for it.");

    private static readonly RuleOption s_lowest = new("min-learning-rate", 1e-5,
        "Below this rate it is a warning; the lower end of the documented range (1.5).");

    private static readonly RuleOption s_maxScaling = new("max-scaling", 8,
        "From this scaling on (alpha/r, or mlx-lm's scale) nothing is said, as the scaling makes up for a low rate.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL301",
        Name = "lr-too-low-for-lora",
        Category = Category.Suspicious,
        Summary = "The learning rate is one for full fine-tuning, too low for LoRA.",
        Why = "LoRA's best learning rate lies about ten times above that of full fine-tuning; with a tenth of it the run ends "
            + "undertrained.",
        Sources =
        [
            new("huggingface/trl@f2cd5771 (2026-07-24)", "docs/source/peft_integration.md:151-166; trl/trainer/sft_config.py:143"),
            new("Biderman et al. 2024, arXiv 2405.09673", "section 4: best rates of LoRA one order of magnitude above full fine-tuning"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "docs/agents/sft.md:60: LoRA 1e-4 to 3e-4"),
            new("Documented guidance (docs/guidance.md)", "1.5, 1.23"),
        ],
        Guidance = ["1.5", "1.23", "1.36", "2.29"],
        Options = [s_fullRate, s_lowest, s_maxScaling],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var rate = config.LearningRate;
        if (config.Scaling.Or(1) >= context.Option(s_maxScaling) || !OptimizerNames.HasAdamScale(config.Optimizer.Or("adamw")))
            return;
        // A script of the user's own, whose defaults are not known, may set the rate itself.
        if (context.Format.Name is "trl" or "python" && !rate.IsWritten && rate.Or(0) <= context.Option(s_fullRate)
            && config.SaveStrategy.IsKnown)
        {
            context.Report(
                rate,
                "learning_rate is not set, and TRL's defaults (2e-5 for SFT, 1e-6 for DPO and GRPO) are made for full fine-tuning; for "
                + "LoRA "
                + "its documentation advises about ten times as much, so set learning_rate (1e-4 to 2e-4 for SFT, 1e-5 for DPO)",
                context.Recognised.Root.Origin is null && config.Task == TrainingTask.SupervisedFineTuning
                    ? AskedFix.Insert(context, config.Rank.Entry, "learning_rate", ConfigEditor.Number(1e-4)) : null);
            return;
        }

        // Preference and reinforcement runs rightly use less, and for plain text 1e-5 is common too.
        if (config.Task != TrainingTask.SupervisedFineTuning || !rate.TryGet(out var value) || value <= 0
            || value > context.Option(s_fullRate))
            return;
        context.Report(
            rate,
            $"{rate.Key}{(rate.IsWritten ? "" : " is not set and its default,")} "
            + $"{ConfigEditor.Number(value)}{(rate.IsWritten ? "" : ",")} is a "
            + "rate for full fine-tuning; LoRA usually needs about ten times as much (1e-4 to 2e-4), or the run ends undertrained. A few "
            + "shipped recipes do use 1e-5 to 2e-5, so compare a short run with both",
            AskedFix.Set(context, rate, Math.Max(1e-4, Math.Min(2e-4, value * 10))),
            weaker: rate.IsWritten && value >= context.Option(s_lowest) ? Category.Advice : null);
    }
}
