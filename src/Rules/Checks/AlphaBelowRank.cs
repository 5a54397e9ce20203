using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Alpha was written and is smaller than the rank.</summary>
public sealed class AlphaBelowRank : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL104",
        Name = "alpha-below-rank",
        Category = Category.Advice,
        Summary = "Alpha is smaller than the rank.",
        Why = "The adapter's output is multiplied by alpha/r: below 1 the learned update is damped, which often leaves capacity unused.",
        Sources =
        [
            new("Documented guidance (docs/guidance.md)", "2.54"),
            new("Biderman et al. 2024, arXiv 2405.09673", "section 4: alpha = 2r at high rank"),
            new("Against it: QLoRA, arXiv 2305.14314", "r 64 with alpha 16"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["2.54", "2.22", "1.14"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        // Diffusion trainers write half of the rank, or 1, by convention.
        if (!config.Alpha.IsWritten || config.UseRslora.Or(false) || config.Task == TrainingTask.Diffusion
            || !config.Alpha.TryGet(out var alpha) || !config.Rank.TryGet(out var rank) || alpha <= 0 || alpha >= rank)
            return;
        var wanted = ConfigEditor.Number(2 * rank);
        context.Report(
            config.Alpha,
            $"{config.Alpha.Key} {ConfigEditor.Number(alpha)} is below the rank {ConfigEditor.Number(rank)}, so updates are scaled by "
            + $"{ConfigEditor.Number(alpha / rank)}; the documented start is alpha = 2r ({wanted}). QLoRA's own runs and many shipped "
            + "examples use a smaller alpha with success, so treat it as a starting point",
            new Fix(FixSafety.Unsafe, $"Set {config.Alpha.Key} to {wanted}", context.Edit.Replace(config.Alpha.Entry!, wanted)),
            related: context.Beside(config.Rank));
    }
}
