using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>mlx-lm's default scale of 20 with a learning rate above the one it comes with.</summary>
public sealed class MlxScaleHigh : Rule
{
    private static readonly RuleOption s_maxScale = new("max-scale", 4, "A greater scale counts as high; the default of mlx-lm is 20. "
        + "No source fixes the number.");

    private static readonly RuleOption s_maxRate = new(
        "max-learning-rate", 1e-5, "Up to this rate a high scale is fine: mlx-lm's own defaults are scale 20 at 1e-5.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL944",
        Name = "mlx-scale-high",
        Category = Category.Advice,
        Summary = "The scale is high for the learning rate.",
        Why = "The scale of mlx-lm is the whole factor (alpha/r elsewhere, usually 1 to 2); its default of 20 belongs to a learning "
            + "rate of 1e-5.",
        Sources =
        [
            new("ml-explore/mlx-lm@d78bf58e (2026-08-22)", "mlx_lm/lora.py, CONFIG_DEFAULTS (learning rate 1e-5, scale 20)"),
            new("Blaizzy/mlx-vlm", "issue 841"),
        ],
        Formats = ["mlx-lm"],
        Options = [s_maxScale, s_maxRate],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // From 1e-4 on scale-too-high warns for every framework.
        if (!context.Config.Scaling.TryGet(out var scale) || scale <= context.Option(s_maxScale)
            || !context.Config.LearningRate.TryGet(out var rate) || rate <= context.Option(s_maxRate) || rate >= 1e-4)
            return;
        var at = context.Config.Scaling.IsWritten ? context.Config.Scaling : (ISetting)context.Config.LearningRate;
        var origin = context.Config.Scaling.IsWritten ? "scale" : "the default scale";
        context.Report(
            at,
            $"{origin} {ConfigEditor.Number(scale)} at learning rate {ConfigEditor.Number(rate)} moves the model like "
            + $"{ConfigEditor.Number(rate * scale / 2)} at the usual factor of 2; mlx-lm's defaults pair 20 with 1e-5, so lower one of "
            + "the two",
            AskedFix.Set(context, context.Config.LearningRate, context.Option(s_maxRate)));
    }
}
