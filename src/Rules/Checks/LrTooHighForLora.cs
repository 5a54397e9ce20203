using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A learning rate above every documented range for LoRA.</summary>
public sealed class LrTooHighForLora : Rule
{
    private static readonly RuleOption s_highest = new("max-learning-rate", 1e-3,
        "The upper end of the documented range (1.5); above it lies 1 percent of the field.");

    private static readonly RuleOption s_alarming = new("alarming-learning-rate", 2e-3,
        "Above this rate it is a warning, up to it info; torchtune ships 2e-3 for a model of half a billion parameters.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL302",
        Name = "lr-too-high-for-lora",
        Category = Category.Suspicious,
        Summary = "The learning rate lies above every documented range for LoRA.",
        Why = "Steps that large make the loss oscillate or diverge, and the adapter unlearns what the base model knew.",
        Sources =
        [
            new("Documented guidance (docs/guidance.md)", "1.5, 2.29: 1e-3 is the outer bound, 5e-4 the usual one"),
            new("Biderman et al. 2024, arXiv 2405.09673", "appendix: sweeps from 1e-5 to 5e-4, loss spikes at 2e-4 with rank 256"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "docs/agents/sft.md:60: LoRA 1e-4 to 3e-4"),
        ],
        Guidance = ["1.5", "1.24", "2.29"],
        Options = [s_highest, s_alarming],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        // Small heads and encoders take more, diffusion has scales of its own, and a 4-bit base has a rule of its own.
        if (config.Task is TrainingTask.Diffusion or TrainingTask.Classification || config.QuantizationBits.Or(16) <= 4
            || !config.LearningRate.TryGet(out var rate) || rate <= context.Option(s_highest)
            || !OptimizerNames.HasAdamScale(config.Optimizer.Or("adamw")))
            return;
        context.Report(
            config.LearningRate,
            $"{config.LearningRate.Key} {ConfigEditor.Number(rate)} is above every documented range for LoRA (1e-4 to 5e-4, at the very "
            + "most "
            + $"{ConfigEditor.Number(context.Option(s_highest))}): expect an unstable loss; start at 2e-4 and lower it for large models",
            config.Task == TrainingTask.SupervisedFineTuning ? AskedFix.Set(context, config.LearningRate, 2e-4) : null,
            weaker: rate <= context.Option(s_alarming) ? Category.Advice : null);
    }
}
