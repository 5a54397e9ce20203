using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The scaling is large and so is the learning rate.</summary>
public sealed class ScaleTooHigh : Rule
{
    private static readonly RuleOption s_maxScaling = new("max-scaling", 4, "A greater scaling counts as high. ms-swift's default is 4; "
        + "no source fixes the number.");

    private static readonly RuleOption s_minRate = new(
        "min-learning-rate", 1e-4, "A high scaling is reported only from this learning rate on: TRL's RL recipe has scaling 32 at 1e-5.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL109",
        Name = "scale-too-high",
        Category = Category.Suspicious,
        Summary = "The scaling of the adapter and the learning rate are both high.",
        Why = "Scaling times learning rate decides how far a step moves the model: both high at once make the loss spike or diverge.",
        Sources =
        [
            new(Upstream.Guidance, "1.12, 1.25"),
            new(Upstream.Axolotl, "docs/agents/sft.md:62: alpha = 1 to 2 times r"),
            new("Blaizzy/mlx-vlm#841", "scale taken for alpha"),
            new("Fine at 1e-5: " + Upstream.Trl, "docs/source/lora_without_regret.md:207-208, 281-282: rank 1 with alpha 32"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["1.12", "1.25"],
        Options = [s_maxScaling, s_minRate],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        // mlx-lm writes the scaling itself, with a default of 20 (LL944); rsLoRA has LL110.
        if (config.Scaling.Key.Length > 0 || config.UseRslora.Or(false) || config.Task == TrainingTask.Diffusion
            || !config.Scaling.TryGet(out var scaling) || scaling <= context.Option(s_maxScaling)
            || !config.LearningRate.TryGet(out var rate) || rate < context.Option(s_minRate) || !config.Rank.TryGet(out var r))
            return;
        var alpha = config.Alpha;
        var wanted = ConfigEditor.Number(2 * r);
        context.Report(
            alpha.IsWritten ? alpha : config.LearningRate,
            $"the adapter's output is multiplied by {ConfigEditor.Number(Math.Round(scaling, 3))} at {config.LearningRate.Key} "
            + $"{ConfigEditor.Number(rate)}: that is like a learning rate of {ConfigEditor.Number(scaling / 2 * rate)} at the usual "
            + $"scaling of 2, where training tends to become unstable; lower {alpha.Key} toward 2r or the learning rate",
            alpha.IsWritten ? new Fix(FixSafety.Unsafe, $"Set {alpha.Key} to {wanted}", context.Edit.Replace(alpha.Entry!, wanted)) : null,
            related: alpha.IsWritten ? context.Beside(config.Rank, config.LearningRate) : context.Beside(config.Rank));
    }
}
